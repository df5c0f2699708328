import { expect, test } from 'vitest';
import { TaskLimit } from '../../src/auth/task-limit.ts';

test('runs so many at once, in order', async () => {
  const limit = new TaskLimit(2, 100);
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const task = async (n: number): Promise<void> => {
    order.push(n);
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 1));
    running--;
  };
  await Promise.all(Array.from({ length: 20 }, (_, n) => limit.run(() => task(n))));
  expect(most).toBe(2);
  expect(order).toEqual(Array.from({ length: 20 }, (_, n) => n));
});

test('refuses when too many wait, and runs on after failures', async () => {
  const limit = new TaskLimit(1, 2);
  let finish = (): void => {};
  const first = limit.run(() => new Promise<void>((resolve) => (finish = resolve)));
  const second = limit.run(() => Promise.reject(new Error('failed')));
  const third = limit.run(async () => 3);
  await expect(limit.run(async () => 4)).rejects.toMatchObject({ code: 'BUSY' });
  finish();
  await first;
  await expect(second).rejects.toThrow('failed');
  expect(await third).toBe(3);
  expect(await limit.run(async () => 5)).toBe(5);
});
