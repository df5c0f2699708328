/** What leads to an account goes with it into another store, and what belongs to no account by itself. */

import { describe, expect, test } from 'vitest';
import { EiderError } from '../../src/errors.ts';
import type { StoreContext } from '../../src/store/context.ts';
import { Store } from '../../src/store/store.ts';
import { transferAccount } from '../../src/store/transfer-account.ts';
import { transferDomains } from '../../src/store/transfer-domains.ts';
import { emptyPlace } from '../engine-under-test.ts';
import { openHere, PASSWORDS, withMembers } from './transfer-fixture.ts';

async function openTwo(): Promise<readonly [StoreContext, StoreContext]> {
  return [await openHere(await emptyPlace()), await openHere(await emptyPlace())];
}

const storeOn = (parts: StoreContext) => new Store(parts, PASSWORDS);

async function fill(parts: StoreContext): Promise<string> {
  const { accounts, addresses } = storeOn(parts);
  const { id } = await accounts.create({ name: 'ann', addresses: ['a.nn@d.example', 'ann@e.example'] });
  await addresses.add(id, 'ann*@d.example', { tags: ['pattern'] });
  await addresses.add(id, 'ann@*', { displayName: 'Ann' });
  await addresses.update(id, 'ann@e.example', { metadata: { k: 1 } });
  return id;
}

test('addresses, patterns and what is kept of them arrive, and lead to the account', async () => {
  const [from, to] = await openTwo();
  const id = await fill(from);
  await storeOn(to).addresses.ignoreDots('d.example', true);
  expect((await transferAccount({ from, to, account: id })).outcome).toBe('copied');
  const { addresses } = storeOn(to);
  expect(await addresses.list(id)).toEqual(await storeOn(from).addresses.list(id));
  for (const address of ['a.nn@d.example', 'ann@d.example', 'anna@d.example', 'ann@else.example', 'ann@e.example']) {
    expect(await addresses.resolve(address)).toMatchObject({ account: { id } });
  }
  expect((await transferAccount({ from, to, account: id })).outcome).toBe('there');
});

test('what was cut off between the account’s release and its patterns is made by the next run', async () => {
  const [from, to] = await openTwo();
  const id = await fill(from);
  const create = async (): Promise<boolean> => {
    throw new EiderError('UNAVAILABLE', 'the process ends here');
  };
  const dying = { ...to, engine: withMembers(to.engine, { vault: withMembers(to.engine.vault, { create }) }) };
  await expect(transferAccount({ from, to: dying, account: id })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  const { addresses } = storeOn(to);
  expect(await addresses.resolve('ann@e.example')).toMatchObject({ account: { id } });
  expect(await addresses.resolve('anna@d.example')).toBeNull();
  expect((await transferAccount({ from, to, account: id })).outcome).toBe('there');
  expect(await addresses.resolve('anna@d.example')).toMatchObject({ account: { id }, matched: 'ann*@d.example' });
});

describe('is refused before anything is copied when in the target', () => {
  test.each([
    ['a pattern is another account’s', (store: Store, bob: string) => store.addresses.add(bob, 'ann*@d.example')],
    ['a pattern for any domain is', (store: Store, bob: string) => store.addresses.add(bob, 'ann@*')],
    [
      'an address only forwards',
      (store: Store) => store.addresses.createForwardingAddress('ann@e.example', { targets: ['x@else.example'] }),
    ],
    [
      'an address is the same as another’s without dots',
      async (store: Store, bob: string) => {
        await store.addresses.add(bob, 'ann@d.example');
        await store.addresses.ignoreDots('d.example', true);
      },
    ],
  ])('%s', async (_, occupy) => {
    const [from, to] = await openTwo();
    const id = await fill(from);
    const bob = await storeOn(to).accounts.create({ name: 'bob' });
    await occupy(storeOn(to), bob.id);
    await expect(transferAccount({ from, to, account: id })).rejects.toMatchObject({ code: 'ADDRESS_EXISTS' });
    expect(await to.engine.directory.get(id)).toBeNull();
  });
});

test('aliases, dots and forwarding addresses are copied once, and what the target has otherwise is told', async () => {
  const [from, to] = await openTwo();
  await fill(from);
  const [source, target] = [storeOn(from).addresses, storeOn(to).addresses];
  await source.createDomainAlias('alias.example', 'd.example');
  await source.createDomainAlias('other.example', 'd.example');
  await source.ignoreDots('d.example', true);
  await source.ignoreDots('f.example', true);
  const options = { targets: ['x@else.example'], forwardsPerDay: 7, tags: ['t'] };
  for (const address of ['news@d.example', 'news*@d.example', 'news@*', 'bob@d.example']) {
    await source.createForwardingAddress(address, options);
  }
  await target.createDomainAlias('other.example', 'else.example');
  await storeOn(to).accounts.create({ name: 'bob', addresses: ['bob@d.example', 'b.b@f.example'] });
  await storeOn(to).accounts.create({ name: 'bb', address: 'bb@f.example' });
  const { copied, refused } = await transferDomains(from, to);
  expect(copied).toBe(5);
  expect(refused.map((text) => text.split(':')[0])).toEqual([
    'alias other.example of d.example',
    'dots of f.example',
    'forwarding address bob@d.example',
  ]);
  expect(await target.domainAlias('alias.example')).toBe('d.example');
  expect(await target.ignoresDots('d.example')).toBe(true);
  for (const address of ['news@d.example', 'news*@d.example', 'news@*']) {
    expect(await target.forwardingAddress(address)).toEqual(await source.forwardingAddress(address));
  }
  expect(await transferDomains(from, to)).toMatchObject({ copied: 0, refused });
  expect(await transferDomains(from, await openHere(await emptyPlace()))).toEqual({ copied: 8, refused: [] });
});

test('an account that goes and comes back has its patterns again', async () => {
  const [from, to] = await openTwo();
  const id = await fill(from);
  await transferAccount({ from, to, account: id });
  await from.engine.directory.delete(id);
  expect(await storeOn(from).addresses.resolve('anna@d.example')).toBeNull();
  await transferAccount({ from: to, to: from, account: id });
  expect(await storeOn(from).addresses.resolve('anna@d.example')).toMatchObject({ account: { id } });
});
