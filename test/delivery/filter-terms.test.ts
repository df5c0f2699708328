/** Many texts are found at once, as looking for each would find them, and nobody can make that slow. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TermFinder } from '../../src/delivery/filter-terms.ts';

const few = (size: number) => fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '🎉', '\ud83c'), maxLength: size });
const terms = fc
  .uniqueArray(few(12), { minLength: 1, maxLength: 30 })
  .map((list) => list.filter((term) => term !== ''));

test('finds what looking for each finds', () => {
  fc.assert(
    fc.property(terms, fc.array(few(200), { maxLength: 4 }), (wanted, texts) => {
      const found = new TermFinder(wanted).find(texts);
      expect([...found].sort()).toEqual(wanted.filter((term) => texts.some((text) => text.includes(term))).sort());
    }),
    { numRuns: 2_000 },
  );
});

test('a finder can be used again', () => {
  const finder = new TermFinder(['he', 'she', 'hers', 'his']);
  expect(finder.find(['ushers'])).toEqual(new Set(['she', 'he', 'hers']));
  expect(finder.find(['this'])).toEqual(new Set(['his']));
  expect(finder.find([])).toEqual(new Set());
});

/** Lists of terms and texts that other ways to search are slow with. */
const HOSTILE: Readonly<
  Record<string, { readonly terms: readonly string[]; readonly text: (size: number) => string }>
> = {
  'the same letter': {
    terms: Array.from({ length: 500 }, (_, index) => 'a'.repeat(index + 1)),
    text: (size) => 'a'.repeat(size),
  },
  'nearly found, at the end': {
    terms: Array.from({ length: 200 }, (_, index) => `${'a'.repeat(900)}${index}`),
    text: (size) => 'a'.repeat(size),
  },
  'nearly found, in the beginning': {
    terms: Array.from({ length: 200 }, (_, index) => `${index}${'a'.repeat(900)}`),
    text: (size) => 'a'.repeat(size),
  },
  'ends that begin others': {
    terms: Array.from({ length: 300 }, (_, index) => 'ab'.repeat(index + 1)),
    text: (size) => 'ab'.repeat(size / 2),
  },
  'a wide trie': {
    terms: Array.from({ length: 5_000 }, (_, index) => `x${String.fromCodePoint(0x100 + index)}y`),
    text: (size) => 'xĀ'.repeat(size / 2),
  },
};

describe('takes a time that grows with the text alone', () => {
  test.each(Object.entries(HOSTILE))('%s', (_, { terms: wanted, text }) => {
    const size = 20_000;
    const steps = [size, 8 * size].map((length) => {
      const finder = new TermFinder(wanted);
      finder.find([text(length)]);
      return finder.steps;
    }) as [number, number];
    const nodes = wanted.join('').length;
    expect(steps[0]).toBeLessThanOrEqual(2 * size + nodes);
    expect(steps[1]).toBeLessThanOrEqual(2 * 8 * size + nodes);
    // Told of each term once, however often it stands there.
    expect(steps[1] - steps[0]).toBeLessThanOrEqual(2 * 7 * size + nodes);
  });

  test('any terms and texts', () => {
    fc.assert(
      fc.property(terms, few(500), (wanted, text) => {
        const finder = new TermFinder(wanted);
        finder.find([text]);
        expect(finder.steps).toBeLessThanOrEqual(2 * text.length + wanted.join('').length + 1);
      }),
    );
  });
});
