/** The cluster's engine as the tests open it: a database for a file of tests, emptied for each of them. */

import type { Db } from 'mongodb';
import { afterAll, beforeAll } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { attachmentNamed } from '../../src/mime/attachment-named.ts';
import { extractSearchText } from '../../src/mime/extract-search-text.ts';
import { headerContains } from '../../src/mime/header-contains.ts';
import { type MongoEngineOptions, openMongoEngine } from '../../src/mongodb/mongo-engine.ts';
import { initDatabase } from '../../src/mongodb/schema.ts';
import { emptyDatabase, type TakenDatabase, takeDatabase } from './databases.ts';

/** A database that lives as long as the file's tests. */
export interface TestDatabase {
  readonly db: Db;
  /** Removes all that is in it. */
  empty(): Promise<void>;
  /** Opens an engine on it. */
  open(options?: Partial<MongoEngineOptions>): Promise<Engine>;
}

/** Takes the database before the tests of a file. */
export function testDatabase(): TestDatabase {
  let taken: TakenDatabase;
  beforeAll(async () => {
    taken = await takeDatabase();
    await initDatabase(taken.db);
  }, 120_000);
  afterAll(() => taken?.giveBack());
  return {
    get db() {
      return taken.db;
    },
    empty: () => emptyDatabase(taken.db),
    open: (options = {}) => openMongoTestEngine(taken.db, options),
  };
}

/** Opens an engine on a database. */
export function openMongoTestEngine(db: Db, options: Partial<MongoEngineOptions> = {}): Promise<Engine> {
  return openMongoEngine({
    db,
    matchers: { headerContains, attachmentNamed },
    extractSearchText,
    pollMs: 100,
    ...options,
  });
}
