/** Domains that are allowed or blocked for a tag, by the API. */

import { expect, test } from 'vitest';
import { openRest } from './rest-fixture.ts';

test('domains are listed, added, moved and taken off, by tag', async () => {
  const { call } = await openRest();
  const { body: made } = await call('POST', '/domainaccess/Team%207/block', { domain: 'Bad.Example' });
  await call('POST', '/domainaccess/team%207/allow', { domain: 'good.example' });
  const blocked = { id: made.id, domain: 'bad.example', action: 'block' };
  expect((await call('GET', '/domainaccess/team%207/block')).body.results).toEqual([blocked]);
  expect((await call('GET', '/domainaccess/other/block')).body.results).toEqual([]);
  const { body: moved } = await call('POST', '/domainaccess/team%207/allow', { domain: 'bad.example' });
  expect(moved.id).toBe(made.id);
  expect((await call('GET', '/domainaccess/team%207/allow')).body.results).toMatchObject([
    { domain: 'bad.example', action: 'allow' },
    { domain: 'good.example', action: 'allow' },
  ]);
  expect((await call('DELETE', `/domainaccess/${made.id}`)).status).toBe(200);
  expect((await call('DELETE', `/domainaccess/${made.id}`)).body.code).toBe('DomainNotFound');
});

test('mail of a blocked domain is refused for users who were given the tag', async () => {
  const { call, account, store } = await openRest();
  const { id } = await account('ann');
  await call('PUT', `/users/${id}`, { tags: ['team'] });
  await call('POST', '/domainaccess/team/block', { domain: 'bad.example' });
  const outcomes = await store.deliver('Subject: x\r\n\r\nx\r\n', { from: 'eve@bad.example', recipients: ['ann'] });
  expect(outcomes[0]?.error?.code).toBe('DELIVERY_REFUSED');
});

test('lists are for administrators, and only domains come on them', async () => {
  const { call, account, tokenOf } = await openRest();
  const token = await tokenOf(await account('ann'));
  const calls = [
    ['GET', '/domainaccess/t/allow'],
    ['GET', '/domainaccess/t/block'],
    ['POST', '/domainaccess/t/allow', { domain: 'a.example' }],
    ['POST', '/domainaccess/t/block', { domain: 'a.example' }],
    ['DELETE', `/domainaccess/${'0'.repeat(24)}`],
  ] as const;
  for (const [method, path, body] of calls) {
    expect((await call(method, path, body ?? null, { token: null })).status).toBe(401);
    expect((await call(method, path, body ?? null, { token })).body.code).toBe('MissingPrivileges');
  }
  for (const domain of ['', 'a b', 'eve@a.example', '[192.0.2.1]', 7]) {
    expect((await call('POST', '/domainaccess/t/block', { domain })).body.code).toBe('InputValidationError');
  }
  expect((await call('POST', '/domainaccess/t/block', { domain: 'a.example', x: 1 })).status).toBe(400);
  expect((await call('DELETE', '/domainaccess/a.example')).body.code).toBe('InputValidationError');
});
