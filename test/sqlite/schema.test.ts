/** Databases of earlier versions are upgraded when they are opened, and keep what they have. */

import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadDriver } from '../../src/sqlite/driver.ts';
import { ACCOUNT_STEPS, DIRECTORY_STEPS } from '../../src/sqlite/schema.ts';
import { DIRECTORY_FILE } from '../../src/sqlite/sqlite-engine.ts';
import { accountRecord, SuiteContext } from '../../src/testing/suite.ts';
import { openTestEngine } from './open-test-engine.ts';
import { accountDatabase } from './plant-damage.ts';

let path: string;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'eider-schema-'));
});
afterEach(() => rm(path, { recursive: true }));

/** Makes a database anew by the steps up to a version, with the rows that it has. */
async function downgrade(file: string, steps: readonly string[], version: number): Promise<void> {
  const { DatabaseSync } = loadDriver();
  const db = new DatabaseSync(`${file}.old`);
  for (const step of steps.slice(0, version)) db.exec(step);
  db.exec(`ATTACH '${file}' AS now`);
  const tables = db.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'").all() as { name: string }[];
  expect(tables.length).toBeGreaterThan(1);
  for (const { name } of tables) {
    // Without the columns of later versions.
    const columns = (db.prepare(`PRAGMA main.table_info(${name})`).all() as { name: string }[]).map((one) => one.name);
    db.exec(`DELETE FROM ${name}; INSERT INTO ${name} SELECT ${columns.join(', ')} FROM now.${name}`);
  }
  db.exec(`DETACH now; PRAGMA user_version = ${version}`);
  db.close();
  // A closed connection may not have tidied up yet; its log would be taken for that of the new file.
  for (const suffix of ['-wal', '-shm']) await rm(file + suffix, { force: true });
  await rename(`${file}.old`, file);
}

it('version 1 of an account becomes the present one, with all of its mail', async () => {
  const record = accountRecord();
  const first = new SuiteContext({ engine: await openTestEngine(path) });
  await first.engine.directory.create(record);
  const inbox = await first.mailbox(record.id, 'INBOX');
  await first.add(record.id, inbox.id, [{ flags: ['\\Seen', 'kept'], blobs: [{ name: 'a', size: 10 }] }, {}]);
  const everything = async (t: SuiteContext) => ({
    mailboxes: (await t.engine.read(record.id, (tx) => tx.mailboxes())).map((mailbox) => ({ ...mailbox })),
    records: await t.all(record.id, inbox.id, { body: true, envelope: true }),
    changes: JSON.stringify(await t.engine.read(record.id, (tx) => tx.changes(0, 100))),
  });
  const before = await everything(first);
  expect(before.records).toHaveLength(2);
  await first.close();

  await downgrade(accountDatabase(path, record.id), ACCOUNT_STEPS, 1);
  const { DatabaseSync } = loadDriver();
  const old = new DatabaseSync(accountDatabase(path, record.id));
  expect(() => old.prepare('SELECT * FROM annotation')).toThrow(/no such table/);
  old.close();

  const second = new SuiteContext({ engine: await openTestEngine(path) });
  expect(await everything(second)).toEqual(before);
  const values = new Map([['/shared/comment', Buffer.from('new')]]);
  await second.engine.write(record.id, (tx) => tx.setAnnotations(inbox.id, values));
  expect(await second.engine.read(record.id, (tx) => tx.annotations())).toHaveLength(1);
  second.accounts.add(record.id);
  await second.assertClean();
  await second.close();
});

it('version 1 of the directory becomes the present one, with all of its accounts', async () => {
  const record = accountRecord({ addresses: ['b@made.example', 'a@made.example'] });
  const first = await openTestEngine(path);
  await first.directory.create(record);
  await first.close();

  const file = join(path, DIRECTORY_FILE);
  await downgrade(file, DIRECTORY_STEPS, 1);
  const { DatabaseSync } = loadDriver();
  const old = new DatabaseSync(file);
  expect(() => old.prepare('SELECT * FROM vault')).toThrow(/no such table/);
  old.close();

  const engines = await Promise.all([openTestEngine(path), openTestEngine(path)]);
  for (const [index, { directory, vault }] of engines.entries()) {
    expect(await directory.find('a@made.example')).toEqual(record);
    await vault.put({ owner: record.id, kind: 'token', key: String(index) }, { value: 'new' });
  }
  expect(await engines[0].vault.all(record.id, { limit: 10 })).toHaveLength(2);
  for (const engine of engines) await engine.close();
});
