/** Following an account: the change feed, wake-ups, and what a session must know to catch up. */

import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/model/change.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import { openStore } from '../../src/open-store.ts';
import { ENGINE, emptyPlace } from '../engine-under-test.ts';
import { ALL, type Fixture, letter, openTestStore } from './store-fixture.ts';

describe('changes', () => {
  it('tells from a position on, then what comes, until it is aborted', async () => {
    const { store, account } = await openTestStore();
    const since = await store.modSeq(account);
    await store.append(account, 'INBOX', letter('a'));
    const controller = new AbortController();
    const told: Change[] = [];
    const following = (async () => {
      for await (const change of store.changes(account, { since, signal: controller.signal })) told.push(change);
    })();
    await expect.poll(() => told.length).toBe(1);
    await store.storeFlags(account, 'INBOX', ALL, { mode: 'add', flags: ['\\Seen'] });
    await store.expunge(account, 'INBOX', ALL, { any: true });
    await expect.poll(() => told.length).toBe(3);
    controller.abort();
    await following;
    expect(told.map((change) => change.items.map((item) => item.type))).toEqual([['added'], ['flags'], ['expunged']]);
    const modSeqs = told.map((change) => change.modSeq);
    expect(modSeqs).toEqual([...new Set(modSeqs)].sort((a, b) => a - b));
  });

  it('without a position tells only what comes', async () => {
    const { store, account } = await openTestStore();
    await store.append(account, 'INBOX', letter('old'));
    const controller = new AbortController();
    const feed = store.changes(account, { signal: controller.signal })[Symbol.asyncIterator]();
    const first = feed.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { modSeq } = await store.append(account, 'INBOX', letter('new'));
    expect((await first).value?.modSeq).toBe(modSeq);
    const last = feed.next();
    controller.abort();
    expect((await last).done).toBe(true);
  });

  it('misses nothing while many write', async () => {
    const { store, account } = await openTestStore();
    const count = ENGINE === 'sqlite' ? 300 : 60;
    const since = await store.modSeq(account);
    const controller = new AbortController();
    const told: number[] = [];
    const following = (async () => {
      for await (const change of store.changes(account, { since, signal: controller.signal })) told.push(change.modSeq);
    })();
    await Promise.all(Array.from({ length: count }, (_, index) => store.append(account, 'INBOX', letter(`m${index}`))));
    await expect.poll(() => told.length, { timeout: 5000 }).toBe(count);
    controller.abort();
    await following;
    expect(told).toEqual(Array.from({ length: count }, (_, index) => since + index + 1));
  });

  it('are read by pages, up to where the account is', async () => {
    const { store, account } = await openTestStore();
    const since = await store.modSeq(account);
    expect(await store.changesSince(account, since)).toEqual({ changes: [], modSeq: since, more: false });
    for (let n = 0; n < 201; n++) await store.setAnnotations(account, null, { '/private/n': `${n}` });
    // A subscription has a position, and nothing to tell.
    await store.subscribe(account, 'INBOX', false);
    const first = await store.changesSince(account, since);
    expect([first.changes.length, first.modSeq, first.more]).toEqual([200, since + 200, true]);
    const second = await store.changesSince(account, first.modSeq);
    expect([second.changes.length, second.modSeq, second.more]).toEqual([1, since + 202, false]);
    expect(second.changes[0]?.items).toEqual([{ type: 'metadata', mailboxId: null, names: ['/private/n'] }]);
    await store.maintenance.sweep({ changesMs: -1 });
    await expect(store.changesSince(account, since)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('says so when the past was dropped', async () => {
    const { store, account } = await openTestStore();
    await expect(store.changes(account, { since: -1 })[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
  });

  it('an unknown account is told as such', async () => {
    const { store } = await openTestStore();
    await expect(store.changes('nobody')[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'ACCOUNT_NOT_FOUND',
    });
  });

  it('ends when the store is closed', async () => {
    const { store, account } = await openTestStore({ unchecked: true });
    const next = store.changes(account)[Symbol.asyncIterator]().next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await store.close();
    const outcome = await Promise.race([
      next.then(
        (result) => (result.done ? 'ended' : 'told'),
        (error: { code: string }) => error.code,
      ),
      new Promise((resolve) => setTimeout(() => resolve('still waits'), 2000)),
    ]);
    expect(['ended', 'STORE_CLOSED']).toContain(outcome);
  });
});

describe('watch', () => {
  it('wakes for changes of this process and of another', async () => {
    const place = await emptyPlace();
    const { store, account } = await openTestStore(place);
    const other = await openStore(place);
    const heard: number[] = [];
    const end = store.watch(account, (modSeq) => heard.push(modSeq));
    const here = await store.append(account, 'INBOX', letter('here'));
    await expect.poll(() => heard).toContain(here.modSeq);
    const there = await other.append(account, 'INBOX', letter('there'));
    await expect.poll(() => heard, { timeout: 5000 }).toContain(there.modSeq);
    end();
    await other.close();
  });
});

describe('mailboxChanges', () => {
  const summary = async ({ store, account }: Fixture, since: number) => {
    const { mailbox, vanished, changed, modSeq } = await store.mailboxChanges(account, 'INBOX', since);
    return {
      messages: mailbox?.messages,
      vanished: vanished?.toString(),
      changed: [...changed.uids],
      masks: [...changed.masks],
      modSeq,
    };
  };

  it('brings a session from one position to another', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    for (const subject of ['a', 'b', 'c', 'd']) await store.append(account, 'INBOX', letter(subject));
    const since = await store.modSeq(account);
    expect(await summary(fixture, since)).toMatchObject({ vanished: '', changed: [], modSeq: since });
    await store.storeFlags(account, 'INBOX', UidSet.of(2, 4), { mode: 'add', flags: ['\\Seen'] });
    await store.expunge(account, 'INBOX', UidSet.of(1, 4), { any: true });
    await store.append(account, 'INBOX', letter('e'));
    expect(await summary(fixture, since)).toEqual({
      messages: 3,
      vanished: '1,4',
      changed: [2, 5],
      masks: [1, 0],
      modSeq: since + 3,
    });
  });

  it('tells of a mailbox that is gone', async () => {
    const { store, account } = await openTestStore();
    const { id } = await store.createMailbox(account, 'a');
    const since = await store.modSeq(account);
    await store.deleteMailbox(account, id);
    expect((await store.mailboxChanges(account, id, since)).mailbox).toBeNull();
  });
});
