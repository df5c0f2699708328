/** Lines and octets from a stream, however they arrive. */

import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConnectionInput } from '../../src/net/connection-input.ts';

async function inputOf(...chunks: readonly (string | Buffer)[]): Promise<ConnectionInput> {
  const source = new PassThrough({ highWaterMark: 1 << 24 });
  const input = new ConnectionInput(source);
  for (const chunk of chunks) source.write(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk);
  source.end();
  await nextTurn();
  return input;
}

async function allLines(input: ConnectionInput, max = 1000): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const line = await input.readLine(max);
    if (line === null) return lines;
    lines.push(line);
  }
}

describe('lines', () => {
  test('end with CRLF or LF; a CR within and octets above 127 are kept', async () => {
    expect(await allLines(await inputOf('a\r\nb\nc\rd\r\n\r\n\xe9\xff\0\n'))).toEqual([
      'a',
      'b',
      'c\rd',
      '',
      '\xe9\xff\0',
    ]);
  });

  test('an unfinished one at the end is none', async () => {
    expect(await allLines(await inputOf('a\r\nunfinished'))).toEqual(['a']);
  });

  test('are the same in chunks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n', '\xff') }), { maxLength: 30 }),
        async (chunks) => {
          const expected = chunks
            .join('')
            .split('\n')
            .slice(0, -1)
            .map((line) => line.replace(/\r$/, ''));
          expect(await allLines(await inputOf(...chunks.filter((chunk) => chunk !== '')))).toEqual(expected);
        },
      ),
    );
  });

  test('have a limit, to the octet', async () => {
    expect(await (await inputOf(`${'x'.repeat(10)}\r\n`)).readLine(10)).toBe('x'.repeat(10));
    await expect((await inputOf(`${'x'.repeat(11)}\r\n`)).readLine(10)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    const open = await inputOf('x'.repeat(12));
    expect(() => open.takeLine(10)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  });

  test('too long, can be dropped, and the next one read', async () => {
    const input = await inputOf('x'.repeat(5000), `${'y'.repeat(50)}\r\nnext\r\n`);
    expect(() => input.takeLine(100)).toThrow();
    expect(input.dropLine()).toEqual({ octets: 5051, tail: `${'y'.repeat(31)}\r`, complete: true });
    expect(input.takeLine(100)).toBe('next');
  });

  test('half a megabyte octet by octet takes no quadratic time', async () => {
    const source = new PassThrough();
    const input = new ConnectionInput(source);
    const started = performance.now();
    for (let i = 0; i < 500_000; i++) source.emit('data', Buffer.from('x'));
    source.emit('data', Buffer.from('\n'));
    expect(input.takeLine(500_000)?.length).toBe(500_000);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('1 MB of short ones in one go', async () => {
    const text = 'a1 NOOP\r\n'.repeat(120_000);
    const lines = await allLines(await inputOf(text));
    expect(lines.length).toBe(120_000);
    expect(new Set(lines)).toEqual(new Set(['a1 NOOP']));
  });
});

describe('octets', () => {
  test('come exactly, and the line after them too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 50 }), async (octets, size) => {
        const all = Buffer.concat([octets, Buffer.from('end\r\n')]);
        const chunks: Buffer[] = [];
        for (let at = 0; at < all.length; at += size) chunks.push(all.subarray(at, at + size));
        const input = await inputOf(...chunks);
        expect(await input.readExactly(octets.length)).toEqual(Buffer.from(octets));
        expect(await input.readLine(100)).toBe('end');
      }),
    );
  });

  test('handed out are not overwritten by what arrives later', async () => {
    const source = new PassThrough();
    const input = new ConnectionInput(source);
    const taken: Buffer[] = [];
    for (let i = 0; i < 100; i++) {
      source.emit('data', Buffer.alloc(30, i));
      taken.push(input.takeOctets(20) as Buffer);
    }
    const rest = input.takeOctets(10_000) as Buffer;
    const expected = Buffer.concat(Array.from({ length: 100 }, (_, i) => Buffer.alloc(30, i)));
    expect(Buffer.concat([...taken, rest])).toEqual(expected);
  });

  test('that end too early are an error', async () => {
    await expect((await inputOf('abc')).readExactly(4)).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

test('the source is paused while nobody reads, and goes on when somebody does', async () => {
  const source = new PassThrough({ highWaterMark: 16_384 });
  const input = new ConnectionInput(source);
  let accepted = 0;
  const chunk = Buffer.alloc(16_384);
  for (let i = 0; i < 100; i++) {
    await nextTurn();
    if (!source.writableNeedDrain) {
      source.write(chunk);
      accepted += chunk.length;
    }
  }
  expect(accepted).toBeLessThan(200_000);
  expect(input.buffered).toBeLessThanOrEqual(81_920);
  let read = 0;
  while (read < accepted) read += (await input.readExactly(16_384)).length;
  await nextTurn();
  expect(source.writableNeedDrain).toBe(false);
});
