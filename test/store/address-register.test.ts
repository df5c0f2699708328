/** The register of addresses that an account writes to. */

import { expect, onTestFinished, test, vi } from 'vitest';
import { MAX_REGISTERED_ADDRESSES } from '../../src/model/address-register.ts';
import { openStore } from '../../src/open-store.ts';
import { ENGINE, emptyPlace, openTestedEngine } from '../engine-under-test.ts';
import { openTestStore } from './store-fixture.ts';

const given = (address: string, name?: string) => ({ address, ...(name !== undefined && { name }) });

async function filled() {
  const fixture = await openTestStore();
  const { store, account } = fixture;
  await store.addressRegister.remember(account, [
    given('Bestöser@Öxample.com', 'Test Töster'),
    given('eve.smith@mail.example.net', 'Eve (Sales) Smith-Jones'),
    given('андрис@уайлддак.орг', 'Андрис'),
    given('no address'),
  ]);
  const find = async (query: string): Promise<string[]> =>
    (await store.addressRegister.find(account, query)).map(({ address }) => address);
  return { ...fixture, find };
}

test.each([
  ['best', 'bestöser@öxample.com'],
  ['BESTOS', 'bestöser@öxample.com'],
  ['test t', 'bestöser@öxample.com'],
  ['tost', 'bestöser@öxample.com'],
  ['öxample', 'bestöser@öxample.com'],
  ['oxample.com', 'bestöser@öxample.com'],
  ['@öxample', 'bestöser@öxample.com'],
  ['bestöser@öxample.com', 'bestöser@öxample.com'],
  ['eve.smith@mail', 'eve.smith@mail.example.net'],
  ['example.net', 'eve.smith@mail.example.net'],
  ['sales', 'eve.smith@mail.example.net'],
  ['jones', 'eve.smith@mail.example.net'],
  ['  eve  ', 'eve.smith@mail.example.net'],
  ['андр', 'андрис@уайлддак.орг'],
  ['УАЙЛД', 'андрис@уайлддак.орг'],
])('%s finds %s', async (query, address) => {
  const { find } = await filled();
  expect(await find(query)).toEqual([address]);
});

test.each(['ester', 'wrongname', '@', '.', '*', '.*', '\\', 'smith@', 'no address', 'ample'])(
  '%s finds nothing',
  async (query) => {
    const { find } = await filled();
    expect(await find(query)).toEqual([]);
  },
);

test('what was used last comes first, names are the last that were given, and others’ are others’', async () => {
  const { store, account } = await openTestStore();
  const { id: other } = await store.accounts.create({ name: 'other' });
  const day = vi.spyOn(Date, 'now');
  onTestFinished(() => day.mockRestore());
  const now = 1_800_000_000_000;
  for (const [days, address, name] of [
    [0, 'a@example.com', 'One'],
    [1, 'b@example.com', 'Two'],
    [2, 'a@example.com', ''],
    [2, 'b@example.com', 'Two too'],
    [4, 'a@example.com', ''],
  ] as const) {
    day.mockReturnValue(now + days * 86_400_000);
    await store.addressRegister.remember(account, [given(address, name)]);
  }
  const found = await store.addressRegister.find(account, 'example');
  expect(found.map(({ address, name }) => [address, name])).toEqual([
    ['a@example.com', 'One'],
    ['b@example.com', 'Two too'],
  ]);
  expect((await store.addressRegister.find(account, 'example', { limit: 1 })).length).toBe(1);
  expect(await store.addressRegister.find(other, 'example')).toEqual([]);
});

test('what is disabled is not offered, and stays so when it is used', async () => {
  const { store, account, find } = await filled();
  const [found] = await store.addressRegister.find(account, 'best');
  const { id } = found as { id: string };
  expect(await store.addressRegister.setDisabled(account, id, true)).toBe(true);
  expect(await find('best')).toEqual([]);
  await store.addressRegister.remember(account, [given('bestöser@öxample.com', 'New name')]);
  expect(await find('best')).toEqual([]);
  await store.addressRegister.setDisabled(account, id, false);
  expect(await store.addressRegister.find(account, 'best')).toMatchObject([
    { id, name: 'Test Töster', disabled: false },
  ]);
  expect(await store.addressRegister.setDisabled(account, '0'.repeat(24), true)).toBe(false);
  expect(await store.addressRegister.setDisabled(account, 'none', true)).toBe(false);
});

test('it has bounds: of a message, of a name, of an account', async () => {
  const engine = await openTestedEngine();
  const { store, account } = await openTestStore({ engine });
  const many = Array.from({ length: 150 }, (_, n) => given(`a${n}@example.com`, 'x'.repeat(200)));
  await store.addressRegister.remember(account, many);
  const found = await store.addressRegister.find(account, 'example', { limit: 250 });
  expect(found.length).toBe(100);
  expect(found[0]?.name.length).toBe(128);
  for (const limit of [0, 251, 1.5]) {
    await expect(store.addressRegister.find(account, 'a', { limit })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  }
  await expect(store.addressRegister.find(account, '  ')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  const place = { owner: account, kind: 'registeredAddress' };
  for (let n = 0; n < MAX_REGISTERED_ADDRESSES; n++) {
    const value = JSON.stringify({ address: `old${n}@example.com`, name: '', disabled: false, used: n + 1 });
    await engine.vault.put({ ...place, key: n.toString(16).padStart(24, '0') }, { value });
  }
  await store.addressRegister.remember(account, [given('new@example.com')]);
  const [page, rest] = [
    await engine.vault.list(place, { limit: 2_000 }),
    await store.addressRegister.find(account, 'old', { limit: 250 }),
  ];
  expect(page.length).toBe(MAX_REGISTERED_ADDRESSES);
  expect(rest.some(({ address }) => address === 'old0@example.com')).toBe(false);
  expect((await store.addressRegister.find(account, 'new')).length).toBe(1);
}, 60_000);

test('it goes with the account, out of one store and into another, and with it for good', async () => {
  const { store, account } = await filled();
  const other = await openStore(ENGINE === 'sqlite' ? { path: ':memory:' } : await emptyPlace());
  onTestFinished(() => other.close());
  const ids = (async function* () {
    yield account;
  })();
  for await (const one of other.portable.import(store.portable.export({ accounts: ids }))) {
    expect(one).toMatchObject({ id: account });
  }
  expect((await other.addressRegister.find(account, 'best')).map(({ name }) => name)).toEqual(['Test Töster']);
  await other.accounts.remove(account, { forGood: true });
  expect(await other.addressRegister.find(account, 'best')).toEqual([]);
});
