/** What is appended comes back octet for octet, and in pages. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { ENGINE, emptyPlace } from '../engine-under-test.ts';
import { ALL, letter, noise, octetsOf, openTestStore, readAll, withFile } from './store-fixture.ts';

const ODD: Record<string, Buffer> = {
  empty: Buffer.alloc(0),
  'one line ending': Buffer.from('\r\n'),
  'only a header': Buffer.from('Subject: x\r\n'),
  'header without an end': Buffer.from('Subject: x'),
  'no header': Buffer.from('\r\nbody'),
  'bare LF': Buffer.from('Subject: x\n\nbody\nmore'),
  'bare CR': Buffer.from('Subject: x\r\rbody\r'),
  NUL: Buffer.from('Subject: a\0b\r\n\r\nbody\0\0more\r\n'),
  '8 bit': Buffer.from('Subject: gr\xfc\xdfe\r\n\r\n\xff\xfe\x00\r\n', 'latin1'),
  'no final boundary': Buffer.from('Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx'),
  'long line': Buffer.from(`Subject: x\r\n\r\n${'y'.repeat(100_000)}`),
  'file in base64': withFile('x', noise(20_000)),
  'file in base64 with LF': withFile('x', noise(20_000), 60, '\n'),
  'file in uneven base64': Buffer.from(
    withFile('x', noise(20_000)).toString('latin1').replace(/A\r\n/, 'A\r\n \r\n'),
    'latin1',
  ),
  'large text': Buffer.from(letter('x', 'line of text\r\n'.repeat(100_000))),
};

describe.each(ENGINE === 'sqlite' ? ['memory', 'folder'] : ['database'])('append and fetch, in a %s', (where) => {
  const open = async (options = {}) => openTestStore({ ...(where === 'folder' && (await emptyPlace())), ...options });

  it.each(Object.entries(ODD))('gives back octet for octet: %s', async (_, raw) => {
    const fixture = await open();
    const result = await fixture.store.append(fixture.account, 'INBOX', raw);
    expect(result.size).toBe(raw.length);
    const [message] = await readAll(fixture, 'INBOX');
    expect(message?.raw.equals(raw)).toBe(true);
    expect(message?.size).toBe(raw.length);
  });

  it('gives back ranges of a message with a file', async () => {
    const fixture = await open();
    const raw = withFile('x', noise(300_000));
    await fixture.store.append(fixture.account, 'INBOX', raw);
    const [message] = await readAll(fixture, 'INBOX');
    for (const [start, end] of [
      [0, 10],
      [100, 5000],
      [299_000, 350_000],
      [raw.length - 1, raw.length + 50],
      [500, 500],
    ] as const) {
      const chunks: Buffer[] = [];
      for await (const chunk of message!.body!.read(start, end)) chunks.push(Buffer.from(chunk));
      expect(Buffer.concat(chunks).equals(raw.subarray(start, end))).toBe(true);
    }
  });

  it('takes a stream in chunks of any size', async () => {
    const fixture = await open();
    const raw = withFile('x', noise(30_000));
    for (const size of [1, 7, 1024, 65_536]) {
      await fixture.store.append(fixture.account, 'INBOX', chunks(raw, size));
    }
    for (const message of await readAll(fixture, 'INBOX')) expect(message.raw.equals(raw)).toBe(true);
  });

  it('stores nothing of a stream that fails or is aborted', async () => {
    const fixture = await open();
    const { store, account } = fixture;
    const failure = new Error('the sender went away');
    async function* failing() {
      yield withFile('x', noise(3_000_000)).subarray(0, 2_500_000);
      throw failure;
    }
    await expect(store.append(account, 'INBOX', failing())).rejects.toBe(failure);
    const controller = new AbortController();
    async function* endless() {
      for (;;) {
        yield Buffer.from('x'.repeat(1000));
        controller.abort();
      }
    }
    await expect(store.append(account, 'INBOX', endless(), { signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect((await store.mailbox(account, 'INBOX')).messages).toBe(0);
    expect((await store.maintenance.stats()).blobs).toBe(0);
  });

  it('refuses what is too large, at once and without a trace', async () => {
    const { store, account } = await open({ maxMessageSize: 10_000 });
    let read = 0;
    async function* endless() {
      for (;;) {
        read += 1000;
        yield Buffer.from('x'.repeat(1000));
      }
    }
    await expect(store.append(account, 'INBOX', endless())).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    expect(read).toBeLessThan(100_000);
    await expect(store.append(account, 'INBOX', Buffer.alloc(10_001))).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
    });
    const { size } = await store.append(account, 'INBOX', Buffer.alloc(10_000, 'x'));
    expect(size).toBe(10_000);
    expect((await store.mailbox(account, 'INBOX')).messages).toBe(1);
  });

  it('refuses an unknown mailbox, account or flag before it reads', async () => {
    const { store, account } = await open();
    async function* untouched(): AsyncGenerator<Buffer> {
      yield Buffer.from(expect.unreachable('was read'));
    }
    await expect(store.append(account, 'Nowhere', untouched())).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
    await expect(store.append('nobody', 'INBOX', untouched())).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
    await expect(store.append(account, 'INBOX', untouched(), { flags: ['\\Odd'] })).rejects.toMatchObject({
      code: 'FLAG_INVALID',
    });
    await expect(store.append(account, 'INBOX', 'x', { internalDate: new Date(Number.NaN) })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('keeps flags, internal date and ids', async () => {
    const fixture = await open();
    const { store, account } = fixture;
    const internalDate = new Date('1999-12-31T23:59:59.999Z');
    const result = await store.append(account, 'INBOX', letter('x'), {
      flags: ['\\Seen', '$Forwarded', '\\Recent'],
      internalDate,
    });
    const [message] = await readAll(fixture, 'INBOX');
    expect(message).toMatchObject({
      uid: 1,
      mask: 1,
      keywords: '$Forwarded',
      internalDate: internalDate.getTime(),
      emailId: result.emailId,
      threadId: result.threadId,
      modSeq: result.modSeq,
    });
    expect(result.uidValidity).toBe((await store.mailbox(account, 'INBOX')).uidValidity);
  });

  it('appends many in one transaction, or none', async () => {
    const { store, account } = await open();
    const messages = await Promise.all(
      ['a', 'b', 'c'].map(async (subject) => ({ message: await store.prepare(letter(subject)) })),
    );
    const results = await store.appendPrepared(account, 'INBOX', messages);
    expect(results.map((result) => result.uid)).toEqual([1, 2, 3]);
    expect(new Set(results.map((result) => result.modSeq)).size).toBe(1);
    const bad = [...messages, { message: messages[0]!.message, flags: ['not an atom'] }];
    await expect(store.appendPrepared(account, 'INBOX', bad)).rejects.toMatchObject({ code: 'FLAG_INVALID' });
    expect((await store.mailbox(account, 'INBOX')).messages).toBe(3);
  });

  it('one prepared message goes to several accounts and mailboxes', async () => {
    const fixture = await open();
    const { store, account } = fixture;
    const bob = await store.accounts.create({ name: 'bob' });
    const raw = withFile('shared', noise(50_000));
    const message = await store.prepare(raw);
    await store.appendPrepared(account, 'INBOX', [{ message }]);
    await store.appendPrepared(account, 'Archive', [{ message }]);
    await store.appendPrepared(bob.id, 'INBOX', [{ message }]);
    for (const [owner, mailbox] of [
      [account, 'INBOX'],
      [account, 'Archive'],
      [bob.id, 'INBOX'],
    ] as const) {
      const [found] = await readAll({ store, account: owner }, mailbox);
      expect(found?.raw.equals(raw)).toBe(true);
    }
    expect((await store.maintenance.stats()).blobs).toBe(1);
  });

  it('fetches in pages of one moment each, past expunged ones', async () => {
    const fixture = await open();
    const { store, account } = fixture;
    const prepared = await store.prepare(letter('many', 'x'.repeat(3000)));
    await store.appendPrepared(
      account,
      'INBOX',
      Array.from({ length: 2500 }, () => ({ message: prepared })),
    );
    let seen = 0;
    let pages = 0;
    for await (const page of store.fetchPages(account, 'INBOX', ALL, { body: true })) {
      pages++;
      seen += page.length;
      if (pages === 1) await store.expunge(account, 'INBOX', UidSet.range(2001, 2500), { any: true });
    }
    expect(seen).toBe(2000);
    expect(pages).toBeGreaterThan(2);
  });

  it('a body can be read after its message is gone', async () => {
    const { store, account } = await open();
    const raw = withFile('x', noise(100_000));
    await store.append(account, 'INBOX', raw);
    for await (const message of store.fetch(account, 'INBOX', ALL, { body: true })) {
      await store.expunge(account, 'INBOX', ALL, { any: true });
      expect((await octetsOf(message)).equals(raw)).toBe(true);
    }
  });
});

const CORPUS = new URL('../../../shared/corpus/', import.meta.url);
if (!existsSync(CORPUS)) console.warn('SKIPPED: no corpus of odd messages beside the tree');

describe('corpus', () => {
  it.skipIf(!existsSync(CORPUS))(
    'every message of the corpus beside the tree comes back octet for octet',
    { timeout: 120_000 },
    async () => {
      const fixture = await openTestStore();
      const files = readdirSync(CORPUS, { recursive: true, withFileTypes: true }).filter(
        (entry) => entry.isFile() && /\.(eml|msg|txt)$/i.test(entry.name),
      );
      expect(files.length).toBeGreaterThan(0);
      const raws = files
        .map((file) => readFileSync(`${file.parentPath}/${file.name}`))
        .filter((raw) => raw.length < 5_000_000)
        .slice(0, 2000);
      for (const raw of raws) await fixture.store.append(fixture.account, 'INBOX', raw);
      let at = 0;
      for await (const message of fixture.store.fetch(fixture.account, 'INBOX', ALL, {
        body: true,
        envelope: true,
        bodyStructure: true,
      })) {
        expect((await octetsOf(message)).equals(raws[at++]!)).toBe(true);
      }
      expect(at).toBe(raws.length);
    },
  );
});

function* chunks(raw: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < raw.length; at += size) yield raw.subarray(at, at + size);
}
