/** Messages of which a part cannot be read: nothing wrong may look right to a client. */

import { afterEach, expect, test } from 'vitest';
import { EiderError } from '../../src/errors.ts';
import type { MessageBody } from '../../src/mime/message-body.ts';
import type { FetchedMessage, MessageStore } from '../../src/store/message-store.ts';
import { type ImapFixture, startImap } from './imap-fixture.ts';

let fixture: ImapFixture;
afterEach(() => fixture[Symbol.asyncDispose]());

/** After how many octets reading of UID 2 fails. */
function breaking(store: MessageStore, after: number): MessageStore {
  const fetchPages: MessageStore['fetchPages'] = async function* (account, ref, uids, fields) {
    for await (const page of store.fetchPages(account, ref, uids, fields))
      yield page.map((each) => broken(each, after));
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === 'fetchPages') return fetchPages;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function broken(message: FetchedMessage, after: number): FetchedMessage {
  if (message.uid !== 2 || !message.body) return message;
  const { body } = message;
  const fake = {
    size: body.size,
    tree: body.tree,
    inline: () => null,
    section: (section: Parameters<MessageBody['section']>[0]) => body.section(section),
    async *read(start = 0, end = body.size) {
      if (after > 0) {
        for await (const chunk of body.read(start, Math.min(end, start + after))) yield chunk;
      }
      throw new EiderError('BLOB_MISSING', 'the part is not there');
    },
  };
  return { ...message, body: fake as unknown as MessageBody };
}

async function start(after: number): Promise<Awaited<ReturnType<ImapFixture['login']>>> {
  fixture = await startImap({}, (store) => breaking(store, after));
  const account = await fixture.account();
  await fixture.fill(account, 'INBOX', 3);
  const client = await fixture.login(account);
  await client.run('s', 'SELECT INBOX');
  return client;
}

test('before anything of the message was sent, it is left out and the command fails', async () => {
  const client = await start(0);
  const lines = await client.run('a', 'FETCH 1:3 (UID BODY.PEEK[])');
  expect(lines.filter((line) => line.startsWith('* '))).toEqual([
    '* 1 FETCH (UID 1 BODY[] {160}',
    '* 3 FETCH (UID 3 BODY[] {160}',
  ]);
  expect(lines.at(-1)).toBe('a NO [UNAVAILABLE] A part of a message cannot be read at present');
  expect(await client.run('b', 'FETCH 2 (RFC822.SIZE)')).toEqual(['* 2 FETCH (RFC822.SIZE 160)', 'b OK Fetched']);
});

test('after another section of the message was sent, the broken one is NIL', async () => {
  const client = await start(0);
  const lines = await client.run('a', 'FETCH 2 (BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[TEXT])');
  expect(lines).toEqual([
    '* 2 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {22}',
    'Subject: message 2',
    '',
    ' BODY[TEXT] NIL)',
    'a NO [UNAVAILABLE] A part of a message cannot be read at present',
  ]);
});

test('in the middle of a literal, the connection ends', async () => {
  const client = await start(50);
  client.send('a FETCH 2 BODY.PEEK[]\r\n');
  await client.end();
  expect(client.buffer).not.toContain('a OK');
  expect(client.buffer).not.toContain('a NO');
  const literal = client.buffer.split('{160}\r\n')[1] ?? '';
  expect(literal.length).toBeLessThan(160);
});
