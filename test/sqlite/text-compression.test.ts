/** Texts as they lie in their rows. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { deflateText, inflateText } from '../../src/sqlite/text-compression.ts';

it('every text comes back as it was', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20_000 }), (text) =>
      Buffer.from(inflateText(deflateText(text))).equals(Buffer.from(text)),
    ),
  );
  for (const length of [0, 1, 4095, 4096, 4097, 1_000_000]) {
    const text = Buffer.alloc(length, 'repeated text ');
    expect(Buffer.from(inflateText(deflateText(text))).equals(text)).toBe(true);
  }
});

it('a text that repeats itself takes less, one that does not takes an octet more', () => {
  const text = Buffer.alloc(100_000, 'repeated text ');
  expect(deflateText(text).length).toBeLessThan(5000);
  const noise = Buffer.from(Array.from({ length: 5000 }, (_, index) => Math.imul(index, 2_654_435_761) >>> 24));
  expect(deflateText(noise).length).toBeLessThanOrEqual(noise.length + 1);
});
