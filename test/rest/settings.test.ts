/** Settings by the API. */

import { expect, test } from 'vitest';
import { openRest } from './rest-fixture.ts';

test('a setting is told, changed, followed, and taken back', async () => {
  const { call, account } = await openRest({}, { limits: { octets: 1_000 } });
  const { id } = await account('ann');
  const quota = async () => (await call('GET', `/users/${id}`)).body.limits.quota.allowed;
  expect((await call('GET', '/settings/const:max:storage')).body).toMatchObject({ value: 1_000 });
  expect((await call('POST', '/settings/const:max:storage', { value: 2_000 })).body.key).toBe('const:max:storage');
  expect(await quota()).toBe(2_000);
  const { settings } = (await call('GET', '/settings?filter=storage')).body;
  expect(settings).toMatchObject([
    { key: 'const:max:storage', value: 2_000, default: 1_000, custom: true, type: 'size' },
  ]);
  await call('POST', '/settings/const%3Amax%3Astorage', { value: '3000' });
  expect(await quota()).toBe(3_000);
  await call('POST', '/settings/const:max:storage', { value: 0 });
  expect([await quota(), (await call('GET', '/settings/const:max:storage')).body.value]).toEqual([0, 0]);
  await call('POST', '/settings/const:max:storage', { value: null });
  expect(await quota()).toBe(1_000);
});

test('every setting that is told of changes a limit of users', async () => {
  const { call, account, tokenOf } = await openRest();
  const { id } = await account('ann');
  const token = await tokenOf('settings');
  const { settings } = (await call('GET', '/settings', null, { token })).body;
  expect(settings).toHaveLength(5);
  for (const [index, { key, value, custom }] of settings.entries()) {
    expect([value, custom]).toEqual([0, false]);
    await call('POST', `/settings/${key}`, { value: 100 + index }, { token });
  }
  const { limits } = (await call('GET', `/users/${id}`)).body;
  const values = ['quota', 'recipients', 'forwards', 'mailboxes', 'filters'].map((name) => limits[name].allowed);
  expect(values).toEqual([100, 101, 102, 103, 104]);
});

test('what nothing would follow is refused, and so is who may not', async () => {
  const { call, account, tokenOf, store } = await openRest();
  for (const key of ['const:archive:time', 'const:max:rcpt_to', '__proto__', 'x']) {
    expect((await call('POST', `/settings/${key}`, { value: 1 })).body.code).toBe('SettingNotFound');
    expect((await call('GET', `/settings/${key}`)).body.code).toBe('SettingNotFound');
  }
  for (const value of [-1, 1.5, 'many', '', true, {}]) {
    expect((await call('POST', '/settings/const:max:storage', { value })).body.code).toBe('InputValidationError');
  }
  expect((await call('POST', '/settings/const:max:storage', {})).body.code).toBe('InputValidationError');
  const token = await tokenOf(await account('ann'));
  for (const [method, path, body] of [
    ['GET', '/settings', null],
    ['GET', '/settings/const:max:storage', null],
    ['POST', '/settings/const:max:storage', { value: 1 }],
  ] as const) {
    expect((await call(method, path, body, { token: null })).status).toBe(401);
    expect((await call(method, path, body, { token })).body.code).toBe('MissingPrivileges');
  }
  expect(await store.defaultLimits.stored()).toEqual({});
});
