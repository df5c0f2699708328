/** The index follows the account: what was removed leaves it, whoever indexes. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import { loadDriver } from '../../src/sqlite/driver.ts';
import { ALL, SuiteContext } from '../../src/testing/suite.ts';
import { openTestEngine } from './open-test-engine.ts';
import { accountDatabase } from './plant-damage.ts';

async function open(): Promise<{ path: string; t: SuiteContext }> {
  const path = await mkdtemp(join(tmpdir(), 'eider-index-'));
  const t = new SuiteContext({ engine: await openTestEngine(path), reopen: () => openTestEngine(path) });
  onTestFinished(async () => {
    await t.close();
    await rm(path, { recursive: true });
  });
  return { path, t };
}

/** How many contents the index knows, and how many the account has. */
function count(path: string, account: string): { indexed: number; contents: number; waiting: number } {
  const { DatabaseSync } = loadDriver();
  const db = new DatabaseSync(accountDatabase(path, account));
  db.exec(
    `PRAGMA busy_timeout = 5000; ATTACH '${accountDatabase(path, account).replace(/db$/, 'search.db')}' AS search`,
  );
  const sql = `SELECT (SELECT count(*) FROM search.word) AS indexed, (SELECT count(*) FROM content) AS contents,
    (SELECT count(*) FROM pendingTerms) + (SELECT count(*) FROM removedTerms) AS waiting`;
  const row = { ...(db.prepare(sql).get() as { indexed: number; contents: number; waiting: number }) };
  db.close();
  return row;
}

const search = (engine: Engine, account: string, mailbox: number, text: string) =>
  engine.read(account, async (tx) => [...(await tx.search(mailbox, { key: 'body', text }))]);

describe('the index', () => {
  it('is brought up to date by a rest', async () => {
    const { path, t } = await open();
    const { account, inbox } = await t.inbox();
    await t.add(
      account,
      inbox.id,
      Array.from({ length: 100 }, () => ({})),
    );
    await expect
      .poll(() => count(path, account), { timeout: 5000 })
      .toEqual({ indexed: 100, contents: 100, waiting: 0 });
    await t.engine.write(account, (tx) => tx.expunge(inbox.id, UidSet.range(1, 60)));
    await expect.poll(() => count(path, account), { timeout: 5000 }).toEqual({ indexed: 40, contents: 40, waiting: 0 });
  });

  it('forgets what came and went in a hurry, with two who index', async () => {
    const { path, t } = await open();
    const { account, inbox } = await t.inbox();
    const other = await t.reopen();
    const hurry = async (engine: Engine): Promise<void> => {
      for (let round = 0; round < 40; round++) {
        const [added] = await engine.write(account, (tx) => tx.add(inbox.id, [t.message({ body: `round${round}` })]));
        if (round % 3 === 0) await search(engine, account, inbox.id, 'round');
        if (round % 2 === 0) await engine.write(account, (tx) => tx.expunge(inbox.id, UidSet.of(added!.uid)));
      }
    };
    await Promise.all([hurry(t.engine), hurry(other)]);
    expect(await search(other, account, inbox.id, 'round')).toHaveLength(40);
    await expect.poll(() => count(path, account), { timeout: 5000 }).toEqual({ indexed: 40, contents: 40, waiting: 0 });
    await t.assertClean();
  });

  it('is made anew from what is stored when it is lost', async () => {
    const { path, t } = await open();
    const { account, inbox } = await t.inbox();
    await t.add(account, inbox.id, [{ body: 'apple' }, { body: 'pear' }]);
    expect(await search(t.engine, account, inbox.id, 'apple')).toEqual([1]);
    await t.engine.close();
    for (const suffix of ['', '-wal', '-shm'])
      await rm(accountDatabase(path, account).replace(/db$/, `search.db${suffix}`), { force: true });
    const again = await t.reopen();
    const findings = await again.read(account, (tx) => tx.check());
    if (findings.length > 0) {
      expect(findings.every((finding) => finding.kind === 'search')).toBe(true);
      await again.write(account, (tx) => tx.repair());
    }
    expect(await search(again, account, inbox.id, 'apple')).toEqual([1]);
    expect(await again.read(account, (tx) => tx.check())).toEqual([]);
    await again.write(account, (tx) => tx.expunge(inbox.id, ALL));
    expect(await search(again, account, inbox.id, 'apple')).toEqual([]);
  });
});
