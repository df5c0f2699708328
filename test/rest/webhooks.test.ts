/** Webhooks by the API. */

import { expect, test } from 'vitest';
import { receive } from '../webhooks/receiver.ts';
import { openRest, type RestFixture } from './rest-fixture.ts';

const NONE = '0'.repeat(24);
const URL = 'https://crm.example.com/mail';

async function openHooked(): Promise<RestFixture> {
  return openRest({}, { secret: Buffer.alloc(32, 7), webhooks: { allowPrivate: true, waitsMs: [10] } });
}

test('are made, listed, changed and forgotten', async () => {
  const { call, account } = await openHooked();
  const { id: user } = await account('ann');
  const one = await call('POST', '/webhooks', { type: '*', url: URL });
  expect(one).toMatchObject({ status: 200, body: { success: true, secret: expect.stringMatching(/^whsec_/) } });
  const two = await call('POST', '/webhooks', { type: ['message.*', 'mailbox.created'], url: URL, user });
  const { body: all } = await call('GET', '/webhooks');
  expect(all).toMatchObject({
    total: 2,
    page: 1,
    previousCursor: false,
    nextCursor: false,
    results: [
      { id: one.body.id, type: ['*'], user: null, url: URL, signed: true, failures: 0, disabled: null, nextTry: null },
      { id: two.body.id, type: ['message.*', 'mailbox.created'], user },
    ],
  });
  expect(JSON.stringify(all)).not.toContain('whsec_');
  const ids = async (query: string): Promise<string[]> =>
    (await call('GET', `/webhooks?${query}`)).body.results.map(({ id }: { id: string }) => id);
  expect(await ids(`user=${user}`)).toEqual([two.body.id]);
  expect(await ids('type=*')).toEqual([one.body.id]);
  const { body: first } = await call('GET', '/webhooks?limit=1');
  expect(await ids(`limit=1&next=${first.nextCursor}`)).toEqual([two.body.id]);
  await call('PUT', `/webhooks/${two.body.id}`, { user: null, type: 'mailbox.*', url: `${URL}/2`, disabled: true });
  expect((await call('GET', `/webhooks/${two.body.id}`)).body).toMatchObject({
    type: ['mailbox.*'],
    user: null,
    url: `${URL}/2`,
    disabled: 'asked',
  });
  const { body: other } = await call('POST', `/webhooks/${one.body.id}/secret`);
  expect(other.secret).not.toBe(one.body.secret);
  expect((await call('DELETE', `/webhooks/${one.body.id}`)).body).toEqual({ success: true });
  expect(await ids('')).toEqual([two.body.id]);
});

test('what one did not take is listed, posted again or thrown away; what it took is told again', async () => {
  const { call, account, store } = await openHooked();
  const { id: user } = await account('ann');
  let status = 400;
  const { url, posted } = await receive(() => status);
  const { body: made } = await call('POST', '/webhooks', { type: 'message.received', url });
  store.webhooks.start();
  for (const subject of ['a', 'b', 'c']) await store.append(user, 'INBOX', `Subject: ${subject}\r\n\r\nx\r\n`);
  const letters = `/webhooks/${made.id}/letters`;
  await expect.poll(async () => (await call('GET', letters)).body.results.length, { timeout: 5_000 }).toBe(3);
  const { body: page } = await call('GET', `${letters}?limit=2`);
  expect(page.results).toMatchObject([
    { tries: 5, error: 'the webhook has answered 400', nextTry: null, event: posted[0]?.event },
    { event: { message: 2 } },
  ]);
  const { body: rest } = await call('GET', `${letters}?limit=2&next=${page.nextCursor}`);
  expect([rest.results.length, rest.nextCursor]).toEqual([1, false]);
  status = 204;
  const [first, second] = page.results;
  expect((await call('POST', `${letters}/resend`, { letters: [second.id, NONE] })).body.letters).toBe(1);
  await expect.poll(async () => (await call('GET', letters)).body.results.length).toBe(2);
  expect((await call('POST', `${letters}/discard`, { letters: [first.id] })).body.letters).toBe(1);
  expect((await call('POST', `${letters}/discard`, {})).body.letters).toBe(1);
  const before = posted.length;
  expect((await call('POST', `/webhooks/${made.id}/replay`, { after: first.id })).status).toBe(200);
  await expect.poll(() => posted.slice(before).map(({ event }) => event.message)).toEqual([2, 3]);
});

test('what administrators do is told with the ids that the API has', async () => {
  const { call, store } = await openHooked();
  const { url, posted } = await receive();
  await call('POST', '/webhooks', {
    type: ['user.*', 'address.*', 'asp.*', 'filter.*', 'domainalias.*', 'dkim.*'],
    url,
  });
  store.webhooks.start();
  const { id: user } = (
    await call('POST', '/users', { username: 'ann', password: 'correct horse', address: 'a@b.example' })
  ).body;
  const { id: address } = (await call('POST', `/users/${user}/addresses`, { address: 'c@b.example' })).body;
  const { id: asp } = (await call('POST', `/users/${user}/asps`, { description: 'x', scopes: ['imap'] })).body;
  const { id: filter } = (
    await call('POST', `/users/${user}/filters`, { query: { from: 'x' }, action: { flag: true } })
  ).body;
  const { id: domainalias } = (await call('POST', '/domainaliases', { alias: 'd.example', domain: 'b.example' })).body;
  const { id: dkim, selector } = (await call('POST', '/dkim', { domain: 'b.example', selector: 'one' })).body;
  await call('DELETE', `/users/${user}/addresses/${address}`);
  await call('DELETE', `/users/${user}/asps/${asp}`);
  await call('DELETE', `/users/${user}`);
  await expect.poll(() => posted.length, { timeout: 5_000 }).toBe(10);
  expect(posted.map(({ event: { id: _id, time: _time, fingerprint: _fingerprint, ...event } }) => event)).toEqual([
    { ev: 'user.created', user },
    { ev: 'address.user.created', user, address: expect.stringMatching(/^[0-9a-f]{24}$/), value: 'a@b.example' },
    { ev: 'address.user.created', user, address, value: 'c@b.example' },
    { ev: 'asp.created', user, asp },
    { ev: 'filter.created', user, filter },
    { ev: 'domainalias.created', domainalias, alias: 'd.example', domain: 'b.example' },
    { ev: 'dkim.created', dkim, domain: 'b.example', selector },
    { ev: 'address.user.deleted', user, address, value: 'c@b.example' },
    { ev: 'asp.deleted', user, asp },
    { ev: 'user.delete.started', user },
  ]);
});

test('are for administrators, and none is made of what is none', async () => {
  const { call, account, tokenOf } = await openHooked();
  const token = await tokenOf(await account('ann'));
  const { body: made } = await call('POST', '/webhooks', { type: '*', url: URL });
  const calls = (id: string) =>
    [
      ['GET', `/webhooks/${id}`],
      ['PUT', `/webhooks/${id}`, {}],
      ['POST', `/webhooks/${id}/secret`],
      ['POST', `/webhooks/${id}/replay`, { after: NONE }],
      ['GET', `/webhooks/${id}/letters`],
      ['POST', `/webhooks/${id}/letters/resend`, {}],
      ['POST', `/webhooks/${id}/letters/discard`, {}],
      ['DELETE', `/webhooks/${id}`],
    ] as const;
  for (const [method, path, body] of calls(made.id)) {
    expect((await call(method, path, body ?? null, { token: null })).status).toBe(401);
    expect((await call(method, path, body ?? null, { token })).body.code).toBe('MissingPrivileges');
  }
  expect((await call('GET', '/webhooks', null, { token })).body.code).toBe('MissingPrivileges');
  expect((await call('POST', '/webhooks', { type: '*', url: URL }, { token })).body.code).toBe('MissingPrivileges');
  for (const [method, path, body] of calls(NONE)) {
    expect((await call(method, path, body ?? null)).body.code).toBe('WebhookNotFound');
  }
  for (const [method, path, body] of calls('none')) {
    expect((await call(method, path, body ?? null)).body.code).toBe('InputValidationError');
  }
  const bad = [
    {},
    { url: URL },
    { type: '*' },
    { type: 'message.eaten', url: URL },
    { type: [], url: URL },
    { type: '*', url: 'ftp://example.com' },
    { type: '*', url: 'https://a:b@example.com' },
    { type: '*', url: URL, after: 'yesterday' },
    { type: '*', url: URL, x: 1 },
  ];
  for (const body of bad) expect((await call('POST', '/webhooks', body)).body.code).toBe('InputValidationError');
  expect((await call('POST', '/webhooks', { type: '*', url: URL, user: NONE })).body.code).toBe('UserNotFound');
  expect((await call('PUT', `/webhooks/${made.id}`, { user: NONE })).body.code).toBe('UserNotFound');
  expect((await call('POST', `/webhooks/${made.id}/replay`, { after: 'x' })).body.code).toBe('InputValidationError');
  expect((await call('GET', '/webhooks')).body.total).toBe(1);
});
