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

it('terms that are put back by one who read before are dropped once more', async () => {
  const path = await mkdtemp(join(tmpdir(), 'eider-race-'));
  const open = (): Database => {
    const db = new Database(loadDriver(), join(path, 'account.db'));
    migrateAccount(db.raw);
    db.attachSearch(join(path, 'search.db'));
    migrateSearch(db.raw);
    return db;
  };
  const [slow, quick] = [open(), open()];
  onTestFinished(async () => {
    slow.close();
    quick.close();
    await rm(path, { recursive: true });
  });
  quick.run(`INSERT INTO content VALUES (7, 0, x'', NULL, '', '', '', ?, '{}', '', ?)`, EMPTY, EMPTY);
  addPending(quick, 7, null);

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

  expect(hasPending(quick)).toBe(true);
  for (let batch = indexBatch(quick, () => TEXT); batch; batch = indexBatch(quick, () => TEXT))
    forgetPending(quick, batch);
  expect(quick.get('SELECT count(*) AS n FROM search.word')).toEqual({ n: 0 });
  expect(hasPending(quick)).toBe(false);
});
