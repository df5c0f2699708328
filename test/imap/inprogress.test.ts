/** INPROGRESS: signs of life while the store is at work. RFC 9585. */

import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startImap } from './imap-fixture.ts';

test('told while a command waits for the store, and not after it', async () => {
  await using fixture = await startImap({ limits: { progressMs: 60 } }, (store) => {
    const { search } = store;
    store.search = async (...args) => {
      await delay(200);
      return search.apply(store, args);
    };
    return store;
  });
  const account = await fixture.account();
  await fixture.fill(account, 'INBOX', 1);
  const client = await fixture.login(account);
  await client.run('s', 'SELECT INBOX');
  const lines = await client.run('tg', 'SEARCH SUBJECT message');
  const told = lines.filter((line) => line === '* OK [INPROGRESS ("tg" NIL NIL)] Still at it');
  expect(told.length).toBeGreaterThan(0);
  expect(told.length).toBeLessThan(10);
  expect(lines.slice(-2)).toEqual(['* SEARCH 1', 'tg OK Searched']);
  await delay(150);
  expect(client.buffer).toBe('');
});
