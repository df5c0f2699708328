/** Keys and settings of accounts, in the records of the store, by whichever process. */

import { expect, onTestFinished, test } from 'vitest';
import { AccountEncryption, MAX_KEYS } from '../../src/crypto/account-encryption.ts';
import { encryptMessage } from '../../src/crypto/encrypt-message.ts';
import { readEncryption } from '../../src/crypto/encryption-state.ts';
import type { Vault } from '../../src/engine/vault.ts';
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

/** Encryption over the records of an engine, with a clock that the test holds. */
async function open(): Promise<{ vault: Vault; clock: { now: number }; encryption: AccountEncryption }> {
  const engine = await openTestedEngine();
  onTestFinished(() => engine.close());
  const clock = { now: NOW };
  const directory = { get: async (id: string) => (id === ACCOUNT ? {} : null) };
  return { vault: engine.vault, clock, encryption: new AccountEncryption(engine.vault, directory, () => clock.now) };
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
  expect(readEncryption(await entries(vault))).toEqual({ enabled: false, subject: 'clear', keys: [], damaged: false });
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
  });

  await put(`key ${key.id}`, JSON.stringify({ ...key, text: 'garbage' }));
  expect(await code(encryption.configure(ACCOUNT, { enabled: true }))).toBe('STORE_CORRUPT');
  const unreadable = readEncryption(await entries(vault));
  expect(await code(collect(encryptMessage(unreadable, [Buffer.from('text')], NOW)))).toBe('ENCRYPTION_FAILED');
  await put(`key ${key.id}`, '{"id":"other"}');
  expect(readEncryption(await entries(vault))).toEqual({ enabled: true, subject: 'clear', keys: [], damaged: true });
  expect(await code(encryption.keys(ACCOUNT))).toBe('STORE_CORRUPT');
  for (const garbage of ['{', 'null', '[]', '{"enabled":"no","subject":"clear","keys":[]}', '{"enabled":false}']) {
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
  expect(readEncryption(await entries(vault))).toEqual({ enabled: false, subject: 'clear', keys: [], damaged: false });
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
