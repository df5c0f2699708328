/** The runner of an outbox: nothing is sent twice, nothing is forgotten, whoever dies. */

import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextTry } from '../../src/delivery/outbox-retries.ts';
import { type OutboxNews, OutboxRunner, type OutboxRunnerOptions } from '../../src/delivery/outbox-runner.ts';
import { SendError } from '../../src/delivery/send-error.ts';
import type { SendMail } from '../../src/model/outgoing-mail.ts';
import { LEASE, MemoryOutbox } from './outbox-fixture.ts';

const START = 1_700_000_000_000;
const MINUTE = 60_000;
const NOTHING = { sent: 0, delayed: 0, failed: 0, interrupted: 0, lost: 0 };

function setUp(send: SendMail, more: Partial<OutboxRunnerOptions> = {}, ids: readonly string[] = ['1']) {
  const clock = { now: START };
  const box = new MemoryOutbox(clock);
  for (const id of ids) box.add(id);
  const news: string[] = [];
  const runner = new OutboxRunner({
    store: box.seenBy('one'),
    send,
    tellAgainMs: 0,
    now: () => clock.now,
    onNews: ({ id, result }) => news.push(`${id} ${result}`),
    ...more,
  });
  return { clock, box, news, runner };
}

const refused = (permanent: boolean) => new SendError('550 5.1.1 no', { permanent, reply: '550 5.1.1 no' });

describe('tries', () => {
  test('are after 1, 5, 15 minutes, 1, 2, 4 hours, every 4 hours, and the last after three days', () => {
    const tries = [START];
    for (let failures = 0; ; failures++) {
      const next = nextTry(failures, START, tries.at(-1) as number);
      if (next === null) break;
      tries.push(next);
    }
    const minutes = tries.map((time) => (time - START) / MINUTE);
    expect(minutes.slice(0, 9)).toEqual([0, 1, 6, 21, 81, 201, 441, 681, 921]);
    expect(minutes.at(-1)).toBe(3 * 24 * 60);
    expect(minutes.length).toBe(24);
  });

  test('go on until it is taken over, then it is forgotten', async () => {
    let tries = 0;
    const { clock, box, news, runner } = setUp(async () => {
      if (++tries < 4) throw tries % 2 ? refused(false) : undefined;
    });
    for (const minutes of [0, 1, 5, 15]) {
      clock.now += minutes * MINUTE - 1;
      expect(await runner.runDue()).toEqual(NOTHING);
      clock.now += 1;
      await runner.runDue();
    }
    expect(news).toEqual(['1 delayed', '1 delayed', '1 delayed', '1 sent']);
    expect([tries, box.left]).toEqual([4, 0]);
  });

  test('end with a permanent refusal, and after three days', async () => {
    const permanent = setUp(() => Promise.reject(refused(true)));
    expect(await permanent.runner.runDue()).toEqual({ ...NOTHING, failed: 1 });
    expect(permanent.box.failed).toEqual([{ id: '1', error: '550 5.1.1 no' }]);
    const old = setUp(() => Promise.reject(refused(false)));
    let tries = 0;
    for (let at = old.box.nextDue(); at !== null; at = old.box.nextDue()) {
      old.clock.now = at;
      await old.runner.runDue();
      tries++;
    }
    expect(tries).toBe(24);
    expect(old.news.at(-1)).toBe('1 failed');
    expect(old.clock.now).toBe(START + 3 * 24 * 60 * MINUTE);
  });
});

test('as many are sent at once as was said, and all in one run', async () => {
  let [now, most] = [0, 0];
  const ids = Array.from({ length: 250 }, (_, n) => `${n}`);
  const { box, runner } = setUp(
    async () => {
      most = Math.max(most, ++now);
      await sleep(0);
      now--;
    },
    { concurrency: 7 },
    ids,
  );
  expect(await runner.runDue()).toEqual({ ...NOTHING, sent: 250 });
  expect([most, box.left, box.done.length]).toEqual([7, 0, 250]);
});

test('a mail of a runner that died is not sent again, and reported once', async () => {
  const { clock, box, news, runner } = setUp(() => Promise.reject(new Error('never called')));
  await box.seenBy('dead').begin('1');
  expect(await runner.runDue()).toEqual(NOTHING);
  clock.now += LEASE;
  const other = new OutboxRunner({ store: box.seenBy('two'), send: async () => {}, now: () => clock.now });
  const counts = await Promise.all([runner.runDue(), other.runDue()]);
  expect(counts.map(({ interrupted }) => interrupted).sort()).toEqual([0, 1]);
  expect(box.failed).toEqual([{ id: '1', error: 'interrupted while it was sent' }]);
  expect(news.filter((one) => one !== '1 interrupted')).toEqual([]);
});

test('a store that fails for a while is told again', async () => {
  let faults = 4;
  const { box, runner } = setUp(async () => {});
  const store = box.seenBy('one', (step) => {
    if (step === 'before done' && faults-- > 0) throw new Error('away');
  });
  const patient = new OutboxRunner({ store, send: async () => {}, tellAgainMs: 0, now: () => START });
  expect(await patient.runDue()).toEqual({ ...NOTHING, sent: 1 });
  expect(await runner.runDue()).toEqual(NOTHING);
});

test('a store that is gone for good: the mail was sent, and is not sent again', async () => {
  let sent = 0;
  const { clock, box } = setUp(async () => {});
  const store = box.seenBy('one', (step) => {
    if (step === 'before done') throw new Error('away');
  });
  const news: OutboxNews[] = [];
  const send = async (): Promise<void> => void sent++;
  const runner = new OutboxRunner({
    store,
    send,
    tellAgainMs: 0,
    now: () => clock.now,
    onNews: (one) => news.push(one),
  });
  expect(await runner.runDue()).toEqual({ ...NOTHING, lost: 1 });
  expect(news).toMatchObject([{ id: '1', result: 'lost', error: null }]);
  clock.now += LEASE;
  expect(await runner.runDue()).toEqual({ ...NOTHING, interrupted: 1 });
  expect(sent).toBe(1);
});

test('a claim is kept while it is worked on, and who loses it stops', async () => {
  const { box, news, runner, clock } = setUp(
    (_, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cut')))),
    { keepMs: 5 },
  );
  const run = runner.runDue();
  await sleep(30);
  clock.now += LEASE - 1;
  await sleep(30);
  clock.now += LEASE - 1;
  await sleep(30);
  expect(await box.seenBy('two').due(clock.now, 10)).toEqual([]);
  // The process stood still for longer than the store waits.
  clock.now += LEASE;
  expect(await run).toEqual({ ...NOTHING, lost: 1 });
  expect(news).toEqual(['1 lost']);
});

test('who is stopped begins nothing, lets end what can, and cuts off the rest', async () => {
  const stop = new AbortController();
  const sent: string[] = [];
  const { box, runner } = setUp(
    async ({ id }, signal) => {
      if (id === '2')
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut'))));
      stop.abort();
      await sleep(20);
      sent.push(id);
    },
    { concurrency: 2, graceMs: 60 },
    ['1', '2', '3'],
  );
  expect(await runner.runDue({ signal: stop.signal })).toEqual({ ...NOTHING, sent: 1, delayed: 1 });
  expect([sent, box.left]).toEqual([['1'], 2]);
  expect(await runner.runDue({ signal: AbortSignal.abort() })).toEqual(NOTHING);
});

test('it runs again and again until it is stopped, whatever the store says', async () => {
  const errors: unknown[] = [];
  let faults = 2;
  const { box } = setUp(async () => {});
  const store = box.seenBy('one', (step) => {
    if (step === 'before due' && faults-- > 0) throw new Error('away');
  });
  const broken = (): never => {
    throw new Error('of the listener');
  };
  const runner = new OutboxRunner({ store, send: async () => {}, now: () => START, onNews: broken });
  const stop = runner.start({ everyMs: 1, onError: (error) => errors.push(error) });
  await expect.poll(() => box.left).toBe(0);
  box.add('2');
  await expect.poll(() => box.left).toBe(0);
  await stop();
  box.add('3');
  await sleep(20);
  expect([box.left, errors.length]).toEqual([1, 2]);
});

test('whoever dies wherever: what was taken over is never sent again, all else ends as sent, failed or interrupted', async () => {
  const outcome = fc.constantFrom('take', 'take', 'later', 'never');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(outcome, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(30), { maxLength: 5 }),
      fc.array(fc.nat(40), { maxLength: 6 }),
      fc.integer({ min: 1, max: 3 }),
      async (plans, deaths, faults, concurrency) => {
        const clock = { now: START };
        const box = new MemoryOutbox(clock);
        for (const id of plans.keys()) box.add(`${id}`);
        const tries = plans.map(() => 0);
        const taken = new Set<string>();
        // Sent, or being sent, by a process that died.
        const unknown = new Set<string>();
        const wrong: string[] = [];
        let steps = 0;
        const run = async (name: string, deathAt: number): Promise<void> => {
          let dead = false;
          let own = 0;
          const sending = new Set<string>();
          const step = (what: string): void => {
            if (own++ === deathAt) {
              dead = true;
              for (const id of sending) unknown.add(id);
            }
            if (dead) throw new Error(`died ${what}`);
            if (faults.includes(steps++)) throw new Error(`fault ${what}`);
          };
          const send: SendMail = async ({ id }) => {
            if (dead) return new Promise(() => {});
            if (taken.has(id) || unknown.has(id)) wrong.push(`${id} again`);
            sending.add(id);
            await Promise.resolve();
            const plan = plans[Number(id)] as string[];
            const what = plan[Math.min(tries[Number(id)]++ as number, plan.length - 1)];
            if (what !== 'take') {
              sending.delete(id);
              throw refused(what === 'never');
            }
            taken.add(id);
          };
          const runner = new OutboxRunner({
            store: box.seenBy(name, step),
            send,
            concurrency,
            tellAgainMs: 0,
            now: () => clock.now,
          });
          const died = (async () => {
            while (!dead) await sleep(0);
          })();
          await Promise.race([runner.runDue().catch(() => {}), died]);
          dead = true;
        };
        for (let round = 0; box.left > 0 && round < 500; round++) {
          clock.now = Math.max(clock.now, box.nextDue() as number);
          const death = deaths[round] ?? Number.POSITIVE_INFINITY;
          await Promise.all([run(`${round}a`, death), run(`${round}b`, Number.POSITIVE_INFINITY)]);
        }
        expect(wrong).toEqual([]);
        expect(box.left).toBe(0);
        const ends = [...box.done, ...box.failed.map(({ id }) => id)];
        expect(ends.sort()).toEqual([...plans.keys()].map(String).sort());
        for (const id of box.done) expect(taken).toContain(id);
        for (const { id, error } of box.failed) {
          if (taken.has(id)) expect(error).toBe('interrupted while it was sent');
        }
      },
    ),
    { numRuns: 300 },
  );
});
