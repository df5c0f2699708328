/** A decompressor that goes on where another one stopped. */

import { constants, createDeflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InflateWindow } from '../../src/net/inflate-window.ts';

const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH };

test('keeps the last 32 KB, however they come', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 20 }), fc.boolean(), (sizes, shrinks) => {
      const window = new InflateWindow();
      const all: Buffer[] = [];
      for (const [index, size] of sizes.entries()) {
        const chunk = Buffer.alloc(size, index + 1);
        window.decompressed(chunk);
        all.push(chunk);
        if (shrinks && index % 3 === 0) window.shrink();
      }
      expect(window.dictionary.equals(Buffer.concat(all).subarray(-32_768))).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('knows a flush by its octets, in pieces too', () => {
  const window = new InflateWindow();
  expect(window.flushed).toBe(false);
  const octets = deflateRawSync('hello', FLUSH);
  for (const octet of octets) {
    expect(window.flushed).toBe(false);
    window.compressed(Buffer.of(octet));
  }
  expect(window.flushed).toBe(true);
  window.compressed(Buffer.from('x'));
  expect(window.flushed).toBe(false);
  window.compressed(octets);
  expect(window.flushed).toBe(true);
});

test('is enough to go on with what one compressor sends, block by block', async () => {
  const words = Array.from({ length: 2_000 }, (_, n) => `word${(n * 7919) % 10_007}`).join(' ');
  const deflate = createDeflateRaw();
  const window = new InflateWindow();
  for (let n = 0; n < 12; n++) {
    const text = `${n} ${words}`;
    deflate.write(text);
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    const octets = deflate.read() as Buffer;
    window.compressed(octets);
    expect(window.flushed).toBe(true);
    // Another decompressor each time.
    const { dictionary } = window;
    const found = inflateRawSync(octets, { ...FLUSH, ...(dictionary.length > 0 && { dictionary }) });
    expect(found.toString()).toBe(text);
    window.decompressed(found);
  }
});
