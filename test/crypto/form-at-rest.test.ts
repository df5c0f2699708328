/** A delivered message is stored as it is, or encrypted, or not at all. */

import { expect, test } from 'vitest';
import { readEncryption } from '../../src/crypto/encryption-state.ts';
import { formAtRest } from '../../src/crypto/form-at-rest.ts';
import { SealedSpool } from '../../src/crypto/sealed-spool.ts';
import { noise } from '../store/store-fixture.ts';
import { collect, decrypt, encrypt, inChunks, makePair, NOW, stateOf } from './crypto-fixture.ts';

const pair = await makePair();
const keyed = await stateOf([pair.publicKey]);
const plain = Buffer.concat([Buffer.from('From: bob@example.org\r\n\r\n'), noise(3_000_000)]);

/** By way of a spool, as a delivery comes. */
async function stored(state: typeof keyed, raw: Buffer): Promise<Buffer> {
  await using spool = await SealedSpool.take(inChunks(raw), { maxOctets: 100_000_000 });
  return await collect(formAtRest(state, () => spool.read(), NOW));
}

test('without encryption it is stored as it is', async () => {
  expect((await stored({ ...keyed, enabled: false }, plain)).equals(plain)).toBe(true);
  expect((await stored(readEncryption([]), plain)).equals(plain)).toBe(true);
});

test('with encryption it is encrypted, once', async () => {
  const once = await stored(keyed, plain);
  expect((await decrypt(once, pair)).equals(plain)).toBe(true);
  expect((await stored(keyed, once)).equals(once)).toBe(true);
});

test('what is encrypted already passes, also where nothing could be encrypted', async () => {
  const encrypted = await encrypt(keyed, plain);
  expect((await stored({ ...keyed, keys: [], damaged: true }, encrypted)).equals(encrypted)).toBe(true);
});

test('what cannot be encrypted is not stored', async () => {
  const damaged = readEncryption([{ key: 'encryption', value: 'garbage' }]);
  for (const state of [{ ...keyed, keys: [] }, { ...keyed, damaged: true }, damaged]) {
    await expect(stored(state, plain)).rejects.toMatchObject({ code: 'ENCRYPTION_FAILED' });
  }
});
