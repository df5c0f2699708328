/** Addresses that no account has. */

import { describe, expect, test } from 'vitest';
import type { AddressFilter } from '../../src/model/addresses.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { openTestStore } from './store-fixture.ts';

const TARGETS = ['one@else.example', 'two@else.example'];

async function listed(store: MessageStore, filter?: AddressFilter): Promise<string[]> {
  const found: string[] = [];
  for await (const { address } of store.addresses.forwardingAddresses(filter)) found.push(address);
  return found;
}

test('forwarding addresses are made, read, listed, changed, removed', async () => {
  const { store } = await openTestStore();
  const { addresses } = store;
  const made = await addresses.createForwardingAddress('News@D.example', {
    targets: ['One@else.example', 'one@ELSE.example', 'two@else.example'],
    forwardsPerDay: 50,
    displayName: 'News',
    tags: ['list'],
    metadata: { k: 1 },
  });
  expect(made).toEqual({
    address: 'news@d.example',
    isPattern: false,
    targets: TARGETS,
    forwardsPerDay: 50,
    displayName: 'News',
    tags: ['list'],
    metadata: { k: 1 },
  });
  expect(await addresses.forwardingAddress('NEWS@d.example')).toEqual(made);
  expect(await addresses.forwardingAddress('news+x@d.example')).toBeNull();
  expect(await addresses.resolve('news+x@d.example')).toEqual({
    type: 'forward',
    matched: 'news@d.example',
    targets: TARGETS,
    forwardsPerDay: 50,
  });
  const changed = await addresses.updateForwardingAddress('news@d.example', { targets: ['x@y.example'], tags: [] });
  expect(changed).toEqual({ ...made, targets: ['x@y.example'], tags: [] });
  expect(await addresses.updateForwardingAddress('news@d.example', { forwardsPerDay: null })).toMatchObject({
    targets: ['x@y.example'],
    forwardsPerDay: null,
  });
  expect(await addresses.removeForwardingAddress('news@d.example')).toBe(true);
  expect(await addresses.removeForwardingAddress('news@d.example')).toBe(false);
  expect(await addresses.resolve('news@d.example')).toBeNull();
});

test('lists are ordered by domain, patterns of each last, and filtered', async () => {
  const { store, account } = await openTestStore();
  const { addresses } = store;
  for (const address of ['b@e.example', 'a@e.example', 'x*@d.example', 'c@d.example', 'any@*', '*@d.example']) {
    const tags = address.includes('*') ? ['Pattern'] : [];
    await addresses.createForwardingAddress(address, { targets: TARGETS, tags });
  }
  await addresses.add(account, 'ann*@d.example');
  expect(await listed(store)).toEqual([
    'c@d.example',
    'x*@d.example',
    '*@d.example',
    'a@e.example',
    'b@e.example',
    'any@*',
  ]);
  expect(await listed(store, { domain: 'D.example' })).toEqual(['c@d.example', 'x*@d.example', '*@d.example']);
  expect(await listed(store, { tag: 'pattern' })).toEqual(['x*@d.example', '*@d.example', 'any@*']);
  expect(await listed(store, { domain: 'f.example' })).toEqual([]);
  await expect(listed(store, { domain: 'no domain' })).rejects.toMatchObject({ code: 'DOMAIN_INVALID' });
});

test('a list is complete, however long it is', async () => {
  const { store } = await openTestStore();
  for (let n = 0; n < 1_010; n += 101) {
    const some = Array.from({ length: 101 }, (_, index) => `n${n + index}@d.example`);
    await Promise.all(some.map((one) => store.addresses.createForwardingAddress(one, { targets: TARGETS })));
  }
  expect(new Set(await listed(store)).size).toBe(1_010);
});

describe('refuses', () => {
  test.each([
    ['new@d.example', { targets: [] }, 'INVALID_ARGUMENT'],
    ['new@d.example', { targets: Array.from({ length: 101 }, (_, n) => `${n}@else.example`) }, 'INVALID_ARGUMENT'],
    ['new@d.example', { targets: ['nobody'] }, 'ADDRESS_INVALID'],
    ['new@d.example', { targets: ['a@b.example', 'New@D.example'] }, 'INVALID_ARGUMENT'],
    ['new@d.example', { targets: TARGETS, forwardsPerDay: -1 }, 'INVALID_ARGUMENT'],
    ['new@d.example', { targets: TARGETS, forwardsPerDay: 1.5 }, 'INVALID_ARGUMENT'],
    ['new@d.example', { targets: TARGETS, forwardsPerDay: 1e10 }, 'INVALID_ARGUMENT'],
    ['new@d.example', { targets: TARGETS, metadata: 'text' }, 'INVALID_ARGUMENT'],
    ['nobody', { targets: TARGETS }, 'ADDRESS_INVALID'],
    ['a*b@d.example', { targets: TARGETS }, 'ADDRESS_INVALID'],
    ['ann@d.example', { targets: TARGETS }, 'ADDRESS_EXISTS'],
    ['named@d.example', { targets: TARGETS }, 'ADDRESS_EXISTS'],
    ['there@d.example', { targets: TARGETS }, 'ADDRESS_EXISTS'],
    ['ann*@d.example', { targets: TARGETS }, 'ADDRESS_EXISTS'],
  ])('%j to %o', async (address, options, code) => {
    const { store, account } = await openTestStore({ account: { address: 'ann@d.example' } });
    const { addresses } = store;
    await store.accounts.create({ name: 'named@d.example' });
    await addresses.createForwardingAddress('there@d.example', { targets: ['x@y.example'] });
    await addresses.add(account, 'ann*@d.example');
    await expect(addresses.createForwardingAddress(address, options as never)).rejects.toMatchObject({ code });
    expect(await listed(store)).toEqual(['there@d.example']);
    expect(await addresses.forwardingAddress('there@d.example')).toMatchObject({ targets: ['x@y.example'] });
  });

  test('what is not there, and what is no address', async () => {
    const { store, account } = await openTestStore({ account: { address: 'ann@d.example' } });
    const { addresses } = store;
    await addresses.add(account, '*@d.example');
    for (const address of ['ann@d.example', 'free@d.example', '*@d.example', 'free*@d.example', 'free@*']) {
      expect(await addresses.forwardingAddress(address)).toBeNull();
      expect(await addresses.removeForwardingAddress(address)).toBe(false);
      await expect(addresses.updateForwardingAddress(address, {})).rejects.toMatchObject({ code: 'ADDRESS_NOT_FOUND' });
    }
    await expect(addresses.forwardingAddress('nobody')).rejects.toMatchObject({ code: 'ADDRESS_INVALID' });
    expect(await addresses.resolve('free@d.example')).toMatchObject({ account: { id: account } });
  });
});

test('what forwards is no account’s any more', async () => {
  const { store, account } = await openTestStore();
  const { accounts, addresses } = store;
  await addresses.createForwardingAddress('news@d.example', { targets: TARGETS });
  const taken = { code: 'ADDRESS_EXISTS' };
  await expect(addresses.add(account, 'News@d.example')).rejects.toMatchObject(taken);
  await expect(accounts.create({ name: 'bob', address: 'news@d.example' })).rejects.toMatchObject(taken);
  await expect(accounts.create({ name: 'News@d.example' })).rejects.toMatchObject(taken);
  await expect(accounts.update(account, { addresses: ['news@d.example'] })).rejects.toMatchObject(taken);
  expect((await accounts.get('ann')).addresses).toEqual([]);
  expect(await accounts.find('bob')).toBeNull();
  await addresses.removeForwardingAddress('news@d.example');
  await addresses.add(account, 'news@d.example');
});

test('the longest there may be is kept', async () => {
  const { store } = await openTestStore();
  const targets = Array.from({ length: 100 }, (_, n) => `"${'\\"'.repeat(110)}${n}"@else.example`);
  const details = {
    displayName: '"'.repeat(256),
    tags: Array.from({ length: 20 }, (_, n) => `${n}${'名'.repeat(62)}`),
    metadata: { long: 'x'.repeat(4_000) },
  };
  await store.addresses.createForwardingAddress('long@d.example', { targets, ...details });
  await store.addresses.createForwardingAddress('long*@d.example', { targets, ...details });
  expect(await store.addresses.resolve('long@d.example')).toMatchObject({ targets });
  expect(await store.addresses.forwardingAddress('long*@d.example')).toMatchObject({ targets, ...details });
});
