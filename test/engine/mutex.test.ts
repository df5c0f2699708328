/** One at a time. */

import { describe, expect, it } from 'vitest';
import { Mutex } from '../../src/engine/mutex.ts';

describe('mutex', () => {
  it('runs one piece of work after the other, in order, past failures', async () => {
    const mutex = new Mutex();
    const log: string[] = [];
    const work =
      (name: string, fails = false) =>
      async () => {
        log.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, 2));
        log.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      };
    const outcomes = await Promise.allSettled([mutex.run(work('a')), mutex.run(work('b', true)), mutex.run(work('c'))]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('is idle when nothing runs or waits', async () => {
    const mutex = new Mutex();
    expect(mutex.idle).toBe(true);
    const done = mutex.run(async () => expect(mutex.idle).toBe(false));
    expect(mutex.idle).toBe(false);
    await done;
    await Promise.resolve();
    expect(mutex.idle).toBe(true);
  });
});
