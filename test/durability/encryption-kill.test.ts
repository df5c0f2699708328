/**
 * Processes that encrypt what they deliver are killed at random moments. No file has a word of it, neither in the store
 * nor among temporary ones, and who has the key reads what was delivered.
 */

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decrypt, generateKey, readMessage, readPrivateKey } from 'openpgp';
import { expect, onTestFinished, test } from 'vitest';
import type { SendMail } from '../../src/model/outgoing-mail.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import { openStore } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { DeliveryProcess, ProcessGone } from './delivery-process.ts';
import { wordsBelow, wordsIn, wordsOpenIn, wordyMessage } from './readable-words.ts';

const LONG = process.env.EIDER_LONG !== undefined;
const ROUNDS = LONG ? 40 : 2;
const LANES = 2;
const ALL = UidSet.range(1, 0xffffffff);
const PEOPLE = ['ann', 'bob'] as const;

/** Those which go to a temporary file, and those which stay in memory; octets. */
const SIZES = [3_000_000, 3_000_000, 200_000];

interface Keys {
  readonly publicKey: string;
  readonly privateKey: string;
}

type KeyRing = Readonly<Record<(typeof PEOPLE)[number], Keys>>;

/** A message that was brought. */
interface Delivery {
  readonly message: Buffer;
  readonly options: { readonly from: string; readonly recipients: string[]; readonly transactionId: string };
  acknowledged: boolean;
}

const keysOf = (name: string): Promise<Keys> =>
  generateKey({ type: 'curve25519', userIDs: [{ name, email: `${name}@example.org` }], format: 'armored' });

/** Accounts whose mail is encrypted: one forwards it and looks into it by a filter, the other answers it. */
async function furnish(path: string, keys: KeyRing): Promise<void> {
  await using store = await openStore({ path });
  for (const name of PEOPLE) {
    const { id } = await store.accounts.create({ name, addresses: [`${name}@example.org`] });
    await store.encryption.addKey(id, keys[name].publicKey);
    await store.encryption.configure(id, { enabled: true, subject: 'hidden' });
    if (name === 'bob') await store.autoReplies.set(id, { enabled: true, text: 'I am away.' });
    if (name !== 'ann') continue;
    await store.forwardings.set(id, { targets: ['a@elsewhere.example'] });
    await store.createMailbox(id, 'Metals');
    const conditions = { test: 'text', query: 'amalgam' } as const;
    await store.filters.create(id, { conditions, actions: { mailbox: 'Metals', keywords: ['$Metal'] } });
  }
}

/** Delivers one message after the other until the process is gone. */
async function deliverAll(one: DeliveryProcess, book: Delivery[]): Promise<void> {
  for (;;) {
    const token = book.length + 1;
    const delivery: Delivery = {
      message: wordyMessage(token, SIZES[token % SIZES.length] as number),
      options: {
        from: `eve${token}@example.net`,
        recipients: PEOPLE.map((name) => `${name}@example.org`),
        transactionId: `queue-${token}`,
      },
      acknowledged: false,
    };
    book.push(delivery);
    try {
      expect(await one.deliver(delivery.message, delivery.options)).toEqual(['stored', 'stored']);
    } catch (error) {
      if (error instanceof ProcessGone) return;
      throw error;
    }
    delivery.acknowledged = true;
  }
}

/** What the key's owner reads of a message that was stored. */
async function decrypted(octets: Buffer, { privateKey }: Keys): Promise<Buffer> {
  const text = octets.toString('latin1');
  const armored = text.slice(
    text.indexOf('-----BEGIN PGP MESSAGE'),
    text.indexOf('\r\n--', text.indexOf('-----END PGP')),
  );
  const message = await readMessage({ armoredMessage: armored });
  const decryptionKeys = await readPrivateKey({ armoredKey: privateKey });
  return Buffer.from((await decrypt({ message, decryptionKeys, format: 'binary' })).data as Uint8Array);
}

/** How often each message is in a mailbox, by its token. Each decrypts to what was delivered, those of `seen` did. */
async function takeStock(
  store: MessageStore,
  name: 'ann' | 'bob',
  keys: KeyRing,
  book: readonly Delivery[],
  seen: Set<string>,
): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  const { id } = await store.accounts.get(name);
  for await (const { body } of store.fetch(id, name === 'ann' ? 'Metals' : 'INBOX', ALL, { body: true })) {
    const octets = await collect(body?.read());
    const token = tokenOf(octets);
    found.set(token, (found.get(token) ?? 0) + 1);
    const digest = createHash('sha256').update(octets).digest('hex');
    if (seen.has(digest)) continue;
    expect((await decrypted(octets, keys[name])).equals(book[token - 1]!.message), `octets of ${token}`).toBe(true);
    seen.add(digest);
  }
  expect((await store.quota(id)).usage.messages, `messages of ${name}`).toBe(found.size);
  expect(await store.search(id, 'INBOX', { key: 'text', text: 'quicksilvery' })).toEqual(new Uint32Array());
  return found;
}

async function collect(source: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const tokenOf = (octets: Buffer): number =>
  Number(/<(\d+)@made\.example>/.exec(octets.toString('latin1', 0, 4_000))?.[1]);

/** Opens what the kill left, delivers again what was open, and sends what waits. */
async function inspect(path: string, keys: KeyRing, book: Delivery[]): Promise<void> {
  const forwarded: number[] = [];
  const seen = new Set<string>();
  const send: SendMail = async ({ kind, read }) => {
    const octets = await collect(read());
    expect(wordsIn(octets), `words in what is sent as ${kind}`).toEqual([]);
    if (kind !== 'forward') return;
    const token = tokenOf(octets);
    expect((await decrypted(octets, keys.ann)).equals(book[token - 1]!.message)).toBe(true);
    forwarded.push(token);
  };
  await using store = await openStore({ path, outgoing: { host: 'mx.example.org', send } });
  for (const name of PEOPLE) {
    const found = await takeStock(store, name, keys, book, seen);
    for (const [index, { acknowledged }] of book.entries()) {
      const count = found.get(index + 1) ?? 0;
      expect(acknowledged ? count === 1 : count <= 1, `message ${index + 1} of ${name} is there ${count} times`).toBe(
        true,
      );
    }
  }
  for (const { message, options } of book.filter(({ acknowledged }) => !acknowledged)) {
    const outcomes = await store.deliver(message, options);
    for (const { error } of outcomes) expect(error).toBeNull();
  }
  await store.outgoing.runDue();
  const tokens = book.map((_, index) => index + 1);
  expect(
    forwarded.sort((a, b) => a - b),
    'forwards',
  ).toEqual(tokens);
  for (const name of PEOPLE) {
    const found = await takeStock(store, name, keys, book, seen);
    expect([...found].sort(([a], [b]) => a - b)).toEqual(tokens.map((token) => [token, 1]));
  }
  for await (const finding of store.maintenance.check({ rehash: true })) expect.unreachable(JSON.stringify(finding));
}

test('the look for words finds them where nothing is encrypted', async () => {
  const message = wordyMessage(1, 300_000);
  const forms = wordsIn(message).join('\n');
  for (const form of [
    /^mercurialist in base64/m,
    /^zinnoberrötlich in quoted-printable/m,
    /^cinnabarlike in base64/m,
  ]) {
    expect(forms).toMatch(form);
  }
  const path = await mkdtemp(join(tmpdir(), 'eider-readable-'));
  const store = await openStore({ path });
  await store.accounts.create({ name: 'ann' });
  await store.deliver(message, { recipients: ['ann'] });
  const below = wordsBelow(path).join('\n');
  for (const word of ['cinnabarlike', 'realgarstone', 'quicksilvery', 'mercurialist', 'vermilionish', 'orpimentdust']) {
    expect(below).toContain(`${word}: `);
  }
  if (process.platform === 'linux') expect(wordsOpenIn(process.pid).join('\n')).toContain('quicksilvery: ');
  await store.close();
  await rm(path, { recursive: true });
});

test(`kill -9 while mail is encrypted, ${ROUNDS} times`, { timeout: LONG ? 1_200_000 : 120_000 }, async () => {
  const keys: KeyRing = { ann: await keysOf('ann'), bob: await keysOf('bob') };
  const counts = { acknowledged: 0, open: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const folder = await mkdtemp(join(tmpdir(), 'eider-encryption-kill-'));
    const [path, temporary] = [join(folder, 'store'), join(folder, 'temporary')];
    await mkdir(temporary);
    await furnish(path, keys);
    const book: Delivery[] = [];
    const one = DeliveryProcess.start({ path, log: join(folder, 'sent'), sends: false, temporary });
    onTestFinished(() => one.kill());
    const lanes = Promise.allSettled(Array.from({ length: LANES }, () => deliverAll(one, book)));
    if (round % 3 > 0) await atWork(book, lanes);
    await new Promise((done) => setTimeout(done, Math.random() * (round % 3 > 0 ? 600 : 2_000)));
    one.stop();
    expect(wordsOpenIn(one.pid), 'words in files that the process has open').toEqual([]);
    await one.kill();
    expect(wordsBelow(folder), 'words in files after the kill').toEqual([]);
    for (const outcome of await lanes) if (outcome.status === 'rejected') throw outcome.reason;
    counts.acknowledged += book.filter(({ acknowledged }) => acknowledged).length;
    counts.open += book.filter(({ acknowledged }) => !acknowledged).length;
    await inspect(path, keys, book);
    expect(wordsBelow(folder), 'words in files at the end').toEqual([]);
    await rm(folder, { recursive: true });
  }
  console.log(`killed ${ROUNDS} times: ${JSON.stringify(counts)}`);
  expect(counts.acknowledged).toBeGreaterThan(0);
});

/** Resolves when a message was acknowledged, or the clients have ended. */
async function atWork(book: readonly Delivery[], clientsEnd: Promise<unknown>): Promise<void> {
  let ended = false;
  void clientsEnd.then(() => {
    ended = true;
  });
  while (!ended && !book.some(({ acknowledged }) => acknowledged)) await new Promise((done) => setTimeout(done, 5));
}
