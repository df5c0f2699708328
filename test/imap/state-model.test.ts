/**
 * Sessions that send commands at random, held against a model of RFC 9051 and RFC 7162: what each is answered, what each
 * is told, and what is stored. `EIDER_MODEL_STEPS` says how many steps, `EIDER_MODEL_SEED` which.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ENGINE, runs } from '../engine-under-test.ts';
import { startImap } from './imap-fixture.ts';
import { ModelRun } from './state-model/model-run.ts';
import { randomStart, randomSteps } from './state-model/random-commands.ts';

const { EIDER_MODEL_STEPS, EIDER_MODEL_SEED } = process.env;
const STEPS = Number(EIDER_MODEL_STEPS ?? runs(600));
const STEPS_OF_RUN = ENGINE === 'sqlite' ? 80 : 20;
/** How long a failure is made smaller, in milliseconds. */
const SHRINK_MS = 30_000;
const NO_BOUND = Number.POSITIVE_INFINITY;

test(`${STEPS} steps of several sessions go as the model says`, { timeout: 0 }, async () => {
  await using fixture = await startImap({
    limits: { badCommands: NO_BOUND, connectionsPerAddress: NO_BOUND, sessionsPerAccount: NO_BOUND },
  });
  let commands = 0;
  let steps = 0;
  let failedAt = NO_BOUND;
  await fc.assert(
    fc.asyncProperty(randomStart, randomSteps(STEPS_OF_RUN), async (start, sequence) => {
      const failed = failedAt < NO_BOUND;
      if (failed ? Date.now() > failedAt + SHRINK_MS : steps >= STEPS) return;
      try {
        commands += await ModelRun.run(fixture, start, sequence);
      } catch (error) {
        failedAt = Math.min(failedAt, Date.now());
        throw error;
      }
      steps += sequence.length;
    }),
    {
      // A run has half of its most steps on average, and those that are not needed are left out.
      numRuns: 10 + Math.ceil((STEPS / STEPS_OF_RUN) * 4),
      ...(EIDER_MODEL_SEED !== undefined && { seed: Number(EIDER_MODEL_SEED) }),
    },
  );
  expect(steps).toBeGreaterThanOrEqual(STEPS);
  expect(commands).toBeGreaterThan(steps / 2);
  if (EIDER_MODEL_STEPS !== undefined) console.info(`${steps} steps, ${commands} commands`);
});
