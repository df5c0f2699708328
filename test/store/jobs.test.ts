/** Jobs: done once, by one, and to the end. */

import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { JobKind, JobRun } from '../../src/model/job.ts';
import { openParts } from '../../src/open-store.ts';
import type { StoreContext } from '../../src/store/context.ts';
import { StoreJobs } from '../../src/store/jobs.ts';
import { emptyPlace } from '../engine-under-test.ts';

let parts: StoreContext;
beforeEach(async () => {
  parts = await openParts(await emptyPlace());
});
afterEach(async () => {
  await parts.engine.close();
  await parts.blobs.close();
});

/** Jobs of a process that knows one kind of work. */
const worker = (run: (job: JobRun) => Promise<void>, everyMs: number | null = null): StoreJobs =>
  new StoreJobs(parts.engine.vault, [{ kind: 'work', everyMs, run } satisfies JobKind]);

test('one that is added is done once, told what it was told, and stays to be looked at', async () => {
  const told: unknown[] = [];
  const jobs = worker(async ({ account, params, progress }) => {
    told.push({ account, params });
    void progress;
  });
  const made = await jobs.add('work', 'a1', { filter: 'x' });
  expect(made).toMatchObject({ kind: 'work', account: 'a1', state: 'waiting', params: { filter: 'x' }, failures: 0 });
  expect(await jobs.runDue()).toBe(1);
  expect(await jobs.runDue()).toBe(0);
  expect(told).toEqual([{ account: 'a1', params: { filter: 'x' } }]);
  expect(await jobs.get(made.id)).toMatchObject({ state: 'done', due: null, error: null });
  expect(await jobs.list('a1')).toHaveLength(1);
  expect(await jobs.list(null)).toEqual([]);
  expect(await jobs.cancel(made.id)).toBe(false);
  expect(await jobs.get('no such')).toBeNull();
});

test('of several processes each job has one at a time', async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await delay(20);
    running--;
    runs++;
  };
  const processes = Array.from({ length: 4 }, () => worker(work));
  await processes[0]!.add('work', null, null);
  const counts = await Promise.all(processes.map((jobs) => jobs.runDue()));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
  expect([most, runs]).toEqual([1, 1]);
});

test('one whose process has died is taken up where it was, after a minute', async () => {
  const dead = worker(async (job) => {
    await job.progress(3, 10, { at: 3 });
    await new Promise(() => {});
  });
  const { id } = await dead.add('work', null, null);
  void dead.runDue();
  await vi.waitFor(async () => expect(await dead.get(id)).toMatchObject({ done: 3, total: 10 }));
  const seen: unknown[] = [];
  const heir = worker(async ({ state }) => {
    seen.push(state);
  });
  expect(await heir.runDue()).toBe(0);
  const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
  try {
    expect(await heir.runDue()).toBe(1);
  } finally {
    now.mockRestore();
  }
  expect(seen).toEqual([{ at: 3 }]);
  expect(await heir.get(id)).toMatchObject({ state: 'done' });
});

test('one that lost its lease is told so, and writes nothing more', async () => {
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const outcomes: unknown[] = [];
  const slow = worker(async (job) => {
    await gate;
    await job.progress(1, 1, 'late').catch((error: { code?: string }) => outcomes.push(error.code, job.signal.aborted));
  });
  const { id } = await slow.add('work', null, null);
  const run = slow.runDue();
  await vi.waitFor(async () => expect((await slow.get(id))?.state).toBe('running'));
  const heir = worker(async (job) => job.progress(5, 5, 'mine'));
  const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
  await heir.runDue().finally(() => now.mockRestore());
  go();
  await run;
  expect(outcomes).toEqual(['ABORTED', true]);
  expect(await heir.get(id)).toMatchObject({ state: 'done', done: 5 });
});

test('one that fails is tried again later, and in the end no more', async () => {
  let tries = 0;
  const jobs = worker(async () => {
    tries++;
    throw new Error('not today');
  });
  const { id } = await jobs.add('work', null, null);
  let time = Date.now();
  const now = vi.spyOn(Date, 'now').mockImplementation(() => time);
  try {
    for (let hours = 0; hours < 15; hours++) {
      await jobs.runDue();
      time += 3_600_000;
    }
    expect(tries).toBe(10);
    expect(await jobs.get(id)).toMatchObject({ state: 'failed', failures: 10, error: 'not today', due: null });
  } finally {
    now.mockRestore();
  }
});

test('one that is cancelled while it runs stops at its next point', async () => {
  let count = 0;
  const jobs = worker(async (job) => {
    for (;;) {
      await job.progress(++count, null, count);
      if (count === 2) expect(await jobs.cancel(id)).toBe(true);
    }
  });
  const { id } = await jobs.add('work', null, null);
  await jobs.runDue();
  expect(count).toBe(3);
  expect(await jobs.get(id)).toMatchObject({ state: 'cancelled', due: null });
  const waiting = await jobs.add('work', null, null);
  expect(await jobs.cancel(waiting.id)).toBe(true);
  expect(await jobs.runDue()).toBe(0);
});

test('one that is cancelled, and whose process has died, is not taken up again', async () => {
  let runs = 0;
  const dying = worker(async () => {
    runs++;
    await new Promise(() => {});
  });
  const { id } = await dying.add('work', null, null);
  void dying.runDue();
  await vi.waitFor(() => expect(runs).toBe(1));
  const heir = worker(async () => {
    runs++;
  });
  expect(await heir.cancel(id)).toBe(true);
  const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
  expect(await heir.runDue().finally(() => now.mockRestore())).toBe(0);
  expect(runs).toBe(1);
  expect(await heir.get(id)).toMatchObject({ state: 'cancelled', due: null });
});

test('what comes again and again is there without being added, once for all processes', async () => {
  let runs = 0;
  const every = (): StoreJobs =>
    worker(async () => {
      runs++;
    }, 60_000);
  const [first, second] = [every(), every()];
  await Promise.all([first.runDue(), second.runDue()]);
  expect(runs).toBe(1);
  const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
  await second.runDue().finally(() => now.mockRestore());
  expect(runs).toBe(2);
  expect(await first.list()).toHaveLength(1);
  // Cancelled, it only leaves out one turn.
  expect(await first.cancel('work')).toBe(true);
  expect(await first.get('work')).toMatchObject({ state: 'waiting' });
});

test('closing lets what runs come to its point, and another goes on from there', async () => {
  const jobs = worker(async (job) => {
    for (let at = Number(job.state ?? 0) + 1; ; at++) {
      await job.progress(at, null, at);
      await delay(5);
    }
  });
  const { id } = await jobs.add('work', null, null);
  const stop = jobs.start({ everyMs: 10 });
  await vi.waitFor(async () => expect((await jobs.get(id))?.done).toBeGreaterThan(2));
  await jobs.close();
  await stop();
  const left = await jobs.get(id);
  expect(left).toMatchObject({ state: 'waiting', failures: 0 });
  let from: unknown;
  const other = worker(async ({ state }) => {
    from = state;
  });
  expect(await other.runDue()).toBe(1);
  expect(from).toBe(left?.done);
});

describe('bounds', () => {
  test('of what a job is told, keeps, and is', async () => {
    const jobs = worker(async (job) => job.progress(1, 1, 'x'.repeat(33_000)));
    await expect(jobs.add('work', null, 'x'.repeat(17_000))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(jobs.add('other', null, null)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    const { id } = await jobs.add('work', null, null);
    await jobs.runDue();
    expect(await jobs.get(id)).toMatchObject({ state: 'waiting', failures: 1 });
  });
});
