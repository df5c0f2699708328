/** The shared cases on the blob store in MongoDB. */

import { describe } from 'vitest';
import { BLOB_COLLECTION_PLANS } from '../../src/mongodb/blob-collections.ts';
import { MongoBlobStore } from '../../src/mongodb/mongo-blob-store.ts';
import { MONGODB_URI, openTestDatabase } from '../mongodb/mongo-test.ts';
import { blobStoreCases } from './blob-store-cases.ts';

describe.runIf(MONGODB_URI !== null)('MongoBlobStore', () =>
  blobStoreCases(async () => new MongoBlobStore({ db: await openTestDatabase(BLOB_COLLECTION_PLANS) })),
);
