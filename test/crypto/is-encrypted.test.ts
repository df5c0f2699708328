/** What is encrypted already is left as it is; everything that is readable in part is not. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isEncrypted } from '../../src/crypto/is-encrypted.ts';
import { encrypt, inChunks, makeCertificate, makePair, OPENSSL, stateOf } from './crypto-fixture.ts';

const armor = ['-----BEGIN PGP MESSAGE-----', 'Version: 1', '', 'wcBMA+tF/REV==', '=aBcD', '-----END PGP MESSAGE-----'];
const mail = (type: string, body = 'text\r\n', more = ''): string =>
  `From: a@example.org\r\n${type}\r\n${more}\r\n${body}`;
const plain = (...lines: readonly string[]): string => mail('Content-Type: text/plain', lines.join('\r\n'));
const inline = armor.join('\r\n');

test.each<[string, string, boolean]>([
  ['PGP/MIME', mail('Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b'), true],
  ['in capitals', mail('CONTENT-TYPE: MULTIPART/ENCRYPTED; BOUNDARY=B'), true],
  ['folded', mail('Content-Type:\r\n\tmultipart/\r\n encrypted;\r\n boundary=b'), true],
  ['with a comment', mail('Content-Type: (x) multipart/encrypted; boundary=b'), true],
  ['with bare line feeds', 'Content-Type: multipart/encrypted\n\nx', true],
  ['S/MIME', mail('Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m'), true],
  [
    'S/MIME, quoted and in capitals',
    mail('Content-Type: Application/X-PKCS7-MIME;\r\n SMIME-Type="Enveloped-Data"'),
    true,
  ],
  ['S/MIME, authenticated', mail('Content-Type: application/pkcs7-mime; smime-type=authEnveloped-data'), true],
  ['armor in the text', plain(inline), true],
  ['armor with white space around', plain('', ' ', inline, '', ''), true],
  ['armor without a Content-Type', `From: a@example.org\r\n\r\n${inline}`, true],
  [
    'armor in quoted-printable',
    mail('Content-Transfer-Encoding: quoted-printable', inline.replaceAll('=', '=3D')),
    true,
  ],
  ['armor with bare line feeds', `From: a@example.org\n\n${armor.join('\n')}\n`, true],

  ['a letter', mail('Subject: multipart/encrypted'), false],
  ['signed', mail('Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=b'), false],
  ['signed S/MIME', mail('Content-Type: application/pkcs7-mime; smime-type=signed-data'), false],
  ['S/MIME that does not say what', mail('Content-Type: application/pkcs7-mime; name=smime.p7m'), false],
  ['compressed S/MIME', mail('Content-Type: application/pkcs7-mime; smime-type=compressed-data'), false],
  ['certificates only', mail('Content-Type: application/pkcs7-mime; smime-type=certs-only'), false],
  [
    'the type of a part',
    mail('Content-Type: multipart/mixed; boundary=b', '--b\r\nContent-Type: multipart/encrypted\r\n\r\n'),
    false,
  ],
  ['a second Content-Type', mail('Content-Type: text/plain\r\nContent-Type: multipart/encrypted'), false],
  ['a type in the text', `\r\nContent-Type: multipart/encrypted\r\n\r\n`, false],
  ['text before armor', plain('Dear Ann,', '', inline), false],
  ['text behind armor', plain(inline, '', 'Regards'), false],
  ['two of them', plain(inline, inline), false],
  ['armor without an end', plain(...armor.slice(0, -1)), false],
  ['text within armor', plain(...armor.slice(0, 3), 'the key is under the mat', ...armor.slice(3)), false],
  [
    'a signed text',
    plain('-----BEGIN PGP SIGNED MESSAGE-----', 'Hash: SHA512', '', 'text', '-----BEGIN PGP SIGNATURE-----'),
    false,
  ],
  ['a key', plain('-----BEGIN PGP PUBLIC KEY BLOCK-----', '', 'abcd', '-----END PGP PUBLIC KEY BLOCK-----'), false],
  ['armor in HTML', mail('Content-Type: text/html', inline), false],
  ['armor that claims to be base64', mail('Content-Transfer-Encoding: base64', inline), false],
  ['a line without end', plain(...armor.slice(0, 3), 'a'.repeat(5_000), ...armor.slice(3)), false],
  ['nothing', '', false],
])('%s: %#', async (_, raw, expected) => {
  for (const size of [65_536, 7, 1]) expect(await isEncrypted(inChunks(Buffer.from(raw), size))).toBe(expected);
});

test('what the store encrypts is encrypted', async () => {
  const keys = [(await makePair()).publicKey];
  if (OPENSSL) keys.push((await makeCertificate(['-newkey rsa:2048'])).certificate);
  for (const key of keys) {
    const state = await stateOf([key], { subject: 'hidden' });
    expect(await isEncrypted(inChunks(await encrypt(state, Buffer.from('Subject: a\r\n\r\nb'))))).toBe(true);
  }
});

test('a long letter is not read to its end, and the stream is let go', async () => {
  let read = 0;
  let closed = false;
  async function* letter(): AsyncGenerator<Uint8Array> {
    try {
      yield Buffer.from('Subject: a\r\n\r\n');
      for (; read < 1_000; read++) yield Buffer.from('Dear Ann,\r\n');
    } finally {
      closed = true;
    }
  }
  expect(await isEncrypted(letter())).toBe(false);
  expect([read < 3, closed]).toEqual([true, true]);
});

test('any octets are answered', async () => {
  const words = ['Content-Type', ':', ' multipart/encrypted', '\r\n', '\n', ...armor, 'a', '='].map((word) =>
    Buffer.from(word),
  );
  const piece = fc.oneof(fc.constantFrom(...words), fc.uint8Array({ maxLength: 20 }));
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 20 }), fc.integer({ min: 1, max: 50 }), async (pieces, size) => {
      const raw = Buffer.concat(pieces);
      const answers = await Promise.all([isEncrypted(inChunks(raw, size)), isEncrypted(inChunks(raw))]);
      expect(answers[0]).toBe(answers[1]);
    }),
    { numRuns: 500 },
  );
});
