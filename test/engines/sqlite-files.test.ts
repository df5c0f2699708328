/** What only the embedded engine has: files that it opens, closes, shares and removes. */

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { loadDriver } from '../../src/sqlite/driver.ts';
import { ACCOUNT_STEPS } from '../../src/sqlite/schema.ts';
import { accountRecord, SuiteContext } from '../../src/testing/suite.ts';
import { openTestEngine } from '../sqlite/open-test-engine.ts';
import { accountDatabase, tamper } from '../sqlite/plant-damage.ts';

let path: string;
const engines: Engine[] = [];

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'eider-files-'));
});

afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
  await rm(path, { recursive: true });
});

async function open(options: Parameters<typeof openTestEngine>[1] = {}): Promise<SuiteContext> {
  const engine = await openTestEngine(path, options);
  engines.push(engine);
  return new SuiteContext({ engine });
}

/** How many files below the store this process has open. */
async function openFiles(): Promise<string[]> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  return links.filter((target) => target.startsWith(path));
}

/** Collects garbage now. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** Overwrites octets in the middle of a file, as a dying disk does. */
async function spoilPages(file: string): Promise<void> {
  const octets = await readFile(file);
  octets.fill(0xa5, octets.length >> 1, (octets.length >> 1) + 4096);
  await writeFile(file, octets);
}

describe('few files open', () => {
  it('keeps no more accounts open than it may, and answers for all of them', async () => {
    const t = await open({ maxOpenAccounts: 2 });
    const places: Awaited<ReturnType<SuiteContext['inbox']>>[] = [];
    for (let index = 0; index < 8; index++) places.push(await t.inbox());
    for (let round = 0; round < 5; round++) {
      await Promise.all(places.map(({ account, inbox }) => t.add(account, inbox.id, [{}])));
      await Promise.all(places.map(({ account }) => t.engine.read(account, (tx) => tx.mailboxes())));
    }
    for (const { account, inbox } of places) expect(await t.all(account, inbox.id)).toHaveLength(5);
    await t.assertClean();
  });

  it('never answers STORE_CLOSED while accounts are opened and closed all the time', async () => {
    const t = await open({ maxOpenAccounts: 1 });
    const places: Awaited<ReturnType<SuiteContext['inbox']>>[] = [];
    for (let index = 0; index < 4; index++) places.push(await t.inbox());
    await new Promise((resolve) => setTimeout(resolve, 700));
    let turn = 0;
    const read = async (): Promise<void> => {
      for (let round = 0; round < 100; round++) {
        const { account } = places[(turn * 7 + round * 3) % places.length]!;
        for (let ticks = turn++ % 9; ticks > 0; ticks--) await Promise.resolve();
        expect((await t.engine.read(account, (tx) => tx.state())).messages).toBe(0);
      }
    };
    await Promise.all([read(), read(), read()]);
  });

  it('keeps an account open that somebody listens to', async () => {
    const t = await open({ maxOpenAccounts: 1 });
    const watched = await t.inbox();
    const heard: number[] = [];
    const end = t.engine.subscribe(watched.account, (modSeq) => heard.push(modSeq));
    await new Promise((resolve) => setTimeout(resolve, 700));
    for (let index = 0; index < 3; index++) await t.inbox();
    await t.add(watched.account, watched.inbox.id, [{}]);
    const modSeq = await t.modSeq(watched.account);
    await expect.poll(() => heard).toContain(modSeq);
    end();
  });

  it('leaves nothing open after close', { skip: !existsSync('/proc/self/fd') }, async () => {
    const t = await open();
    const { account, inbox } = await t.inbox();
    await t.add(account, inbox.id, [{}]);
    await t.engine.read(account, (tx) => tx.search(inbox.id, { key: 'text', text: 'body' }));
    expect((await openFiles()).length).toBeGreaterThan(0);
    await t.engine.close();
    // The packaged binding lets go of a connection when its statements are collected.
    const left = async (): Promise<string[]> => {
      collectGarbage();
      return openFiles();
    };
    await expect.poll(left, { timeout: 5000 }).toEqual([]);
    const files = await readdir(join(path, 'accounts', account.slice(-2)));
    expect(files.sort()).toEqual([`${account}.db`, `${account}.search.db`]);
  });
});

describe('removal', () => {
  it('takes the files of an account away', async () => {
    const t = await open();
    const { account, inbox } = await t.inbox();
    await t.add(account, inbox.id, [{}]);
    expect(existsSync(accountDatabase(path, account))).toBe(true);
    await t.engine.directory.delete(account);
    expect(await readdir(join(path, 'accounts', account.slice(-2)))).toEqual([]);
  });
});

describe('what is found in the folder', () => {
  it('an account whose database was never made, as after a crash, is made', async () => {
    const first = await open();
    const record = accountRecord();
    await first.engine.directory.create(record);
    await first.engine.close();
    await rm(join(path, 'accounts', record.id.slice(-2)), { recursive: true });
    const { engine } = await open();
    expect(await engine.read(record.id, (tx) => tx.mailboxes())).toEqual([]);
  });

  it('a newer schema is refused and left alone', async () => {
    const t = await open();
    const { account, inbox } = await t.inbox();
    await t.add(account, inbox.id, [{}]);
    await t.engine.close();
    tamper(path, account, 'PRAGMA user_version = 1000');
    const again = await open();
    await expect(again.engine.read(account, (tx) => tx.state())).rejects.toMatchObject({ code: 'SCHEMA_TOO_NEW' });
    await again.engine.close();
    tamper(path, account, `PRAGMA user_version = ${ACCOUNT_STEPS.length}`);
    const last = await open();
    expect(await last.all(account, inbox.id)).toHaveLength(1);
  });

  it('a newer directory is refused', async () => {
    const t = await open();
    await t.engine.close();
    const { DatabaseSync } = loadDriver();
    const db = new DatabaseSync(join(path, 'directory.db'));
    db.exec('PRAGMA user_version = 1000');
    db.close();
    await expect(openTestEngine(path)).rejects.toMatchObject({ code: 'SCHEMA_TOO_NEW' });
  });

  it('what is no database is told as such', async () => {
    const t = await open();
    const { account } = await t.inbox();
    await t.engine.close();
    await writeFile(
      accountDatabase(path, account),
      'this is no database, but it is long enough to be read as one'.repeat(100),
    );
    const again = await open();
    await expect(again.engine.read(account, (tx) => tx.state())).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    const other = await again.inbox();
    await again.add(other.account, other.inbox.id, [{}]);
  });

  it('a path that cannot be a folder is told as such', async () => {
    await writeFile(join(path, 'file'), 'x');
    await expect(openTestEngine(join(path, 'file'))).rejects.toMatchObject({ code: 'STORE_UNSUITABLE' });
    await expect(openTestEngine(join(path, 'file', 'below'))).rejects.toMatchObject({ code: 'STORE_UNSUITABLE' });
    await mkdir(join(path, 'odd', 'directory.db'), { recursive: true });
    await expect(openTestEngine(join(path, 'odd'))).rejects.toMatchObject({ code: 'STORE_UNSUITABLE' });
  });

  it('a damaged page is found by a check', async () => {
    const t = await open();
    const { account, inbox } = await t.inbox();
    await t.add(
      account,
      inbox.id,
      Array.from({ length: 200 }, () => ({})),
    );
    await t.engine.close();
    await spoilPages(accountDatabase(path, account));
    const again = await open();
    const found = await again.engine.read(account, (tx) => tx.check()).catch((error: { code: string }) => error.code);
    if (typeof found === 'string') expect(found).toBe('STORE_CORRUPT');
    else expect(found.map((finding) => finding.kind)).toContain('database');
  });
});
