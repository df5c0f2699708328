/** Limits of accounts: one place for all of them, those of an account over those of all. */

import { expect, test } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import { emptyPlace } from '../engine-under-test.ts';
import { letter, openTestStore } from './store-fixture.ts';

test('are kept, changed one by one, and taken back', async () => {
  const { store, account } = await openTestStore({ account: { limits: { filters: 3, octets: 5_000 } } });
  const limits = async (): Promise<unknown> => (await store.accounts.get(account)).limits;
  expect(await limits()).toEqual({ octets: 5_000, messages: null, filters: 3 });
  await store.accounts.update(account, { limits: { mailboxes: 9, filters: null } });
  expect(await limits()).toEqual({ octets: 5_000, messages: null, mailboxes: 9 });
  for (const change of [{ messages: -1 }, { messages: 0.5 }, { filters: Number.NaN }, { colours: 3 }] as object[]) {
    await expect(store.accounts.update(account, { limits: change })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  }
});

test('of the store hold for all, those of an account for it', async () => {
  const limits = { messages: 1, mailboxes: 6 };
  const { store, account } = await openTestStore({ limits, account: { limits: { messages: 2 } } });
  const { id: other } = await store.accounts.create({ name: 'bob' });
  await store.append(account, 'INBOX', letter('1'));
  await store.append(account, 'INBOX', letter('2'));
  await expect(store.append(account, 'INBOX', letter('3'))).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
  await store.append(other, 'INBOX', letter('1'));
  await expect(store.append(other, 'INBOX', letter('2'))).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
  expect((await store.quota(other)).limits).toEqual({ octets: null, messages: 1, mailboxes: 6 });
  await expect(store.createMailbox(other, 'More')).rejects.toMatchObject({ code: 'MAILBOX_LIMIT' });
  await expect(openStore({ ...(await emptyPlace()), limits: { messages: -1 } })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
});

test('on the size of a message hold for every way in', async () => {
  const { store, account } = await openTestStore({ account: { limits: { messageOctets: 200 } } });
  await store.append(account, 'INBOX', letter('small'));
  const large = letter('large', 'x'.repeat(200));
  await expect(store.append(account, 'INBOX', large)).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
  const { id: other } = await store.accounts.create({ name: 'bob' });
  const outcomes = await store.deliver(large, { recipients: ['ann', 'bob'] });
  expect(outcomes.map(({ result, error }) => error?.code ?? result)).toEqual(['MESSAGE_TOO_LARGE', 'stored']);
  expect((await store.mailbox(other, 'INBOX')).messages).toBe(1);
});

test('on deliveries put off what is too much at once, for that account alone', async () => {
  const { store } = await openTestStore({ account: { limits: { deliveriesPerHour: 2 } } });
  await store.accounts.create({ name: 'bob' });
  const results: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    const outcomes = await store.deliver(letter('x'), { recipients: ['ann', 'bob'] });
    results.push(outcomes.map(({ result, error }) => error?.code ?? result));
  }
  expect(results).toEqual([
    ['stored', 'stored'],
    ['stored', 'stored'],
    ['RATE_LIMITED', 'stored'],
  ]);
});
