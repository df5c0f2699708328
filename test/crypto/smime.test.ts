/** S/MIME: OpenSSL gets the delivered octets with the key of each sort of certificate. */

import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { noise } from '../store/store-fixture.ts';
import {
  type CertificateFiles,
  DAY,
  decrypt,
  decryptSmime,
  encrypt,
  makeCertificate,
  makePair,
  NOW,
  OPENSSL,
  stateOf,
} from './crypto-fixture.ts';

/** OpenSSL prints text with the line endings of the system unless it is told that it is binary. */
const message = (size: number): Buffer =>
  Buffer.concat([Buffer.from('From: bob@example.org\r\nSubject: secret\r\n\r\n'), noise(size)]);

describe.skipIf(!OPENSSL)('S/MIME (skipped where OpenSSL is not installed)', () => {
  test.each([
    ['rsa2048', ['-newkey rsa:2048']],
    ['rsa3072', ['-newkey rsa:3072']],
    ['p256', ['-newkey ec -pkeyopt ec_paramgen_curve:P-256']],
    ['p384', ['-newkey ec -pkeyopt ec_paramgen_curve:P-384']],
    ['p521', ['-newkey ec -pkeyopt ec_paramgen_curve:P-521']],
  ])('%s', async (algorithm, newKey) => {
    const files = await makeCertificate(newKey);
    const state = await stateOf([files.certificate]);
    const id = new X509Certificate(files.certificate).fingerprint256.replaceAll(':', '').toLowerCase();
    expect(state.keys).toMatchObject([
      { id, type: 'smime', version: null, algorithm, names: ['ann@example.org', 'CN=Ann'] },
    ]);
    for (const raw of [Buffer.alloc(0), Buffer.from('x'), noise(15), noise(16), message(50_000), message(2_000_000)]) {
      const encrypted = await encrypt(state, raw);
      expect([raw.length, (await decryptSmime(encrypted, files)).equals(raw)]).toEqual([raw.length, true]);
    }
  });

  test('certificates of both sorts at once: each of them opens the message', async () => {
    const all: CertificateFiles[] = [
      await makeCertificate(['-newkey rsa:2048']),
      await makeCertificate(['-newkey ec -pkeyopt ec_paramgen_curve:P-256']),
      await makeCertificate(['-newkey ec -pkeyopt ec_paramgen_curve:P-384']),
    ];
    const encrypted = await encrypt(await stateOf(all.map(({ certificate }) => certificate)), message(1_000));
    for (const files of all) expect((await decryptSmime(encrypted, files)).equals(message(1_000))).toBe(true);
  });

  test('30 MB', async () => {
    const files = await makeCertificate(['-newkey ec -pkeyopt ec_paramgen_curve:P-256']);
    const encrypted = await encrypt(await stateOf([files.certificate]), message(30_000_000));
    expect((await decryptSmime(encrypted, files)).equals(message(30_000_000))).toBe(true);
  });

  test('the header says what it is, and nothing of what is inside', async () => {
    const { certificate } = await makeCertificate(['-newkey rsa:2048']);
    const encrypted = await encrypt(await stateOf([certificate], { subject: 'hidden' }), message(100));
    expect(encrypted.toString('latin1').split('\r\n\r\n')[0]?.split('\r\n')).toEqual([
      'From: bob@example.org',
      'Subject: [...]',
      'MIME-Version: 1.0',
      'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"',
      'Content-Transfer-Encoding: base64',
      'Content-Disposition: attachment; filename="smime.p7m"',
    ]);
  });

  test('an OpenPGP key goes before it, and it goes on when that one has ended', async () => {
    const files = await makeCertificate(['-newkey rsa:2048']);
    const pair = await makePair({ keyExpirationTime: (11 * DAY) / 1000 });
    const state = await stateOf([files.certificate, pair.publicKey]);
    expect((await decrypt(await encrypt(state, message(100)), pair)).equals(message(100))).toBe(true);
    const later = await encrypt(state, message(100), NOW + 2 * DAY);
    expect((await decryptSmime(later, files)).equals(message(100))).toBe(true);
  });

  test('DER is read as PEM is', async () => {
    const { certificate } = await makeCertificate(['-newkey rsa:2048']);
    const [fromDer, fromPem] = (await stateOf([new X509Certificate(certificate).raw, certificate])).keys;
    expect(fromDer).toEqual(fromPem);
  });
});
