/** A client that many programs use, against the server. */

import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ImapFixture, startImap, testMessage } from './imap-fixture.ts';

let fixture: ImapFixture;
let flow: ImapFlow;

beforeAll(async () => {
  fixture = await startImap();
  const account = await fixture.account();
  flow = new ImapFlow({
    host: '127.0.0.1',
    port: fixture.port,
    secure: false,
    doSTARTTLS: false,
    auth: { user: account.name, pass: 'secret' },
    logger: false,
  });
  await flow.connect();
});

afterAll(async () => {
  await flow.logout();
  await fixture[Symbol.asyncDispose]();
});

test('lists mailboxes with their uses', async () => {
  const list = await flow.list();
  expect(list.map(({ path, specialUse }) => [path, specialUse])).toEqual(
    expect.arrayContaining([
      ['INBOX', '\\Inbox'],
      ['Sent', '\\Sent'],
      ['Trash', '\\Trash'],
    ]),
  );
  await flow.mailboxCreate('Ümlaut/Ж');
  expect((await flow.list()).map(({ path }) => path)).toContain('Ümlaut/Ж');
});

test('appends, fetches, searches, flags, copies, moves, deletes', async () => {
  const lock = await flow.getMailboxLock('INBOX');
  try {
    const appended = [];
    for (let n = 1; n <= 5; n++) {
      const result = await flow.append('INBOX', testMessage(n), ['\\Seen']);
      appended.push(typeof result === 'object' ? result.uid : null);
    }
    expect(appended).toEqual([1, 2, 3, 4, 5]);

    const message = await flow.fetchOne('2', {
      source: true,
      envelope: true,
      bodyStructure: true,
      flags: true,
      uid: true,
    });
    if (!message) throw new Error('no message');
    expect(message.source?.toString()).toBe(testMessage(2));
    expect(message.envelope?.subject).toBe('message 2');
    expect(message.bodyStructure?.type).toBe('text/plain');
    expect([...(message.flags ?? [])]).toEqual(['\\Seen']);

    expect(await flow.search({ subject: 'message 3' }, { uid: true })).toEqual([3]);
    expect(await flow.search({ from: 'ann', seen: true }, { uid: true })).toEqual([1, 2, 3, 4, 5]);
    expect(await flow.messageFlagsAdd('1:2', ['\\Flagged', '$Label1'], { uid: true })).toBe(true);
    expect(await flow.search({ flagged: true })).toEqual([1, 2]);
    expect(await flow.messageFlagsRemove('1', ['\\Flagged'], { uid: true })).toBe(true);

    const copied = await flow.messageCopy('1:2', 'Archive', { uid: true });
    expect(copied && [...(copied.uidMap ?? [])]).toEqual([
      [1, 1],
      [2, 2],
    ]);
    const moved = await flow.messageMove('3', 'Trash', { uid: true });
    expect(moved && [...(moved.uidMap ?? [])]).toEqual([[3, 1]]);
    expect(await flow.messageDelete('4', { uid: true })).toBe(true);

    const left: number[] = [];
    for await (const each of flow.fetch('1:*', { uid: true })) left.push(each.uid);
    expect(left).toEqual([1, 2, 5]);
    expect(await flow.status('Archive', { messages: true, unseen: true })).toMatchObject({ messages: 2, unseen: 0 });

    const download = await flow.download('5', undefined, { uid: true });
    if (!download.content) throw new Error('nothing to download');
    let text = '';
    for await (const chunk of download.content) text += chunk;
    expect(text).toBe(testMessage(5));
  } finally {
    lock.release();
  }
});

test('hears of new mail while idle', async () => {
  const lock = await flow.getMailboxLock('Junk');
  lock.release();
  const exists = new Promise<{ path: string; count: number }>((resolve) => flow.once('exists', resolve));
  void flow.idle();
  const account = (await fixture.store.accounts.find(flow.options?.auth?.user ?? '')) ?? null;
  if (!account) throw new Error('no account');
  await fixture.fill(account, 'Junk', 1);
  expect(await exists).toMatchObject({ path: 'Junk', count: 1 });
  await flow.noop();
});
