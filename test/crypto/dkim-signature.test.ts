/** Signatures of DKIM: the RFC's own examples, and what a verifier says to what we sign. */

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BodyHash, canonicalFields } from '../../src/crypto/dkim-canonical.ts';
import { publicMaterial, readKey } from '../../src/crypto/dkim-material.ts';
import { dkimRecord } from '../../src/crypto/dkim-record.ts';
import {
  digestMessage,
  MAX_SIGNED_HEADER,
  octetsToSign,
  signMessage,
  signOctets,
} from '../../src/crypto/dkim-signature.ts';
import type { DkimSignOptions } from '../../src/model/dkim.ts';
import { relaxedBody, verifyDkim } from './verify-dkim.ts';

/** RFC 8463 appendix A.1. */
const ED25519 = 'nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=';
const RSA = `-----BEGIN RSA PRIVATE KEY-----
MIICXQIBAAKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi
Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM
KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB
AoGAH0cxOhFZDgzXWhDhnAJDw5s4roOXN4OhjiXa8W7Y3rhX3FJqmJSPuC8N9vQm
6SVbaLAE4SG5mLMueHlh4KXffEpuLEiNp9Ss3O4YfLiQpbRqE7Tm5SxKjvvQoZZe
zHorimOaChRL2it47iuWxzxSiRMv4c+j70GiWdxXnxe4UoECQQDzJB/0U58W7RZy
6enGVj2kWF732CoWFZWzi1FicudrBFoy63QwcowpoCazKtvZGMNlPWnC7x/6o8Gc
uSe0ga2xAkEA8C7PipPm1/1fTRQvj1o/dDmZp243044ZNyxjg+/OPN0oWCbXIGxy
WvmZbXriOWoSALJTjExEgraHEgnXssuk7QJBALl5ICsYMu6hMxO73gnfNayNgPxd
WFV6Z7ULnKyV7HSVYF0hgYOHjeYe9gaMtiJYoo0zGN+L3AAtNP9huqkWlzECQE1a
licIeVlo1e+qJ6Mgqr0Q7Aa7falZ448ccbSFYEPD6oFxiOl9Y9se9iYHZKKfIcst
o7DUw1/hz2Ck4N5JrgUCQQCyKveNvjzkkd8HjYs0SwM0fPjK16//5qDZ2UiDGnOe
uEzxBDAr518Z8VFbR41in3W4Y3yCDgQlLlcETrS+zYcL
-----END RSA PRIVATE KEY-----`;

/** RFC 8463 appendix A.2. */
const RECORDS = {
  'brisbane._domainkey.football.example.com': 'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=',
  'test._domainkey.football.example.com':
    'v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR' +
    'iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC' +
    'DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3' +
    'Ip3G+2kryOTIKT+l/K4w3QIDAQAB',
};

const lines = (...all: string[]): string => all.map((line) => `${line}\r\n`).join('');

/** RFC 8463 appendix A.3. */
const MESSAGE = lines(
  'From: Joe SixPack <joe@football.example.com>',
  'To: Suzie Q <suzie@shopping.example.net>',
  'Subject: Is dinner ready?',
  'Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)',
  'Message-ID: <20030712040037.46341.5F8J@football.example.com>',
  '',
  'Hi.',
  '',
  'We lost the game.  Are you hungry yet?',
  '',
  'Joe.',
  '',
);
const ED25519_FIELD = [
  'DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;',
  ' d=football.example.com; i=@football.example.com;',
  ' q=dns/txt; s=brisbane; t=1528637909; h=from : to :',
  ' subject : date : message-id : from : subject : date;',
  ' bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;',
  ' b=',
].join('\r\n');
const ED25519_SIGNATURE = '/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==';
const RSA_FIELD = [
  'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;',
  ' d=football.example.com; i=@football.example.com;',
  ' q=dns/txt; s=test; t=1528637909; h=from : to : subject :',
  ' date : message-id : from : subject : date;',
  ' bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;',
  ' b=',
].join('\r\n');
const RSA_SIGNATURE =
  'F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3' +
  'DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz' +
  'dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=';
const NAMES = ['from', 'to', 'subject', 'date', 'message-id', 'from', 'subject', 'date'];

const bodyHash = (body: string): string => {
  const hash = new BodyHash();
  hash.push(Buffer.from(body, 'latin1'));
  return hash.digest();
};

/** The message with its signatures before it, as it leaves. */
async function signed(
  message: string | readonly Buffer[],
  keys: readonly [string, KeyObject][],
  options: DkimSignOptions = {},
  now = 1_700_000_000_999,
): Promise<{ field: string; raw: Buffer }> {
  const pieces = typeof message === 'string' ? [Buffer.from(message, 'latin1')] : message;
  const signers = keys.map(([selector, key]) => ({ domain: 'example.org', selector, key }));
  const field = await signMessage(pieces, signers, options, now);
  const sent = Buffer.concat(pieces)
    .toString('latin1')
    .replace(/\r\n|\r|\n/g, '\r\n');
  return { field, raw: Buffer.from(field + sent, 'latin1') };
}

const ed25519 = readKey(ED25519);
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const records = Object.fromEntries(
  (
    [
      ['e', ed25519],
      ['r', rsa],
    ] as const
  ).map(([selector, key]) => {
    const { name, value } = dkimRecord('example.org', selector, publicMaterial(key));
    return [name, value];
  }),
);
const verdicts = (raw: Buffer): string[] => verifyDkim(raw, records).map(({ result }) => result);

describe('the example of RFC 8463', () => {
  test('is what the verifier of these tests takes', () => {
    const message = `${ED25519_FIELD}${ED25519_SIGNATURE}\r\n${RSA_FIELD}${RSA_SIGNATURE}\r\n${MESSAGE}`;
    const found = verifyDkim(Buffer.from(message), RECORDS);
    expect(found.map(({ tags, result }) => [tags.a, result])).toEqual([
      ['ed25519-sha256', 'pass'],
      ['rsa-sha256', 'pass'],
    ]);
    expect(verifyDkim(Buffer.from(message.replace('hungry', 'thirsty')), RECORDS)[0]?.result).toBe('body');
    expect(verifyDkim(Buffer.from(message.replace('dinner', 'lunch')), RECORDS)[1]?.result).toBe('signature');
  });

  test('comes out octet by octet: records, digest of the body, both signatures', async () => {
    const { fields, bodyHash: found } = await digestMessage([Buffer.from(MESSAGE)]);
    expect(found).toBe('2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=');
    for (const [selector, text, field, signature] of [
      ['brisbane', ED25519, ED25519_FIELD, ED25519_SIGNATURE],
      ['test', RSA, RSA_FIELD, RSA_SIGNATURE],
    ] as const) {
      const key = readKey(text);
      const { name, value } = dkimRecord('football.example.com', selector, publicMaterial(key));
      expect({ [name]: value }).toEqual({ [name]: RECORDS[name as keyof typeof RECORDS] });
      const octets = await signOctets(octetsToSign(fields, NAMES, field), key);
      expect(octets.toString('base64')).toBe(signature);
    }
  });
});

describe('canonical forms', () => {
  test('are those of the example in RFC 6376 section 3.4.5', async () => {
    const message = 'A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n';
    const { fields, bodyHash: found } = await digestMessage([Buffer.from(message)]);
    expect(fields).toEqual([
      { name: 'a', text: 'a:X' },
      { name: 'b', text: 'b:Y Z' },
    ]);
    expect(found).toBe(bodyHash(' C\r\nD E\r\n'));
    expect(relaxedBody(' C \r\nD \t E\r\n\r\n\r\n').toString()).toBe(' C\r\nD E\r\n');
  });

  test('an empty body, and one of empty lines and white space, is nothing', () => {
    for (const body of ['', '\r\n', '\r\n\r\n\r\n', ' \t', ' \r\n\t\r\n']) {
      expect(bodyHash(body)).toBe('47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
    }
  });

  test('empty lines in any number count when a line follows', () => {
    const body = `a${'\r\n'.repeat(20_001)}b`;
    expect(bodyHash(body)).not.toBe(bodyHash(`a${'\r\n'.repeat(20_000)}b`));
    expect(relaxedBody(body).length).toBe(2 + 2 * 20_002);
  });

  test('fields are unfolded, and lines that are none left out', () => {
    const header = Buffer.from('SubJect :  a\r\n\t b \r\ngarbage\r\n: nameless\r\nX-Empty:\r\n');
    expect(canonicalFields(header)).toEqual([
      { name: 'subject', text: 'subject:a b' },
      { name: 'x-empty', text: 'x-empty:' },
    ]);
  });
});

describe('a signature', () => {
  test('of both kinds passes, with its time and its end', async () => {
    const { field, raw } = await signed(
      MESSAGE,
      [
        ['e', ed25519],
        ['r', rsa],
      ],
      { validSeconds: 600 },
    );
    const found = verifyDkim(raw, records);
    expect(found.map(({ result }) => result)).toEqual(['pass', 'pass']);
    expect(found.map(({ tags }) => [tags.a, tags.d, tags.s, tags.t, tags.x, tags.l])).toEqual([
      ['ed25519-sha256', 'example.org', 'e', '1700000000', '1700000600', undefined],
      ['rsa-sha256', 'example.org', 'r', '1700000000', '1700000600', undefined],
    ]);
    expect(Math.max(...field.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(78);
    expect(field).toMatch(/^DKIM-Signature: [\s\S]*\r\n$/);
  });

  test.each([
    ['a second From', (text: string) => `From: eve@example.net\r\n${text}`],
    ['a second Subject', (text: string) => text.replace('\r\n\r\n', '\r\nSubject: other\r\n\r\n')],
    ['a Reply-To that was not there', (text: string) => `Reply-To: eve@example.net\r\n${text}`],
    ['another content type', (text: string) => `Content-Type: text/html\r\n${text}`],
    ['another subject', (text: string) => text.replace('dinner', 'lunch')],
    ['more text', (text: string) => `${text}more\r\n`],
    ['no Date', (text: string) => text.replace(/^Date:.*\r\n/m, '')],
  ])('does not survive %s', async (_, change) => {
    const { raw } = await signed(MESSAGE, [
      ['e', ed25519],
      ['r', rsa],
    ]);
    for (const verdict of verdicts(Buffer.from(change(raw.toString('latin1')), 'latin1')))
      expect(verdict).not.toBe('pass');
  });

  test('survives what relays may do', async () => {
    const { raw } = await signed(MESSAGE, [
      ['e', ed25519],
      ['r', rsa],
    ]);
    const text = raw.toString('latin1');
    const changed = `Received: from a by b; now\r\nList-Post: <mailto:x@example.org>\r\n${text}`
      .replace('Subject: Is dinner', 'SUBJECT:Is  \r\n\tdinner')
      .replace('Joe.\r\n', 'Joe. \r\n\r\n');
    expect(verdicts(Buffer.from(changed, 'latin1'))).toEqual(['pass', 'pass']);
  });

  test('passes for fields that are there several times, and for none at all', async () => {
    const many = `${'To: a@example.org\r\n'.repeat(100)}List-ID: <a>\r\nList-Id: <b>\r\n${MESSAGE}`;
    for (const message of [many, '\r\nbody', '', 'Subject: only a header', 'From: a@b.example\r\n\r\n']) {
      expect(verdicts((await signed(message, [['e', ed25519]])).raw)).toEqual(['pass']);
    }
  });

  test('passes for whatever line ends, pieces and octets come', async () => {
    const word = fc.constantFrom(
      ' ',
      '\t',
      '\r',
      '\n',
      '\r\n',
      '\r\n\r\n',
      'a',
      'B: c',
      'From: x',
      '\xe9\0',
      '  b',
      '',
    );
    const message = fc.array(word, { maxLength: 40 }).map((words) => words.join(''));
    await fc.assert(
      fc.asyncProperty(message, message, fc.integer({ min: 1, max: 9 }), async (head, body, size) => {
        const octets = Buffer.from(`From: a@b.example\n${head.replace(/^[ \t]+/, '')}\r\n\r\n${body}`, 'latin1');
        const pieces: Buffer[] = [];
        for (let at = 0; at < octets.length; at += size) pieces.push(octets.subarray(at, at + size));
        expect(verdicts((await signed(pieces, [['e', ed25519]])).raw)).toEqual(['pass']);
      }),
      { numRuns: 500 },
    );
  });

  test('is refused for a header that never ends, for a time that is none, and when it is stopped', async () => {
    const flood = function* (): Generator<Buffer> {
      for (let size = 0; size <= MAX_SIGNED_HEADER + 65_536; size += 65_536) yield Buffer.alloc(65_536, 'X: y\r\n');
      throw new Error('read too much');
    };
    const sign = (message: Iterable<Buffer>, options: DkimSignOptions) =>
      signMessage(message, [{ domain: 'example.org', selector: 'e', key: ed25519 }], options);
    await expect(sign(flood(), {})).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    for (const validSeconds of [0, -1, 1.5, Number.NaN]) {
      await expect(sign([], { validSeconds })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    const stopped = AbortSignal.abort();
    await expect(sign([Buffer.from('x')], { signal: stopped })).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(
      sign(
        (function* () {
          yield* [];
          throw new Error('broken');
        })(),
        {},
      ),
    ).rejects.toThrow('broken');
  });
});
