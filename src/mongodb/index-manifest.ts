/** The list of an account's index segments: which contents they cover, and where their blocks are. */

import type { AccountId, ContentId } from '../model/ids.ts';
import type { BlockRange, SegmentEntry } from '../terms/term-segment.ts';
import type { Collections } from './collections.ts';
import type { MailDocument } from './documents.ts';
import { manifestKey } from './keys.ts';

/** A segment and the name that its blocks have. */
export interface IndexSegment extends SegmentEntry {
  readonly name: string;
}

/** What an account's index is made of. Whoever changes it raises `revision`, and fails when another was faster. */
export interface IndexManifest extends MailDocument {
  readonly revision: number;
  /** All contents up to this one are in the segments. */
  readonly indexed: ContentId;
  /** In the order of their contents. */
  readonly segments: readonly IndexSegment[];
}

/** What a new account has. */
export const newManifest = (account: AccountId): IndexManifest => ({
  _id: manifestKey(account),
  account,
  revision: 0,
  indexed: 0,
  segments: [],
});

/** The manifest as it is now, or `null`. */
export async function readManifest({ mail }: Collections, account: AccountId): Promise<IndexManifest | null> {
  const found = await mail.findOne({ _id: manifestKey(account), account });
  return found as unknown as IndexManifest | null;
}

/** Puts another list in the place of the one that was read; `false` when that has been changed meanwhile. */
export async function replaceManifest(
  { mail }: Collections,
  before: IndexManifest,
  after: Pick<IndexManifest, 'indexed' | 'segments'>,
): Promise<boolean> {
  const filter = { _id: before._id, account: before.account, revision: before.revision };
  const result = await mail.updateOne(filter, { $set: { ...after, revision: before.revision + 1 } });
  return result.matchedCount === 1;
}

/** The key of a block. */
export const blockKey = (account: AccountId, segment: string, kind: 'word' | 'field', number: number): string =>
  `${account}.${segment}.${kind}.${number.toString(16).padStart(8, '0')}`;

/** Keys of some of a segment's blocks. */
export function blockKeys(
  account: AccountId,
  { name }: IndexSegment,
  kind: 'word' | 'field',
  { from, to }: BlockRange,
): string[] {
  return Array.from({ length: to - from }, (_, index) => blockKey(account, name, kind, from + index));
}

/** Keys of all of a segment's blocks. */
export function allBlockKeys(account: AccountId, segment: IndexSegment): string[] {
  return [
    ...blockKeys(account, segment, 'field', { from: 0, to: segment.fieldBlocks }),
    ...blockKeys(account, segment, 'word', { from: 0, to: segment.fences.length }),
  ];
}
