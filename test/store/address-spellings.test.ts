/** Addresses in any script and spelling: which are one, which are not, and which are none. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MessageStore } from '../../src/store/message-store.ts';
import { openTestedStore } from '../engine-under-test.ts';

let store: MessageStore;
beforeAll(async () => {
  store = await openTestedStore();
  for (const [name, address] of [
    ['andris', 'андрис@уайлддак.орг'],
    ['jorg', 'Jörg@bücher.example'],
    ['hindi', 'संपर्क@डाटामेल.भारत'],
    ['persian', 'خانه\u200cها@نامه.example'],
    ['emoji', '📮@example.org'],
    ['latin', 'paypal@example.org'],
    ['cyrillic', 'pаypаl@example.org'],
    ['quoted', '"a b"@example.org'],
    ['at', '"a@b"@example.org'],
    ['sharp', 'straße@straße.example'],
    ['hangul', '한국@example.org'],
  ] as const) {
    await store.accounts.create({ name, address });
  }
});
afterAll(() => store.close());

test.each([
  ['андрис@уайлддак.орг', 'andris'],
  ['АНДРИС@УАЙЛДДАК.ОРГ', 'andris'],
  ['андрис@xn--80aalaxjd5d.xn--c1avg', 'andris'],
  ['андрис+метка@XN--80AALAXJD5D.xn--C1AVG.', 'andris'],
  ['"андрис"@уайлддак.орг', 'andris'],
  ['jörg@bücher.example', 'jorg'],
  ['jo\u0308rg@bu\u0308cher.example', 'jorg'],
  ['JO\u0308RG@xn--bcher-kva.example', 'jorg'],
  ['jorg@bücher.example', null],
  ['jörg@bucher.example', null],
  ['संपर्क@डाटामेल.भारत', 'hindi'],
  ['संपर्क@xn--c2bd4bq1db8d.xn--h2brj9c', 'hindi'],
  ['خانه\u200cها@نامه.example', 'persian'],
  ['خانهها@نامه.example', null],
  ['📮@example.org', 'emoji'],
  ['paypal@example.org', 'latin'],
  ['PAYPAL@example.org', 'latin'],
  ['pаypаl@example.org', 'cyrillic'],
  ['pаypal@example.org', null],
  ['"a b"@example.org', 'quoted'],
  ['"A\\ B"@example.org', 'quoted'],
  ['a b@example.org', null],
  ['"a@b"@example.org', 'at'],
  ['a@b@example.org', null],
  ['straße@straße.example', 'sharp'],
  ['straße@xn--strae-oqa.example', 'sharp'],
  ['strasse@straße.example', null],
  ['straße@strasse.example', null],
  ['\u1112\u1161\u11ab\u1100\u116e\u11a8@example.org', 'hangul'],
  ['pay\u202epal@example.org', null],
  ['paypal\u2066@example.org', null],
  ['pay\u200bpal@example.org', null],
  ['paypal@exa\u202emple.org', null],
  ['paypal@ｅｘａｍｐｌｅ。ｏｒｇ', 'latin'],
  ['ｐaypal@example.org', null],
  [`paypal@${'a'.repeat(1_000)}.org`, null],
  [`paypal@${'ü'.repeat(1_000)}.org`, null],
])('%j is %s', async (address, name) => {
  const route = await store.addresses.resolve(address);
  expect(route?.type === 'account' ? route.account.name : null).toBe(name);
});

describe('none of these becomes anybody’s', () => {
  test.each([
    'ann\u202e@example.org',
    '\u2067ann@example.org',
    'a\u0000nn@example.org',
    'ann@exam\u00adple.org',
    '\ud800@example.org',
    'ann\u200e@example.org',
    `ann@${'a'.repeat(1_000)}.example`,
    `ann@${'名'.repeat(1_000)}.example`,
    `${'a'.repeat(1_000)}@example.org`,
    'ann@xn--\u202e.example',
  ])('%j', async (address) => {
    const refused = { code: 'ADDRESS_INVALID' };
    const { id } = await store.accounts.get('latin');
    await expect(store.accounts.create({ name: 'new', address })).rejects.toMatchObject(refused);
    await expect(store.addresses.add(id, address)).rejects.toMatchObject(refused);
    await expect(store.addresses.add(id, `*${address}`)).rejects.toMatchObject(refused);
    const targets = ['else@else.example'];
    await expect(store.addresses.createForwardingAddress(address, { targets })).rejects.toMatchObject(refused);
    const forward = store.addresses.createForwardingAddress('free@example.org', { targets: [address] });
    await expect(forward).rejects.toMatchObject(refused);
    expect(await store.addresses.resolve(address)).toBeNull();
    expect(await store.addresses.resolve('free@example.org')).toBeNull();
  });
});

test.each([
  ['андрис@уайлддак.орг', 'андрис@xn--80aalaxjd5d.xn--c1avg'],
  ['jörg@bücher.example', 'jo\u0308rg@xn--bcher-kva.example'],
  ['"a b"@example.org', '"A B"@EXAMPLE.org'],
])('%s is taken, however it is spelt', async (address, spelling) => {
  const { id } = await store.accounts.get('latin');
  const taken = { code: 'ADDRESS_EXISTS' };
  for (const one of [address, spelling]) {
    await expect(store.accounts.create({ name: 'new', address: one })).rejects.toMatchObject(taken);
    await expect(store.addresses.add(id, one)).rejects.toMatchObject(taken);
    const targets = ['else@else.example'];
    await expect(store.addresses.createForwardingAddress(one, { targets })).rejects.toMatchObject(taken);
  }
});

test('homographs of domains are two domains; an alias in any spelling is one', async () => {
  const { addresses } = store;
  await addresses.createDomainAlias('xn--80aalaxjd5d.example', 'уайлддак.орг');
  expect(await addresses.domainAlias('УАЙЛДДАК.example')).toBe('уайлддак.орг');
  expect(await addresses.resolve('андрис@уайлддак.example')).toMatchObject({ account: { name: 'andris' } });
  expect(await addresses.domainAlias('yaйлддaк.example')).toBeNull();
  await expect(addresses.createDomainAlias('уайлддак.example', 'example.org')).rejects.toMatchObject({
    code: 'ADDRESS_EXISTS',
  });
});
