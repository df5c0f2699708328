/** What comes again and again goes on when something is wrong with one account. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { EiderError } from '../../src/errors.ts';
import { openParts } from '../../src/open-store.ts';
import type { StoreContext } from '../../src/store/context.ts';
import { retentionJob } from '../../src/store/housekeeping.ts';
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

/** A store in which one account cannot be read. */
function without(broken: string, code: 'STORE_CORRUPT' | 'ACCOUNT_NOT_FOUND', seen: Set<string>): StoreContext {
  const { engine } = parts;
  const read: Engine['read'] = async (account, work) => {
    if (account === broken) throw new EiderError(code, `nothing of ${account} can be read`);
    seen.add(account);
    return engine.read(account, work);
  };
  const members: Partial<Engine> = { read };
  const proxy = new Proxy(engine, {
    get(target, name) {
      const member = Reflect.get(Object.hasOwn(members, name) ? members : target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return { ...parts, engine: proxy };
}

test.each([
  ['STORE_CORRUPT', 1, 'nothing of a222222222222222 can be read'],
  ['ACCOUNT_NOT_FOUND', 0, null],
] as const)('after %s of one account the others get their turn', async (code, failures, error) => {
  const ids = [2, 3, 4].map((digit) => `a${String(digit).repeat(15)}`);
  for (const id of ids) {
    const record = { id, name: `n${id}`, addresses: [], limits: { octets: null, messages: null } };
    await parts.engine.directory.create({ ...record, copies: 'label', created: 0, passwordHash: null });
  }
  const seen = new Set<string>();
  const jobs = new StoreJobs(parts.engine.vault, [retentionJob(without(ids[0] as string, code, seen))]);
  await jobs.runDue();
  expect([...seen].sort()).toEqual(ids.slice(1));
  expect(await jobs.get('retention')).toMatchObject({ state: 'waiting', failures, error });
});
