/** Two processes that index the same account at once, step by step in the order that hurts. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Database } from '../../src/sqlite/database.ts';
import { loadDriver } from '../../src/sqlite/driver.ts';
import { migrateAccount, migrateSearch } from '../../src/sqlite/schema.ts';
import { addPending, addRemoved, forgetPending, hasPending, indexBatch } from '../../src/sqlite/search-index.ts';

const TEXT = { from: '', to: '', cc: '', bcc: '', subject: '', header: '', body: 'word' };
const EMPTY = new Uint8Array(0);

const open = async (): Promise<() => Database> => {
  const path = await mkdtemp(join(tmpdir(), 'eider-race-'));
  const opened: Database[] = [];
  onTestFinished(async () => {
    for (const db of opened) db.close();
    await rm(path, { recursive: true });
  });
  return () => {
    const db = new Database(loadDriver(), join(path, 'account.db'));
    migrateAccount(db.raw);
    db.attachSearch(join(path, 'search.db'));
    migrateSearch(db.raw);
    opened.push(db);
    return db;
  };
};

function addContent(db: Database): void {
  db.run(`INSERT INTO content VALUES (7, 0, x'', NULL, '', '', '', ?, '{}', '', ?)`, EMPTY, EMPTY);
  addPending(db, 7, null);
}

function expectNothingIndexed(db: Database): void {
  expect(hasPending(db)).toBe(true);
  for (let batch = indexBatch(db, () => TEXT); batch; batch = indexBatch(db, () => TEXT)) forgetPending(db, batch);
  expect(db.get<{ n: number }>('SELECT count(*) AS n FROM search.word')?.n).toBe(0);
  expect(hasPending(db)).toBe(false);
}

it('terms of a message that goes before they are known to be there are dropped', async () => {
  const db = (await open())();
  addContent(db);
  // Whoever indexed it found the account busy, and did not come to say so.
  indexBatch(db, () => TEXT);
  db.run('DELETE FROM content');
  addRemoved(db, [7]);
  expectNothingIndexed(db);
});

it('terms that are put back by one who read before are dropped once more', async () => {
  const connect = await open();
  const [slow, quick] = [connect(), connect()];
  addContent(quick);
  let dropping: ReturnType<typeof indexBatch> = null;
  const late = indexBatch(slow, () => {
    // The slow one has read; now the quick one indexes, the message goes, and its terms are taken out.
    const early = indexBatch(quick, () => TEXT);
    if (early) forgetPending(quick, early);
    quick.run('DELETE FROM content');
    addRemoved(quick, [7]);
    dropping = indexBatch(quick, () => TEXT);
    return TEXT;
  });
  if (!late || !dropping) throw new Error('nothing was indexed');
  forgetPending(slow, late);
  forgetPending(quick, dropping);

  expectNothingIndexed(quick);
});
