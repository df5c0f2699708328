/** Limits: checked inside the transaction, so that nobody gets past them together. */

import { describe, expect, it } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { ALL, letter, noise, openTestStore, withFile } from './store-fixture.ts';

const RAW = letter('x');

describe('quota', () => {
  it('counts octets and messages of all mailboxes', async () => {
    const { store, account } = await openTestStore({ account: { limits: { octets: 1000 } } });
    await store.append(account, 'INBOX', RAW);
    await store.append(account, 'Sent', RAW);
    expect(await store.quota(account)).toEqual({
      limits: { octets: 1000, messages: null },
      usage: { octets: 2 * RAW.length, messages: 2 },
    });
    await store.expunge(account, 'Sent', ALL, { any: true });
    expect((await store.quota(account)).usage).toEqual({ octets: RAW.length, messages: 1 });
  });

  it('what fits to the octet is taken, one octet more is not', async () => {
    const { store, account } = await openTestStore({ account: { limits: { octets: 2 * RAW.length } } });
    await store.append(account, 'INBOX', RAW);
    await store.append(account, 'INBOX', RAW);
    const before = await store.mailbox(account, 'INBOX');
    await expect(store.append(account, 'INBOX', RAW)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await expect(store.copy(account, 'INBOX', UidSet.of(1), 'Sent')).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(await store.mailbox(account, 'INBOX')).toEqual(before);
    expect((await store.mailbox(account, 'Sent')).messages).toBe(0);
    await store.move(account, 'INBOX', ALL, 'Sent');
    expect((await store.mailbox(account, 'Sent')).messages).toBe(2);
  });

  it('of messages is a limit too', async () => {
    const { store, account } = await openTestStore({ account: { limits: { messages: 1 } } });
    await store.append(account, 'INBOX', RAW);
    await expect(store.append(account, 'INBOX', RAW)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await store.accounts.update(account, { limits: { messages: 2 } });
    await store.append(account, 'INBOX', RAW);
  });

  it('of many at once only as many get in as fit', async () => {
    const { store, account } = await openTestStore({ account: { limits: { octets: 10 * RAW.length } } });
    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => store.append(account, 'INBOX', RAW)));
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(10);
    expect((await store.quota(account)).usage.octets).toBe(10 * RAW.length);
    expect([...(await store.uids(account, 'INBOX'))]).toEqual(Array.from({ length: 10 }, (_, index) => index + 1));
  });

  it('a refused message leaves a blob that a sweep takes', async () => {
    const { store, account } = await openTestStore({ account: { limits: { octets: 100 } } });
    await expect(store.append(account, 'INBOX', withFile('x', noise(100_000)))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
    });
    expect(await store.maintenance.sweep({ graceMs: 3_600_000 })).toEqual({
      blobs: 0,
      octets: 0,
      changes: 0,
      expired: 0,
    });
    expect(await store.maintenance.sweep({ graceMs: 0 })).toEqual({
      blobs: 1,
      octets: 100_000,
      changes: 0,
      expired: 0,
    });
    expect((await store.maintenance.stats()).blobs).toBe(0);
  });
});
