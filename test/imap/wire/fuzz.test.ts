/** The IMAP grammar under inputs that nobody would send; `npm run fuzz` feeds it with millions. */

import { expect, test } from 'vitest';
import { fuzzImap } from '../../fuzz/fuzz-imap.mjs';
import { findGrowth } from '../../fuzz/growth.mjs';
import { Random } from '../../fuzz/random.mjs';

test('12,000 inputs are understood or refused, soon', async () => {
  const { understood, found } = await fuzzImap({ seed: 1, count: 12_000 });
  expect(found).toEqual([]);
  // Else the inputs would be too far from commands to try anything.
  expect(understood).toBeGreaterThan(3000);
});

test('the same seed gives the same inputs', async () => {
  const { understood } = await fuzzImap({ seed: 7, count: 500 });
  expect((await fuzzImap({ seed: 7, count: 500 })).understood).toBe(understood);
});

test('time that grows with the square of an input is found, and time that grows with it is not', async () => {
  const work = async (steps: number): Promise<number> => {
    let sum = 0;
    for (let i = 0; i < steps; i++) sum = (sum + Math.imul(i, sum)) | 0;
    return sum;
  };
  const square = ({ length }: Buffer): Promise<number> => work((length / 18) ** 2);
  const line = ({ length }: Buffer): Promise<number> => work(length * 200);
  expect(await findGrowth(square, 'a SEARCH ALL', new Random(1))).not.toBeNull();
  expect(await findGrowth(line, 'a SEARCH ALL', new Random(1))).toBeNull();
});
