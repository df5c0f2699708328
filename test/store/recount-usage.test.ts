/** Counting again what all accounts use. */

import { expect, onTestFinished, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { EiderError } from '../../src/errors.ts';
import type { JobRun } from '../../src/model/job.ts';
import { recountJob } from '../../src/store/recount-usage.ts';
import { openTestedStore } from '../engine-under-test.ts';

test('the job goes over all accounts, and leaves what is right', async () => {
  const store = await openTestedStore({});
  onTestFinished(() => store.close());
  const ids = [];
  for (const name of ['ann', 'bob', 'eve']) ids.push((await store.accounts.create({ name })).id);
  await store.append(ids[0] as string, 'INBOX', 'Subject: x\r\n\r\ny\r\n');
  const before = await store.quota(ids[0] as string);
  const { id } = await store.jobs.add('recountUsage', null);
  await store.jobs.runDue();
  expect(await store.jobs.get(id)).toMatchObject({ state: 'done', done: 3, error: null });
  expect(await store.quota(ids[0] as string)).toEqual(before);
});

const ACCOUNTS = ['a', 'b', 'c', 'd'];

/** An engine of four accounts, and a check that fails as it is told. */
function fake(failing: Readonly<Record<string, EiderError>>) {
  const asked: unknown[] = [];
  const engine = {
    directory: {
      list: async ({ after = '' }: { after?: string }) =>
        ACCOUNTS.filter((id) => id > after).map((id) => ({ id, name: id })),
    },
  } as unknown as Engine;
  const maintenance = {
    // biome-ignore lint/correctness/useYield: it finds nothing.
    async *check(options: { account?: string } = {}) {
      asked.push(options);
      const error = failing[options.account ?? ''];
      if (error) throw error;
    },
  };
  return { asked, job: recountJob({ engine }, maintenance) };
}

function runOf(state: unknown, progress: JobRun['progress']): JobRun {
  return { account: null, params: null, state, signal: new AbortController().signal, progress };
}

test('one account that cannot be counted does not keep the others from it, and is told', async () => {
  const { asked, job } = fake({
    b: new EiderError('STORE_CORRUPT', 'broken'),
    c: new EiderError('ACCOUNT_NOT_FOUND', 'removed meanwhile'),
  });
  let state: unknown = null;
  const keep: JobRun['progress'] = async (_done, _total, next) => {
    state = next;
  };
  const failure = { code: 'UNAVAILABLE', message: '1 accounts were not counted: b' };
  await expect(job.run(runOf(null, keep))).rejects.toMatchObject(failure);
  expect(asked).toEqual(ACCOUNTS.map((account) => ({ account, repair: true })));
  // Nor is it forgotten by the next try.
  await expect(job.run(runOf(state, keep))).rejects.toMatchObject(failure);
  expect(asked).toHaveLength(4);
});

test('a run that was cut off is gone on with', async () => {
  const { asked, job } = fake({});
  let state: unknown = null;
  const cut: JobRun['progress'] = async (done, _total, next) => {
    state = next;
    if (done === 2) throw new EiderError('ABORTED', 'the job was stopped');
  };
  await expect(job.run(runOf(null, cut))).rejects.toMatchObject({ code: 'ABORTED' });
  await job.run(runOf(state, async () => {}));
  expect(asked).toEqual(ACCOUNTS.map((account) => ({ account, repair: true })));
});
