/** Limits that hold for all accounts, changed while the store is open. */

import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import { StoreDefaultLimits } from '../../src/store/default-limits.ts';
import { emptyPlace } from '../engine-under-test.ts';

test('they hold at once, for accounts of which nothing else was said, and can be taken back', async () => {
  const store = await openStore({ ...(await emptyPlace()), limits: { octets: 1_000, mailboxes: 20 } });
  onTestFinished(() => store.close());
  const ann = (await store.accounts.create({ name: 'ann' })).id;
  const bob = (await store.accounts.create({ name: 'bob', limits: { octets: 5_000 } })).id;
  const octetsOf = async (account: string) => (await store.quota(account)).limits.octets;
  expect([await octetsOf(ann), await octetsOf(bob)]).toEqual([1_000, 5_000]);
  await store.defaultLimits.set({ octets: 10 });
  expect([await octetsOf(ann), await octetsOf(bob)]).toEqual([10, 5_000]);
  await expect(store.append(ann, 'INBOX', 'Subject: x\r\n\r\nmore\r\n')).rejects.toMatchObject({
    code: 'QUOTA_EXCEEDED',
  });
  await store.defaultLimits.set({ octets: null, filters: 0 });
  expect(await octetsOf(ann)).toBeNull();
  expect(await store.defaultLimits.stored()).toEqual({ octets: null, filters: 0 });
  await store.defaultLimits.reset('octets');
  expect(await store.defaultLimits.inForce()).toMatchObject({ octets: 1_000, mailboxes: 20, filters: 0 });
  expect(store.defaultLimits.given).toMatchObject({ octets: 1_000, mailboxes: 20 });
});

test('what is no limit is refused, and nothing changes', async () => {
  const store = await openStore({ ...(await emptyPlace()) });
  onTestFinished(() => store.close());
  for (const change of [{ octets: -1 }, { octets: 1.5 }, { octets: '9' }, { toString: 1 }]) {
    await expect(store.defaultLimits.set(change as object)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  }
  expect(await store.defaultLimits.stored()).toEqual({});
});

test('another process sees them after five seconds at the latest, and another store after it was closed', async () => {
  const place = await emptyPlace();
  const store = await openStore({ ...place });
  onTestFinished(() => store.close());
  await store.defaultLimits.set({ octets: 7 });
  const other = await openStore({ ...place });
  onTestFinished(() => other.close());
  expect(await other.defaultLimits.inForce()).toMatchObject({ octets: 7 });
  let now = 0;
  let reads = 0;
  let value = '{"octets":7}';
  const vault = {
    async get() {
      reads++;
      return { key: '', value, version: 1, expires: null };
    },
  };
  const limits = new StoreDefaultLimits(
    vault as unknown as ConstructorParameters<typeof StoreDefaultLimits>[0],
    {},
    () => now,
  );
  await Promise.all([limits.inForce(), limits.inForce()]);
  value = '{"octets":8}';
  now = 4_999;
  expect([await limits.inForce(), reads]).toEqual([{ octets: 7 }, 1]);
  now = 5_000;
  expect([await limits.inForce(), reads]).toEqual([{ octets: 8 }, 2]);
});
