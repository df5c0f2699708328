/** What an account may move in a day, and how many sessions it may have, as clients on sockets meet it. */

import { afterEach, expect, test } from 'vitest';
import type { ImapServerOptions } from '../../src/imap/index.ts';
import type { Account } from '../../src/model/account.ts';
import type { LimitsChange } from '../../src/model/account-limits.ts';
import { type ImapFixture, startImap, testMessage } from './imap-fixture.ts';

const open: ImapFixture[] = [];
async function start(
  limits: LimitsChange,
  options: ImapServerOptions = {},
): Promise<{ fixture: ImapFixture; account: Account }> {
  const fixture = await startImap(options);
  open.push(fixture);
  const { id } = await fixture.account();
  await fixture.store.accounts.update(id, { limits });
  return { fixture, account: await fixture.store.accounts.get(id) };
}
afterEach(async () => {
  for (const fixture of open.splice(0)) await fixture[Symbol.asyncDispose]();
});

const OVER = /NO \[LIMIT\] The account has downloaded as much as it may in a day, try again in \d+ seconds$/;

test('downloads end within a message of the limit, and what is small goes on', async () => {
  const { fixture, account } = await start({ imapDownloadOctetsPerDay: 3_000 });
  await fixture.fill(account, 'INBOX', 100);
  const client = await fixture.login(account);
  await client.run('s', 'SELECT INBOX');
  const lines = await client.run('a', 'UID FETCH 1:* BODY.PEEK[]');
  expect(lines.at(-1)).toMatch(OVER);
  expect(lines.at(-1)).toMatch(/^a /);
  const { used } = (await fixture.store.traffic.use(account.id, 'imap')).download;
  expect(used).toBeGreaterThanOrEqual(3_000);
  expect(used).toBeLessThan(3_000 + 2 * testMessage(1).length);
  for (const command of [
    'FETCH 1 FLAGS',
    'UID SEARCH ALL',
    'SORT (DATE) UTF-8 ALL',
    'THREAD REFERENCES UTF-8 ALL',
    'ESEARCH IN (personal) ALL',
  ]) {
    expect([command, (await client.run('b', command)).at(-1)]).toEqual([command, expect.stringMatching(OVER)]);
  }
  // What a person does goes on: marking, moving, writing.
  client.send(`c APPEND INBOX {${testMessage(7).length}+}\r\n${testMessage(7)}\r\n`);
  expect((await client.until('c')).at(-1)).toMatch(/^c OK \[APPENDUID/);
  for (const command of ['UID STORE 1 +FLAGS (\\Seen)', 'CREATE More', 'UID COPY 1 More', 'STATUS INBOX (MESSAGES)']) {
    expect((await client.run('d', command)).at(-1)).toMatch(/^d OK/);
  }
  const other = await fixture.login(account);
  await other.run('s', 'SELECT INBOX');
  expect((await other.run('e', 'FETCH 1 BODY[]')).at(-1)).toMatch(OVER);
  // Reading that was refused marked nothing as seen.
  expect((await fixture.store.flags(account.id, 'INBOX')).masks.filter((mask) => mask !== 0)).toHaveLength(1);
  await fixture.store.accounts.update(account.id, { limits: { imapDownloadOctetsPerDay: null } });
  const third = await fixture.login(await fixture.store.accounts.get(account.id));
  await third.run('s', 'SELECT INBOX');
  expect((await third.run('f', 'FETCH 1 FLAGS')).at(-1)).toMatch(/^f OK/);
});

test('all that is answered is counted, once', async () => {
  const { fixture, account } = await start({});
  await fixture.store.append(account.id, 'INBOX', `Subject: x\r\n\r\n${'x'.repeat(100_000)}\r\n`);
  const client = await fixture.login(account);
  await client.run('s', 'SELECT INBOX');
  const before = (await fixture.store.traffic.use(account.id, 'imap')).download.used;
  expect(before).toBeGreaterThan(200);
  const length = (await client.run('a', 'FETCH 1 BODY.PEEK[]')).join('\r\n').length;
  // A command is counted when it was answered.
  await client.run('b', 'NOOP');
  const after = (await fixture.store.traffic.use(account.id, 'imap')).download.used;
  expect(after - before).toBeGreaterThanOrEqual(length);
  expect(after - before).toBeLessThan(length + 200);
});

test('an upload that would be too much is refused before it is sent', async () => {
  const message = testMessage(1);
  const { fixture, account } = await start({ imapUploadOctetsPerDay: 2 * message.length });
  const client = await fixture.login(account);
  for (const tag of ['a', 'b']) {
    client.send(`${tag} APPEND INBOX {${message.length}}\r\n`);
    expect(await client.line()).toBe('+ OK');
    client.send(`${message}\r\n`);
    expect((await client.until(tag)).at(-1)).toMatch(/OK \[APPENDUID/);
  }
  const refusal = /^[cd] NO \[LIMIT\] The account has uploaded as much as it may in a day, try again in \d+ seconds$/;
  client.send(`c APPEND INBOX {${message.length}}\r\n`);
  expect(await client.line()).toMatch(refusal);
  client.send(`d APPEND INBOX {${message.length}+}\r\n${message}\r\n`);
  expect(await client.line()).toMatch(refusal);
  expect((await client.run('e', 'NOOP')).at(-1)).toMatch(/^e OK/);
  expect((await fixture.store.mailbox(account.id, 'INBOX')).messages).toBe(2);
  expect((await fixture.store.traffic.use(account.id, 'imap')).upload.used).toBe(2 * message.length);
});

test('sessions of an account by its own limit, above and below the server’s', async () => {
  const { fixture, account } = await start({ imapSessions: 2 }, { limits: { sessionsPerAccount: 1 } });
  const first = await fixture.login(account);
  await fixture.login(account);
  const third = await fixture.connect();
  const refused = `a NO [LIMIT] Too many sessions of this account`;
  expect(await third.run('a', `LOGIN ${account.name} secret`)).toEqual([refused]);
  await first.run('b', 'LOGOUT');
  await first.end();
  await expect.poll(async () => (await third.run('c', `LOGIN ${account.name} secret`)).at(-1)).toMatch(/^c OK/);
  // Who logs out and stays gives his place back.
  await third.run('d', 'UNAUTHENTICATE');
  await expect.poll(async () => (await fixture.store.traffic.use(account.id, 'imap')).sessions).toBe(1);
});
