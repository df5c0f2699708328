/** Patterns: whose each is, and what becomes of it when he goes. */

import { expect, test, vi } from 'vitest';
import { openParts } from '../../src/open-store.ts';
import { emptyPlace, openTestedStore } from '../engine-under-test.ts';
import { openTestStore } from './store-fixture.ts';
import { openHere } from './transfer-fixture.ts';

test('a pattern is one account’s, or one forwarding address’s', async () => {
  const { store, account } = await openTestStore();
  const { addresses } = store;
  const bob = (await store.accounts.create({ name: 'bob' })).id;
  const taken = { code: 'ADDRESS_EXISTS' };
  for (const pattern of ['*@d.example', 'head*@d.example', '*tail@d.example', 'user@*']) {
    await addresses.add(account, pattern);
    await expect(addresses.add(account, pattern)).rejects.toMatchObject(taken);
    await expect(addresses.add(bob, pattern.toUpperCase())).rejects.toMatchObject(taken);
    const forward = addresses.createForwardingAddress(pattern, { targets: ['x@else.example'] });
    await expect(forward).rejects.toMatchObject(taken);
    expect(await addresses.remove(bob, pattern)).toBe(false);
    expect(await addresses.removeForwardingAddress(pattern)).toBe(false);
    expect(await addresses.remove(account, pattern)).toBe(true);
    await addresses.createForwardingAddress(pattern, { targets: ['x@else.example'] });
    await expect(addresses.add(bob, pattern)).rejects.toMatchObject(taken);
    expect(await addresses.forwardingAddress(pattern)).toMatchObject({ address: pattern, isPattern: true });
    expect(await addresses.removeForwardingAddress(pattern)).toBe(true);
    await addresses.add(bob, pattern);
  }
  expect(await addresses.list(account)).toEqual([]);
  expect((await addresses.list(bob)).map(({ address }) => address).sort()).toEqual([
    '*@d.example',
    '*tail@d.example',
    'head*@d.example',
    'user@*',
  ]);
});

test('those of an account that is gone lead nowhere, and are free', async () => {
  const { store, account } = await openTestStore();
  const { addresses, accounts } = store;
  const bob = (await accounts.create({ name: 'bob' })).id;
  await addresses.add(account, 'ann*@d.example');
  await addresses.add(account, 'ann@*');
  await addresses.add(bob, '*@d.example');
  expect(await addresses.resolve('anna@d.example')).toMatchObject({ account: { id: account } });
  await accounts.remove(account);
  expect(await addresses.resolve('anna@d.example')).toMatchObject({ matched: '*@d.example' });
  expect(await addresses.resolve('ann@else.example')).toBeNull();
  await addresses.add(bob, 'ann*@d.example');
  await addresses.add(bob, 'ann@*');
  expect(await addresses.resolve('ann@else.example')).toMatchObject({ account: { id: bob } });
});

test('those that a crash has left behind lead nowhere, and are free too', async () => {
  const place = await emptyPlace();
  const parts = await openParts(place);
  await using store = await openTestedStore(place);
  const { addresses, accounts } = store;
  const ann = await accounts.create({ name: 'ann', address: 'a.nn@dots.example' });
  const bob = await accounts.create({ name: 'bob' });
  for (const pattern of ['ann*@d.example', '*@d.example', 'ann@*']) await addresses.add(ann.id, pattern);
  await addresses.ignoreDots('dots.example', true);
  // As if the process had ended between the two steps of a removal.
  await parts.engine.directory.delete(ann.id);
  await parts.engine.close();
  await parts.blobs.close();
  for (const address of ['anna@d.example', 'x@d.example', 'ann@else.example', 'ann@dots.example']) {
    // What another process has done is seen within a second.
    await vi.waitFor(async () => expect(await addresses.resolve(address)).toBeNull(), { timeout: 3_000 });
  }
  await addresses.add(bob.id, 'ann*@d.example');
  await addresses.createForwardingAddress('*@d.example', { targets: ['x@else.example'] });
  await addresses.createForwardingAddress('ann@*', { targets: ['x@else.example'] });
  await addresses.add(bob.id, 'an.n@dots.example');
  expect(await addresses.resolve('ann@dots.example')).toMatchObject({ matched: 'an.n@dots.example' });
  expect(await addresses.resolve('anna@d.example')).toMatchObject({ account: { id: bob.id } });
  expect(await addresses.resolve('x@d.example')).toMatchObject({ type: 'forward' });
});

test('those of an account that is removed come back with it, unless others have them now', async () => {
  const { store, account } = await openTestStore({ account: { address: 'a.nn@d.example' } });
  const { addresses, accounts, recovery } = store;
  const bob = (await accounts.create({ name: 'bob' })).id;
  await addresses.ignoreDots('d.example', true);
  for (const pattern of ['*@d.example', 'ann@*']) await addresses.add(account, pattern, { tags: ['kept'] });
  await accounts.remove(account);
  for (const address of ['x@d.example', 'ann@d.example', 'ann@else.example']) {
    expect(await addresses.resolve(address)).toBeNull();
  }
  await recovery.restoreAccount('ann');
  expect((await addresses.list(account)).map(({ address, tags }) => [address, tags])).toEqual([
    ['a.nn@d.example', []],
    ['*@d.example', ['kept']],
    ['ann@*', ['kept']],
  ]);
  for (const address of ['x@d.example', 'ann@d.example', 'ann@else.example']) {
    expect(await addresses.resolve(address)).toMatchObject({ account: { id: account } });
  }
  await accounts.remove(account);
  const taken = { code: 'ADDRESS_EXISTS' };
  for (const address of ['ann@*', '*@d.example', 'an.n@d.example']) {
    await addresses.add(bob, 'main@e.example', { main: true }).catch(() => {});
    await addresses.add(bob, address);
    await expect(recovery.restoreAccount('ann')).rejects.toMatchObject(taken);
    expect(await accounts.find('ann')).toBeNull();
    await addresses.remove(bob, address);
  }
  await addresses.createForwardingAddress('a.nn@d.example', { targets: ['x@else.example'] });
  await expect(recovery.restoreAccount('ann')).rejects.toMatchObject(taken);
  await addresses.removeForwardingAddress('a.nn@d.example');
  await recovery.restoreAccount('ann');
  expect(await addresses.resolve('x@d.example')).toMatchObject({ account: { id: account } });
});

test('a domain has at most 500 patterns, whoever has them', { timeout: 120_000 }, async () => {
  const place = await emptyPlace();
  const parts = await openHere(place);
  await using store = await openTestedStore(place);
  const ids = [];
  for (let n = 0; n < 6; n++) ids.push((await store.accounts.create({ name: `n${n}` })).id);
  const add = (n: number) => store.addresses.add(ids[Math.floor(n / 100)] as string, `p${n}*@d.example`);
  for (let n = 0; n < 500; n += 25) await Promise.all(Array.from({ length: 25 }, (_, index) => add(n + index)));
  await expect(add(500)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  expect(await store.addresses.resolve('p499x@d.example')).toMatchObject({ matched: 'p499*@d.example' });
  await store.addresses.remove(ids[0] as string, 'p7*@d.example');
  await add(500);
  // What a crash has left of an account that is gone makes room.
  await parts.engine.directory.delete(ids[1] as string);
  await vi.waitFor(() => add(501), { timeout: 10_000, interval: 500 });
  expect(await store.addresses.resolve('p101x@d.example')).toMatchObject({ matched: 'p10*@d.example' });
  await store.addresses.add(ids[5] as string, 'p*@e.example');
});

test('a domain too long for a record’s owner has patterns, forwarding addresses and an alias like any other', async () => {
  const { store, account } = await openTestStore();
  const { addresses } = store;
  const long = `${['a', 'b', 'c'].map((letter) => letter.repeat(60)).join('.')}.example`;
  const other = long.replace('a', 'x');
  await addresses.add(account, `ann*@${long}`);
  await addresses.createForwardingAddress(`bob@${long}`, { targets: ['x@else.example'] });
  await addresses.createDomainAlias(other, long);
  expect(await addresses.resolve(`anna@${long}`)).toMatchObject({ matched: `ann*@${long}` });
  expect(await addresses.resolve(`bob@${other}`)).toMatchObject({ matched: `bob@${long}` });
  expect(await addresses.resolve(`anna@${long.replace('a', 'y')}`)).toBeNull();
  expect(await addresses.domainAliases(long)).toEqual([{ alias: other, domain: long }]);
});
