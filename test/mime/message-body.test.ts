import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { selectHeaderFields } from '../../src/mime/header-fields.ts';
import { MessageBody } from '../../src/mime/message-body.ts';
import { splitMessage } from '../../src/mime/split-message.ts';
import type { MimePart } from '../../src/model/mime-part.ts';
import type { Section } from '../../src/model/section.ts';
import { collect, MemoryBlobs } from './memory-blobs.ts';
import { lines, noise, ODD_MESSAGES, octets, withAttachment } from './messages.ts';

async function open(raw: Buffer, chunk?: number): Promise<{ body: MessageBody; blobs: MemoryBlobs }> {
  const blobs = new MemoryBlobs(chunk);
  const content = await splitMessage(raw, blobs);
  return { body: new MessageBody(content, content.tree, blobs), blobs };
}

/** A section as a string of octets, or `null`. */
async function read(
  body: MessageBody,
  kind: Section['kind'],
  path: number[] = [],
  fields?: string[],
): Promise<string | null> {
  const data = await body.section(fields === undefined ? { path, kind } : { path, kind, fields });
  if (data === null) return null;
  if (data.kind === 'octets') return data.octets.toString('latin1');
  return (await collect(body.read(data.start, data.end))).toString('latin1');
}

describe('ranges', () => {
  test.each([
    ['lines of 76', 76, '\r\n', '\r\n'],
    ['lines of 64 with bare line feeds', 64, '\n', '\n'],
    ['short lines', 4, '\r\n', '\r\n\r\n'],
    ['one line', 1_000_000, '\r\n', '\r\n'],
  ])('any range of a message with base64 in %s', async (_, width, eol, after) => {
    for (const size of [5000, 5001, 5002]) {
      const raw = withAttachment(noise(size), width, eol, after);
      const { body } = await open(raw, 7);
      await fc.assert(
        fc.asyncProperty(fc.nat(raw.length + 10), fc.nat(raw.length + 10), async (a, b) => {
          const [start, end] = a < b ? [a, b] : [b, a];
          expect((await collect(body.read(start, end))).equals(raw.subarray(start, end))).toBe(true);
        }),
        { numRuns: 150 },
      );
    }
  });

  test('every short range around the line ends and the end', async () => {
    const raw = withAttachment(noise(5000), 76);
    const { body } = await open(raw);
    const first = raw.indexOf('\r\n\r\n', 200) + 4;
    const last = raw.lastIndexOf('--b--');
    for (const from of [first - 3, first, first + 60, last - 90, last - 10]) {
      for (let start = from; start < from + 30; start++) {
        for (let length = 0; length < 30; length++) {
          const part = await collect(body.read(start, start + length));
          expect(part.equals(raw.subarray(start, start + length))).toBe(true);
        }
      }
    }
  });

  test('a short range reads little of a blob', async () => {
    const raw = withAttachment(noise(300_000), 76);
    const { body, blobs } = await open(raw);
    await collect(body.read(200_000, 200_100));
    expect(blobs.octetsRead).toBeLessThan(100);
  });

  test('raw blobs too', async () => {
    const raw = Buffer.concat([octets('Content-Type: image/png\r\n\r\n'), noise(20_000)]);
    const { body } = await open(raw);
    expect((await collect(body.read(1000, 1100))).equals(raw.subarray(1000, 1100))).toBe(true);
  });

  test('what is behind the end or before the beginning is cut off', async () => {
    const { body } = await open(octets('A: b\r\n\r\ntext'));
    expect((await collect(body.read(8, 1000))).toString()).toBe('text');
    expect((await collect(body.read(-5, 2))).toString()).toBe('A:');
    expect(await collect(body.read(100, 200))).toEqual(Buffer.alloc(0));
    expect(await collect(body.read(5, 2))).toEqual(Buffer.alloc(0));
    expect(body.inline(100, 200)?.length).toBe(0);
    expect(body.inline(5, 2)?.length).toBe(0);
  });

  test('inline is one buffer of header and text, or null where a blob is', async () => {
    const small = octets('A: b\r\n\r\ntext');
    const { body } = await open(small);
    for (let start = 0; start <= small.length; start++) {
      for (let end = start; end <= small.length; end++) {
        expect(body.inline(start, end)?.toString()).toBe(small.toString('latin1', start, end));
      }
    }
    const raw = withAttachment(noise(5000));
    const { body: large } = await open(raw);
    expect(large.inline()).toBe(null);
    expect(large.inline(raw.length - 7)?.equals(raw.subarray(-7))).toBe(true);
    expect(large.inline(0, 150)?.equals(raw.subarray(0, 150))).toBe(true);
  });
});

/** The message of RFC 9051 section 6.4.5.1: a part of each kind. */
const NESTED = lines(
  'Subject: outer',
  'From: a@b',
  'Content-Type: multipart/mixed; boundary=x',
  '',
  'preamble',
  '--x',
  'X-Part: one',
  '',
  'text one',
  '--x',
  'Content-Type: message/rfc822',
  '',
  'Subject: inner',
  'Content-Type: multipart/alternative; boundary=y',
  '',
  '--y',
  'X-Part: two-one',
  '',
  'text two-one',
  '--y--',
  '--x',
  'Content-Type: message/rfc822',
  'X-Part: three',
  '',
  'Subject: single',
  'X-Long: folded',
  ' line',
  '',
  'text three',
  '--x--',
  'epilogue',
);

describe('sections', () => {
  test('of the message', async () => {
    const { body } = await open(NESTED);
    const header = 'Subject: outer\r\nFrom: a@b\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n';
    expect(await read(body, 'all')).toBe(NESTED.toString());
    expect(await read(body, 'header')).toBe(header);
    expect(await read(body, 'text')).toBe(NESTED.toString().slice(header.length));
    expect(await read(body, 'mime')).toBe(null);
  });

  test('of parts', async () => {
    const { body } = await open(NESTED);
    expect(await read(body, 'all', [1])).toBe('text one');
    expect(await read(body, 'mime', [1])).toBe('X-Part: one\r\n\r\n');
    expect(await read(body, 'all', [2, 1])).toBe('text two-one');
    expect(await read(body, 'mime', [2, 1])).toBe('X-Part: two-one\r\n\r\n');
    expect(await read(body, 'mime', [3])).toBe('Content-Type: message/rfc822\r\nX-Part: three\r\n\r\n');
    expect(await read(body, 'all', [3])).toBe('Subject: single\r\nX-Long: folded\r\n line\r\n\r\ntext three');
    expect(await read(body, 'all', [3, 1])).toBe('text three');
    expect(await read(body, 'mime', [3, 1])).toBe('Subject: single\r\nX-Long: folded\r\n line\r\n\r\n');
  });

  test('of messages inside', async () => {
    const { body } = await open(NESTED);
    expect(await read(body, 'header', [2])).toBe(
      'Subject: inner\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n',
    );
    expect(await read(body, 'text', [2])).toBe('--y\r\nX-Part: two-one\r\n\r\ntext two-one\r\n--y--');
    expect(await read(body, 'text', [3])).toBe('text three');
    expect(await read(body, 'headerFields', [3], ['X-LONG'])).toBe('X-Long: folded\r\n line\r\n\r\n');
    expect(await read(body, 'headerFieldsNot', [3], ['X-Long'])).toBe('Subject: single\r\n\r\n');
  });

  test.each([[[0]], [[4]], [[1, 1]], [[2, 2]], [[2, 1, 1]], [[3, 2]], [[3, 1, 1]], [[99999]]])(
    '%j is no part',
    async (path) => {
      const { body } = await open(NESTED);
      expect(await read(body, 'all', path)).toBe(null);
      expect(await read(body, 'mime', path)).toBe(null);
    },
  );

  test('HEADER and TEXT are only of messages', async () => {
    const { body } = await open(NESTED);
    for (const kind of ['header', 'text', 'headerFields', 'headerFieldsNot'] as const) {
      expect(await read(body, kind, [1], [])).toBe(null);
      expect(await read(body, kind, [2, 1], [])).toBe(null);
    }
  });

  test('part 1 of a message without parts is its body', async () => {
    const { body } = await open(octets('A: b\r\n\r\nbody'));
    expect(await read(body, 'all', [1])).toBe('body');
    expect(await read(body, 'mime', [1])).toBe('A: b\r\n\r\n');
    expect(await read(body, 'all', [2])).toBe(null);
    expect(await read(body, 'all', [1, 1])).toBe(null);
  });

  test('what BODYSTRUCTURE describes as an empty text is an empty part', async () => {
    for (const [name, path] of [
      ['a boundary that never comes', [1]],
      ['message in base64', [1, 1]],
    ] as const) {
      const { body } = await open(ODD_MESSAGES[name] as Buffer);
      expect(await read(body, 'all', [...path])).toBe('');
      expect(await read(body, 'mime', [...path])).toBe('');
      expect(await read(body, 'all', [...path, 1])).toBe(null);
      expect(await read(body, 'all', [...path.slice(1), 2])).toBe(null);
    }
  });

  test('a message that is a message', async () => {
    const { body } = await open(octets('Content-Type: message/rfc822\r\n\r\nA: b\r\n\r\nbody'));
    expect(await read(body, 'all', [1])).toBe('A: b\r\n\r\nbody');
    expect(await read(body, 'header', [1])).toBe('A: b\r\n\r\n');
    expect(await read(body, 'all', [1, 1])).toBe('body');
  });

  test('header and text make the message, whatever it is', async () => {
    for (const [name, raw] of Object.entries(ODD_MESSAGES)) {
      const { body } = await open(raw);
      const whole = `${await read(body, 'header')}${await read(body, 'text')}`;
      expect(whole, name).toBe(raw.toString('latin1'));
      for (const path of paths(body.tree)) {
        expect(`${await read(body, 'mime', path)}${await read(body, 'all', path)}`, name).toSatisfy((part: string) =>
          raw.includes(part, 0, 'latin1'),
        );
      }
    }
  });

  test('fields of a header that is larger than what is kept apart', async () => {
    const raw = octets(`${'X: y\r\n'.repeat(60_000)}Subject: late\r\n\r\nbody`);
    const { body } = await open(raw);
    expect(await read(body, 'headerFields', [], ['subject'])).toBe('Subject: late\r\n\r\n');
    expect(await read(body, 'text')).toBe('body');
  });
});

function* paths(part: MimePart, path: number[] = []): Generator<number[]> {
  for (const [index, child] of part.children.entries()) {
    if (part.type !== 'multipart') continue;
    yield [...path, index + 1];
    yield* paths(child, [...path, index + 1]);
  }
}

describe('selection of header fields', () => {
  const header = octets('From: a\r\nTO: b\r\n c\r\nX-to: d\r\nTo : e\r\ngarbage\r\nto:f\r\n\r\nTo: body');
  const select = (fields: string[], not = false) => selectHeaderFields(header, fields, not).toString('latin1');

  test('keeps raw lines, folding and order', () => {
    expect(select(['to'])).toBe('TO: b\r\n c\r\nTo : e\r\nto:f\r\n\r\n');
    expect(select(['X-To', 'FROM'])).toBe('From: a\r\nX-to: d\r\n\r\n');
  });

  test('leaves the named ones out', () => {
    expect(select(['to', 'from'], true)).toBe('X-to: d\r\ngarbage\r\n\r\n');
  });

  test('is an empty line when nothing matches', () => {
    expect(select(['cc'])).toBe('\r\n');
    expect(select([])).toBe('\r\n');
  });

  test('ends a line that has no ending', () => {
    expect(selectHeaderFields(octets('A: b'), ['a'], false).toString()).toBe('A: b\r\n\r\n');
  });

  test('keeps bare line feeds and 8-bit octets', () => {
    expect(selectHeaderFields(octets('A: \xfc\nB: c\n\n'), ['a'], false)).toEqual(octets('A: \xfc\n\r\n'));
  });
});
