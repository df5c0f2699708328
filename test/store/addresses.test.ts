/** Several addresses of one account: one of them the main one, and what is kept of each. */

import { describe, expect, test } from 'vitest';
import { openTestStore } from './store-fixture.ts';

const open = () => openTestStore({ account: { addresses: ['ann@example.org', 'a@example.org'] } });

test('addresses are added, listed with what is kept of them, made the main one, removed', async () => {
  const { store, account } = await open();
  const { addresses } = store;
  const details = {
    displayName: 'Ann Lee',
    tags: ['Work', 'vip'],
    metadata: { since: 2020, nested: { a: [1, null] } },
  };
  expect(await addresses.add(account, 'Ann.Lee@Example.com', details)).toEqual({
    address: 'ann.lee@example.com',
    isMain: false,
    isPattern: false,
    ...details,
  });
  expect(await addresses.add(account, 'first@example.org', { main: true })).toMatchObject({ isMain: true });
  await addresses.add(account, '*@ann.example', { tags: ['work'] });
  const nothing = { displayName: null, tags: [], metadata: null };
  expect(await addresses.list(account)).toEqual([
    { address: 'first@example.org', isMain: true, isPattern: false, ...nothing },
    { address: 'ann@example.org', isMain: false, isPattern: false, ...nothing },
    { address: 'a@example.org', isMain: false, isPattern: false, ...nothing },
    { address: 'ann.lee@example.com', isMain: false, isPattern: false, ...details },
    { address: '*@ann.example', isMain: false, isPattern: true, ...nothing, tags: ['work'] },
  ]);
  await addresses.makeMain(account, 'ANN.LEE@example.com');
  expect((await store.accounts.get('ann')).addresses).toEqual([
    'ann.lee@example.com',
    'first@example.org',
    'ann@example.org',
    'a@example.org',
  ]);
  expect(await addresses.remove(account, 'First@example.org')).toBe(true);
  expect(await addresses.remove(account, 'first@example.org')).toBe(false);
  expect(await addresses.remove(account, '*@ANN.example')).toBe(true);
  expect(await addresses.remove(account, '*@ann.example')).toBe(false);
  expect((await addresses.list(account)).map(({ address }) => address)).toEqual([
    'ann.lee@example.com',
    'ann@example.org',
    'a@example.org',
  ]);
  expect(await addresses.resolve('first@example.org')).toBeNull();
  expect(await addresses.resolve('x@ann.example')).toBeNull();
});

test('the main address stays while it is the main one', async () => {
  const { store, account } = await open();
  await expect(store.addresses.remove(account, 'ann@example.org')).rejects.toMatchObject({ code: 'ADDRESS_PROTECTED' });
  await store.addresses.makeMain(account, 'a@example.org');
  expect(await store.addresses.remove(account, 'ann@example.org')).toBe(true);
  await expect(store.addresses.remove(account, 'a@example.org')).rejects.toMatchObject({ code: 'ADDRESS_PROTECTED' });
  expect((await store.accounts.get('ann')).addresses).toEqual(['a@example.org']);
});

test('an account without any gets its first as the main one', async () => {
  const { store, account } = await openTestStore();
  expect(await store.addresses.list(account)).toEqual([]);
  await store.addresses.add(account, 'ann*@example.org');
  expect(await store.addresses.add(account, 'ann@example.org')).toMatchObject({ isMain: true });
});

test('what is kept changes field by field, and goes with the address', async () => {
  const { store, account } = await open();
  const { addresses } = store;
  await addresses.update(account, 'a@example.org', { displayName: 'A', tags: ['one'] });
  expect(await addresses.update(account, 'a@example.org', { metadata: { k: 1 } })).toMatchObject({
    displayName: 'A',
    tags: ['one'],
    metadata: { k: 1 },
  });
  expect(await addresses.update(account, 'a@example.org', { displayName: ' ', metadata: null })).toMatchObject({
    displayName: null,
    tags: ['one'],
    metadata: null,
  });
  await addresses.remove(account, 'a@example.org');
  await addresses.add(account, 'a@example.org');
  expect((await addresses.list(account)).at(-1)).toMatchObject({ address: 'a@example.org', tags: [] });
  await addresses.update(account, 'a@example.org', { tags: ['two'] });
  await store.accounts.update(account, { addresses: ['ann@example.org'] });
  await store.accounts.update(account, { addresses: ['ann@example.org', 'a@example.org'] });
  expect((await addresses.list(account)).at(-1)).toMatchObject({ address: 'a@example.org', tags: [] });
});

test('lists are filtered by tag and domain, of one account and of all', async () => {
  const { store, account } = await open();
  const bob = (await store.accounts.create({ name: 'bob', address: 'bob@example.com' })).id;
  await store.addresses.add(account, 'work@example.com', { tags: ['Work'] });
  await store.addresses.add(account, 'w*@example.com', { tags: ['work', 'x'] });
  await store.addresses.update(bob, 'bob@example.com', { tags: ['WORK'] });
  const listed = async (filter: object) => (await store.addresses.list(account, filter)).map(({ address }) => address);
  expect(await listed({ tag: 'wOrk' })).toEqual(['work@example.com', 'w*@example.com']);
  expect(await listed({ tag: 'x' })).toEqual(['w*@example.com']);
  expect(await listed({ tag: 'none' })).toEqual([]);
  expect(await listed({ domain: 'EXAMPLE.org' })).toEqual(['ann@example.org', 'a@example.org']);
  const all = [];
  for await (const { account: owner, address } of store.addresses.all({ tag: 'work', domain: 'example.com' })) {
    all.push(`${owner === bob ? 'bob' : 'ann'} ${address}`);
  }
  expect(all.sort()).toEqual(['ann w*@example.com', 'ann work@example.com', 'bob bob@example.com']);
  await expect(store.addresses.list(account, { domain: 'no domain' })).rejects.toMatchObject({
    code: 'DOMAIN_INVALID',
  });
});

describe('refuses', () => {
  test.each([
    ['ann@example.org', {}, 'ADDRESS_EXISTS'],
    ['bob@example.org', {}, 'ADDRESS_EXISTS'],
    ['BOB@xn--bcher-kva.example', {}, 'ADDRESS_EXISTS'],
    ['*@bob.example', {}, 'ADDRESS_EXISTS'],
    ['nobody', {}, 'ADDRESS_INVALID'],
    ['a*b@example.org', {}, 'ADDRESS_INVALID'],
    ['new@example.org', { displayName: 'x'.repeat(257) }, 'INVALID_ARGUMENT'],
    ['new@example.org', { displayName: 'a\r\nBcc: b' }, 'INVALID_ARGUMENT'],
    ['new@example.org', { tags: [''] }, 'INVALID_ARGUMENT'],
    ['new@example.org', { tags: ['x'.repeat(65)] }, 'INVALID_ARGUMENT'],
    ['new@example.org', { tags: Array.from({ length: 21 }, (_, n) => `t${n}`) }, 'INVALID_ARGUMENT'],
    ['new@example.org', { metadata: { long: 'x'.repeat(4_096) } }, 'INVALID_ARGUMENT'],
    ['new@example.org', { metadata: [] }, 'INVALID_ARGUMENT'],
    ['new@example.org', { metadata: { n: 1n } }, 'INVALID_ARGUMENT'],
    ['*@new.example', { main: true }, 'INVALID_ARGUMENT'],
  ])('%j with %o: %s', async (address, options, code) => {
    const { store, account } = await open();
    const bob = await store.accounts.create({ name: 'bob@bücher.example', address: 'bob@example.org' });
    await store.addresses.add(bob.id, '*@bob.example');
    const before = await store.addresses.list(account);
    await expect(store.addresses.add(account, address, options as object)).rejects.toMatchObject({ code });
    expect(await store.addresses.list(account)).toEqual(before);
  });

  test('accounts and addresses that are not there', async () => {
    const { store, account } = await open();
    const { addresses } = store;
    const noAccount = { code: 'ACCOUNT_NOT_FOUND' };
    for (const id of ['nobody', '', 'ann']) {
      await expect(addresses.list(id)).rejects.toMatchObject(noAccount);
      await expect(addresses.add(id, 'x@example.org')).rejects.toMatchObject(noAccount);
      await expect(addresses.add(id, '*@x.example')).rejects.toMatchObject(noAccount);
      await expect(addresses.update(id, 'x@example.org', {})).rejects.toMatchObject(noAccount);
      await expect(addresses.makeMain(id, 'x@example.org')).rejects.toMatchObject(noAccount);
      await expect(addresses.remove(id, 'x@example.org')).rejects.toMatchObject(noAccount);
    }
    const noAddress = { code: 'ADDRESS_NOT_FOUND' };
    await store.accounts.create({ name: 'bob', address: 'bob@example.org' });
    await addresses.add(account, '*@x.example');
    for (const address of ['bob@example.org', 'nobody@example.org']) {
      await expect(addresses.update(account, address, {})).rejects.toMatchObject(noAddress);
      await expect(addresses.makeMain(account, address)).rejects.toMatchObject(noAddress);
      expect(await addresses.remove(account, address)).toBe(false);
    }
    await expect(addresses.update(account, '*@y.example', {})).rejects.toMatchObject(noAddress);
    await expect(addresses.makeMain(account, '*@x.example')).rejects.toMatchObject(noAddress);
    expect(await addresses.resolve('bob@example.org')).toMatchObject({ account: { name: 'bob' } });
  });

  test('patterns among the addresses of a new account', async () => {
    const { store, account } = await open();
    const refused = { code: 'ADDRESS_INVALID' };
    await expect(store.accounts.create({ name: 'bob', address: '*@bob.example' })).rejects.toMatchObject(refused);
    await expect(store.accounts.update(account, { addresses: ['a*@example.org'] })).rejects.toMatchObject(refused);
  });

  test('more patterns than an account may have, but not to change one', async () => {
    const { store, account } = await open();
    for (let n = 0; n < 100; n++) await store.addresses.add(account, `p${n}*@example.org`);
    const more = store.addresses.add(account, 'more*@example.org');
    await expect(more).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await store.addresses.remove(account, 'p7*@example.org');
    await store.addresses.add(account, 'more*@example.org');
  });
});
