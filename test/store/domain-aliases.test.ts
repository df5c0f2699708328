/** Domains whose addresses are those of another one. */

import { expect, test } from 'vitest';
import { openTestStore } from './store-fixture.ts';

test('aliases are made, listed, looked up, removed', async () => {
  const { store } = await openTestStore();
  const { addresses } = store;
  expect(await addresses.createDomainAlias('B.example', 'Main.example.')).toEqual({
    alias: 'b.example',
    domain: 'main.example',
  });
  await addresses.createDomainAlias('a.example', 'main.example');
  await addresses.createDomainAlias('c.example', 'other.example');
  expect(await addresses.domainAliases()).toEqual([
    { alias: 'a.example', domain: 'main.example' },
    { alias: 'b.example', domain: 'main.example' },
    { alias: 'c.example', domain: 'other.example' },
  ]);
  expect(await addresses.domainAliases('MAIN.example')).toHaveLength(2);
  expect(await addresses.domainAliases('a.example')).toEqual([]);
  expect(await addresses.domainAlias('A.example')).toBe('main.example');
  expect(await addresses.domainAlias('main.example')).toBeNull();
  expect(await addresses.removeDomainAlias('A.example')).toBe(true);
  expect(await addresses.removeDomainAlias('a.example')).toBe(false);
  expect(await addresses.domainAlias('a.example')).toBeNull();
  expect(await addresses.domainAliases('main.example')).toEqual([{ alias: 'b.example', domain: 'main.example' }]);
  await addresses.createDomainAlias('a.example', 'other.example');
  expect(await addresses.domainAliases('other.example')).toHaveLength(2);
});

test.each([
  ['a.example', 'a.example', 'DOMAIN_INVALID'],
  ['A.example.', 'a.EXAMPLE', 'DOMAIN_INVALID'],
  ['main.example', 'else.example', 'DOMAIN_INVALID'],
  ['main.example', 'alias.example', 'DOMAIN_INVALID'],
  ['new.example', 'alias.example', 'DOMAIN_INVALID'],
  ['alias.example', 'main.example', 'ADDRESS_EXISTS'],
  ['alias.example', 'else.example', 'ADDRESS_EXISTS'],
  ['no domain', 'main.example', 'DOMAIN_INVALID'],
  ['new.example', '*', 'DOMAIN_INVALID'],
  ['[192.0.2.1]', 'main.example', 'DOMAIN_INVALID'],
  ['new.example', '[192.0.2.1]', 'DOMAIN_INVALID'],
  ['', 'main.example', 'DOMAIN_INVALID'],
  [`${'a'.repeat(1_000)}.example`, 'main.example', 'DOMAIN_INVALID'],
])('%j as an alias of %j is refused', async (alias, domain, code) => {
  const { store } = await openTestStore();
  await store.addresses.createDomainAlias('alias.example', 'main.example');
  await expect(store.addresses.createDomainAlias(alias, domain)).rejects.toMatchObject({ code });
  expect(await store.addresses.domainAliases()).toEqual([{ alias: 'alias.example', domain: 'main.example' }]);
});
