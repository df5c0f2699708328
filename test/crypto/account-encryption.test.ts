/** Keys and settings of accounts, in the records of the store, by whichever process. */

import { expect, onTestFinished, test } from 'vitest';
import { AccountEncryption, MAX_ENCRYPTED_MAILBOXES, MAX_KEYS } from '../../src/crypto/account-encryption.ts';
import { encryptMessage } from '../../src/crypto/encrypt-message.ts';
import { readEncryption } from '../../src/crypto/encryption-state.ts';
import type { Vault } from '../../src/engine/vault.ts';
import { EiderError } from '../../src/errors.ts';
import type { Encryption } from '../../src/model/encryption.ts';
import { openTestedEngine } from '../engine-under-test.ts';
import { openTestStore, readAll } from '../store/store-fixture.ts';
import {
  collect,
  DAY,
  decrypt,
  inChunks,
  makeCertificate,
  makePair,
  makeVersion6,
  NOW,
  OPENSSL,
} from './crypto-fixture.ts';

const ACCOUNT = 'ann-1';
const BAD_MAILBOXES = '{"enabled":false,"subject":"clear","keys":[],"mailboxes":["INBOX"]}';

/** Encryption over the records of an engine, with a clock that the test holds. */
async function open(): Promise<{ vault: Vault; clock: { now: number }; encryption: AccountEncryption }> {
  const engine = await openTestedEngine();
  onTestFinished(() => engine.close());
  const clock = { now: NOW };
  const directory = { get: async (id: string) => (id === ACCOUNT ? {} : null) };
  const encryption = new AccountEncryption(engine.vault, directory, mailboxesUpTo(1_500), () => clock.now);
  return { vault: engine.vault, clock, encryption };
}

/** An account with mailboxes of these ids, from 1 on; 13 is gone. */
function mailboxesUpTo(last: number) {
  const all = Array.from({ length: last }, (_, index) => ({ id: index + 1 })).filter(({ id }) => id !== 13);
  return {
    mailboxes: async () => all,
    mailbox: async (_: string, ref: string | number) => {
      const found = all.find(({ id }) => id === ref);
      if (!found) throw new EiderError('MAILBOX_NOT_FOUND', 'no such mailbox');
      return found;
    },
  };
}

const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: { code?: unknown }) => error.code ?? error,
  );

/** What a delivery reads. */
const entries = (vault: Vault) => vault.list({ owner: ACCOUNT, kind: 'delivery' }, { limit: 1_000 });

test('keys are added, listed, replaced and removed', async () => {
  const { vault, clock, encryption } = await open();
  expect(await encryption.keys(ACCOUNT)).toEqual([]);
  const [one, two] = [await makePair(), await makeVersion6()];
  const first = await encryption.addKey(ACCOUNT, one.publicKey);
  clock.now += 1_000;
  const second = await encryption.addKey(ACCOUNT, Buffer.from(two.publicKey));
  expect(first).toMatchObject({ type: 'openpgp', version: 4, algorithm: 'x25519', expires: null, added: NOW });
  expect(first.id).toMatch(/^[0-9a-f]{40}$/);
  expect(second.id).toMatch(/^[0-9a-f]{64}$/);
  expect(await encryption.keys(ACCOUNT)).toEqual([first, second]);
  expect((await entries(vault)).map(({ key }) => key)).toEqual(
    ['encryption', `key ${first.id}`, `key ${second.id}`].sort(),
  );

  clock.now += 1_000;
  expect(await encryption.addKey(ACCOUNT, one.publicKey)).toEqual({ ...first, added: NOW + 2_000 });
  expect((await encryption.keys(ACCOUNT)).map(({ id }) => id)).toEqual([first.id, second.id]);

  expect(await encryption.removeKey(ACCOUNT, first.id.toUpperCase())).toBe(true);
  expect(await encryption.removeKey(ACCOUNT, first.id)).toBe(false);
  expect(await encryption.keys(ACCOUNT)).toEqual([second]);
  expect((await entries(vault)).map(({ key }) => key)).toEqual(['encryption', `key ${second.id}`]);
});

test('it is switched on with a key that can be used, and then the last such key stays', async () => {
  const { clock, encryption } = await open();
  expect(await encryption.settings(ACCOUNT)).toEqual({ enabled: false, subject: 'clear' });
  expect(await code(encryption.configure(ACCOUNT, { enabled: true }))).toBe('KEY_INVALID');
  expect(await encryption.configure(ACCOUNT, { subject: 'hidden' })).toEqual({ enabled: false, subject: 'hidden' });

  const ending = await encryption.addKey(ACCOUNT, (await makePair({ keyExpirationTime: (20 * DAY) / 1000 })).publicKey);
  expect(await encryption.configure(ACCOUNT, { enabled: true })).toEqual({ enabled: true, subject: 'hidden' });
  expect(await encryption.settings(ACCOUNT)).toEqual({ enabled: true, subject: 'hidden' });
  expect(await code(encryption.removeKey(ACCOUNT, ending.id))).toBe('KEY_INVALID');
  expect(await encryption.keys(ACCOUNT)).toEqual([ending]);

  const lasting = await encryption.addKey(ACCOUNT, (await makePair()).publicKey);
  clock.now += 15 * DAY;
  expect(await code(encryption.removeKey(ACCOUNT, lasting.id))).toBe('KEY_INVALID');
  expect(await encryption.removeKey(ACCOUNT, ending.id)).toBe(true);
  expect(await encryption.configure(ACCOUNT, { enabled: false })).toEqual({ enabled: false, subject: 'hidden' });
  expect(await encryption.removeKey(ACCOUNT, lasting.id)).toBe(true);
  expect(await code(encryption.configure(ACCOUNT, { enabled: true }))).toBe('KEY_INVALID');
});

test('mailboxes are switched on one by one, with a key that can be used, and then it stays', async () => {
  const { vault, clock, encryption } = await open();
  expect(await encryption.mailboxes(ACCOUNT)).toEqual([]);
  expect(await code(encryption.configureMailbox(ACCOUNT, 7, true))).toBe('KEY_INVALID');
  expect(await code(encryption.requireKey(ACCOUNT))).toBe('KEY_INVALID');
  const key = await encryption.addKey(ACCOUNT, (await makePair({ keyExpirationTime: (20 * DAY) / 1000 })).publicKey);
  expect(await code(encryption.requireKey(ACCOUNT))).toBe('done');
  await encryption.configureMailbox(ACCOUNT, 7, true);
  await encryption.configureMailbox(ACCOUNT, 7, true);
  await encryption.configureMailbox(ACCOUNT, 9, true);
  expect(await encryption.mailboxes(ACCOUNT)).toEqual([7, 9]);
  expect(await encryption.settings(ACCOUNT)).toEqual({ enabled: false, subject: 'clear' });
  await encryption.configure(ACCOUNT, { subject: 'hidden' });
  expect(readEncryption(await entries(vault)).mailboxes).toEqual(new Set([7, 9]));
  expect(await code(encryption.removeKey(ACCOUNT, key.id))).toBe('KEY_INVALID');

  expect(await code(encryption.configureMailbox(ACCOUNT, 13, true))).toBe('MAILBOX_NOT_FOUND');
  expect(await code(encryption.configureMailbox('nobody', 7, true))).toBe('ACCOUNT_NOT_FOUND');
  expect(await code(encryption.configureMailbox(ACCOUNT, 7, 'yes' as never))).toBe('INVALID_ARGUMENT');
  clock.now += 30 * DAY;
  expect(await code(encryption.configureMailbox(ACCOUNT, 8, true))).toBe('KEY_INVALID');
  for (const id of [7, 9]) await encryption.configureMailbox(ACCOUNT, id, false);
  expect(await encryption.mailboxes(ACCOUNT)).toEqual([]);
  expect(await encryption.removeKey(ACCOUNT, key.id)).toBe(true);
});

test('mailboxes that are gone count for nothing, and the limit of the others holds', async () => {
  const { vault, encryption } = await open();
  const key = await encryption.addKey(ACCOUNT, (await makePair()).publicKey);
  const place = { owner: ACCOUNT, kind: 'delivery', key: 'encryption' };
  const write = (mailboxes: readonly number[]): Promise<void> =>
    vault.put(place, { value: JSON.stringify({ enabled: false, subject: 'clear', keys: [key.id], mailboxes }) });
  const many = Array.from({ length: MAX_ENCRYPTED_MAILBOXES + 1 }, (_, index) => index + 1);
  await write(many.slice(0, MAX_ENCRYPTED_MAILBOXES));
  // One of them is gone.
  await encryption.configureMailbox(ACCOUNT, 1_200, true);
  expect(await code(encryption.configureMailbox(ACCOUNT, 1_201, true))).toBe('LIMIT_EXCEEDED');
  expect(await encryption.mailboxes(ACCOUNT)).toHaveLength(MAX_ENCRYPTED_MAILBOXES);
  await write([13]);
  expect(await encryption.mailboxes(ACCOUNT)).toEqual([]);
  expect(await encryption.removeKey(ACCOUNT, key.id)).toBe(true);
});

test('two who remove the last two keys at once: one of them stays', async () => {
  const { encryption } = await open();
  for (let round = 0; round < 4; round++) {
    const ids = [];
    for (const _ of [1, 2]) ids.push((await encryption.addKey(ACCOUNT, (await makePair()).publicKey)).id);
    await encryption.configure(ACCOUNT, { enabled: true });
    const outcomes = await Promise.all(ids.map((id) => code(encryption.removeKey(ACCOUNT, id))));
    expect(outcomes.sort()).toEqual(['KEY_INVALID', 'done']);
    const left = await encryption.keys(ACCOUNT);
    expect(left).toHaveLength(1);
    await encryption.configure(ACCOUNT, { enabled: false });
    await encryption.removeKey(ACCOUNT, left[0]?.id as string);
  }
});

test('many who add at once lose none, and the limit holds', async () => {
  const { encryption } = await open();
  const pairs = await Promise.all(Array.from({ length: MAX_KEYS + 2 }, () => makePair()));
  const outcomes = await Promise.all(pairs.map(({ publicKey }) => code(encryption.addKey(ACCOUNT, publicKey))));
  expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(MAX_KEYS);
  expect(outcomes.filter((outcome) => outcome === 'LIMIT_EXCEEDED')).toHaveLength(2);
  const keys = await encryption.keys(ACCOUNT);
  expect(new Set(keys.map(({ id }) => id)).size).toBe(MAX_KEYS);
  // One that is there can be given anew.
  const known = pairs[outcomes.indexOf('done')]?.publicKey as string;
  expect(await code(encryption.addKey(ACCOUNT, known))).toBe('done');
});

test('what is not there, and what makes no sense', async () => {
  const { encryption } = await open();
  const { publicKey } = await makePair();
  expect(await code(encryption.addKey('nobody', publicKey))).toBe('ACCOUNT_NOT_FOUND');
  expect(await code(encryption.configure('nobody', { subject: 'clear' }))).toBe('ACCOUNT_NOT_FOUND');
  expect(await code(encryption.addKey(ACCOUNT, 'no key'))).toBe('KEY_INVALID');
  expect(await code(encryption.configure(ACCOUNT, { enabled: 'yes' as never }))).toBe('INVALID_ARGUMENT');
  expect(await code(encryption.configure(ACCOUNT, { subject: 'none' as never }))).toBe('INVALID_ARGUMENT');
  expect(await encryption.removeKey(ACCOUNT, 'ff')).toBe(false);
  expect(await encryption.keys(ACCOUNT)).toEqual([]);
});

test('a delivery reads its part of the records, and fails closed where one is damaged', async () => {
  const { vault, encryption } = await open();
  expect(readEncryption(await entries(vault))).toEqual({
    enabled: false,
    subject: 'clear',
    keys: [],
    damaged: false,
    mailboxes: new Set(),
  });
  const key = await encryption.addKey(ACCOUNT, (await makePair()).publicKey);
  await encryption.configure(ACCOUNT, { enabled: true });
  const put = (name: string, value: string) => vault.put({ owner: ACCOUNT, kind: 'delivery', key: name }, { value });
  await put('filter 1', 'of somebody else');
  await put(`key ${'0'.repeat(40)}`, 'that the settings do not name');
  expect(readEncryption(await entries(vault))).toEqual({
    enabled: true,
    subject: 'clear',
    keys: [key],
    damaged: false,
    mailboxes: new Set(),
  });

  await put(`key ${key.id}`, JSON.stringify({ ...key, text: 'garbage' }));
  expect(await code(encryption.configure(ACCOUNT, { enabled: true }))).toBe('STORE_CORRUPT');
  const unreadable = readEncryption(await entries(vault));
  expect(await code(collect(encryptMessage(unreadable, [Buffer.from('text')], NOW)))).toBe('ENCRYPTION_FAILED');
  await put(`key ${key.id}`, '{"id":"other"}');
  expect(readEncryption(await entries(vault))).toEqual({
    enabled: true,
    subject: 'clear',
    keys: [],
    damaged: true,
    mailboxes: new Set(),
  });
  expect(await code(encryption.keys(ACCOUNT))).toBe('STORE_CORRUPT');
  for (const garbage of [
    '{',
    'null',
    '[]',
    '{"enabled":"no","subject":"clear","keys":[]}',
    '{"enabled":false}',
    BAD_MAILBOXES,
  ]) {
    await put('encryption', garbage);
    expect(readEncryption(await entries(vault))).toMatchObject({ enabled: true, damaged: true });
    expect(await code(encryption.configure(ACCOUNT, { enabled: false }))).toBe('STORE_CORRUPT');
    expect(await code(encryption.settings(ACCOUNT))).toBe('STORE_CORRUPT');
  }
});

test('a key that went while the settings were read is as if it were not there', async () => {
  const { vault, encryption } = await open();
  const { id } = await encryption.addKey(ACCOUNT, (await makePair()).publicKey);
  await vault.take({ owner: ACCOUNT, kind: 'delivery', key: `key ${id}` });
  expect(readEncryption(await entries(vault))).toEqual({
    enabled: false,
    subject: 'clear',
    keys: [],
    damaged: false,
    mailboxes: new Set(),
  });
});

test.skipIf(!OPENSSL)('certificates beside OpenPGP keys', async () => {
  const { encryption } = await open();
  const { certificate } = await makeCertificate(['-newkey rsa:2048']);
  const added = await encryption.addKey(ACCOUNT, certificate);
  expect(added).toMatchObject({ type: 'smime', version: null, algorithm: 'rsa2048' });
  expect(await encryption.configure(ACCOUNT, { enabled: true })).toMatchObject({ enabled: true });
  expect(await code(encryption.removeKey(ACCOUNT, added.id))).toBe('KEY_INVALID');
});

test('the store offers it, and what an account had goes with the account', async () => {
  const { store, account } = await openTestStore({ restorableDays: 0 });
  const encryption: Encryption = store.encryption;
  const { publicKey } = await makePair({ date: new Date(Date.now() - DAY) });
  const key = await encryption.addKey(account, publicKey);
  await encryption.configure(account, { enabled: true, subject: 'hidden' });
  expect(await encryption.keys(account)).toEqual([key]);
  expect(await encryption.settings(account)).toEqual({ enabled: true, subject: 'hidden' });
  await store.accounts.remove(account);
  expect(await encryption.keys(account)).toEqual([]);
  expect(await code(encryption.addKey(account, publicKey))).toBe('ACCOUNT_NOT_FOUND');
});

test('an encrypted message is stored and comes back as it was made', async () => {
  const { store, account } = await openTestStore();
  const pair = await makePair({ date: new Date(NOW - DAY) });
  const { encryption } = await open();
  await encryption.addKey(ACCOUNT, pair.publicKey);
  const raw = Buffer.from(`From: bob@example.org\r\nSubject: secret\r\n\r\n${'text '.repeat(50_000)}\r\n`);
  const encrypted = await collect(encryptMessage(await encryption.state(ACCOUNT), inChunks(raw), NOW));
  await store.append(account, 'INBOX', inChunks(encrypted));
  const [message] = await readAll({ store, account }, 'INBOX');
  expect(message?.raw.equals(encrypted)).toBe(true);
  expect((await decrypt(message?.raw as Buffer, pair)).equals(raw)).toBe(true);
});
