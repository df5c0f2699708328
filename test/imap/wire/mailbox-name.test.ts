/** Modified UTF-7 and UTF-8 names. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeModifiedUtf7, decodeUtf8, encodeModifiedUtf7, encodeUtf8 } from '../../../src/imap/wire/mailbox-name.ts';

test.each([
  // The example of RFC 3501 section 5.1.3.
  ['~peter/mail/台北/日本語', '~peter/mail/&U,BTFw-/&ZeVnLIqe-'],
  ['R&D', 'R&-D'],
  ['&&', '&-&-'],
  ['Entwürfe', 'Entw&APw-rfe'],
  ['é&é', '&AOk-&-&AOk-'],
  ['😀', '&2D3eAA-'],
  ['INBOX', 'INBOX'],
  ['', ''],
  ['a\tb', 'a&AAk-b'],
])('%j is %j', (name, octets) => {
  expect(encodeModifiedUtf7(name)).toBe(octets);
  expect(decodeModifiedUtf7(octets)).toBe(name);
});

test.each([
  ['no end', 'a&AOk'],
  ['an ampersand alone', 'R&D'],
  ['printable ASCII shifted', '&AGE-'],
  ['an ampersand shifted', '&ACY-'],
  ['adjacent shifts', '&AOk-&AOk-'],
  ['bits left over', '&AOl-'],
  ['half a character', '&AA-'],
  ['one base64 character', '&A-'],
  ['a slash of standard base64', '&U/BTFw-'],
  ['padding', '&AOk=-'],
  ['a lone surrogate', '&2D0-'],
  ['8-bit', 'caf\xe9'],
  ['a control character', 'a\x01'],
])('%s is refused', (_, octets) => {
  expect(decodeModifiedUtf7(octets)).toBeNull();
});

test('any name comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const octets = encodeModifiedUtf7(name);
      expect(octets).toMatch(/^[\x20-\x7e]*$/);
      expect(decodeModifiedUtf7(octets)).toBe(name);
      expect(decodeUtf8(encodeUtf8(name))).toBe(name);
    }),
  );
});

test('a name has one encoding: what can be decoded encodes to itself', () => {
  const piece = fc.oneof(fc.constantFrom('&', '-', '&-', 'A', 'AOk', '&AOk-', ',', '+', '/', 'a', 'é'), fc.string());
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const octets = pieces.join('');
      const name = decodeModifiedUtf7(octets);
      if (name !== null) expect(encodeModifiedUtf7(name)).toBe(octets);
    }),
  );
});

test.each(['\xff', '\xc3', '\xc0\x80', '\xed\xa0\x80', '\xf5\x80\x80\x80'])('%j is not UTF-8', (octets) => {
  expect(decodeUtf8(octets)).toBeNull();
});
