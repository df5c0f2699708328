/** Hostile messages: they cost time in proportion to their size, and memory within bounds. */

import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { MessageBody } from '../../src/mime/message-body.ts';
import { splitMessage } from '../../src/mime/split-message.ts';
import type { Content } from '../../src/model/content.ts';
import type { MimePart } from '../../src/model/mime-part.ts';
import { MemoryBlobs } from './memory-blobs.ts';
import { octets } from './messages.ts';

const MULTIPART = 'Content-Type: multipart/mixed; boundary=x\r\n\r\n';
/** Generous: each takes a tenth of it on one slow core. */
const LIMIT_MS = 5000;

const FLOODS: Readonly<Record<string, () => string>> = {
  '10,000 nested multiparts': () =>
    Array.from({ length: 10_000 }, (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`).join(
      '',
    ),
  '10,000 nested messages': () => 'Content-Type: message/rfc822\r\n\r\n'.repeat(10_000),
  '100,000 tiny parts': () => `${MULTIPART}${'--x\r\n\r\na\r\n'.repeat(100_000)}--x--`,
  '100,000 parts without octets': () => MULTIPART + '--x\r\n'.repeat(100_000),
  '100,000 lines that look like delimiters': () => `${MULTIPART}--x\r\n\r\n${'--y\r\n'.repeat(100_000)}`,
  'delimiters for 90 open multiparts': () =>
    `${Array.from({ length: 90 }, (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`).join('')}\r\n${'--c\r\n'.repeat(200_000)}`,
  'a header of 1 MB': () => `X: ${'y'.repeat(1_000_000)}\r\n\r\nbody`,
  'a header of 5 MB': () => `X: ${'y'.repeat(5_000_000)}\r\n\r\nbody`,
  '100,000 header lines': () => `${'X: y\r\n'.repeat(100_000)}\r\nbody`,
  '100,000 lines without a colon': () => `${'y\n'.repeat(100_000)}\nbody`,
  '100,000 folded lines': () => `Subject: x\r\n${' y\r\n'.repeat(100_000)}\r\nbody`,
  '10,000 parentheses': () =>
    ['From', 'To', 'Content-Type', 'Content-Transfer-Encoding', 'Date']
      .map((name) => `${name}: ${'('.repeat(10_000)}\r\n`)
      .join(''),
  '60,000 nested comments': () =>
    `From: ${'('.repeat(60_000)}${')'.repeat(60_000)} a@b\r\nContent-Type: ${'()'.repeat(60_000)}\r\n\r\n`,
  '100,000 addresses': () => `From: ${'a,'.repeat(100_000)}\r\n\r\n`,
  '60,000 angle brackets': () => `From: ${'<'.repeat(60_000)}\r\nReferences: ${'<'.repeat(60_000)}\r\n\r\n`,
  '60,000 quotes': () => `From: ${'"'.repeat(60_001)}\r\nContent-Type: a/b; ${'"\\'.repeat(60_000)}\r\n\r\n`,
  '60,000 parameters': () => `Content-Type: a/b${';a*0=b'.repeat(60_000)}\r\n\r\n`,
  '60,000 beginnings of encoded words': () =>
    `Subject: ${'=?'.repeat(60_000)}\r\nFrom: ${'=?a?Q?'.repeat(20_000)}\r\n\r\n`,
  '10,000 encoded words': () => `Subject: ${'=?utf-8?B?YQ==?= '.repeat(10_000)}\r\n\r\n`,
  'a subject of leaders': () =>
    `Subject: ${'Re: '.repeat(50_000)}${'[a]'.repeat(10_000)}${'(fwd)'.repeat(10_000)}\r\n\r\n`,
  'HTML of angles': () => `Content-Type: text/html\r\n\r\n${'<'.repeat(1_000_000)}`,
  'HTML of unclosed scripts': () => `Content-Type: text/html\r\n\r\n${'<script></'.repeat(100_000)}`,
  'HTML of comments': () => `Content-Type: text/html\r\n\r\n${'<!--'.repeat(250_000)}`,
  'HTML of entities': () => `Content-Type: text/html\r\n\r\n${'&#x41;&a'.repeat(120_000)}`,
  'quoted-printable of soft breaks': () => `Content-Transfer-Encoding: quoted-printable\r\n\r\n${'= '.repeat(500_000)}`,
  'one line of 5 MB': () => `A: b\r\n\r\n${'x'.repeat(5_000_000)}`,
  'base64 of broken lines': () =>
    `Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n${'QUJD\r\nQUI\r\n'.repeat(100_000)}`,
  'many broken base64 parts': () =>
    MULTIPART +
    `--x\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n${'QUJD'.repeat(1200)}\r\nQ\r\n`.repeat(500),
};

function shape(part: MimePart): { depth: number; parts: number } {
  const inner = part.children.map(shape);
  return {
    depth: 1 + Math.max(0, ...inner.map((one) => one.depth)),
    parts: inner.reduce((sum, one) => sum + one.parts, 1),
  };
}

describe('floods', () => {
  for (const [name, make] of Object.entries(FLOODS)) {
    test(name, async () => {
      const raw = octets(make());
      const blobs = new MemoryBlobs();
      const started = performance.now();
      const content: Content = await splitMessage(raw, blobs);
      expect(performance.now() - started).toBeLessThan(LIMIT_MS);

      const hash = createHash('sha256');
      for await (const chunk of new MessageBody(content, content.tree, blobs).read()) hash.update(chunk);
      expect(hash.digest('hex')).toBe(createHash('sha256').update(raw).digest('hex'));
      expect(blobs.open).toBe(0);

      const { depth, parts } = shape(content.tree);
      expect(depth).toBeLessThanOrEqual(102);
      expect(parts).toBeLessThanOrEqual(10_001);
      expect(content.header.length).toBeLessThanOrEqual(256 * 1024);
      expect(content.text.length).toBeLessThanOrEqual(1024 * 1024);
      expect(content.bodyStructure.length).toBeLessThan(4_000_000);
      expect(content.envelope.length).toBeLessThan(2_000_000);
      expect(content.searchText.body.length).toBeLessThanOrEqual(3_200_000);
    });
  }

  test('a header that is too long to be parsed still has an end', async () => {
    for (const chunk of [1500, 100_000]) {
      const header = `Subject: s\r\n${'X: y\r\n'.repeat(100_000)}\r\n`;
      const raw = octets(`${header}body`);
      const pieces = Array.from({ length: Math.ceil(raw.length / chunk) }, (_, n) =>
        raw.subarray(n * chunk, (n + 1) * chunk),
      );
      const content = await splitMessage(pieces, new MemoryBlobs());
      expect(content.tree.bodyStart).toBe(header.length);
      expect(content.tree.bodyEnd).toBe(raw.length);
      expect(content.summary.subject).toBe('s');
    }
  });

  test('parts beyond the limit belong to the last one', async () => {
    const raw = octets(`${MULTIPART}${'--x\r\n\r\na\r\n'.repeat(12_000)}--x--`);
    const { tree } = await splitMessage(raw, new MemoryBlobs());
    expect(tree.children.length).toBeGreaterThan(9_990);
    expect(tree.children.at(-1)?.bodyEnd).toBe(raw.length);
    expect(tree.children.at(-2)?.bodyEnd).toBe((tree.children.at(-2)?.bodyStart ?? 0) + 1);
  });

  test('parts below the limit of depth are leaves', async () => {
    const raw = octets(FLOODS['10,000 nested multiparts']?.() ?? '');
    let part = (await splitMessage(raw, new MemoryBlobs())).tree;
    for (let depth = 0; depth < 100; depth++) part = part.children[0] as MimePart;
    expect(part.type).toBe('multipart');
    expect(part.children).toEqual([]);
    expect(part.bodyEnd).toBe(raw.length);
  });

  test('others get their turn while a large message is split', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await splitMessage(octets(`A: b\r\n\r\n${'some text of no account\r\n'.repeat(400_000)}`), new MemoryBlobs());
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
});
