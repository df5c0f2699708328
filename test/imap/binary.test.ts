/** BINARY of parts that are large, and of encodings cut anywhere. */

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { transferDecoder } from '../../src/mime/transfer-decoder.ts';
import { startImap } from './imap-fixture.ts';

const decode = (encoding: string, chunks: readonly Buffer[]): Buffer => {
  const decoder = transferDecoder(encoding);
  if (!decoder) throw new Error(`no decoder for ${encoding}`);
  return Buffer.concat([...chunks.map((chunk) => decoder.add(chunk)), decoder.end()]);
};

const cut = (octets: Buffer, at: readonly number[]): Buffer[] => {
  const ends = [...new Set(at.map((each) => each % (octets.length + 1)))].sort((a, b) => a - b);
  return [...ends, octets.length].map((end, index) => octets.subarray(ends[index - 1] ?? 0, end));
};

test('decodes base64 wherever it is cut, broken into lines or not', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 1, max: 76 }),
      fc.array(fc.nat()),
      (data, n, at) => {
        const octets = Buffer.from(data);
        const encoded = octets.toString('base64').replace(new RegExp(`.{${n}}`, 'g'), '$&\r\n');
        expect(decode('base64', cut(Buffer.from(encoded), at))).toEqual(octets);
      },
    ),
  );
});

test('decodes quoted-printable wherever it is cut', () => {
  const piece = fc.constantFrom('=41', '=', '=\r\n', '= \r\n', 'x', '\r\n', '=C3=BC', '==', '=4', ' ', '\n', 'é');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.array(fc.nat()), (pieces, at) => {
      const encoded = Buffer.from(pieces.join(''), 'latin1');
      expect(decode('quoted-printable', cut(encoded, at))).toEqual(decode('quoted-printable', [encoded]));
    }),
    { numRuns: 2000 },
  );
  // What a line longer than is looked at has in its middle is not its end.
  const spaces = Buffer.from(` ${'x'.repeat(99)}`.repeat(2000).concat('   \r\n'));
  expect(decode('quoted-printable', cut(spaces, [70_000, 140_001])).toString('latin1')).toBe(
    ` ${'x'.repeat(99)}`.repeat(2000).concat('\r\n'),
  );
  const long = Buffer.from('=41'.repeat(100_000));
  const chunks = Array.from({ length: 31 }, (_, n) => long.subarray(n * 10_000, (n + 1) * 10_000));
  expect(decode('quoted-printable', chunks).equals(Buffer.alloc(100_000, 'A'))).toBe(true);
});

test('a large attachment is sent decoded, whole and in parts', async () => {
  await using fixture = await startImap();
  const account = await fixture.account();
  const data = Buffer.alloc(3_000_001);
  for (let i = 0; i < data.length; i += 32) {
    createHash('sha256').update(`${i}`).digest().copy(data, i);
  }
  const encoded = data.toString('base64').replace(/.{76}/g, '$&\r\n');
  const message = `Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n${encoded}\r\n`;
  await fixture.store.append(account.id, 'INBOX', message);
  const client = await fixture.login(account);
  await client.run('a', 'SELECT INBOX');
  expect(await client.run('b', 'FETCH 1 BINARY.SIZE[1]')).toContain('* 1 FETCH (BINARY.SIZE[1] 3000001)');
  client.send('c FETCH 1 BINARY.PEEK[1]\r\n');
  expect(await client.line()).toBe('* 1 FETCH (BINARY[1] ~{3000001}');
  expect(Buffer.from(await client.octets(3_000_001), 'latin1').equals(data)).toBe(true);
  await client.until('c');
  client.send('d FETCH 1 BINARY.PEEK[1]<2999990.100>\r\n');
  expect(await client.line()).toBe('* 1 FETCH (BINARY[1]<2999990> ~{11}');
  expect(Buffer.from(await client.octets(11), 'latin1').equals(data.subarray(2_999_990))).toBe(true);
  await client.until('d');
  expect(await client.run('e', 'FETCH 1 BINARY.PEEK[1]<4000000.1>')).toContain('* 1 FETCH (BINARY[1]<4000000> "")');
});
