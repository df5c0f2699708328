/** Sequence sets: parsing, `*`, `$`, and what they resolve to. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SequenceSet, STAR } from '../../../src/imap/wire/sequence-set.ts';

const numbers = (text: string, max: number): number[] =>
  (SequenceSet.parse(text) as SequenceSet).resolve(max).toArray();

test.each([
  ['1', 10, [1]],
  ['2,4:7,9,12:*', 15, [2, 4, 5, 6, 7, 9, 12, 13, 14, 15]],
  ['*:4,5:7', 10, [4, 5, 6, 7, 8, 9, 10]],
  ['4:2', 10, [2, 3, 4]],
  ['3291:*', 3290, [3290, 3291]],
  ['*', 7, [7]],
  ['*:*', 7, [7]],
  ['1:*', 0, []],
  ['*,3', 0, [3]],
  ['1,1,1:2', 5, [1, 2]],
])('%s with the greatest number %d is %j', (text, max, expected) => {
  expect(numbers(text, max)).toEqual(expected);
});

test.each([
  '',
  '0',
  '1:',
  ':1',
  ',1',
  '1,',
  '1,,2',
  'a',
  '-1',
  '1:2:3',
  '4294967296',
  '99999999999',
  '$,1',
  '1,$',
  '1 ',
  '+1',
])('%j is none', (text) => {
  expect(SequenceSet.parse(text)).toBeNull();
});

test('the greatest number of all is one', () => {
  expect(SequenceSet.parse('4294967295')?.greatest).toBe(4_294_967_295);
});

test('$ is the saved result', () => {
  expect(SequenceSet.parse('$')).toBe(SequenceSet.SAVED);
  expect(SequenceSet.SAVED.saved).toBe(true);
  expect(SequenceSet.SAVED.toString()).toBe('$');
});

test('tells the greatest number written and whether * is there', () => {
  expect(SequenceSet.parse('7:3,*')).toMatchObject({ greatest: 7, hasStar: true, saved: false });
  expect(SequenceSet.parse('7:3')).toMatchObject({ greatest: 7, hasStar: false });
});

describe('for any set', () => {
  const end = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 40 }) }, fc.constant(STAR));
  const ranges = fc.array(fc.tuple(end, end), { minLength: 1, maxLength: 12 });
  const show = (n: number): string => (n === STAR ? '*' : String(n));

  test('the numbers are those of a naive reading', () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 1, max: 50 }), (list, max) => {
        const expected = new Set<number>();
        for (const range of list) {
          const [a, b] = range.map((n) => (n === STAR ? max : n)) as [number, number];
          for (let n = Math.min(a, b); n <= Math.max(a, b); n++) expected.add(n);
        }
        expect(numbers(list.map(([a, b]) => `${show(a)}:${show(b)}`).join(','), max)).toEqual(
          [...expected].sort((a, b) => a - b),
        );
      }),
    );
  });

  test('writing and reading gives it back', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const set = SequenceSet.parse(list.map(([a, b]) => `${show(a)}:${show(b)}`).join(',')) as SequenceSet;
        expect(SequenceSet.parse(set.toString())?.ranges).toEqual(set.ranges);
      }),
    );
  });
});

test('64 KB of numbers are read in no time to speak of', () => {
  const text = Array.from({ length: 11_000 }, (_, i) => 2 * i + 1).join(',');
  const started = performance.now();
  expect(SequenceSet.parse(text)?.resolve(1).size).toBe(11_000);
  expect(performance.now() - started).toBeLessThan(3000);
});
