/** Commits without an answer: what was appended is there once and told, or it is told that nobody knows; never twice. */

import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { expectClean, letter, readAll } from '../store/store-fixture.ts';
import { type CommitCutter, startCutter } from './cut-commits.ts';
import { takeDatabase } from './databases.ts';
import { MONGODB_URI } from './mongo-test.ts';

interface Fixture {
  /** By way of the cutter. */
  readonly store: MessageStore;
  /** Straight to the database. */
  readonly other: MessageStore;
  readonly account: string;
  readonly cutter: CommitCutter;
}

async function start(): Promise<Fixture> {
  // For nobody else: transactions that were cut off may be open in it.
  const { uri } = await takeDatabase();
  const cutter = await startCutter(new URL(uri));
  onTestFinished(() => cutter.close());
  const store = await openStore({ mongodb: cutter.uri });
  onTestFinished(() => store.close());
  const other = await openStore({ mongodb: uri });
  onTestFinished(() => other.close());
  const { id } = await other.accounts.create({ name: 'ann' });
  await store.append(id, 'INBOX', letter('first'));
  return { store, other, account: id, cutter };
}

const subjects = async ({ other, account }: Fixture): Promise<string[]> =>
  (await readAll({ store: other, account }, 'INBOX')).map(({ raw }) => /Subject: (.*)/.exec(String(raw))?.[1] ?? '');

describe.skipIf(MONGODB_URI === null)('a commit that is cut off', { timeout: 60_000 }, () => {
  test.each(['before', 'after'] as const)('%s it takes place is settled', async (how) => {
    const fixture = await start();
    const { store, other, account, cutter } = fixture;
    cutter.cut(how, 1);
    const { uid, modSeq } = await store.append(account, 'INBOX', letter('second'));
    expect(cutter.cuts).toBe(1);
    expect(uid).toBe(2);
    expect(await other.modSeq(account)).toBe(modSeq);
    expect(await subjects(fixture)).toEqual(['first', 'second']);
    await store.append(account, 'INBOX', letter('third'));
    expect(await subjects(fixture)).toEqual(['first', 'second', 'third']);
    await expectClean(other);
  });

  test('is settled also when others have gone on since', async () => {
    const fixture = await start();
    const { store, other, account, cutter } = fixture;
    const wasCut = new Promise<void>((resolve) => {
      cutter.whenCut = () => {
        cutter.closed = true;
        resolve();
      };
    });
    cutter.cut('after', 1);
    const appended = store.append(account, 'INBOX', letter('second'));
    await wasCut;
    const between = await other.append(account, 'INBOX', letter('between'));
    cutter.closed = false;
    const { uid, modSeq } = await appended;
    expect([uid, between.uid]).toEqual([2, 3]);
    expect(modSeq).toBe(between.modSeq - 1);
    expect(await subjects(fixture)).toEqual(['first', 'second', 'between']);
    await expectClean(other);
  });

  test('and nobody there for long: UNAVAILABLE, stored at most once, and the process recovers', async () => {
    const fixture = await start();
    const { store, other, account, cutter } = fixture;
    cutter.whenCut = () => {
      cutter.closed = true;
    };
    cutter.cut('after', 1);
    const begun = Date.now();
    await expect(store.append(account, 'INBOX', letter('second'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(Date.now() - begun).toBeLessThan(25_000);
    expect(await subjects(fixture)).toEqual(['first', 'second']);
    cutter.closed = false;
    expect((await store.append(account, 'INBOX', letter('third'))).uid).toBe(3);
    expect(await subjects(fixture)).toEqual(['first', 'second', 'third']);
    await expectClean(other);
  });

  test('again and again, while several write: nothing twice, nothing lost', async () => {
    const fixture = await start();
    const { store, other, account, cutter } = fixture;
    const told = new Map<string, number>([['first', 1]]);
    const write = async (through: MessageStore, name: string): Promise<void> => {
      for (let n = 0; n < 12; n++) {
        if (through === store && n % 3 === 0) cutter.cut(n % 2 === 0 ? 'after' : 'before', 1);
        told.set(`${name}${n}`, (await through.append(account, 'INBOX', letter(`${name}${n}`))).uid);
      }
    };
    await Promise.all([write(store, 'a'), write(store, 'b'), write(other, 'c')]);
    expect(cutter.cuts).toBeGreaterThan(3);
    const messages = await readAll({ store: other, account }, 'INBOX');
    const found = messages.map(({ uid, raw }) => [/Subject: (.*)/.exec(String(raw))?.[1] as string, uid] as const);
    expect(found).toHaveLength(told.size);
    expect(new Map(found)).toEqual(told);
    await expectClean(other);
  });
});
