/** PGP/MIME: whoever has a key gets the delivered octets; the library and GnuPG are asked. */

import fc from 'fast-check';
import * as openpgp from 'openpgp';
import PostalMime from 'postal-mime';
import { describe, expect, test } from 'vitest';
import { encryptMessage } from '../../src/crypto/encrypt-message.ts';
import { EiderError } from '../../src/errors.ts';
import { noise } from '../store/store-fixture.ts';
import {
  armorOf,
  collect,
  DAY,
  decrypt,
  encrypt,
  GPG,
  inChunks,
  makeOcbOnly,
  makePair,
  makeVersion6,
  NOW,
  openGnupg,
  stateOf,
} from './crypto-fixture.ts';

const HEADER = 'From: bob@example.org\r\nTo: ann@example.org\r\nSubject: secret\r\n\r\n';

/** A message of about that many octets, most of them noise. */
const message = (size: number): Buffer =>
  size < 100 ? noise(size) : Buffer.concat([Buffer.from(HEADER), noise(size)]);

const SIZES = [0, 1, 191, 50_000, 2_000_000];
const { gcm, ocb } = openpgp.enums.aead;

describe.each([
  ['rsa2048', () => makePair({ type: 'rsa', rsaBits: 2048 })],
  ['x25519', () => makePair()],
  ['p256', () => makePair({ curve: 'nistP256' })],
  ['p521', () => makePair({ curve: 'nistP521' })],
])('a key of version 4, %s', (algorithm, make) => {
  test.each(SIZES)('%d octets, by the library', async (size) => {
    const pair = await make();
    const state = await stateOf([pair.publicKey]);
    expect(state.keys).toMatchObject([{ version: 4, algorithm }]);
    const raw = message(size);
    expect((await decrypt(await encrypt(state, raw), pair)).equals(raw)).toBe(true);
  });

  test.skipIf(!GPG)('all sizes, by GnuPG (skipped where it is not installed)', async () => {
    const pair = await make();
    const state = await stateOf([pair.publicKey]);
    const gpg = await openGnupg(pair);
    for (const size of SIZES) {
      const raw = message(size);
      expect([size, (await gpg(await encrypt(state, raw))).equals(raw)]).toEqual([size, true]);
    }
  });
});

describe.each([
  ['all modes', gcm, makeVersion6],
  ['OCB alone', ocb, makeOcbOnly],
])('a key of version 6 that reads %s', (_, aead, make) => {
  test.each(SIZES)('%d octets', async (size) => {
    const pair = await make();
    const state = await stateOf([pair.publicKey]);
    expect(state.keys).toMatchObject([{ version: 6, algorithm: 'x25519' }]);
    const encrypted = await encrypt(state, message(size));
    expect((await decrypt(encrypted, pair)).equals(message(size))).toBe(true);
    const packets = (await openpgp.readMessage({ armoredMessage: armorOf(encrypted).toString('latin1') })).packets;
    const sealed = packets.findPacket(openpgp.enums.packet.symEncryptedIntegrityProtectedData);
    expect(sealed).toMatchObject({ version: 2, aeadAlgorithm: aead });
    // RFC 9580 section 6.1: no checksum after it.
    expect(armorOf(encrypted).toString('latin1')).not.toMatch(/^=.{4}\r?$/m);
  });
});

test('30 MB', async () => {
  const raw = message(30_000_000);
  const pair = await makePair();
  const encrypted = await encrypt(await stateOf([pair.publicKey]), raw);
  expect(encrypted.length / raw.length).toBeGreaterThan(1.36);
  expect(encrypted.length / raw.length).toBeLessThan(1.38);
  expect((await decrypt(encrypted, pair)).equals(raw)).toBe(true);
  if (GPG) expect((await (await openGnupg(pair))(encrypted)).equals(raw)).toBe(true);
});

test.each([
  ['version 4', makePair],
  ['version 6', makeVersion6],
])('150 MB to a key of %s never lie in memory', async (_, make) => {
  const state = await stateOf([(await make()).publicKey]);
  const chunk = noise(65_536);
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let count = 0; count < 2_400; count++) yield chunk;
  }
  const used = () => process.memoryUsage().arrayBuffers;
  const before = used();
  let most = 0;
  let octets = 0;
  for await (const part of encryptMessage(state, source(), NOW)) {
    octets += part.length;
    most = Math.max(most, used() - before);
  }
  expect(octets).toBeGreaterThan(200_000_000);
  // Buffers that nothing refers to any more count until they are collected.
  expect(most).toBeLessThan(100_000_000);
});

test('others have their turn while 30 MB are encrypted', async () => {
  const state = await stateOf([(await makePair()).publicKey]);
  const raw = message(30_000_000);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  let octets = 0;
  for await (const chunk of encryptMessage(state, inChunks(raw), NOW)) octets += chunk.length;
  clearInterval(timer);
  expect(octets).toBeGreaterThan(raw.length);
  // As many as there are pieces, or nearly so; were it done at once there would be one.
  expect(turns).toBeGreaterThan(50);
});

test('any octets in any chunks come back', async () => {
  const pairs = [await makePair(), await makeVersion6()];
  const states = await Promise.all(pairs.map(({ publicKey }) => stateOf([publicKey])));
  const chunks = fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.boolean(), async (parts, second) => {
      const at = second ? 1 : 0;
      async function* source(): AsyncGenerator<Uint8Array> {
        yield* parts;
      }
      const encrypted = await collect(encryptMessage(states[at] as (typeof states)[0], source(), NOW));
      const back = await decrypt(encrypted, pairs[at] as (typeof pairs)[0]);
      expect(back.equals(Buffer.concat(parts))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

describe('several keys', () => {
  test('each of them opens the message', async () => {
    const pairs = [await makePair(), await makePair({ type: 'rsa', rsaBits: 2048 }), await makeVersion6()];
    const state = await stateOf(pairs.map(({ publicKey }) => publicKey));
    const encrypted = await encrypt(state, message(1_000));
    for (const pair of pairs) expect((await decrypt(encrypted, pair)).equals(message(1_000))).toBe(true);
  });

  test('one that has expired is left out, and the message is for the others', async () => {
    const [old, good] = [await makePair({ keyExpirationTime: (11 * DAY) / 1000 }), await makePair()];
    const state = await stateOf([old.publicKey, good.publicKey]);
    expect(state.keys[0]?.expires).toBe(NOW + DAY);
    const before = await encrypt(state, message(1_000), NOW + DAY - 1_000);
    expect((await decrypt(before, old)).equals(message(1_000))).toBe(true);
    const after = await encrypt(state, message(1_000), NOW + DAY + 1_000);
    expect((await decrypt(after, good)).equals(message(1_000))).toBe(true);
    await expect(decrypt(after, old)).rejects.toThrow(/decryption key/i);
  });

  test('nothing is in the message in the clear', async () => {
    const state = await stateOf([(await makePair()).publicKey], { subject: 'hidden' });
    const raw = Buffer.from(`${HEADER}a word that nobody knows\r\n`);
    const encrypted = (await encrypt(state, raw)).toString('latin1');
    expect(encrypted).not.toContain('nobody knows');
    expect(encrypted).not.toContain('secret');
  });
});

test('a mail program finds the parts', async () => {
  const state = await stateOf([(await makePair()).publicKey]);
  const parsed = await PostalMime.parse(await encrypt(state, message(500)));
  expect(parsed.subject).toBe('secret');
  expect(parsed.attachments.map(({ mimeType }) => mimeType)).toEqual([
    'application/pgp-encrypted',
    'application/octet-stream',
  ]);
  expect(parsed.headers.find(({ key }) => key === 'content-type')?.value).toMatch(
    /^multipart\/encrypted; protocol="application\/pgp-encrypted";/,
  );
});

describe('what cannot be encrypted is not given', () => {
  const failure = async (source: AsyncIterable<Uint8Array>): Promise<{ code: unknown; octets: Buffer }> => {
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of source) chunks.push(chunk);
    } catch (error) {
      return { code: error instanceof EiderError ? error.code : error, octets: Buffer.concat(chunks) };
    }
    throw new Error('it did not fail');
  };
  const raw = message(1_000);

  test('no key', async () => {
    const { code, octets } = await failure(encryptMessage(await stateOf([]), inChunks(raw), NOW));
    expect([code, octets.length]).toEqual(['ENCRYPTION_FAILED', 0]);
  });

  test('no key that can be used any more', async () => {
    const state = await stateOf([(await makePair({ keyExpirationTime: (11 * DAY) / 1000 })).publicKey]);
    const { code, octets } = await failure(encryptMessage(state, inChunks(raw), NOW + 2 * DAY));
    expect([code, octets.length]).toEqual(['ENCRYPTION_FAILED', 0]);
  });

  test('a damaged record, although another key is good', async () => {
    const state = await stateOf([(await makePair()).publicKey], { damaged: true });
    const { code, octets } = await failure(encryptMessage(state, inChunks(raw), NOW));
    expect([code, octets.length]).toEqual(['ENCRYPTION_FAILED', 0]);
  });

  test('a key whose text is garbage, although another key is good', async () => {
    const state = await stateOf([(await makePair()).publicKey, (await makePair()).publicKey]);
    const [first, second] = state.keys;
    const keys = [first, { ...second, text: second?.text.replaceAll(/[a-z]/g, 'x') }] as typeof state.keys;
    const { code, octets } = await failure(encryptMessage({ ...state, keys }, inChunks(raw), NOW));
    expect([code, octets.length]).toEqual(['ENCRYPTION_FAILED', 0]);
  });

  test('a source that breaks off: its own error, and none of its octets', async () => {
    const state = await stateOf([(await makePair()).publicKey], { subject: 'hidden' });
    const broken = new Error('the client went away');
    const closed: string[] = [];
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield raw;
        throw broken;
      } finally {
        closed.push('closed');
      }
    }
    const { code, octets } = await failure(encryptMessage(state, source(), NOW));
    expect(code).toBe(broken);
    expect(octets.includes('secret')).toBe(false);
    expect(closed).toEqual(['closed']);
  });

  test('who stops reading lets go of the source', async () => {
    const state = await stateOf([(await makePair()).publicKey]);
    for (const stopAfter of [1, 3]) {
      const closed: string[] = [];
      async function* source(): AsyncGenerator<Uint8Array> {
        try {
          for (;;) yield raw;
        } finally {
          closed.push('closed');
        }
      }
      let left = stopAfter;
      for await (const _ of encryptMessage(state, source(), NOW)) if (--left === 0) break;
      expect(closed).toEqual(['closed']);
    }
  });
});
