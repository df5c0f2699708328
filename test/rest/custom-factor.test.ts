/** A second factor of the calling program's, and counting again what all users use. */

import { expect, test } from 'vitest';
import { SCOPES } from '../../src/model/authentication.ts';
import { openRest } from './rest-fixture.ts';

const PASSWORD = 'correct horse battery';

test('with a custom second factor the caller is told to ask for it, and programs need app passwords', async () => {
  const { call, account, store } = await openRest({}, { secret: Buffer.alloc(32, 1) });
  const { id } = await account('ann', { password: PASSWORD });
  const login = { username: 'ann', password: PASSWORD, token: true };
  const ended: string[] = [];
  store.auth.onRevoked((account) => ended.push(account));
  expect((await call('PUT', `/users/${id}/2fa/custom`, {})).status).toBe(200);
  // Sessions that came in by the password alone end, and not for nothing.
  expect(ended).toEqual([id]);
  await call('PUT', `/users/${id}/2fa/custom`, {});
  expect(ended).toEqual([id]);
  expect((await call('GET', `/users/${id}`)).body.enabled2fa).toEqual(['custom']);
  expect((await call('POST', '/preauth', { username: 'ann' })).body.require2fa).toEqual(['custom']);
  const { body } = await call('POST', '/authenticate', login);
  expect(body).toMatchObject({ id, require2fa: ['custom'], token: expect.any(String) });
  expect(body.twoFactorNonce).toBeUndefined();
  // Whoever does not say that he asks is not let in, by whatever protocol.
  for (const scope of SCOPES) {
    const source = { scope, address: '192.0.2.1' };
    expect(await store.auth.authenticate('ann', PASSWORD, source)).toMatchObject({
      kind: 'refused',
      reason: 'appPasswordRequired',
    });
  }
  for (const scope of ['imap', 'pop3', 'smtp']) {
    expect((await call('POST', '/authenticate', { ...login, scope })).body.code).toBe('AuthFailed');
  }
  const { password } = await store.auth.createAppPassword(id, { scopes: ['imap'] });
  expect((await call('POST', '/authenticate', { username: 'ann', password, scope: 'imap' })).body).toMatchObject({
    require2fa: false,
  });
  expect((await call('DELETE', `/users/${id}/2fa/custom`)).status).toBe(200);
  expect((await call('DELETE', `/users/${id}/2fa/custom`)).status).toBe(200);
  expect((await call('POST', '/authenticate', { ...login, scope: 'imap' })).body.require2fa).toBe(false);
});

test('beside another second factor, that one ends the login', async () => {
  const { call, account, store } = await openRest({}, { secret: Buffer.alloc(32, 1) });
  const { id } = await account('ann', { password: PASSWORD });
  const { generate } = await import('otplib');
  const { secret } = await store.auth.beginTotp(id, 'eider');
  expect(await store.auth.confirmTotp(id, await generate({ secret }))).toBe(true);
  await call('PUT', `/users/${id}/2fa/custom`, {});
  const { body } = await call('POST', '/authenticate', { username: 'ann', password: PASSWORD, token: true });
  expect(body.require2fa.sort()).toEqual(['custom', 'totp']);
  expect([typeof body.twoFactorNonce, body.token]).toEqual(['string', undefined]);
  await call('DELETE', `/users/${id}/2fa`);
  expect((await call('GET', `/users/${id}`)).body.enabled2fa).toEqual([]);
  await call('PUT', `/users/${id}/2fa/custom`, {});
  await call('PUT', `/users/${id}`, { disable2fa: true });
  expect((await call('GET', `/users/${id}`)).body.enabled2fa).toEqual([]);
});

test('it is for who may change the user', async () => {
  const { call, account, tokenOf } = await openRest();
  const [ann, bob] = [await account('ann'), await account('bob')];
  for (const method of ['PUT', 'DELETE']) {
    const path = `/users/${ann.id}/2fa/custom`;
    const body = method === 'PUT' ? {} : null;
    expect((await call(method, path, body, { token: null })).status).toBe(401);
    expect((await call(method, path, body, { token: await tokenOf(bob) })).body.code).toBe('MissingPrivileges');
    expect((await call(method, path, body, { token: await tokenOf('auth') })).body.code).toBe('MissingPrivileges');
    expect((await call(method, `/users/${'a'.repeat(24)}/2fa/custom`, body)).body.code).toBe('UserNotFound');
  }
  expect((await call('PUT', `/users/${ann.id}/2fa/custom`, { x: 1 })).body.code).toBe('InputValidationError');
});

test('what all users use is counted by a job, of which there is one at a time', async () => {
  const { call, account, store, tokenOf } = await openRest();
  const ann = await account('ann');
  await account('bob');
  const { body } = await call('POST', '/quota/reset', {});
  expect((await call('POST', '/quota/reset', {})).body.task).toBe(body.task);
  await store.jobs.runDue();
  expect(await store.jobs.get(body.task)).toMatchObject({ kind: 'recountUsage', state: 'done', done: 2 });
  expect((await call('POST', '/quota/reset', {})).body.task).not.toBe(body.task);
  expect((await call('POST', '/quota/reset', {}, { token: null })).status).toBe(401);
  expect((await call('POST', '/quota/reset', {}, { token: await tokenOf(ann) })).body.code).toBe('MissingPrivileges');
  expect((await call('POST', '/quota/reset', { x: 1 })).body.code).toBe('InputValidationError');
});
