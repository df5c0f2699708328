import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MessageBody } from '../../src/mime/message-body.ts';
import { MessageSplitter } from '../../src/mime/message-splitter.ts';
import { PartSplitter } from '../../src/mime/part-splitter.ts';
import { splitMessage } from '../../src/mime/split-message.ts';
import type { Content } from '../../src/model/content.ts';
import type { MimePart } from '../../src/model/mime-part.ts';
import { collect, MemoryBlobs } from './memory-blobs.ts';
import { base64Lines, lines, noise, ODD_MESSAGES, octets, withAttachment } from './messages.ts';

function* inChunks(raw: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < raw.length; at += size) yield raw.subarray(at, at + size);
}

/** Splits, rebuilds and compares; gives what was stored. */
async function roundTrip(raw: Buffer, chunk = raw.length): Promise<{ content: Content; blobs: MemoryBlobs }> {
  const blobs = new MemoryBlobs();
  const content = await splitMessage(chunk >= raw.length ? raw : inChunks(raw, chunk), blobs);
  const body = new MessageBody(content, content.tree, blobs);
  expect((await collect(body.read())).equals(raw)).toBe(true);
  expect(content.size).toBe(raw.length);
  expect(content.digest).toBe(createHash('sha256').update(raw).digest('hex'));
  expect(content.header.length + content.segments.reduce((sum, { length }) => sum + length, 0)).toBe(raw.length);
  expect(blobs.open).toBe(0);
  checkTree(content.tree, 0, raw.length);
  return { content, blobs };
}

/** Parts lie inside their parents, one after the other. */
function checkTree(part: MimePart, start: number, end: number): void {
  expect(part.headerStart).toBeGreaterThanOrEqual(start);
  expect(part.bodyStart).toBeGreaterThanOrEqual(part.headerStart);
  expect(part.bodyEnd).toBeGreaterThanOrEqual(part.bodyStart);
  expect(part.bodyEnd).toBeLessThanOrEqual(end);
  let from = part.bodyStart;
  for (const child of part.children) {
    checkTree(child, from, part.bodyEnd);
    from = child.bodyEnd;
  }
}

describe('octets come back exactly', () => {
  for (const [name, raw] of Object.entries(ODD_MESSAGES)) {
    test(name, async () => {
      const { content } = await roundTrip(raw);
      const { content: again } = await roundTrip(raw, 1);
      expect(again).toEqual(content);
    });
  }

  const corpora = [join(import.meta.dirname, '../../../shared/corpus'), '/usr/lib/python3.11/test/test_email/data'];
  for (const folder of corpora) {
    test.skipIf(!existsSync(folder))(`corpus ${folder} (skipped when the folder is absent)`, async () => {
      let count = 0;
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const raw = readFileSync(join(entry.parentPath, entry.name));
        const { content } = await roundTrip(raw);
        expect((await roundTrip(raw, 1021)).content, entry.name).toEqual(content);
        count++;
      }
      expect(count).toBeGreaterThan(10);
    });
  }

  test('any octets, in any chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 50 }), async (raw, chunk) => {
        await roundTrip(Buffer.from(raw), chunk);
      }),
      { numRuns: 200 },
    );
  });
});

const LINE = fc.constantFrom(
  '',
  '--x',
  '--x--',
  '--y',
  '--y--',
  '--x ',
  '--',
  '-- ',
  '\r--x',
  'text',
  '.',
  'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx',
  'QUI=',
  'Content-Type: text/html',
  'Content-Type: multipart/mixed; boundary=x',
  'Content-Type: multipart/alternative; boundary="y"',
  'Content-Type: multipart/digest; boundary=y',
  'Content-Type: message/rfc822',
  'Content-Disposition: attachment',
  'Content-Transfer-Encoding: base64',
  'Subject: s',
  ' folded',
);
const EOL = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r', '');
const MESSAGE = fc
  .array(fc.tuple(LINE, EOL, fc.constantFrom(1, 1, 1, 1, 2, 90)), { maxLength: 60 })
  .map((list) =>
    octets(
      `Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n${list.map(([line, eol, times]) => (line + eol).repeat(times)).join('')}`,
    ),
  );

describe('structured nonsense', () => {
  test('comes back exactly, whatever the chunks, and parses alike', async () => {
    await fc.assert(
      fc.asyncProperty(MESSAGE, fc.integer({ min: 1025, max: 4000 }), async (raw, chunk) => {
        const { content } = await roundTrip(raw);
        expect((await roundTrip(raw, chunk)).content.tree).toEqual(content.tree);
      }),
      { numRuns: 300 },
    );
  });

  test('comes back exactly when the splitter gets it in crumbs', async () => {
    await fc.assert(
      fc.asyncProperty(MESSAGE, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), async (raw, sizes) => {
        const blobs = new MemoryBlobs();
        const splitter = new MessageSplitter(blobs, 0);
        for (let at = 0, i = 0; at < raw.length; i++) {
          const size = sizes[i % sizes.length] as number;
          await splitter.write(raw.subarray(at, at + size));
          at += size;
        }
        const { body, tree } = await splitter.finish();
        expect((await collect(new MessageBody(body, tree, blobs).read())).equals(raw)).toBe(true);
        expect(tree).toEqual((await splitMessage(raw, new MemoryBlobs())).tree);
      }),
      { numRuns: 200 },
    );
  });
});

describe('where octets go', () => {
  test('a small message has no blob', async () => {
    const { content } = await roundTrip(lines('A: b', '', 'text'));
    expect(Buffer.from(content.header).toString()).toBe('A: b\r\n\r\n');
    expect(Buffer.from(content.text).toString()).toBe('text\r\n');
    expect(content.segments).toEqual([{ kind: 'text', length: 6 }]);
  });

  test('one file in several line widths is one blob', async () => {
    const data = noise(50_000);
    const ids = new Set<string>();
    for (const [width, eol] of [
      [76, '\r\n'],
      [64, '\r\n'],
      [72, '\n'],
      [60, '\n'],
      [4, '\r\n'],
      [1000, '\r\n'],
    ] as const) {
      const { content, blobs } = await roundTrip(withAttachment(data, width, eol), 1500);
      for (const segment of content.segments) if (segment.kind === 'blob') ids.add(segment.blobId);
      expect([...blobs.blobs.values()].some((blob) => blob.equals(data))).toBe(true);
    }
    expect([...ids]).toEqual([createHash('sha256').update(data).digest('hex')]);
  });

  test.each([
    ['padding of one', noise(50_000 - 1), '\r\n'],
    ['padding of two', noise(50_000 - 2), '\r\n'],
    ['a last line that is full', noise(57 * 1000), '\r\n'],
    ['a full last line with padding', noise(57 * 1000 - 1), '\r\n'],
    ['blank lines behind', noise(50_000), '\r\n\r\n\r\n'],
    ['blank lines behind a full line', noise(57 * 1000), '\r\n\r\n\r\n'],
    ['garbage behind', noise(50_000), '\r\nnot base64!\r\n'],
  ])('base64 with %s is decoded', async (_, data, after) => {
    for (const chunk of [1024, 4099, 1_000_000]) {
      const { blobs } = await roundTrip(withAttachment(data, 76, '\r\n', after), chunk);
      expect([...blobs.blobs.values()].some((blob) => blob.equals(data))).toBe(true);
    }
  });

  test('base64 in one line is decoded', async () => {
    const data = noise(100_001);
    for (const after of ['\r\n', '\r\n\r\n', '\n']) {
      const { blobs } = await roundTrip(withAttachment(data, 1_000_000, '\r\n', after), 10_007);
      expect([...blobs.blobs.values()].some((blob) => blob.equals(data))).toBe(true);
    }
  });

  test.each([
    ['a character of the other alphabet', (text: string) => text.replace(/[+/]/, '-')],
    ['a space in a line', (text: string) => `${text.slice(0, 60_000)} ${text.slice(60_000)}`],
    ['a line that is shorter', (text: string) => text.replace(/(.{76})\r\n(.{76})\r\n$/m, '$1$2')],
    ['padding in the middle', (text: string) => `${text.slice(0, 50_000)}==${text.slice(50_002)}`],
    ['no padding at the end', (text: string) => text.replace(/=+$/, '')],
    [
      'an other line ending',
      (text: string) => `${text.slice(0, 40_000)}${text.slice(40_000).replaceAll('\r\n', '\n')}`,
    ],
    ['8-bit octets', (text: string) => `${text.slice(0, 50_000)}\xe4${text.slice(50_001)}`],
    [
      'lines of changing length',
      (text: string) => text.replace(/\r\n/g, (_, at: number) => (at % 3 === 0 ? '\r\n' : '')),
    ],
    ['nothing regular', (text: string) => ` ${text}`],
  ])('base64 with %s comes back exactly', async (_, spoil) => {
    const text = spoil(base64Lines(noise(70_000 - 1)));
    const raw = octets(`Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n${text}`);
    for (const chunk of [1031, 65_536, 1_000_000]) await roundTrip(raw, chunk);
  });

  test('a large part that is not base64 is a raw blob', async () => {
    const data = noise(20_000);
    const raw = Buffer.concat([octets('Content-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n'), data]);
    const { content, blobs } = await roundTrip(raw);
    expect(content.segments).toMatchObject([{ kind: 'blob', length: 20_000, encoding: { type: 'raw' } }]);
    expect([...blobs.blobs.values()]).toEqual([data]);
  });

  test('text up to 256 KB stays, more of it is a blob', async () => {
    const text = (length: number) => octets(`A: b\r\n\r\n${'line of text\r\n'.repeat(length / 14)}`);
    expect((await roundTrip(text(200_004), 2000)).content.segments).toMatchObject([{ kind: 'text' }]);
    expect((await roundTrip(text(300_006), 2000)).content.segments).toMatchObject([{ kind: 'blob', length: 300_006 }]);
  });

  test('no more than 1 MB of text, and a large header does not count', async () => {
    const header = `X: ${'y'.repeat(400)}\r\n`.repeat(1000);
    const part = `--x\r\nContent-Type: text/plain\r\n\r\n${'words of the text\r\n'.repeat(5000)}`;
    const raw = octets(`Content-Type: multipart/mixed; boundary=x\r\n${header}\r\n${part.repeat(30)}--x--\r\n`);
    const { content } = await roundTrip(raw, 60_000);
    expect(content.header.length).toBe(256 * 1024);
    expect(content.text.length).toBeGreaterThan(900_000);
    expect(content.text.length).toBeLessThanOrEqual(1024 * 1024);
    expect(content.tree.children.length).toBe(30);
    expect(content.segments.filter((segment) => segment.kind === 'blob').length).toBe(1);
  });

  test('an attachment behind much text is decoded all the same', async () => {
    const data = noise(60_000);
    const filler = `--b\r\n\r\n${'words of the text\r\n'.repeat(100)}`.repeat(600);
    const attached = withAttachment(data).toString('latin1').replace('--b\r\n', `${filler}--b\r\n`);
    const { blobs } = await roundTrip(octets(attached), 60_000);
    expect([...blobs.blobs.values()].some((blob) => blob.equals(data))).toBe(true);
  });

  test('so many parts make so many blobs and no more', async () => {
    const part = `--x\r\nContent-Type: image/gif\r\n\r\n${'G'.repeat(5000)}\r\n`;
    const raw = octets(`Content-Type: multipart/mixed; boundary=x\r\n\r\n${part.repeat(1500)}--x--\r\n`);
    const { content } = await roundTrip(raw, 60_000);
    expect(content.tree.children.length).toBe(1500);
    expect(content.segments.length).toBeLessThan(2100);
    expect(content.segments.filter((segment) => segment.kind === 'blob').length).toBe(1001);
  });
});

describe('what ends a split early', () => {
  const large = withAttachment(noise(300_000));

  test('a message that is too large', async () => {
    const blobs = new MemoryBlobs();
    let taken = 0;
    function* source() {
      for (const chunk of inChunks(large, 10_000)) {
        taken += chunk.length;
        yield chunk;
      }
    }
    await expect(splitMessage(source(), blobs, { maxSize: 100_000 })).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
    });
    expect(taken).toBe(110_000);
    expect(blobs.open).toBe(0);
    await expect(splitMessage(large, blobs, { maxSize: large.length - 1 })).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
    });
    await expect(splitMessage(large, blobs, { maxSize: large.length })).resolves.toMatchObject({ size: large.length });
    expect(blobs.open).toBe(0);
  });

  test('an abort', async () => {
    const blobs = new MemoryBlobs();
    const controller = new AbortController();
    async function* source() {
      yield large.subarray(0, 200_000);
      controller.abort(new Error('enough'));
      yield large.subarray(200_000);
    }
    await expect(splitMessage(source(), blobs, { signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(blobs.open).toBe(0);
    expect(blobs.created).toBe(1);
  });

  test('an error of the source', async () => {
    const blobs = new MemoryBlobs();
    async function* source() {
      yield large.subarray(0, 200_000);
      throw new Error('line is dead');
    }
    await expect(splitMessage(source(), blobs)).rejects.toThrow('line is dead');
    expect(blobs.open).toBe(0);
  });

  test.each(['write', 'commit'] as const)('an error of the blob store in %s', async (method) => {
    const blobs = new MemoryBlobs();
    const create = blobs.create.bind(blobs);
    blobs.create = () => ({ ...create(), [method]: () => Promise.reject(new Error('disk is full')) });
    await expect(splitMessage(large, blobs)).rejects.toThrow('disk is full');
    // A commit that fails has ended the writer: it must not be aborted too.
    expect(blobs.open).toBe(method === 'write' ? 0 : 1);
  });
});

describe('when the splitter does not give what it got', () => {
  test.each<[string, (items: PartSplitter['items']) => void]>([
    ['alters octets', (items) => Object.assign(items.at(-1) as object, { value: Buffer.from('lies') })],
    ['drops some', (items) => items.splice(1, 1)],
    ['gives some twice', (items) => items.push(...items.slice(-1))],
    [
      'fails',
      () => {
        throw new Error('it fell over');
      },
    ],
  ])('and %s, the octets are kept all the same', async (_, spoil) => {
    const feed = PartSplitter.prototype.feed;
    let calls = 0;
    PartSplitter.prototype.feed = async function (this: PartSplitter, chunk: Buffer) {
      await feed.call(this, chunk);
      if (++calls === 3) spoil(this.items);
    };
    try {
      const text = `--b\r\n\r\n${'words of the text\r\n--\r\n'.repeat(50)}`.repeat(100);
      const raw = octets(withAttachment(noise(100_000)).toString('latin1').replace('--b\r\n', `${text}--b\r\n`));
      await roundTrip(raw, 10_000);
      expect(calls).toBeGreaterThanOrEqual(3);
    } finally {
      PartSplitter.prototype.feed = feed;
    }
  });
});
