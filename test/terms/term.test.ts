/** Terms: how they are written and ordered. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareTerms, cutWord, fenceBefore, termKey, termOf } from '../../src/terms/term.ts';
import { aWord } from './segment-store.ts';

const anyWord = fc.oneof(aWord, fc.string({ unit: 'binary', minLength: 1, maxLength: 140 }).map(termOf));

it('terms as UTF-8 are in the order of the strings, and so are their keys', () => {
  fc.assert(
    fc.property(anyWord, anyWord, (a, b) => {
      const [left, right] = [Buffer.from(a), Buffer.from(b)];
      const order = a < b ? -1 : Number(a > b);
      expect(Math.sign(compareTerms(left, left.length, right, right.length))).toBe(order);
      const keys = Math.sign(termKey(left, left.length) - termKey(right, right.length));
      expect([0, order]).toContain(keys);
    }),
    { numRuns: 2000 },
  );
});

it('a fence comes after the term before it, and not after its own', () => {
  fc.assert(
    fc.property(anyWord, anyWord, (a, b) => {
      const [previous, term] = a < b ? [a, b] : [b, a];
      const fence = fenceBefore(
        Buffer.from(term),
        Buffer.from(term).length,
        Buffer.from(previous),
        Buffer.from(previous).length,
      );
      expect(fence <= term && term.startsWith(fence)).toBe(true);
      expect(a === b ? fence === term : fence > previous).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

it('a word is cut at 128 UTF-16 code units, between characters', () => {
  expect(cutWord('a'.repeat(128))).toHaveLength(128);
  expect(cutWord('a'.repeat(129))).toHaveLength(128);
  expect(cutWord(`${'a'.repeat(126)}\u{1f600}b`)).toBe(`${'a'.repeat(126)}\u{1f600}`);
  expect(cutWord(`${'a'.repeat(127)}\u{1f600}`)).toBe('a'.repeat(127));
});
