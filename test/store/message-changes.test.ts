/** Flags, copies, moves and removal through the store. */

import { describe, expect, it } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { ALL, type Fixture, letter, openTestStore, readAll } from './store-fixture.ts';

async function filled(count: number, options: Parameters<typeof openTestStore>[0] = {}): Promise<Fixture> {
  const fixture = await openTestStore(options);
  for (let index = 1; index <= count; index++)
    await fixture.store.append(fixture.account, 'INBOX', letter(`m${index}`));
  return fixture;
}

describe('storeFlags', () => {
  it('adds, removes, replaces, and names what differs', async () => {
    const { store, account } = await filled(3);
    const added = await store.storeFlags(account, 'INBOX', UidSet.of(1, 2, 9), {
      mode: 'add',
      flags: ['\\Seen', 'Work'],
    });
    expect(added.changed.map(({ uid, mask, keywords }) => [uid, mask, keywords])).toEqual([
      [1, 1, 'Work'],
      [2, 1, 'Work'],
    ]);
    expect(added.modSeq).toBe(await store.modSeq(account));
    const again = await store.storeFlags(account, 'INBOX', UidSet.of(1), { mode: 'add', flags: ['\\seen', 'WORK'] });
    expect(again.changed).toEqual([]);
    expect(again.modSeq).toBe(added.modSeq);
    const flags = await store.flags(account, 'INBOX');
    expect([[...flags.masks], [...flags.keywords]]).toEqual([
      [1, 1, 0],
      [
        [1, 'Work'],
        [2, 'Work'],
      ],
    ]);
    expect((await store.openMailbox(account, 'INBOX')).keywords).toEqual(['Work']);
  });

  it('refuses what is no flag, and then changes nothing', async () => {
    const { store, account } = await filled(1);
    const before = await store.modSeq(account);
    for (const flag of ['\\Odd', 'two words', '', 'par(en', 'ü', '"quoted"', 'bracket]']) {
      await expect(
        store.storeFlags(account, 'INBOX', ALL, { mode: 'add', flags: ['\\Seen', flag] }),
      ).rejects.toMatchObject({ code: 'FLAG_INVALID' });
    }
    await expect(
      store.storeFlags(account, 'INBOX', ALL, { mode: 'add', flags: ['x'.repeat(256)] }),
    ).rejects.toMatchObject({ code: 'FLAG_LIMIT' });
    const many = Array.from({ length: 201 }, (_, index) => `k${index}`);
    await expect(store.storeFlags(account, 'INBOX', ALL, { mode: 'add', flags: many })).rejects.toMatchObject({
      code: 'FLAG_LIMIT',
    });
    await expect(store.storeFlags(account, 'Nowhere', ALL, { mode: 'add', flags: [] })).rejects.toMatchObject({
      code: 'MAILBOX_NOT_FOUND',
    });
    expect(await store.modSeq(account)).toBe(before);
  });

  it('leaves alone what another session changed meanwhile', async () => {
    const { store, account } = await filled(2);
    const since = await store.modSeq(account);
    await store.storeFlags(account, 'INBOX', UidSet.of(1), { mode: 'add', flags: ['\\Flagged'] });
    const { changed, modified } = await store.storeFlags(account, 'INBOX', ALL, {
      mode: 'add',
      flags: ['\\Seen'],
      unchangedSince: since,
    });
    expect([changed.map((item) => item.uid), modified.toString()]).toEqual([[2], '1']);
  });
});

describe('copy', () => {
  it('gives a label by default: flags are shared, \\Deleted is not', async () => {
    const fixture = await filled(2);
    const { store, account } = fixture;
    const result = await store.copy(account, 'INBOX', ALL, 'Archive');
    expect([result.from, result.to]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(result.mailboxId).toBe((await store.mailbox(account, 'Archive')).id);
    await store.storeFlags(account, 'Archive', UidSet.of(1), { mode: 'add', flags: ['\\Seen', '\\Deleted'] });
    expect((await readAll(fixture, 'INBOX')).map((message) => message.mask)).toEqual([1, 0]);
    expect((await readAll(fixture, 'Archive')).map((message) => message.mask)).toEqual([17, 0]);
    const [one] = await readAll(fixture, 'INBOX');
    const [other] = await readAll(fixture, 'Archive');
    expect(other?.emailId).toBe(one?.emailId);
  });

  it('makes messages of their own when the account says so', async () => {
    const fixture = await filled(1, { account: { copies: 'separate' } });
    const { store, account } = fixture;
    await store.copy(account, 'INBOX', ALL, 'Archive');
    await store.storeFlags(account, 'Archive', ALL, { mode: 'add', flags: ['\\Seen'] });
    expect((await readAll(fixture, 'INBOX'))[0]?.mask).toBe(0);
    const [copy] = await readAll(fixture, 'Archive');
    expect(copy?.raw.toString()).toBe(letter('m1'));
  });

  it('copies nothing to or from a mailbox that is not there', async () => {
    const { store, account } = await filled(1);
    await expect(store.copy(account, 'INBOX', ALL, 'Nowhere')).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
    await expect(store.copy(account, 'Nowhere', ALL, 'INBOX')).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
    expect(await store.copy(account, 'INBOX', UidSet.of(7), 'Archive')).toMatchObject({ from: [], to: [] });
  });
});

describe('move', () => {
  it('takes messages over whole', async () => {
    const fixture = await filled(3);
    const { store, account } = fixture;
    await store.storeFlags(account, 'INBOX', UidSet.of(2), { mode: 'add', flags: ['\\Flagged', 'k'] });
    const before = await readAll(fixture, 'INBOX');
    const result = await store.move(account, 'INBOX', UidSet.parse('2:9'), 'Trash');
    expect([result.from, result.to]).toEqual([
      [2, 3],
      [1, 2],
    ]);
    const after = await readAll(fixture, 'Trash');
    expect(after.map(({ raw, emailId, mask, keywords }) => [raw.toString(), emailId, mask, keywords])).toEqual(
      before.slice(1).map(({ raw, emailId, mask, keywords }) => [raw.toString(), emailId, mask, keywords]),
    );
    expect([...(await store.uids(account, 'INBOX'))]).toEqual([1]);
  });

  it('moves nothing to a mailbox that is not there', async () => {
    const { store, account } = await filled(1);
    await expect(store.move(account, 'INBOX', ALL, 'Nowhere')).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
    expect((await store.mailbox(account, 'INBOX')).messages).toBe(1);
  });
});

describe('expunge', () => {
  it('removes what is marked \\Deleted, of all or of some', async () => {
    const { store, account } = await filled(5);
    await store.storeFlags(account, 'INBOX', UidSet.parse('1:3'), { mode: 'add', flags: ['\\Deleted'] });
    const some = await store.expunge(account, 'INBOX', UidSet.parse('2,4'));
    expect(some.uids.toString()).toBe('2');
    const all = await store.expunge(account, 'INBOX');
    expect(all.uids.toString()).toBe('1,3');
    const none = await store.expunge(account, 'INBOX');
    expect([none.uids.isEmpty, none.modSeq]).toEqual([true, all.modSeq]);
    expect([...(await store.uids(account, 'INBOX'))]).toEqual([4, 5]);
    expect((await store.expunge(account, 'INBOX', UidSet.of(4), { any: true })).uids.toString()).toBe('4');
  });
});

describe('a closed store', () => {
  it('says so, and closing again does nothing', async () => {
    const { store, account } = await filled(1, { unchecked: true });
    await store.close();
    await store.close();
    await expect(store.uids(account, 'INBOX')).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await expect(store.append(account, 'INBOX', 'x')).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await expect(store.accounts.find('ann')).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await expect(store.storeFlags(account, 'INBOX', ALL, { mode: 'add', flags: [] })).rejects.toMatchObject({
      code: 'STORE_CLOSED',
    });
  });
});
