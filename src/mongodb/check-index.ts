/** Whether an account's search index is whole. */

import type { Document } from 'mongodb';
import type { CheckFinding } from '../engine/records.ts';
import type { ContentId } from '../model/ids.ts';
import { allBlockKeys, type IndexManifest } from './index-manifest.ts';
import { manifestKey, ofAccount } from './keys.ts';
import type { MailReader } from './mail-reader.ts';

/** How long a block may be there before the list that names it, in milliseconds. */
const GRACE_MS = 3_600_000;

/** Notes a finding. */
export type Tell = (kind: CheckFinding['kind'], what: string, detail: string | number) => void;

/** What is known of an index. */
export interface IndexCheck {
  /** `null`: there is no list of segments. */
  readonly manifest: IndexManifest | null;
  /** It cannot be used as it is. */
  readonly damaged: boolean;
  /** Blocks that no segment has. */
  readonly orphans: readonly string[];
  /** The last content that it says it has. */
  readonly indexed: ContentId;
}

/** Compares the list of segments with the blocks that are there. */
export async function checkIndex({ account, base, collections, options }: MailReader, tell: Tell): Promise<IndexCheck> {
  const found = await collections.mail.findOne({ _id: manifestKey(account), account }, options);
  const manifest = found as unknown as IndexManifest | null;
  if (!manifest) tell('search', 'account without a list of index segments', account);
  const named = new Set(manifest?.segments.flatMap((segment) => allBlockKeys(account, segment)));
  const orphans: string[] = [];
  const all = { account, _id: ofAccount(account) as Document };
  const blocks = collections.terms.find(all, { ...options, projection: { made: 1 }, batchSize: 5000 });
  for await (const { _id, made } of blocks) {
    if (!named.delete(_id) && made < Date.now() - GRACE_MS) orphans.push(_id);
  }
  for (const key of orphans) tell('search', 'block of the index that no segment has', key);
  for (const key of named) tell('search', 'block of the index that is not there', key);
  const indexed = manifest?.indexed ?? 0;
  if (indexed >= base.nextId) tell('search', 'index beyond the next number', indexed);
  return { manifest, damaged: named.size > 0, orphans, indexed };
}
