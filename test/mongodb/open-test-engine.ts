/** The cluster's engine as the tests open it: a database for a file of tests, emptied for each of them. */

import { randomBytes } from 'node:crypto';
import { type Db, MongoClient } from 'mongodb';
import { afterAll, beforeAll } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { extractSearchText } from '../../src/mime/extract-search-text.ts';
import { headerContains } from '../../src/mime/header-contains.ts';
import { COLLECTION_PLANS } from '../../src/mongodb/collections.ts';
import { type MongoEngineOptions, openMongoEngine } from '../../src/mongodb/mongo-engine.ts';
import { initDatabase } from '../../src/mongodb/schema.ts';
import { MONGODB_URI } from './mongo-test.ts';

/** A database that lives as long as the file's tests. */
export interface TestDatabase {
  readonly db: Db;
  /** Removes all that is in it. */
  empty(): Promise<void>;
  /** Opens an engine on it. */
  open(options?: Partial<MongoEngineOptions>): Promise<Engine>;
}

/** Makes the database before the tests of a file, and drops it after them. */
export function testDatabase(): TestDatabase {
  let client: MongoClient;
  let db: Db;
  beforeAll(async () => {
    client = new MongoClient(MONGODB_URI ?? '');
    db = client.db(`eider_test_${randomBytes(6).toString('hex')}`);
    await initDatabase(db);
  }, 120_000);
  afterAll(async () => {
    await db?.dropDatabase();
    await client?.close();
  }, 120_000);
  return {
    get db() {
      return db;
    },
    async empty() {
      for (const { name } of COLLECTION_PLANS) if (name !== 'meta') await db.collection(name).deleteMany({});
    },
    open: (options = {}) => openMongoEngine({ db, headerContains, extractSearchText, pollMs: 100, ...options }),
  };
}
