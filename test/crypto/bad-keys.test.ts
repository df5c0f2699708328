/** Keys that mail cannot be encrypted to are refused, with a reason for people. */

import { randomBytes, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import * as openpgp from 'openpgp';
import { describe, expect, test } from 'vitest';
import { MAX_KEY_OCTETS, readKey } from '../../src/crypto/read-key.ts';
import { EiderError } from '../../src/errors.ts';
import {
  DAY,
  makeBadPoint,
  makeCertificate,
  makePair,
  makeVersion6,
  NOW,
  OPENSSL,
  type PairOptions,
} from './crypto-fixture.ts';

async function refusal(given: string | Uint8Array, now: number = NOW): Promise<string> {
  try {
    const key = await readKey(given, now);
    return `taken: ${key.algorithm}`;
  } catch (error) {
    if (!(error instanceof EiderError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

/** A key with a config that allows what the store refuses. */
const weak = async (options: PairOptions): Promise<string> =>
  (await makePair({ ...options, config: { minRSABits: 512, rejectCurves: new Set() } })).publicKey;

const binary = async (armored: string): Promise<Uint8Array> => (await openpgp.readKey({ armoredKey: armored })).write();

/** The public key after its owner took it back. */
async function revoked(): Promise<string> {
  const { privateKey } = await makePair();
  const key = await openpgp.readPrivateKey({ armoredKey: privateKey });
  const { publicKey } = await openpgp.revokeKey({ key, date: new Date(NOW - DAY), format: 'armored' });
  return publicKey as string;
}

/** The same with another number for the algorithm of the primary key. */
async function withAlgorithm(number: number): Promise<Uint8Array> {
  const octets = Buffer.from(await binary((await makePair()).publicKey));
  // Tag, length, version, four octets of time, algorithm.
  octets[7] = number;
  return octets;
}

async function withVersion(version: number): Promise<Uint8Array> {
  const octets = Buffer.from(await binary((await makePair()).publicKey));
  octets[2] = version;
  return octets;
}

test.each<[string, () => Promise<string | Uint8Array>, string]>([
  ['nothing', async () => '', 'there is no key in it'],
  ['text', async () => 'my key is under the mat', 'there is no key in it'],
  ['random octets that look like a packet', async () => Buffer.concat([Buffer.from([0xc6]), randomBytes(99)]), ''],
  [
    'random octets that look like DER',
    async () => Buffer.concat([Buffer.from([0x30]), randomBytes(99)]),
    'it cannot be read as a certificate',
  ],
  [
    'a secret OpenPGP key',
    async () => (await makePair()).privateKey,
    'it holds a secret key: give the public one alone',
  ],
  [
    'a binary secret key',
    async () => binary((await makePair()).privateKey),
    'it holds a secret key: give the public one alone',
  ],
  [
    'a secret PEM key',
    async () => '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n',
    'it holds a secret key: give the public one alone',
  ],
  [
    'two keys',
    async () => (await makePair()).publicKey + (await makePair()).publicKey,
    'there is more than one key in it',
  ],
  [
    'two binary keys',
    async () => Buffer.concat([await binary((await makePair()).publicKey), await binary((await makePair()).publicKey)]),
    'there is more than one key in it',
  ],
  [
    'an OpenPGP message',
    async () => '-----BEGIN PGP MESSAGE-----\n\nxx\n-----END PGP MESSAGE-----\n',
    'it holds no public key, but pgp message',
  ],
  [
    'armor around nothing',
    async () => '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----\n',
    '',
  ],
  [
    'RSA of 1024 bits',
    () => weak({ type: 'rsa', rsaBits: 1024 }),
    'it is too weak: RSA has at least 2048 bits, ElGamal and DSA are refused',
  ],
  ['secp256k1', () => weak({ subkeys: [{ curve: 'secp256k1' }] as never }), 'its algorithm is not supported'],
  ['an unknown algorithm', () => withAlgorithm(99), ''],
  ['version 3', () => withVersion(3), ''],
  ['version 5', () => withVersion(5), ''],
  ['an expired one', async () => (await makePair({ keyExpirationTime: 86_400 })).publicKey, 'it has expired'],
  ['a point that no secret can be agreed with', makeBadPoint, 'mail cannot be encrypted to it'],
  ['one of tomorrow', async () => (await makePair({ date: new Date(NOW + DAY) })).publicKey, ''],
  ['a revoked one', revoked, 'it is revoked'],
  [
    'one that signs only',
    async () => (await makePair({ subkeys: [{ sign: true }] })).publicKey,
    'nothing in it is for encrypting mail at present',
  ],
])('%s', async (_, make, reason) => {
  const told = await refusal(await make());
  expect(told).toMatch(/^KEY_INVALID: [a-z][^\n]{10,90}$/);
  expect(told).toContain(reason);
});

test('what is taken: armored and binary, with white space and a byte order mark before', async () => {
  const { publicKey } = await makePair();
  expect(await refusal(publicKey)).toBe('taken: x25519');
  expect(await refusal(await binary(publicKey))).toBe('taken: x25519');
  expect(await refusal(Buffer.from(publicKey))).toBe('taken: x25519');
  expect(await refusal(`\ufeff\r\n  ${publicKey}`)).toBe('taken: x25519');
  expect(await refusal(`Here is my key:\n\n${publicKey}\nRegards\n`)).toBe('taken: x25519');
  expect(await refusal((await makeVersion6()).publicKey)).toBe('taken: x25519');
});

test('a key says when it ends: the earlier of its own end and that of the last subkey that encrypts', async () => {
  const ending = await readKey((await makePair({ keyExpirationTime: (15 * DAY) / 1000 })).publicKey, NOW);
  expect(ending.expires).toBe(NOW + 5 * DAY);
  const subkeys = [{ date: new Date(NOW - 10 * DAY), keyExpirationTime: (12 * DAY) / 1000 }];
  const { publicKey } = await makePair({ subkeys } as PairOptions);
  const key = await readKey(publicKey, NOW);
  expect(key).toMatchObject({ created: NOW - 10 * DAY, expires: key.expires });
  expect(key.expires === null || key.expires > NOW).toBe(true);
});

describe('long keys', () => {
  test('what others signed is left out', async () => {
    const { publicKey } = await makePair();
    let key: openpgp.Key = await openpgp.readKey({ armoredKey: publicKey });
    for (let count = 0; count < 5; count++) {
      const signer = await openpgp.readPrivateKey({ armoredKey: (await makePair()).privateKey });
      key = await key.signAllUsers([signer], new Date(NOW - DAY));
    }
    expect(key.write().length).toBeGreaterThan((await binary(publicKey)).length + 400);
    const kept = await readKey(key.armor(), NOW);
    expect((await binary(kept.text)).length).toBe((await binary(publicKey)).length);
  });

  test('one of more than 32 KB is refused, and one of more than 256 KB is not even read', async () => {
    const userIDs = Array.from({ length: 150 }, (_, at) => ({ name: `${'a'.repeat(200)} ${at}` }));
    const { publicKey } = await makePair({ userIDs });
    expect((await binary(publicKey)).length).toBeGreaterThan(MAX_KEY_OCTETS);
    expect(await refusal(publicKey)).toMatch(/^LIMIT_EXCEEDED: /);
    expect(await refusal(' '.repeat(256 * 1024 + 1))).toMatch(/^LIMIT_EXCEEDED: /);
  });

  test('names are few, short and without control characters', async () => {
    const userIDs = [
      { name: 'Ann\u001b[31m\u0007', email: 'ann@example.org' },
      ...Array.from({ length: 30 }, (_, at) => ({ name: `${at} ${'a'.repeat(300)}` })),
    ];
    const { names } = await readKey((await makePair({ userIDs })).publicKey, NOW);
    expect(names[0]).toBe('Ann [31m <ann@example.org>');
    expect(names).toHaveLength(20);
    expect(Math.max(...names.map(({ length }) => length))).toBe(200);
  });
});

describe.skipIf(!OPENSSL)('certificates (skipped where OpenSSL is not installed)', () => {
  const usage = (words: string) => `keyUsage = ${words}\n`;

  test.each<[string, string[], string | undefined, string]>([
    ['RSA of 1024 bits', ['-newkey rsa:1024'], undefined, 'KEY_INVALID: it is too weak: RSA has at least 2048 bits'],
    ['Ed25519', ['-newkey ed25519'], '', 'KEY_INVALID: its algorithm is none of RSA, P-256, P-384 and P-521'],
    [
      'secp256k1',
      ['-newkey ec -pkeyopt ec_paramgen_curve:secp256k1'],
      undefined,
      'KEY_INVALID: its algorithm is none of RSA, P-256, P-384 and P-521',
    ],
    ['RSA that signs only', ['-newkey rsa:2048'], usage('digitalSignature'), 'KEY_INVALID: it is not for encrypting'],
    [
      'P-256 that signs only',
      ['-newkey ec -pkeyopt ec_paramgen_curve:P-256'],
      usage('digitalSignature, keyEncipherment'),
      'KEY_INVALID: it is not for encrypting',
    ],
    ['one of a web server', ['-newkey rsa:2048'], 'extendedKeyUsage = serverAuth\n', 'KEY_INVALID: it is not for mail'],
    ['one for anything', ['-newkey rsa:2048'], 'extendedKeyUsage = anyExtendedKeyUsage\n', 'taken: rsa2048'],
    ['one that says nothing', ['-newkey rsa:2048'], '', 'taken: rsa2048'],
  ])('%s', async (_, newKey, extensions, told) => {
    const { certificate } = await makeCertificate(newKey, extensions);
    expect(await refusal(certificate)).toBe(told);
  });

  test('one that has expired, or is not valid yet, and two at once', async () => {
    const { certificate } = await makeCertificate(['-newkey rsa:2048']);
    expect(await refusal(certificate, NOW + 40 * 365 * DAY)).toBe('KEY_INVALID: it has expired');
    expect(await refusal(certificate, 0)).toBe('KEY_INVALID: it is not valid yet');
    expect(await refusal(certificate + certificate)).toBe('KEY_INVALID: there is more than one key in it');
  });

  test('one cut off, and one with its key', async () => {
    const { certificate, keyFile } = await makeCertificate(['-newkey rsa:2048']);
    expect(await refusal(certificate.slice(0, 400))).toBe('KEY_INVALID: it cannot be read as a certificate');
    const key = await readFile(keyFile, 'utf8');
    expect(await refusal(certificate + key)).toBe('KEY_INVALID: it holds a secret key: give the public one alone');
  });
});

test('a key with any octets changed, cut off or repeated is taken or refused, and nothing else happens', async () => {
  const given: Uint8Array[] = [
    await binary((await makePair()).publicKey),
    await binary((await makeVersion6()).publicKey),
  ];
  if (OPENSSL) given.push(new X509Certificate((await makeCertificate(['-newkey rsa:2048'])).certificate).raw);
  const change = fc.record({ at: fc.nat(2_000), octet: fc.nat(255) });
  const outcomes = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...given),
      fc.array(change, { maxLength: 4 }),
      fc.option(fc.nat(2_000)),
      async (key, changes, end) => {
        const octets = Buffer.from(key).subarray(0, end ?? key.length);
        for (const { at, octet } of changes) if (at < octets.length) octets[at] = octet;
        const told = await refusal(octets);
        expect(told).toMatch(/^(?:taken|KEY_INVALID): ./);
        const word = told.split(':')[0] as string;
        outcomes.set(word, (outcomes.get(word) ?? 0) + 1);
      },
    ),
    { numRuns: 400 },
  );
  expect([...outcomes.keys()].sort()).toEqual(['KEY_INVALID', 'taken']);
});
