/** Which blobs contents mention. */

import type { ClientSession } from 'mongodb';
import type { AccountId, BlobId } from '../model/ids.ts';
import type { Collections } from './collections.ts';

/** Where to look: in one account, or with none named in all of them, on every shard. */
export interface MentionScope {
  readonly account?: AccountId;
  readonly session?: ClientSession;
}

/** Those of the given blobs that are mentioned. */
export async function blobMentions(
  { contents }: Collections,
  { account, session }: MentionScope,
  blobIds: readonly BlobId[],
): Promise<Set<BlobId>> {
  const asked = new Set(blobIds);
  const found = new Set<BlobId>();
  if (asked.size === 0) return found;
  const cursor = contents.find(
    { ...(account !== undefined && { account }), blobs: { $exists: true }, 'blobs.id': { $in: [...asked] } },
    { ...(session && { session }), projection: { 'blobs.id': 1 } },
  );
  for await (const { blobs } of cursor) for (const { id } of blobs ?? []) if (asked.has(id)) found.add(id);
  return found;
}
