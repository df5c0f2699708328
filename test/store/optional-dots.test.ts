/** Domains in which dots do not count. */

import { expect, test } from 'vitest';
import { openParts } from '../../src/open-store.ts';
import { emptyPlace, openTestedStore } from '../engine-under-test.ts';
import { openTestStore } from './store-fixture.ts';

const D = 'd.example';

test('dots count until it is said that they do not, and count again when it is taken back', async () => {
  const { store, account } = await openTestStore({ account: { address: 'a.nn@d.example' } });
  const { addresses } = store;
  expect(await addresses.ignoresDots(D)).toBe(false);
  expect(await addresses.resolve('ann@d.example')).toBeNull();
  await addresses.ignoreDots('D.example', true);
  await addresses.ignoreDots(D, true);
  expect(await addresses.ignoresDots(D)).toBe(true);
  for (const address of ['ann@d.example', 'a.n.n@d.example', 'A.N.N+x@d.example']) {
    expect(await addresses.resolve(address)).toMatchObject({ account: { id: account }, matched: 'a.nn@d.example' });
  }
  expect(await addresses.resolve('ann@e.example')).toBeNull();
  await addresses.ignoreDots(D, false);
  await addresses.ignoreDots(D, false);
  expect(await addresses.resolve('ann@d.example')).toBeNull();
  await expect(addresses.ignoreDots('no domain', true)).rejects.toMatchObject({ code: 'DOMAIN_INVALID' });
  await expect(addresses.ignoreDots('[192.0.2.1]', true)).rejects.toMatchObject({ code: 'DOMAIN_INVALID' });
});

test('it is refused while two would be one, which are named', async () => {
  const { store, account } = await openTestStore({ account: { addresses: ['a.nn@d.example', 'an.n@d.example'] } });
  const { addresses, accounts } = store;
  const bob = await accounts.create({ name: 'bo.b@d.example' });
  await accounts.create({ name: 'carl', addresses: ['ann@d.example', 'c@d.example', 'a.nn@e.example'] });
  await addresses.createForwardingAddress('b.ob@d.example', { targets: ['x@else.example'] });
  await addresses.add(bob.id, 'x.y*@d.example');
  await addresses.add(account, 'xy*@d.example');
  const refusal = await addresses.ignoreDots(D, true).catch((error: Error) => error);
  expect(refusal).toMatchObject({ code: 'ADDRESS_EXISTS' });
  for (const one of ['ann@d.example', 'b.ob@d.example', 'bo.b@d.example', 'x.y*@d.example', 'xy*@d.example']) {
    expect((refusal as Error).message).toContain(one);
  }
  expect((refusal as Error).message).not.toMatch(/c@d|e\.example/);
  expect(await addresses.ignoresDots(D)).toBe(false);
  expect(await addresses.resolve('bob@d.example')).toBeNull();
  await accounts.update((await accounts.get('carl')).id, { addresses: ['c@d.example'] });
  await addresses.removeForwardingAddress('b.ob@d.example');
  await addresses.remove(bob.id, 'x.y*@d.example');
  await addresses.ignoreDots(D, true);
  expect(await addresses.resolve('bob@d.example')).toMatchObject({ account: { id: bob.id } });
});

test('new addresses that would be one with another’s are refused; one’s own may differ in dots', async () => {
  const { store, account } = await openTestStore({ account: { address: 'a.nn@d.example' } });
  const { addresses, accounts } = store;
  const targets = ['x@else.example'];
  await addresses.ignoreDots(D, true);
  await addresses.createForwardingAddress('f.wd@d.example', { targets });
  await addresses.add(account, 'h.ead*@d.example');
  const bob = await accounts.create({ name: 'bob' });
  const taken = { code: 'ADDRESS_EXISTS' };
  for (const address of ['ann@d.example', 'an.n@d.example', 'fwd@d.example', 'fw.d@d.example']) {
    await expect(accounts.create({ name: 'carl', address })).rejects.toMatchObject(taken);
    await expect(accounts.create({ name: address })).rejects.toMatchObject(taken);
    await expect(accounts.update(bob.id, { addresses: [address] })).rejects.toMatchObject(taken);
    await expect(addresses.add(bob.id, address)).rejects.toMatchObject(taken);
    await expect(addresses.createForwardingAddress(address, { targets })).rejects.toMatchObject(taken);
  }
  await expect(addresses.add(bob.id, 'hea.d*@d.example')).rejects.toMatchObject(taken);
  expect(await accounts.find('carl')).toBeNull();
  expect((await accounts.get('bob')).addresses).toEqual([]);
  await addresses.add(account, 'an.n@d.example');
  await addresses.add(account, 'he.ad*@d.example');
  await addresses.makeMain(account, 'an.n@d.example');
  await addresses.remove(account, 'a.nn@d.example');
  expect(await addresses.resolve('ann@d.example')).toMatchObject({ matched: 'an.n@d.example' });
  await addresses.add(bob.id, 'ann@e.example');
});

test('what was given up is free, in any spelling', async () => {
  const { store, account } = await openTestStore({ account: { addresses: ['main@e.example', 'a.nn@d.example'] } });
  const { addresses, accounts } = store;
  await addresses.ignoreDots(D, true);
  await addresses.remove(account, 'a.nn@d.example');
  await addresses.createForwardingAddress('an.n@d.example', { targets: ['x@else.example'] });
  expect(await addresses.resolve('ann@d.example')).toMatchObject({ type: 'forward' });
  await addresses.removeForwardingAddress('an.n@d.example');
  const bob = await accounts.create({ name: 'bob', address: 'ann@d.example' });
  expect(await addresses.resolve('a.n.n@d.example')).toMatchObject({ account: { id: bob.id } });
  await accounts.remove(bob.id);
  expect(await addresses.resolve('a.n.n@d.example')).toBeNull();
  await addresses.add(account, 'a.n.n@d.example');
  // Given up while nothing was written down, and taken by another.
  await addresses.ignoreDots(D, false);
  await addresses.remove(account, 'a.n.n@d.example');
  const carl = await accounts.create({ name: 'carl', address: 'an.n@d.example' });
  await addresses.ignoreDots(D, true);
  expect(await addresses.resolve('ann@d.example')).toMatchObject({ account: { id: carl.id } });
});

test('what was half done when a process ended is taken up, or taken back', async () => {
  const place = await emptyPlace();
  await using store = await openTestedStore(place);
  const { addresses, accounts } = store;
  const ann = await accounts.create({ name: 'ann', address: 'a.nn@d.example' });
  const half = async (): Promise<void> => {
    const parts = await openParts(place);
    await parts.engine.vault.put({ owner: '@d.example', kind: 'domain', key: 'dots' }, { value: 'preparing' });
    await parts.engine.close();
    await parts.blobs.close();
  };
  await half();
  expect(await addresses.ignoresDots(D)).toBe(false);
  expect(await addresses.resolve('ann@d.example')).toBeNull();
  await accounts.create({ name: 'bob', address: 'b.ob@d.example' });
  await expect(accounts.create({ name: 'carl', address: 'bob@d.example' })).rejects.toMatchObject({
    code: 'ADDRESS_EXISTS',
  });
  await addresses.ignoreDots(D, true);
  expect(await addresses.resolve('ann@d.example')).toMatchObject({ account: { id: ann.id } });
  await half();
  await addresses.ignoreDots(D, false);
  expect(await addresses.resolve('ann@d.example')).toBeNull();
  await accounts.create({ name: 'carl', address: 'bob@d.example' });
});
