/** Accounts by the API. */

import { describe, expect, test } from 'vitest';
import { openRest } from './rest-fixture.ts';

const SOME = { username: 'ann@example.com', password: 'correct horse battery' };

describe('making a user', () => {
  test('makes one that can be told of, found by name and logged in to', async () => {
    const { call, store } = await openRest();
    const { body: made } = await call('POST', '/users', {
      ...SOME,
      name: 'Ann Other',
      language: 'et',
      tags: ['beta', 'Alpha', 'BETA'],
      quota: '1000000',
      spamLevel: 70,
      targets: ['else@example.net'],
      metaData: { shoe: 38 },
      internalData: '{"plan":"gold"}',
      fromWhitelist: ['*@example.org'],
      requirePasswordChange: true,
    });
    expect(made.id).toMatch(/^[0-9a-f]{24}$/);
    const { body: user } = await call('GET', `/users/${made.id}`);
    expect(user).toMatchObject({
      username: 'ann@example.com',
      address: 'ann@example.com',
      name: 'Ann Other',
      language: 'et',
      tags: ['Alpha', 'beta'],
      limits: { quota: { allowed: 1_000_000, used: 0 } },
      spamLevel: 70,
      targets: ['else@example.net'],
      metaData: { shoe: 38 },
      internalData: { plan: 'gold' },
      fromWhitelist: ['*@example.org'],
      hasPasswordSet: true,
      requirePasswordChange: true,
    });
    expect((await call('GET', '/users/resolve/ann%40example.com')).body.id).toBe(made.id);
    expect((await store.accounts.authenticate(SOME.username, SOME.password)).id).toBe(made.id);
  });

  test('takes a hash, no password at all, and no address', async () => {
    const { call } = await openRest();
    const hash = '$2b$04$RmXkd1oUuSGVaULMAIrfBeNS/4fWHK4FqhjpNbCCNz5aBlBrN3FKK';
    await call('POST', '/users', { username: 'hashed', password: hash, hashedPassword: true });
    const { body } = await call('POST', '/users', {
      username: 'bare@example.com',
      password: false,
      emptyAddress: true,
    });
    expect((await call('GET', `/users/${body.id}`)).body).toMatchObject({ hasPasswordSet: false, address: '' });
  });

  test.each([
    [{ ...SOME, username: '' }, 'username'],
    [{ ...SOME, username: 'with space' }, null],
    [{ ...SOME, password: 7 }, 'password'],
    [{ ...SOME, quota: -1 }, 'quota'],
    [{ ...SOME, quota: 1e30 }, 'quota'],
    [{ ...SOME, wrong: true }, 'wrong'],
    [{ ...SOME, metaData: '[1]' }, 'metaData'],
    [{ ...SOME, metaData: 'x{' }, 'metaData'],
    [{ ...SOME, targets: ['https://example.com/hook'] }, 'targets'],
    [{ ...SOME, pubKey: 'no key' }, null],
    [{ username: 'ann' }, 'password'],
  ])('%j is refused, and nothing is made', async (input, field) => {
    const { call, store } = await openRest();
    const { status, body } = await call('POST', '/users', input);
    expect([status, body.code]).toEqual([400, 'InputValidationError']);
    if (field) expect(Object.keys(body.details)).toContain(field);
    for await (const account of store.accounts.list()) expect.unreachable(account.name);
  });

  test('a name is given once', async () => {
    const { call } = await openRest();
    await call('POST', '/users', SOME);
    const { status, body } = await call('POST', '/users', SOME);
    expect([status, body.code]).toEqual([400, 'UserExistsError']);
  });
});

describe('changing a user', () => {
  test('changes what is given, and leaves the rest', async () => {
    const { call, account } = await openRest();
    const { id } = await account('ann', { password: 'first one' });
    await call('PUT', `/users/${id}`, { name: 'Ann', quota: 5000, tags: ['x'] });
    await call('PUT', `/users/${id}`, { metaData: { a: 1 }, disabled: 'yes' });
    expect((await call('GET', `/users/${id}`)).body).toMatchObject({
      name: 'Ann',
      tags: ['x'],
      metaData: { a: 1 },
      disabled: true,
      limits: { quota: { allowed: 5000 } },
    });
    await call('PUT', `/users/${id}`, { quota: 0, disabled: false });
    expect((await call('GET', `/users/${id}`)).body).toMatchObject({
      disabled: false,
      limits: { quota: { allowed: 0 } },
    });
  });

  test('limits on traffic and sessions are set, shown with what was used, and taken back', async () => {
    const { call, account, tokenOf, store } = await openRest();
    const ann = await account('ann');
    const limits = async (): Promise<object> => (await call('GET', `/users/${ann.id}`)).body.limits;
    const unused = { allowed: 0, used: 0, ttl: false };
    expect(await limits()).toMatchObject({
      ...{ imapUpload: unused, imapDownload: unused, pop3Download: unused, pop3MaxMessages: { allowed: 0 } },
      imapMaxConnections: { allowed: 0, used: 0 },
    });
    await call('PUT', `/users/${ann.id}`, {
      ...{ imapMaxUpload: 1_000, imapMaxDownload: 2_000, imapMaxConnections: 2 },
      ...{ pop3MaxDownload: 3_000, pop3MaxMessages: 250 },
    });
    const traffic = await store.traffic.begin(await store.accounts.get(ann.id), 'imap', 15);
    traffic.add('upload', 10);
    traffic.add('download', 2_345);
    const shown = (await limits()) as { imapDownload: { ttl: number } };
    expect(shown).toMatchObject({
      imapUpload: { allowed: 1_000, used: 10 },
      imapDownload: { allowed: 2_000, used: 2_345 },
      imapMaxConnections: { allowed: 2, used: 1 },
      pop3Download: { allowed: 3_000, used: 0, ttl: false },
      pop3MaxMessages: { allowed: 250 },
    });
    expect(Math.abs(shown.imapDownload.ttl - 86_400)).toBeLessThan(60);
    // Not by who is limited.
    await call('PUT', '/users/me', { imapMaxDownload: 10 ** 12, name: 'Ann' }, { token: await tokenOf(ann) });
    expect(await limits()).toMatchObject({ imapDownload: { allowed: 2_000 } });
    for (const value of [-1, 0.5, 'many', 1e30]) {
      const { status, body } = await call('PUT', `/users/${ann.id}`, { imapMaxConnections: value });
      expect([status, Object.keys(body.details)]).toEqual([400, ['imapMaxConnections']]);
    }
    await call('PUT', `/users/${ann.id}`, { imapMaxDownload: 0 });
    expect(await limits()).toMatchObject({ imapDownload: { allowed: 0, used: 2_345 } });
  });

  test('a new password ends tokens; the old one must be right where it is given', async () => {
    const { call, account, tokenOf, store } = await openRest();
    const ann = await account('ann', { password: 'first one' });
    const token = await tokenOf(ann);
    const wrong = await call('PUT', '/users/me', { existingPassword: 'nonsense', password: 'second one' }, { token });
    expect([wrong.status, wrong.body.code]).toEqual([403, 'AuthFailed']);
    await call('PUT', '/users/me', { existingPassword: 'first one', password: 'second one' }, { token });
    expect((await call('GET', '/users/me', null, { token })).status).toBe(401);
    await expect(store.accounts.authenticate('ann', 'second one')).resolves.toMatchObject({ id: ann.id });
  });

  test('the old password cannot be guessed by who has a token', async () => {
    const limits = { addressAndAccount: { failures: 2, windowMs: 900_000 } };
    const { call, account, tokenOf } = await openRest({}, { authentication: { limits } });
    const ann = await account('ann', { password: 'first one' });
    const token = await tokenOf(ann);
    const guess = (existingPassword: string) => call('PUT', '/users/me', { existingPassword, name: 'A' }, { token });
    for (const wrong of ['one', 'two']) expect((await guess(wrong)).body.code).toBe('AuthFailed');
    expect((await guess('three')).body.code).toBe('RateLimitedError');
    expect((await guess('first one')).body.code).toBe('RateLimitedError');
  });

  test('people cannot change what is not theirs to change', async () => {
    const { call, account, tokenOf } = await openRest();
    const ann = await account('ann');
    await call('PUT', `/users/${ann.id}`, { quota: 100, tags: ['free'], internalData: { a: 1 } });
    const token = await tokenOf(ann);
    await call(
      'PUT',
      '/users/me',
      { quota: 10 ** 9, tags: ['gold'], internalData: {}, suspended: false, name: 'A' },
      { token },
    );
    expect((await call('GET', `/users/${ann.id}`)).body).toMatchObject({
      name: 'A',
      tags: ['free'],
      internalData: { a: 1 },
      limits: { quota: { allowed: 100 } },
    });
    const own = await call('GET', '/users/me', null, { token });
    expect(own.body).not.toHaveProperty('internalData');
    expect(own.body).not.toHaveProperty('tags');
  });
});

describe('the list of users', () => {
  test('comes in pages, forth and back', async () => {
    const { call, account } = await openRest();
    const ids = await Promise.all(Array.from({ length: 7 }, async (_, n) => (await account(`user${n}`)).id));
    ids.sort();
    const page = async (query: string): Promise<{ ids: string[]; next: string | false; previous: string | false }> => {
      const { body } = await call('GET', `/users?limit=3${query}`);
      expect(body.total).toBe(7);
      return {
        ids: body.results.map((one: { id: string }) => one.id),
        next: body.nextCursor,
        previous: body.previousCursor,
      };
    };
    const first = await page('');
    expect([first.ids, first.previous]).toEqual([ids.slice(0, 3), false]);
    const second = await page(`&next=${first.next}`);
    expect(second.ids).toEqual(ids.slice(3, 6));
    const third = await page(`&next=${second.next}`);
    expect([third.ids, third.next]).toEqual([ids.slice(6), false]);
    const back = await page(`&previous=${third.previous}`);
    expect(back.ids).toEqual(second.ids);
    const begin = await page(`&previous=${back.previous}`);
    expect([begin.ids, begin.previous, begin.next]).toEqual([first.ids, false, first.next]);
  });

  test('is of those who match', async () => {
    const { call, account } = await openRest();
    const [ann, bob] = [await account('ann@example.com'), await account('bob')];
    await call('PUT', `/users/${ann.id}`, { tags: ['Red', 'blue'], targets: ['far@example.net'] });
    await call('PUT', `/users/${bob.id}`, { tags: ['blue'] });
    const names = async (query: string): Promise<string[]> =>
      (await call('GET', `/users?${query}`)).body.results.map((one: { username: string }) => one.username);
    expect(await names('query=EXAMPLE')).toEqual(['ann@example.com']);
    expect(await names('tags=red,green')).toEqual(['ann@example.com']);
    expect((await names('tags=blue')).sort()).toEqual(['ann@example.com', 'bob']);
    expect(await names('requiredTags=blue,red')).toEqual(['ann@example.com']);
    expect(await names('forward=far@')).toEqual(['ann@example.com']);
    expect(await names('query=nobody')).toEqual([]);
  });

  test.each(['next=x', 'next=WzEsMV0', 'previous=WzEsbnVsbF0', 'limit=0', 'limit=251', 'limit=many', 'limit=1e99'])(
    'GET /users?%s is refused',
    async (query) => {
      const { call } = await openRest();
      expect((await call('GET', `/users?${query}`)).body.code).toBe('InputValidationError');
    },
  );
});

test('a user is deleted, told of, and restored', async () => {
  const { call, account, store } = await openRest();
  const ann = await account('ann@example.com');
  await store.append(ann.id, 'INBOX', 'Subject: kept\r\n\r\nhello\r\n');
  expect((await call('DELETE', `/users/${ann.id}`)).body).toMatchObject({ code: 'TaskScheduled', user: ann.id });
  expect((await call('GET', `/users/${ann.id}`)).body.code).toBe('UserNotFound');
  expect((await call('GET', `/users/${ann.id}/restore`)).body).toMatchObject({ username: 'ann@example.com' });
  expect((await call('POST', `/users/${ann.id}/restore`)).body.user).toBe(ann.id);
  expect((await store.mailbox(ann.id, 'INBOX')).messages).toBe(1);
  expect((await call('POST', `/users/${ann.id}/restore`)).body.code).toBe('UserNotFound');
});

test('a temporary password opens the account once, until it is changed', async () => {
  const { call, account, store } = await openRest();
  const ann = await account('ann', { password: 'forgotten' });
  const { body } = await call('POST', `/users/${ann.id}/password/reset`);
  expect(body.password).toMatch(/^[a-z2-9]{16}$/);
  expect(await store.auth.status(ann.id)).toMatchObject({ mustChange: true, passwordExpires: expect.any(Number) });
});

test('what is used can be counted again', async () => {
  const { call, account, store } = await openRest();
  const ann = await account('ann');
  const { size } = await store.append(ann.id, 'INBOX', 'Subject: x\r\n\r\ny\r\n');
  expect((await call('POST', `/users/${ann.id}/quota/reset`)).body).toMatchObject({
    storageUsed: size,
    previousStorageUsed: size,
  });
});
