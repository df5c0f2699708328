/** Opens the attachment tier on a cluster. */

import type { BlobStore } from '../engine/blob-store.ts';
import { BLOB_COLLECTION_PLANS } from './blob-collections.ts';
import type { OpenedDatabase } from './connect.ts';
import { MongoBlobStore } from './mongo-blob-store.ts';
import { toEiderError } from './mongo-error.ts';
import { requireDatabase } from './schema.ts';

/** Makes sure that the database has what the tier needs, and opens it. @throws as `openMongoEngine` does. */
export async function openMongoBlobStore({ db, closeClient }: OpenedDatabase, create = true): Promise<BlobStore> {
  const closing = async (): Promise<void> => {
    if (closeClient) await db.client.close();
  };
  try {
    await requireDatabase(db, BLOB_COLLECTION_PLANS, 'attachments', create);
  } catch (error) {
    await closing().catch(() => {});
    throw toEiderError(error);
  }
  return new MongoBlobStore({ db, onClose: closing });
}
