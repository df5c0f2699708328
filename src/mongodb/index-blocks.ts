/** Blocks of index segments, read from and written to their collection. */

import { randomBytes } from 'node:crypto';
import type { AccountId } from '../model/ids.ts';
import type { SegmentBlock } from '../terms/term-segment.ts';
import type { Collections, TermsDocument } from './collections.ts';
import { allBlockKeys, blockKey, type IndexSegment } from './index-manifest.ts';

/** Blocks read by one statement: some 6 MB. */
const PAGE = 100;

/** A block is not there: the segment was merged away, or the index is damaged. */
export class BlockMissing extends Error {
  override readonly name = 'BlockMissing';
}

/** Octets of blocks, in the order in which they are named. @throws BlockMissing. */
export async function* readBlocks(
  { terms }: Collections,
  account: AccountId,
  keys: readonly string[],
  page: number = PAGE,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < keys.length; at += page) {
    const wanted = keys.slice(at, at + page);
    const found = new Map<string, Uint8Array>();
    for await (const block of terms.find({ account, _id: { $in: wanted } }, { batchSize: page }))
      found.set(block._id, block.data);
    for (const key of wanted) {
      const octets = found.get(key);
      if (!octets) throw new BlockMissing();
      yield octets;
    }
  }
}

/** A name for a new segment. */
export const newSegmentName = (): string => randomBytes(8).toString('hex');

/** The document of a block. */
export function blockDocument(account: AccountId, segment: string, block: SegmentBlock): TermsDocument {
  return {
    _id: blockKey(account, segment, block.kind, block.number),
    account,
    made: Date.now(),
    data: block.octets,
  };
}

/** Removes segments that no manifest names. */
export async function removeSegments(
  { terms }: Collections,
  account: AccountId,
  segments: readonly IndexSegment[],
): Promise<void> {
  const keys = segments.flatMap((segment) => allBlockKeys(account, segment));
  for (let at = 0; at < keys.length; at += 10 * PAGE) {
    await terms.deleteMany({ account, _id: { $in: keys.slice(at, at + 10 * PAGE) } });
  }
}
