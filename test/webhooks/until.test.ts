/** Waits that end with a time, a signal or a bell, and leave nothing behind. */

import { expect, test } from 'vitest';
import { Wake } from '../../src/store/wake.ts';
import { until } from '../../src/webhooks/until.ts';

const never = new AbortController().signal;

test('ends with the time, the signal or the bell, whichever is first', async () => {
  const began = performance.now();
  await until(Date.now() + 30, never);
  expect(performance.now() - began).toBeGreaterThan(25);
  await until(Date.now() - 1, never);
  await until(Date.now() + 60_000, AbortSignal.abort());
  await until(Date.now() + 60_000, AbortSignal.timeout(10));
  const bell = new Wake();
  setTimeout(() => bell.ring(), 10);
  await until(Date.now() + 60_000, never, bell);
  expect(performance.now() - began).toBeLessThan(10_000);
});

test('hears a ring that came before it waited', async () => {
  const bell = new Wake();
  const heard = bell.next();
  bell.ring();
  await until(Date.now() + 60_000, never, bell, heard);
});

test('however it ends, no ring is waited for any more', async () => {
  const bell = new Wake();
  for (const [time, signal] of [
    [10, () => never],
    [60_000, () => AbortSignal.timeout(10)],
  ] as const) {
    const heard = bell.next();
    await until(Date.now() + time, signal(), bell, heard);
    expect(await Promise.race([heard.then(() => 'rung'), new Promise((done) => setTimeout(done, 20, 'kept'))])).toBe(
      'rung',
    );
  }
});
