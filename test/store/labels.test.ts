/** Labels: the mailboxes that messages are in, changed as attributes of the messages. */

import { describe, expect, it } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import type { LabelsChange } from '../../src/store/message-store.ts';
import { ALL, letter, openTestStore } from './store-fixture.ts';

async function open() {
  const { store, account } = await openTestStore();
  for (const subject of ['one', 'two', 'three']) await store.append(account, 'INBOX', letter(subject, 'text'));
  return {
    store,
    account,
    change: (uids: UidSet, mode: LabelsChange['mode'], ...labels: string[]) =>
      store.changeLabels(account, 'INBOX', uids, { mode, labels }),
    labels: async (mailbox = 'INBOX') => {
      const found = await store.labels(account, mailbox, ALL);
      return Object.fromEntries([...found].map(([uid, list]) => [uid, list.map(({ path }) => path)]));
    },
    count: async (path: string) => (await store.mailbox(account, path)).messages,
  };
}

describe('labels', () => {
  it('are mailboxes, made where they are missing', async () => {
    const { change, labels, store, account } = await open();
    await change(UidSet.parse('1:2'), 'add', 'Work/Deals', 'Archive');
    await change(UidSet.of(2), 'add', 'work', 'Archive');
    expect(await labels()).toEqual({ 1: ['Archive', 'Work/Deals'], 2: ['Archive', 'Work/Deals', 'work'] });
    expect(await labels('Archive')).toEqual({ 1: ['INBOX', 'Work/Deals'], 2: ['INBOX', 'Work/Deals', 'work'] });
    expect((await store.mailbox(account, 'Work')).messages).toBe(0);
    await store.storeFlags(account, 'Archive', UidSet.of(1), { mode: 'add', flags: ['\\Seen'] });
    expect([...(await store.flags(account, 'INBOX')).masks]).toEqual([1, 0, 0]);
  });

  it('are replaced, the mailbox itself aside', async () => {
    const { change, labels } = await open();
    await change(ALL, 'add', 'A', 'B');
    const { gone } = await change(UidSet.parse('1,3'), 'replace', 'B', 'C', 'INBOX');
    expect(gone.isEmpty).toBe(true);
    expect(await labels()).toEqual({ 1: ['B', 'C'], 2: ['A', 'B'], 3: ['B', 'C'] });
    await change(UidSet.of(2), 'replace');
    expect(await labels()).toEqual({ 1: ['B', 'C'], 3: ['B', 'C'] });
  });

  it('are taken away, also that of the mailbox itself; the last one leaves the archive', async () => {
    const { change, labels, count } = await open();
    await change(UidSet.of(1), 'add', 'A');
    const { gone } = await change(UidSet.parse('1:2'), 'remove', 'INBOX', 'missing');
    expect(gone.toString()).toBe('1:2');
    expect([await count('A'), await count('Archive'), await count('INBOX')]).toEqual([1, 1, 1]);
    expect(await labels()).toEqual({});
  });

  it('of special use Trash stand alone', async () => {
    const { change, count } = await open();
    await change(ALL, 'add', 'A');
    const { gone } = await change(UidSet.of(2), 'add', 'Trash', 'B');
    expect(gone.toString()).toBe('2');
    expect([await count('A'), await count('INBOX'), await count('Trash'), await count('B')]).toEqual([2, 2, 1, 1]);
  });

  it('that change nothing leave no trace', async () => {
    const { change, store, account } = await open();
    await change(UidSet.of(1), 'add', 'A');
    const before = await store.modSeq(account);
    await change(UidSet.of(1), 'add', 'A');
    await change(UidSet.of(1), 'replace', 'A');
    await change(UidSet.of(2), 'remove', 'A', 'none');
    await change(UidSet.of(9), 'add', 'A');
    expect(await store.modSeq(account)).toBe(before);
  });

  it('are refused whole: over quota, without an archive, with separate copies', async () => {
    const { change, store, account, labels, count } = await open();
    await store.accounts.update(account, { limits: { messages: 4 } });
    await expect(change(ALL, 'add', 'New')).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await expect(store.mailbox(account, 'New')).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
    await store.deleteMailbox(account, 'Archive');
    await expect(change(ALL, 'remove', 'INBOX')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect([await labels(), await count('INBOX')]).toEqual([{}, 3]);
    await expect(change(ALL, 'add', 'a//b')).rejects.toMatchObject({ code: 'MAILBOX_NAME_INVALID' });
    await store.accounts.update(account, { copies: 'separate' });
    await expect(change(ALL, 'add', 'A')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});
