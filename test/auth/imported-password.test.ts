/** An account that comes from another server with the hash of its password, through the store that ships. */

import { expect, test } from 'vitest';
import type { MessageStore } from '../../src/store/message-store.ts';
import { openAuth } from './auth-fixture.ts';

// The password is "a".
const BCRYPT = '$2b$04$abcdefghijklmnopqrstuuMFdJu9yVgmagVAIC24fOZkaFqd3s9JC';

const opens = async (store: MessageStore, password: string) =>
  store.accounts.authenticate('bob', password).then(
    () => true,
    () => false,
  );

test('both ways of logging in take it, and keep the password in our own form', async () => {
  const { store, outcome } = await openAuth();
  const { id } = await store.accounts.create({ name: 'bob', passwordHash: BCRYPT });
  expect(await outcome('b', {}, 'bob')).toBe('credentials');
  expect(await outcome('a', {}, 'bob')).toBe('granted');
  expect(await outcome('a', {}, 'bob')).toBe('granted');
  expect(await opens(store, 'a')).toBe(true);
  await store.accounts.setPasswordHash(id, '{SSHA}H/zrDv8FXUu1JmwvVYijfrYEF34jVZcO');
  expect([await opens(store, 'a'), await opens(store, 'test')]).toEqual([false, true]);
  expect(await outcome('test', {}, 'bob')).toBe('granted');
});

test('what is no hash is refused, and nothing is made', async () => {
  const { store } = await openAuth();
  await expect(store.accounts.create({ name: 'bob', passwordHash: '{PLAIN}a' })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
  expect(await store.accounts.find('bob')).toBeNull();
});
