/** LMTP into a real store. */

import { randomBytes } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLmtpServer, type LmtpServer } from '../../src/lmtp/index.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import { openStore } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { emptyPlace, type StorePlace } from '../engine-under-test.ts';
import { storedOctets } from '../stored-octets.ts';
import { withoutTrace } from '../trace-fields.ts';
import { LmtpClient } from './lmtp-client.ts';

let place: StorePlace;
let store: MessageStore;
let server: LmtpServer;
let port: number;

beforeEach(async () => {
  place = await emptyPlace();
  store = await openStore({ ...place, maxMessageSize: 5_000_000 });
  server = createLmtpServer(store);
  port = (await server.listen()).port;
});
afterEach(async () => {
  await server.close({ drainMs: 100 });
  await store.close();
});

async function inbox(account: string): Promise<Buffer[]> {
  const messages: Buffer[] = [];
  for await (const { body } of store.fetch(account, 'INBOX', UidSet.range(1, 0xffffffff), { body: true })) {
    const chunks: Buffer[] = [];
    for await (const chunk of body!.read()) chunks.push(chunk);
    messages.push(withoutTrace(Buffer.concat(chunks)));
  }
  return messages;
}

async function storedAsItIs(account: string): Promise<string> {
  for await (const { body } of store.fetch(account, 'INBOX', UidSet.of(1), { body: true })) {
    const chunks: Buffer[] = [];
    for await (const chunk of body!.read()) chunks.push(chunk);
    return Buffer.concat(chunks).toString('latin1');
  }
  throw new Error('nothing is stored');
}

/** A message with an attachment in lines of 76 characters. */
function withAttachment(octets: Buffer): Buffer {
  const base64 = octets.toString('base64').replace(/.{76}/g, '$&\r\n');
  return Buffer.from(
    `From: a@example.com\r\nSubject: file\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n` +
      `--b\r\nContent-Type: text/plain\r\n\r\nSee file.\r\n--b\r\nContent-Type: application/octet-stream; name=x.bin\r\n` +
      `Content-Transfer-Encoding: base64\r\n\r\n${base64}\r\n--b--\r\n`,
  );
}

const stuff = (message: Buffer): Buffer =>
  Buffer.from(`${message.toString('latin1').replace(/(^|\r\n)\./g, '$1..')}.\r\n`, 'latin1');

test('a message is there as it was sent, its attachment once for all', async () => {
  const [ann, bob] = [
    await store.accounts.create({ name: 'ann', address: 'ann@example.org' }),
    await store.accounts.create({ name: 'bob' }),
  ];
  const messages = [
    withAttachment(randomBytes(1_500_000)),
    Buffer.from('no header at all\r\n'),
    Buffer.from('Subject: odd\r\n\r\nbare\nLF and bare\rCR\r\n.\r\n..\r\n\u0000\r\n', 'latin1'),
    Buffer.from('\r\n'),
  ];
  const client = await LmtpClient.ready(port);
  for (const [index, message] of messages.entries()) {
    const replies = await client.send(['ann+tag@example.org', 'bob', 'ann'], stuff(message));
    expect(replies).toEqual(Array.from({ length: 3 }, () => `250 2.0.0 Stored, uid ${index + 1}`));
  }
  for (const account of [ann, bob]) {
    const stored = await inbox(account.id);
    expect(stored).toHaveLength(messages.length);
    for (const [index, message] of messages.entries()) expect(stored[index]!.equals(message)).toBe(true);
  }
  expect(await storedOctets(place).attachments()).toHaveLength(1);
  expect(await client.say('RCPT TO:<ann>')).toMatch(/^503/);
});

test('a message whose queue file is named comes again and is there once; the name holds for that message alone', async () => {
  const ann = await store.accounts.create({ name: 'ann' });
  const client = await LmtpClient.ready(port);
  const send = async (ident: string | null): Promise<string | undefined> => {
    if (ident !== null) expect(await client.say(`XFORWARD IDENT=${ident}`)).toMatch(/^250/);
    return (await client.send(['ann'], 'Subject: x\r\n\r\nx\r\n.\r\n'))[0];
  };
  expect(await send('4Rz1xS')).toBe('250 2.0.0 Stored, uid 1');
  expect(await send('4Rz1xS')).toBe('250 2.0.0 Stored before');
  expect(await send(null)).toBe('250 2.0.0 Stored, uid 2');
  expect(await send('4Rz1xT')).toBe('250 2.0.0 Stored, uid 3');
  expect(await send('x'.repeat(300))).toBe('250 2.0.0 Stored, uid 4');
  expect(await inbox(ann.id)).toHaveLength(4);
});

test('without trace fields a message is there as it was sent', async () => {
  const ann = await store.accounts.create({ name: 'ann' });
  const plain = createLmtpServer(store, { traceFields: false });
  const client = await LmtpClient.ready((await plain.listen()).port);
  await client.send(['ann'], 'Subject: x\r\n\r\nx\r\n.\r\n');
  await plain.close({ drainMs: 100 });
  expect(await storedAsItIs(ann.id)).toBe('Subject: x\r\n\r\nx\r\n');
});

test('an account over its limit is refused, the other recipients have the message', async () => {
  const full = await store.accounts.create({ name: 'full', limits: { messages: 1 } });
  const ann = await store.accounts.create({ name: 'ann' });
  const client = await LmtpClient.ready(port);
  await client.send(['full'], 'one\r\n.\r\n');
  const replies = await client.send(['full', 'ann'], 'two\r\n.\r\n');
  expect(replies[0]).toMatch(/^552 5\.2\.2/);
  expect(replies[1]).toMatch(/^250 2\.0\.0/);
  expect((await inbox(full.id)).map(String)).toEqual(['one\r\n']);
  expect((await inbox(ann.id)).map(String)).toEqual(['two\r\n']);
});

test('an account that is disabled takes no mail, one that is suspended does', async () => {
  const off = await store.accounts.create({ name: 'off' });
  const rest = await store.accounts.create({ name: 'rest' });
  await store.auth.setStatus(off.id, { disabled: true });
  await store.auth.setStatus(rest.id, { suspended: true });
  const client = await LmtpClient.ready(port);
  expect(await client.say('MAIL FROM:<>')).toMatch(/^250/);
  expect(await client.say('RCPT TO:<off>')).toMatch(/^550 5\.2\.1/);
  expect(await client.say('RSET')).toMatch(/^250/);
  expect(await client.send(['rest'], 'hello\r\n.\r\n')).toEqual(['250 2.0.0 Stored, uid 1']);
  await store.auth.setStatus(off.id, { disabled: false });
  expect(await client.send(['off'], 'hello\r\n.\r\n')).toEqual(['250 2.0.0 Stored, uid 1']);
});

test('a message over the limit, and one that breaks off, leave nothing on either disk', async () => {
  const ann = await store.accounts.create({ name: 'ann' });
  const client = await LmtpClient.ready(port);
  const large = withAttachment(randomBytes(4_500_000));
  expect(await client.send(['ann'], stuff(large))).toEqual(['552 5.3.4 The message is too large']);
  client.write('MAIL FROM:<>\r\nRCPT TO:<ann>\r\nDATA\r\n');
  await client.replies(3);
  client.write(large.subarray(0, 3_000_000));
  await new Promise((resolve) => setTimeout(resolve, 200));
  client.destroy();
  await server.close({ drainMs: 1_000 });
  expect(await inbox(ann.id)).toEqual([]);
  expect(await storedOctets(place).attachments()).toEqual([]);
  expect((await store.quota(ann.id)).usage).toEqual({ octets: 0, messages: 0 });
});

test('eight connections deliver at once, and every message is there once', async () => {
  const accounts = await Promise.all(Array.from({ length: 4 }, (_, i) => store.accounts.create({ name: `bench${i}` })));
  const sent = new Map<string, string[]>(accounts.map(({ id }) => [id, []]));
  await Promise.all(
    Array.from({ length: 8 }, async (_, connection) => {
      const client = await LmtpClient.ready(port);
      for (let i = 0; i < 20; i++) {
        const account = accounts[(connection + i) % 4]!;
        const text = `Subject: ${connection}-${i}\r\n\r\nbody\r\n`;
        expect((await client.send([account.name], `${text}.\r\n`))[0]).toMatch(/^250/);
        sent.get(account.id)!.push(text);
      }
      client.destroy();
    }),
  );
  for (const { id } of accounts) expect((await inbox(id)).map(String).sort()).toEqual(sent.get(id)!.sort());
});

test('nodemailer delivers, with an address of another script', async () => {
  const ann = await store.accounts.create({ name: 'ann', address: 'jörg@bücher.example' });
  const transport = createTransport({ host: '127.0.0.1', port, lmtp: true, ignoreTLS: true });
  const raw = 'From: a@example.com\r\nSubject: h\r\n\r\n.dot\r\n..dots\r\n';
  const sent = await transport.sendMail({ envelope: { from: 'a@example.com', to: ['jörg@bücher.example'] }, raw });
  transport.close();
  expect(sent.response).toMatch(/^250 2\.0\.0 Stored/);
  expect((await inbox(ann.id)).map(String)).toEqual([raw]);
});
