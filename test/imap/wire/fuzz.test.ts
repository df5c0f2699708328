/** The IMAP grammar under inputs that nobody would send; `npm run fuzz` feeds it with millions. */

import { expect, test } from 'vitest';
import { fuzzImap } from '../../fuzz/fuzz-imap.mjs';
import { findGrowth } from '../../fuzz/growth.mjs';
import { Random } from '../../fuzz/random.mjs';

test('15,000 inputs are understood or refused, soon', async () => {
  const { understood, found } = await fuzzImap({ seed: 1, count: 15_000 });
  expect(found).toEqual([]);
  // Else the inputs would be too far from commands to try anything.
  expect(understood).toBeGreaterThan(4000);
});

test('the same seed gives the same inputs', async () => {
  const { understood } = await fuzzImap({ seed: 7, count: 500 });
  expect((await fuzzImap({ seed: 7, count: 500 })).understood).toBe(understood);
});

test('time that grows with the square of an input is found, and time that grows with it is not', async () => {
  const busy = (steps: number): void => {
    const end = performance.now() + steps;
    while (performance.now() < end);
  };
  const square = (octets: Buffer): void => busy((octets.length / 10_000) ** 2);
  const line = (octets: Buffer): void => busy(octets.length / 5_000);
  expect(await findGrowth(async (octets: Buffer) => square(octets), 'a SEARCH ALL', new Random(1))).not.toBeNull();
  expect(await findGrowth(async (octets: Buffer) => line(octets), 'a SEARCH ALL', new Random(1))).toBeNull();
});
