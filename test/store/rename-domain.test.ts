/** Domains that get another name, with all that is in them. */

import { describe, expect, test } from 'vitest';
import type { MessageStore } from '../../src/store/message-store.ts';
import { openTestStore } from './store-fixture.ts';

async function fill(store: MessageStore, account: string): Promise<void> {
  const { addresses, accounts } = store;
  await accounts.update(account, { addresses: ['ann@old.example', 'ann@keep.example', 'a.nn@old.example'] });
  await addresses.update(account, 'a.nn@old.example', { tags: ['kept'] });
  await addresses.add(account, 'ann*@old.example', { displayName: 'Pattern' });
  await addresses.add(account, '*@keep.example');
  await accounts.create({ name: 'bob@old.example', addresses: ['bob@old.example'] });
  const forward = { targets: ['ann@old.example'], forwardsPerDay: 3, tags: ['f'] };
  await addresses.createForwardingAddress('news@old.example', forward);
  await addresses.createForwardingAddress('*@old.example', forward);
  await addresses.createDomainAlias('alias.example', 'old.example');
}

test('everything has the new name, and what is kept of it is the same', async () => {
  const { store, account } = await openTestStore();
  const { addresses } = store;
  await fill(store, account);
  const before = await addresses.list(account);
  expect(await addresses.renameDomain('Old.example', 'NEW.example')).toEqual({ renamed: 6 });
  const renamed = (text: string) => text.replace('@old.example', '@new.example');
  const byName = (a: { address: string }, b: { address: string }) => (a.address < b.address ? -1 : 1);
  expect([...(await addresses.list(account))].sort(byName)).toEqual(
    before.map((one) => ({ ...one, address: renamed(one.address) })).sort(byName),
  );
  expect((await store.accounts.get(account)).addresses).toEqual([
    'ann@new.example',
    'ann@keep.example',
    'a.nn@new.example',
  ]);
  for (const [address, matched] of [
    ['ann@new.example', 'ann@new.example'],
    ['anna@new.example', 'ann*@new.example'],
    ['news@new.example', 'news@new.example'],
    ['x@new.example', '*@new.example'],
    ['news@alias.example', 'news@new.example'],
    ['x@keep.example', '*@keep.example'],
    // The account's name stays.
    ['bob@old.example', 'bob@old.example'],
    ['bob@new.example', 'bob@new.example'],
  ]) {
    expect(await addresses.resolve(address as string)).toMatchObject({ matched });
  }
  expect(await addresses.resolve('ann@old.example')).toBeNull();
  expect(await addresses.resolve('x@old.example')).toBeNull();
  expect(await addresses.forwardingAddress('news@new.example')).toMatchObject({
    targets: ['ann@old.example'],
    forwardsPerDay: 3,
    tags: ['f'],
  });
  expect(await addresses.domainAliases()).toEqual([{ alias: 'alias.example', domain: 'new.example' }]);
  expect(await addresses.renameDomain('old.example', 'new.example')).toEqual({ renamed: 0 });
});

test('dots that do not count go along', async () => {
  const { store, account } = await openTestStore({ account: { address: 'a.nn@old.example' } });
  const { addresses } = store;
  await addresses.ignoreDots('old.example', true);
  await addresses.renameDomain('old.example', 'new.example');
  expect(await addresses.ignoresDots('new.example')).toBe(true);
  expect(await addresses.resolve('ann@new.example')).toMatchObject({ account: { id: account } });
  expect(await addresses.resolve('ann@old.example')).toBeNull();
});

describe('is refused, and nothing changes, when', () => {
  test.each([
    [
      'an address is another account’s',
      async ({ accounts }: MessageStore) => {
        await accounts.create({ name: 'carl', address: 'a.nn@new.example' });
      },
    ],
    [
      'a name is',
      async ({ accounts }: MessageStore) => {
        await accounts.create({ name: 'bob@new.example' });
      },
    ],
    [
      'a pattern is',
      async ({ accounts, addresses }: MessageStore) => {
        await addresses.add((await accounts.create({ name: 'carl' })).id, 'ann*@new.example');
      },
    ],
    [
      'an address would be the same without dots',
      async ({ accounts, addresses }: MessageStore) => {
        await accounts.create({ name: 'carl', address: 'an.n@new.example' });
        await addresses.ignoreDots('new.example', true);
      },
    ],
    [
      'a forwarding address is an account’s',
      async ({ accounts }: MessageStore) => {
        await accounts.create({ name: 'carl', address: 'news@new.example' });
      },
    ],
    [
      'a forwarding address is there',
      async ({ addresses }: MessageStore) => {
        await addresses.createForwardingAddress('ann@new.example', { targets: ['x@else.example'] });
      },
    ],
    [
      'a pattern that forwards is there',
      async ({ addresses }: MessageStore) => {
        await addresses.createForwardingAddress('*@new.example', { targets: ['x@else.example'] });
      },
    ],
  ])('%s', async (_, occupy) => {
    const { store, account } = await openTestStore();
    await fill(store, account);
    await occupy(store);
    const before = await store.addresses.list(account);
    await expect(store.addresses.renameDomain('old.example', 'new.example')).rejects.toMatchObject({
      code: 'ADDRESS_EXISTS',
    });
    expect(await store.addresses.list(account)).toEqual(before);
    expect(await store.addresses.resolve('anything@old.example')).toMatchObject({ matched: '*@old.example' });
  });

  test.each([
    ['old.example', 'old.EXAMPLE'],
    ['old.example', 'alias.example'],
    ['old.example', 'no domain'],
    ['', 'new.example'],
  ])('%j is to be %j', async (from, to) => {
    const { store, account } = await openTestStore();
    await fill(store, account);
    await expect(store.addresses.renameDomain(from, to)).rejects.toMatchObject({ code: 'DOMAIN_INVALID' });
  });
});
