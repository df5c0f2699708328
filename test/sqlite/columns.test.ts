/** Rows of numbers that come as one string. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLines, parseNumbers } from '../../src/sqlite/columns.ts';

const number = fc.integer({ min: 0, max: 0xffffffff });

describe('parseNumbers', () => {
  it('reads what group_concat writes', () => {
    expect([...parseNumbers(null)]).toEqual([]);
    expect([...parseNumbers('')]).toEqual([]);
    expect([...parseNumbers('0')]).toEqual([0]);
    fc.assert(
      fc.property(fc.array(number), (list) => {
        expect([...parseNumbers(list.join(','))]).toEqual(list);
      }),
    );
  });
});

describe('parseLines', () => {
  it('reads numbers and a rest that may be empty', () => {
    const line = fc.tuple(fc.tuple(number, number, fc.maxSafeNat()), fc.stringMatching(/^[a-z$ ]{0,9}$/));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const found: unknown[] = [];
        parseLines(lines.map(([numbers, rest]) => `${numbers.join(' ')} ${rest}\n`).join(''), 3, (numbers, rest) =>
          found.push([[...numbers], rest]),
        );
        expect(found).toEqual(lines);
      }),
    );
  });

  it('reads nothing from nothing', () => {
    parseLines(null, 3, () => expect.unreachable());
    parseLines('', 3, () => expect.unreachable());
  });
});
