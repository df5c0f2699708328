/** When small records are on the disk, and what happens while another process holds the directory. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Database } from '../../src/sqlite/database.ts';
import { loadDriver } from '../../src/sqlite/driver.ts';
import { GroupedWrites } from '../../src/sqlite/grouped-writes.ts';
import { retryBusy } from '../../src/sqlite/retry-busy.ts';
import { migrateDirectory } from '../../src/sqlite/schema.ts';
import { DIRECTORY_FILE } from '../../src/sqlite/sqlite-engine.ts';
import { SqliteVault } from '../../src/sqlite/sqlite-vault.ts';
import { WalSync } from '../../src/sqlite/wal-sync.ts';
import { openTestEngine } from './open-test-engine.ts';

let path: string;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'eider-vault-'));
});
afterEach(() => rm(path, { recursive: true }));

const at = (key: string) => ({ owner: 'someone', kind: 'ticket', key });

it('what changes a record waits for the disk; counters, and what changes nothing, do not', async () => {
  const db = new Database(loadDriver(), join(path, 'x.db'));
  migrateDirectory(db.raw);
  const wal = new WalSync(join(path, 'x.db-wal'));
  const synced: string[] = [];
  const sync = vi.spyOn(wal, 'sync').mockImplementation(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    synced.push('done');
  });
  const vault = new SqliteVault(
    db,
    wal,
    new GroupedWrites(db, { requireOpen: () => {}, committed: () => {} }),
    () => {},
  );
  const syncsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const [before, begun] = [synced.length, sync.mock.calls.length];
    await work();
    expect(synced.length - before, 'none is under way').toBe(sync.mock.calls.length - begun);
    return synced.length - before;
  };
  const end = Date.now() + 1e6;
  expect(await syncsOf(() => vault.put(at('a'), { value: '1' }))).toBe(1);
  expect(await syncsOf(() => vault.create(at('b'), { value: '1' }))).toBe(1);
  const { version } = (await vault.get(at('a'))) ?? { version: 0 };
  expect(await syncsOf(() => vault.update(at('a'), version, { value: '2' }))).toBe(1);
  expect(await syncsOf(() => vault.take(at('b')))).toBe(1);
  expect(await syncsOf(() => vault.clear('someone'))).toBe(1);
  expect(await syncsOf(() => vault.count(at('old'), 1, 0))).toBe(0);
  expect(await syncsOf(() => vault.sweep())).toBe(1);

  await vault.put(at('a'), { value: '1' });
  const nothing = [
    () => vault.count(at('c'), 1, end),
    () => vault.count(at('c'), 1, end),
    () => vault.get(at('a')),
    () => vault.create(at('a'), { value: '' }),
    () => vault.update(at('a'), 1, { value: '' }),
    () => vault.take(at('none')),
    () => vault.clear('nobody'),
    () => vault.sweep(),
    () => vault.sweep({ dryRun: true }),
  ];
  for (const work of nothing) expect(await syncsOf(work)).toBe(0);
  db.close();
});

describe('while another process holds the directory', () => {
  it('a record is put once it lets go, and the event loop runs meanwhile', async () => {
    const engine = await openTestEngine(path);
    const other = new Database(loadDriver(), join(path, DIRECTORY_FILE));
    other.exec('BEGIN IMMEDIATE');
    let turns = 0;
    const ticking = setInterval(() => turns++, 5);
    let isPut = false;
    const put = engine.vault.put(at('a'), { value: '1' }).then(() => {
      isPut = true;
    });
    const count = engine.vault.count(at('n'), 1, Date.now() + 1e6);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(isPut).toBe(false);
    expect(turns).toBeGreaterThan(5);
    expect(await engine.vault.get(at('a'))).toBeNull();
    other.exec('COMMIT');
    await put;
    clearInterval(ticking);
    expect((await count).count).toBe(1);
    expect((await engine.vault.get(at('a')))?.value).toBe('1');
    other.close();
    await engine.close();
  });

  it('a store that is closed meanwhile does not wait for it', async () => {
    const engine = await openTestEngine(path);
    const other = new Database(loadDriver(), join(path, DIRECTORY_FILE));
    other.exec('BEGIN IMMEDIATE');
    const put = engine.vault.put(at('a'), { value: '1' });
    const outcome = expect(put).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await engine.close();
    await outcome;
    other.exec('COMMIT');
    other.close();
  });

  it('who waited for too long is told so', async () => {
    const now = vi.spyOn(Date, 'now');
    const busy = Object.assign(new Error('database is locked'), { errcode: 5 });
    let tries = 0;
    const outcome = retryBusy(() => {
      tries++;
      if (tries === 2) now.mockReturnValue(Number.MAX_SAFE_INTEGER);
      throw busy;
    });
    await expect(outcome).rejects.toMatchObject({ code: 'BUSY', cause: busy });
    expect(tries).toBe(2);
    now.mockRestore();
  });
});
