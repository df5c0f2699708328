/** The memory of a mailbox: whatever happens to it, and by whom, after a refresh it is as the store says. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MailboxCache } from '../../src/imap/mailbox-cache.ts';
import { SharedMailbox } from '../../src/imap/shared-mailbox.ts';
import type { Account } from '../../src/model/account.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { openTestedStore } from '../engine-under-test.ts';
import { testMessage } from './imap-fixture.ts';

let store: MessageStore;
let names = 0;
beforeAll(async () => {
  store = await openTestedStore();
});
afterAll(() => store.close());

async function fill(count: number): Promise<Account> {
  const account = await store.accounts.create({ name: `shared${++names}` });
  await append(account, count);
  return account;
}

async function append(account: Account, count: number): Promise<void> {
  const messages = [];
  for (let n = 1; n <= count; n++) messages.push({ message: await store.prepare(testMessage(n)) });
  await store.appendPrepared(account.id, 'INBOX', messages);
}

async function open(account: Account): Promise<SharedMailbox> {
  return new SharedMailbox(store, account.id, await store.openMailbox(account.id, 'INBOX'));
}

async function expectCurrent(shared: SharedMailbox): Promise<void> {
  const { uids, masks, modSeqs, keywords } = await store.flags(shared.account, shared.id);
  expect([...shared.map.uids.subarray(0, shared.map.count)]).toEqual([...uids]);
  const { table } = shared.flags;
  if (table) {
    expect([...table.masks.subarray(0, uids.length)]).toEqual([...masks]);
    expect([...table.modSeqs.subarray(0, uids.length)]).toEqual([...modSeqs]);
    expect(new Map(table.keywords)).toEqual(new Map(keywords));
  }
  const mailbox = await store.mailbox(shared.account, shared.id);
  expect([shared.uidNext, shared.highestModSeq]).toEqual([mailbox.uidNext, mailbox.highestModSeq]);
  expect(shared.isCurrent(mailbox)).toBe(true);
}

describe('own changes are taken in without reading', () => {
  test('when nothing else happened', async () => {
    const account = await fill(5);
    const shared = await open(account);
    await shared.loadFlags();
    const change = { mode: 'add', flags: ['\\Seen', 'kw'] } as const;
    shared.applyStored(await store.storeFlags(account.id, 'INBOX', UidSet.range(2, 3), change));
    await expectCurrent(shared);
    expect(shared.keywords).toEqual(['kw']);
    const { uids, modSeq } = await store.expunge(account.id, 'INBOX', UidSet.of(2, 5), { any: true });
    shared.applyExpunged(uids, modSeq);
    await expectCurrent(shared);
    expect(shared.expungedAt).toBe(modSeq);
  });

  test('not when somebody else did something in between', async () => {
    const account = await fill(5);
    const shared = await open(account);
    await shared.loadFlags();
    await store.storeFlags(account.id, 'INBOX', UidSet.of(1), { mode: 'add', flags: ['\\Flagged'] });
    const change = { mode: 'add', flags: ['\\Seen'] } as const;
    const result = await store.storeFlags(account.id, 'INBOX', UidSet.of(2), change);
    shared.applyStored(result);
    expect(shared.modSeq).toBeLessThan(result.modSeq);
    await store.expunge(account.id, 'INBOX', UidSet.of(4), { any: true });
    const expunged = await store.expunge(account.id, 'INBOX', UidSet.of(3), { any: true });
    shared.applyExpunged(expunged.uids, expunged.modSeq);
    await shared.refresh();
    await expectCurrent(shared);
  });
});

describe('random changes', () => {
  for (const seed of [11, 12, 13, 14]) {
    test(`run ${seed}`, async () => {
      const account = await fill(10);
      const shared = await open(account);
      let state = seed;
      const random = (below: number): number => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        return Math.floor((state / 2_147_483_648) * below);
      };
      const some = (): UidSet => UidSet.of(...Array.from({ length: 1 + random(3) }, () => 1 + random(shared.uidNext)));
      for (let step = 0; step < 60; step++) {
        const mine = random(2) === 0;
        const dice = random(8);
        if (dice === 0) await append(account, 1 + random(3));
        else if (dice === 1) {
          const { uids, modSeq } = await store.expunge(account.id, 'INBOX', some(), { any: true });
          if (mine) shared.applyExpunged(uids, modSeq);
        } else if (dice === 2) await shared.loadFlags();
        else if (dice === 3) await Promise.all([shared.refresh(), shared.loadFlags(), shared.refresh()]);
        else {
          const mode = random(2) === 0 ? 'add' : 'remove';
          const flags = [['\\Seen'], ['\\Flagged', 'one'], ['two']][random(3)] as string[];
          const waiting = random(3) === 0 ? shared.refresh() : null;
          const result = await store.storeFlags(account.id, 'INBOX', some(), { mode, flags });
          if (mine) shared.applyStored(result);
          await waiting;
        }
        if (step % 5 === 0) {
          await shared.refresh();
          await expectCurrent(shared);
        }
      }
      await shared.loadFlags();
      await shared.refresh();
      await expectCurrent(shared);
    });
  }
});

test('many single changes make it read all flags', async () => {
  const account = await fill(1);
  const shared = await open(account);
  const message = await store.prepare(testMessage(1));
  await store.appendPrepared(
    account.id,
    'INBOX',
    Array.from({ length: 2100 }, () => ({ message })),
  );
  await shared.refresh();
  expect(shared.flags.table).toBeNull();
  await store.storeFlags(account.id, 'INBOX', UidSet.range(1, 2100), { mode: 'add', flags: ['\\Seen'] });
  await shared.refresh();
  expect(shared.flags.table).not.toBeNull();
  await expectCurrent(shared);
});

describe('the cache', () => {
  test('one memory for all who have a mailbox open', async () => {
    const account = await fill(3);
    const cache = new MailboxCache(store, 1_000_000);
    const mailbox = await store.mailbox(account.id, 'INBOX');
    const [first, second] = await Promise.all([cache.acquire(account.id, mailbox), cache.acquire(account.id, mailbox)]);
    expect(second).toBe(first);
    cache.release(first);
    expect(await cache.acquire(account.id, mailbox)).toBe(first);
    cache.release(first);
    cache.release(first);
    // Nobody has it open, and it is still there.
    expect(await cache.acquire(account.id, mailbox)).toBe(first);
  });

  test('what nobody uses goes when there is too much of it', async () => {
    const account = await fill(3);
    const cache = new MailboxCache(store, 0);
    const mailbox = await store.mailbox(account.id, 'INBOX');
    const first = await cache.acquire(account.id, mailbox);
    cache.release(first);
    expect(await cache.acquire(account.id, mailbox)).not.toBe(first);
  });

  test('an old memory is refreshed before it is given away', async () => {
    const account = await fill(3);
    const cache = new MailboxCache(store, 1_000_000);
    cache.release(await cache.acquire(account.id, await store.mailbox(account.id, 'INBOX')));
    await append(account, 2);
    await store.expunge(account.id, 'INBOX', UidSet.of(1), { any: true });
    await expectCurrent(await cache.acquire(account.id, await store.mailbox(account.id, 'INBOX')));
  });

  test('a mailbox that is deleted meanwhile', async () => {
    const account = await fill(0);
    const cache = new MailboxCache(store, 1_000_000);
    const mailbox = await store.createMailbox(account.id, 'Work');
    const shared = await cache.acquire(account.id, mailbox);
    await store.deleteMailbox(account.id, 'Work');
    await shared.refresh();
    expect(shared.gone).toBe(true);
    await expect(cache.acquire(account.id, mailbox)).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
    cache.release(shared);
    await expect(cache.acquire(account.id, mailbox)).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
  });

  test('an account is followed as long as somebody does', async () => {
    const account = await fill(0);
    const cache = new MailboxCache(store, 0);
    const [one, two] = [cache.watch(account.id), cache.watch(account.id)];
    expect(cache.sessions(account.id)).toBe(2);
    let heard = 0;
    two.listen(() => heard++);
    one.notice(1_000_000);
    expect([heard, two.modSeq]).toEqual([1, 1_000_000]);
    one.end();
    one.end();
    expect(cache.sessions(account.id)).toBe(1);
    two.end();
    expect(cache.sessions(account.id)).toBe(0);
  });
});
