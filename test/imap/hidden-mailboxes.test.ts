/** Mailboxes that IMAP does not list: hidden by programs, and the store's own. */

import { expect, onTestFinished, test } from 'vitest';
import { startImap } from './imap-fixture.ts';

test('a hidden mailbox is in no list, and is opened by its name', async () => {
  const fixture = await startImap();
  onTestFinished(() => fixture[Symbol.asyncDispose]());
  const account = await fixture.account();
  const { store } = fixture;
  await store.createMailbox(account.id, 'Plans');
  await store.subscribe(account.id, 'Plans', true);
  await store.append(account.id, 'INBOX', 'Subject: x\r\n\r\n', { data: { secret: 'hunter2' } });
  const client = await fixture.login(account);
  const commands = ['LIST "" *', 'LSUB "" *', 'XLIST "" *', 'LIST (SUBSCRIBED) "" * RETURN (STATUS (MESSAGES))'];
  const told = async (): Promise<boolean[]> => {
    const found: boolean[] = [];
    for (const command of commands) {
      const lines = await client.run('a', command);
      expect(lines.at(-1)).toMatch(/^a OK/);
      expect(lines.join()).not.toMatch(/data|hunter2|\u001f/);
      found.push(lines.some((line) => line.includes('Plans')));
    }
    return found;
  };
  expect(await told()).toEqual([true, true, true, true]);
  await store.hideMailbox(account.id, 'Plans', true);
  expect(await told()).toEqual([false, false, false, false]);
  expect((await client.run('b', 'SELECT Plans')).at(-1)).toMatch(/^b OK/);
  expect((await client.run('c', 'GETMETADATA (DEPTH infinity) "" (/private /shared)')).join()).not.toContain('hunter2');
  expect((await client.run('d', 'GETMETADATA (DEPTH infinity) INBOX (/private)')).join()).not.toContain('hunter2');
  await store.hideMailbox(account.id, 'Plans', false);
  expect(await told()).toEqual([true, true, true, true]);
});
