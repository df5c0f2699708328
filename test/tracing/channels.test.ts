/** What is told on the channels: each operation with its outcome, and nothing that is secret. */

import { expect, test } from 'vitest';
import { ENGINE, openTestedStore } from '../engine-under-test.ts';
import { startImap } from '../imap/imap-fixture.ts';
import { openRest } from '../rest/rest-fixture.ts';
import { listen, type Told } from './told.ts';

const ends = (told: readonly Told[], channel: string): Told['message'][] =>
  told.filter((one) => one.channel === channel && one.stage !== 'start').map(({ message }) => message);

test('IMAP: commands with their status, attempts to log in, connections', async () => {
  await using imap = await startImap();
  const account = await imap.account();
  const told = listen();
  const client = await imap.connect();
  await client.run('a', `LOGIN ${account.name} wrong-password`);
  await client.run('b', `LOGIN ${account.name} secret`);
  await client.run('c', 'SELECT Missing-mailbox');
  await client.run('d', 'SELECT INBOX');
  await client.run('e', 'UID FETCH 1:* FLAGS');
  await client.run('f', 'HELLO world');
  const commands = ends(told, 'eider:imap.command');
  expect(commands.map(({ command, status, code, account }) => [command, status, code, account])).toEqual([
    ['LOGIN', 'NO', 'AUTHENTICATIONFAILED', null],
    ['LOGIN', 'OK', null, null],
    ['SELECT', 'NO', 'NONEXISTENT', account.id],
    ['SELECT', 'OK', null, account.id],
    ['UID FETCH', 'OK', null, account.id],
    ['unknown', 'BAD', null, account.id],
  ]);
  expect(ends(told, 'eider:auth.attempt')).toMatchObject([
    { scope: 'imap', outcome: 'credentials', account: account.id, credential: null },
    { scope: 'imap', outcome: 'granted', account: account.id, credential: 'password' },
  ]);
  expect(ends(told, 'eider:store.transaction')).toContainEqual({ engine: ENGINE, kind: 'read', account: account.id });
  await client.run('g', 'LOGOUT');
  await expect
    .poll(() => ends(told, 'eider:connection').map(({ protocol, event }) => [protocol, event]))
    .toEqual([
      ['imap', 'opened'],
      ['imap', 'closed'],
    ]);
  const text = JSON.stringify(told);
  for (const secret of ['wrong-password', '"secret"', 'Missing-mailbox', 'HELLO']) expect(text).not.toContain(secret);
});

test('deliveries with the outcome for each recipient, appends with their octets, neither with what the mail says', async () => {
  await using store = await openTestedStore();
  const ann = await store.accounts.create({ name: 'ann', password: 'correct horse' });
  const told = listen();
  await store.deliver('Subject: very private\r\n\r\nthe body\r\n', {
    recipients: ['ann'],
    origin: { protocol: 'lmtp' },
  });
  await store.append(ann.id, 'INBOX', 'Subject: very private\r\n\r\nthe body\r\n');
  await expect(store.append(ann.id, 'No-such', 'Subject: very private\r\n\r\n')).rejects.toThrow();
  expect(ends(told, 'eider:delivery')).toEqual([
    { protocol: 'lmtp', recipients: 1, outcomes: [{ result: 'stored', account: ann.id, error: null }] },
  ]);
  const [first, ...failed] = ends(told, 'eider:store.append');
  expect(first).toEqual({ account: ann.id, messages: 1, octets: 35 });
  // On `error`, and at the end.
  expect(failed).toEqual(
    Array(2).fill({ account: ann.id, messages: 1, octets: null, error: { code: 'MAILBOX_NOT_FOUND' } }),
  );
  const text = JSON.stringify(told);
  for (const secret of ['private', 'the body', 'No-such', 'correct horse']) expect(text).not.toContain(secret);
});

test('the API: requests by their route, jobs', async () => {
  const { call, account, token, store } = await openRest();
  const ann = await account('ann', { password: 'correct horse' });
  const told = listen();
  await call('GET', `/users/${ann.id}`);
  await call('GET', `/users/${'0'.repeat(24)}`, null, { headers: { traceparent: 'whatever was sent' } });
  await call('POST', '/authenticate', { username: 'ann', password: 'not correct' });
  expect(ends(told, 'eider:rest.request')).toMatchObject([
    { operation: 'getUser', method: 'GET', route: '/users/{user}', traceparent: null, status: 200 },
    { operation: 'getUser', traceparent: 'whatever was sent', status: 404 },
    { operation: 'authenticate', method: 'POST', status: 403 },
  ]);
  expect(ends(told, 'eider:auth.attempt')).toMatchObject([{ scope: 'rest', outcome: 'credentials' }]);
  await store.jobs.runDue();
  const runs = ends(told, 'eider:job.run');
  expect(runs.length).toBeGreaterThan(0);
  expect(runs.every(({ state }) => state === 'waiting')).toBe(true);
  const text = JSON.stringify(told);
  for (const secret of [token, 'correct']) expect(text).not.toContain(secret);
});
