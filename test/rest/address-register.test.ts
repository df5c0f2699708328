/** The register of addresses by the API. */

import { expect, test } from 'vitest';
import { openRest } from './rest-fixture.ts';

const TO = [{ name: 'test töster', address: 'bestöser@öxample.com' }];

test('addresses of drafts and of mail that is sent are found again', async () => {
  const { call, account } = await openRest();
  const { id } = await account('ann');
  await call('POST', `/users/${id}/addresses`, { address: 'ann@example.com' });
  const { body: boxes } = await call('GET', `/users/${id}/mailboxes`);
  const drafts = boxes.results.find((one: { path: string }) => one.path === 'Drafts').id;
  const find = async (query: string) =>
    (await call('GET', `/users/${id}/addressregister?query=${encodeURIComponent(query)}`)).body.results;
  const draft = { draft: true, to: TO, subject: 'a', text: 'b' };
  const { body: kept } = await call('POST', `/users/${id}/mailboxes/${drafts}/messages`, draft);
  expect(await find('best')).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      name: 'test töster',
      address: 'bestöser@öxample.com',
      disabled: false,
    },
  ]);
  await call('POST', `/users/${id}/mailboxes/${drafts}/messages`, { to: [{ address: 'no@draft.example' }], text: 'b' });
  expect(await find('draft.example')).toEqual([]);
  const cc = [{ address: 'cc@example.net' }];
  await call('POST', `/users/${id}/submit`, {
    to: [{ address: 'to@example.net' }],
    cc,
    bcc: [{ address: 'bcc@example.net' }],
    text: 'x',
  });
  expect((await find('example.net')).map(({ address }: { address: string }) => address).sort()).toEqual([
    'bcc@example.net',
    'cc@example.net',
    'to@example.net',
  ]);
  const [{ id: entry }] = await find('töst');
  expect((await call('PUT', `/users/${id}/addressregister/${entry}`, { disabled: true })).body).toEqual({
    success: true,
  });
  expect(await find('best')).toEqual([]);
  await call('POST', `/users/${id}/mailboxes/${drafts}/messages/${kept.message.id}/submit`, {});
  expect(await find('best')).toEqual([]);
});

test('the register of others, and what is none, is refused', async () => {
  const { call, account, tokenOf, store } = await openRest();
  const [ann, ben] = [await account('ann'), await account('ben')];
  await store.addressRegister.remember(ann.id, TO);
  const [{ id }] = (await store.addressRegister.find(ann.id, 'best')) as [{ id: string }];
  const token = await tokenOf(ben);
  const own = { token: await tokenOf(ann) };
  expect((await call('GET', `/users/me/addressregister?query=best`, null, own)).body.results.length).toBe(1);
  const [list, one] = [`/users/${ann.id}/addressregister?query=best`, `/users/${ann.id}/addressregister/${id}`];
  expect((await call('GET', list, null, { token: null })).status).toBe(401);
  expect((await call('PUT', one, { disabled: true }, { token: null })).status).toBe(401);
  expect((await call('GET', list, null, { token })).body.code).toBe('MissingPrivileges');
  expect((await call('PUT', one, { disabled: true }, { token })).body.code).toBe('MissingPrivileges');
  const none = '0'.repeat(24);
  expect((await call('PUT', `/users/${ann.id}/addressregister/${none}`, { disabled: true })).body.code).toBe(
    'AddressNotFound',
  );
  expect((await call('PUT', `/users/${ben.id}/addressregister/${id}`, { disabled: true })).body.code).toBe(
    'AddressNotFound',
  );
  expect((await call('GET', `/users/${none}/addressregister?query=a`)).body.code).toBe('UserNotFound');
  for (const query of [
    '',
    '?query=',
    '?query=%20',
    `?query=${'a'.repeat(256)}`,
    '?query=a&limit=0',
    '?query=a&limit=251',
    '?query=a&x=1',
  ]) {
    expect((await call('GET', `/users/${ann.id}/addressregister${query}`)).body.code).toBe('InputValidationError');
  }
  for (const body of [{}, { disabled: 'x' }, { disabled: true, name: 'x' }]) {
    expect((await call('PUT', one, body)).body.code).toBe('InputValidationError');
  }
});
