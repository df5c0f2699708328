/** What stays readable of an encrypted message, and what does not. */

import { expect, test } from 'vitest';
import { MAX_HEADER } from '../../src/crypto/headed-source.ts';
import { MAX_OUTER_FIELD } from '../../src/crypto/outer-header.ts';
import { decrypt, encrypt, makePair, stateOf } from './crypto-fixture.ts';

const pair = await makePair();

/** The lines of the outer header before those that say what the message is; whatever it is, it comes back. */
async function outer(raw: string | Buffer, subject: 'clear' | 'hidden' = 'clear'): Promise<string> {
  const octets = typeof raw === 'string' ? Buffer.from(raw, 'latin1') : raw;
  const encrypted = await encrypt(await stateOf([pair.publicKey], { subject }), octets);
  expect((await decrypt(encrypted, pair)).equals(octets)).toBe(true);
  const text = encrypted.toString('latin1');
  return text.slice(0, text.indexOf('MIME-Version: 1.0\r\nContent-Type: multipart/encrypted;'));
}

test('seven fields stay, and no other', async () => {
  const raw = [
    'Return-Path: <bounce@example.net>',
    'Received: from mx.example.net',
    'DKIM-Signature: v=1; b=abc',
    'MIME-Version: 1.0',
    'References: <a@example.org> <b@example.org>',
    'In-Reply-To: <b@example.org>',
    'Message-ID: <c@example.org>',
    'Subject: secret',
    'Cc: carl@example.org',
    'Bcc: dora@example.org',
    'To: ann@example.org',
    'From: bob@example.org',
    'Reply-To: bob@example.com',
    'X-Spam: no',
    'Content-Type: text/html; name="offer.html"',
    'Date: Mon, 1 Jan 2029 10:00:00 +0000',
    '',
    'text',
  ].join('\r\n');
  const fields = [
    'Date: Mon, 1 Jan 2029 10:00:00 +0000',
    'From: bob@example.org',
    'To: ann@example.org',
    'Subject: secret',
    'Message-ID: <c@example.org>',
    'In-Reply-To: <b@example.org>',
    'References: <a@example.org> <b@example.org>',
    '',
  ];
  expect(await outer(raw)).toBe(fields.join('\r\n'));
  expect(await outer(raw, 'hidden')).toBe(fields.join('\r\n').replace('secret', '[...]'));
});

test.each([
  [
    'folding and case stay',
    'SUBJECT: a\r\n\t b\r\n  c\r\nfrom : x@example.org\r\n\r\nt',
    'from : x@example.org\r\nSUBJECT: a\r\n\t b\r\n  c\r\n',
  ],
  [
    'raw UTF-8 and Latin-1 stay',
    Buffer.from([...Buffer.from('Subject: żółw '), 0xe9, 0x0a, 0x0a]),
    'Subject: żółw \xe9\r\n',
  ],
  [
    'bare line feeds become CRLF',
    'From: a@example.org\nSubject: b\n c\n\nt\n',
    'From: a@example.org\r\nSubject: b\r\n c\r\n',
  ],
  ['the first of two counts', 'Subject: one\r\nSubject: two\r\n\r\n', 'Subject: one\r\n'],
  ['an mbox line is no field', 'From bob Mon Jan 1\r\nFrom: bob@example.org\r\n\r\n', 'From: bob@example.org\r\n'],
  ['fields of the text are not taken', 'From: a@example.org\r\n\r\nSubject: b\r\n', 'From: a@example.org\r\n'],
  ['no header', '\r\nSubject: b\r\n', ''],
  ['no line at all', 'just text', ''],
  ['an end within a field', 'Subject: b', 'Subject: b\r\n'],
  ['NUL and bare CR', 'Subject: a\0b\rc\r\n\r\n', 'Subject: a\0b\rc\r\n'],
  ['nothing', '', ''],
  ['no Subject: none is made up', 'From: a@example.org\r\n\r\n', 'From: a@example.org\r\n'],
])('%s', async (_, raw, expected) => {
  const octets = (text: string): string => Buffer.from(text).toString('latin1').replaceAll('Ã©', '\xe9');
  const fields = await outer(raw);
  expect(fields).toBe(Buffer.isBuffer(raw) ? octets(expected) : expected);
});

test('a hidden subject is hidden however it is folded, and where there are two', async () => {
  expect(await outer('Subject: a\r\n secret\r\nSubject : more secret\r\n\r\n', 'hidden')).toBe('Subject: [...]\r\n');
  expect(await outer('sUBJECT\t: secret\n\n', 'hidden')).toBe('Subject: [...]\r\n');
  expect(await outer(`Subject: ${'secret '.repeat(10_000)}\r\n\r\n`, 'hidden')).toBe('');
});

test('a field of more than 32 KB, and what is behind 256 KB of header, is inside alone', async () => {
  const long = (octets: number) => `From: a@example.org\r\nTo: ${'b'.repeat(octets - 6)}\r\n\r\n`;
  expect(await outer(long(MAX_OUTER_FIELD))).toHaveLength(21 + MAX_OUTER_FIELD);
  expect(await outer(long(MAX_OUTER_FIELD + 1))).toBe('From: a@example.org\r\n');
  const filler = 'X: y\r\n'.repeat(MAX_HEADER / 6);
  expect(await outer(`From: a@example.org\r\n${filler}Subject: b\r\n\r\ntext`)).toBe('From: a@example.org\r\n');
});
