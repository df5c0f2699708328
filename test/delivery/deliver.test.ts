/** Delivery through a real store: who gets what, with which fields, and how often. */

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { openStore } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { emptyPlace, type StorePlace } from '../engine-under-test.ts';
import { storedOctets } from '../stored-octets.ts';

let place: StorePlace;
let store: MessageStore;
let ann: string;
let bob: string;

beforeEach(async () => {
  place = await emptyPlace();
  store = await openStore({ ...place, maxMessageSize: 2_000_000 });
  ann = (await store.accounts.create({ name: 'ann', address: 'ann@example.org' })).id;
  bob = (await store.accounts.create({ name: 'bob', addresses: ['bob@example.org', 'андрис@уайлддак.орг'] })).id;
});
afterEach(() => store.close());

async function inbox(account: string): Promise<string[]> {
  const messages: string[] = [];
  for await (const { body } of store.fetch(account, 'INBOX', UidSet.range(1, 0xffffffff), { body: true })) {
    const chunks: Buffer[] = [];
    for await (const chunk of body!.read()) chunks.push(chunk);
    messages.push(Buffer.concat(chunks).toString());
  }
  return messages;
}

const MESSAGE = 'From: eve@example.net\r\nTo: many\r\nSubject: news\r\n\r\nwords\r\n';

test('each recipient has the message with fields of its own, and what it shares is kept once', async () => {
  const attachment = randomBytes(300_000).toString('base64').replace(/.{76}/g, '$&\r\n');
  const message =
    'From: eve@example.net\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n' +
    `${attachment}\r\n`;
  const recipients = ['ann+tag@example.org', 'bob'];
  const outcomes = await store.deliver(message, { from: 'eve@example.net', recipients });
  expect(outcomes).toMatchObject([
    { recipient: 'ann+tag@example.org', result: 'stored', account: ann, stored: { uid: 1 }, error: null },
    { recipient: 'bob', result: 'stored', account: bob, stored: { uid: 1 }, error: null },
  ]);
  expect(await inbox(ann)).toEqual([
    `Return-Path: <eve@example.net>\r\nDelivered-To: ann+tag@example.org\r\n${message}`,
  ]);
  expect(await inbox(bob)).toEqual([`Return-Path: <eve@example.net>\r\nDelivered-To: bob\r\n${message}`]);
  expect(await storedOctets(place).attachments()).toHaveLength(1);
  const findings = [];
  for await (const finding of store.maintenance.check({ rehash: true })) findings.push(finding);
  expect(findings).toEqual([]);
});

test('an account that several addresses lead to gets it once', async () => {
  const recipients = ['bob@example.org', 'андрис@уайлддак.орг', 'bob@example.org'];
  const outcomes = await store.deliver(MESSAGE, { recipients });
  expect(outcomes.map(({ recipient }) => recipient)).toEqual(recipients);
  expect(outcomes.map(({ stored }) => stored?.uid)).toEqual([1, 1, 1]);
  expect(await inbox(bob)).toEqual([`Return-Path: <>\r\nDelivered-To: bob@example.org\r\n${MESSAGE}`]);
});

test('what is searched, listed and fetched is the message with its fields', async () => {
  await store.deliver(MESSAGE, { from: 'bounce@lists.example', recipients: ['ann@example.org'] });
  for (const query of [
    { key: 'header', field: 'delivered-to', text: 'ann@example.org' },
    { key: 'header', field: 'return-path', text: 'bounce@lists' },
    { key: 'text', text: 'bounce' },
    { key: 'subject', text: 'news' },
  ] as const) {
    expect(await store.search(ann, 'INBOX', query)).toEqual(Uint32Array.of(1));
  }
  const fields = { header: true, envelope: true, bodyStructure: true, preview: true } as const;
  for await (const message of store.fetch(ann, 'INBOX', UidSet.of(1), fields)) {
    expect(Buffer.from(message.header!).toString()).toMatch(/^Return-Path: <bounce@lists.example>\r\nDelivered-To: /);
    expect(message.envelope).toContain('"news"');
    expect(message.preview).toBe('words');
    expect(message.size).toBe((await inbox(ann))[0]!.length);
  }
});

test('a program may do without the fields', async () => {
  await store.deliver(MESSAGE, { from: 'eve@example.net', recipients: ['ann'], traceFields: false });
  expect(await inbox(ann)).toEqual([MESSAGE]);
});

describe('a transaction with a name', () => {
  const named = { recipients: ['ann', 'bob'], transactionId: '4Rz1xS0pQ2z9' };

  test('that comes again with the same octets is stored once, also by two at once', async () => {
    await Promise.all([store.deliver(MESSAGE, named), store.deliver(MESSAGE, named)]);
    const again = await store.deliver(MESSAGE, named);
    expect(again).toMatchObject([
      { result: 'duplicate', account: ann, stored: null, error: null },
      { result: 'duplicate', account: bob, stored: null, error: null },
    ]);
    expect(await inbox(ann)).toHaveLength(1);
    expect(await inbox(bob)).toHaveLength(1);
  });

  test('goes to who has not got it yet', async () => {
    await store.accounts.update(bob, { limits: { messages: 0 } });
    expect((await store.deliver(MESSAGE, named)).map(({ result }) => result)).toEqual(['stored', 'failed']);
    await store.accounts.update(bob, { limits: { messages: null } });
    expect((await store.deliver(MESSAGE, named)).map(({ result }) => result)).toEqual(['duplicate', 'stored']);
  });

  test('is another one with another name, other octets, or no name at all', async () => {
    const recipients = ['ann'];
    await store.deliver(MESSAGE, { recipients, transactionId: 'a' });
    await store.deliver(MESSAGE, { recipients, transactionId: 'b' });
    await store.deliver(`${MESSAGE}more\r\n`, { recipients, transactionId: 'a' });
    await store.deliver(MESSAGE, { recipients });
    await store.deliver(MESSAGE, { recipients });
    expect(await inbox(ann)).toHaveLength(5);
  });
});

describe('one that fails', () => {
  test('changes nothing for the others, and says why', async () => {
    await store.auth.setStatus(bob, { disabled: true });
    const recipients = ['ann', 'bob', 'nobody@example.org', 'a@@b', 'ann@example.org\n'];
    const outcomes = await store.deliver(MESSAGE, { recipients });
    expect(outcomes.map(({ result, error }) => [result, error?.code ?? null])).toEqual([
      ['stored', null],
      ['failed', 'ACCOUNT_DISABLED'],
      ['failed', 'RECIPIENT_UNKNOWN'],
      ['failed', 'RECIPIENT_UNKNOWN'],
      ['failed', 'ADDRESS_INVALID'],
    ]);
    expect(await inbox(ann)).toHaveLength(1);
  });

  test.each([
    [
      'too large',
      'MESSAGE_TOO_LARGE',
      async function* () {
        for (let i = 0; i < 30; i++) yield Buffer.alloc(100_000, 'x');
      },
    ],
    [
      'cut off',
      'UNAVAILABLE',
      async function* () {
        yield Buffer.from(MESSAGE);
        throw new Error('the client is gone');
      },
    ],
  ])('a message that is %s', async (_, code, source) => {
    const outcomes = await store.deliver(source(), { recipients: ['ann', 'bob'] });
    expect(outcomes.map(({ error }) => error?.code)).toEqual([code, code]);
    expect(await inbox(ann)).toEqual([]);
  });

  test('stopped by its signal', async () => {
    const stopping = new AbortController();
    const source = async function* () {
      yield Buffer.from(MESSAGE);
      stopping.abort();
      await delay(1);
      yield Buffer.from('more');
    };
    const outcomes = await store.deliver(source(), { recipients: ['ann'], signal: stopping.signal });
    expect(outcomes[0]?.error?.code).toBe('ABORTED');
    expect(await inbox(ann)).toEqual([]);
  });

  test.each([
    ['a reverse path with a line of its own', { from: 'eve@example.net>\r\nX-Spam: no' }, 'ADDRESS_INVALID'],
    ['a reverse path of 2,000 characters', { from: `${'x'.repeat(2_000)}@example.net` }, 'ADDRESS_INVALID'],
    ['an empty name', { transactionId: '' }, 'INVALID_ARGUMENT'],
    ['a long name', { transactionId: 'x'.repeat(257) }, 'INVALID_ARGUMENT'],
    ['a name with a line end', { transactionId: 'a\nb' }, 'INVALID_ARGUMENT'],
  ])('%s is refused at the beginning', async (_, options, code) => {
    expect(() => store.deliveries.begin(options)).toThrow(expect.objectContaining({ code }));
    await expect(store.deliver(MESSAGE, { recipients: ['ann'], ...options })).rejects.toMatchObject({ code });
  });
});
