/** Audits, health and metrics by the API. */

import { expect, test } from 'vitest';
import { openRest } from './rest-fixture.ts';

test('an audit keeps what is removed, and gives all of it', async () => {
  const { call, fetch, account, store, tokenOf } = await openRest({}, { restorableDays: 0 });
  const { id } = await account('ann');
  const expires = new Date(Date.now() + 86_400_000).toISOString();
  const { body: made } = await call('POST', '/audit', { user: id, expires, notes: 'case 1' });
  await store.append(id, 'INBOX', 'Subject: gone\r\n\r\nFrom here\r\n');
  await store.expunge(id, 'INBOX', undefined, { any: true });
  await store.append(id, 'INBOX', 'Subject: there\r\n\r\nx\r\n');
  expect((await call('GET', `/audit/${made.id}`)).body).toMatchObject({
    user: id,
    notes: 'case 1',
    start: null,
    end: null,
    expires,
  });
  const token = await tokenOf('auditclient');
  const answer = await fetch('GET', `/audit/${made.id}/export.mbox`, null, { token });
  const text = await answer.text();
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/mbox']);
  expect(text.match(/^From MAILER-DAEMON /gm)).toHaveLength(2);
  expect(text).toContain('\n>From here\r\n');
  expect((await call('DELETE', `/audit/${made.id}`, null, { token })).body.code).toBe('MissingPrivileges');
  await call('DELETE', `/audit/${made.id}`);
  expect((await call('GET', `/audit/${made.id}`)).body.code).toBe('AuditNotFoundError');
  expect((await call('POST', '/audit', { user: id, expires: '2020-01-01' })).body.code).toBe('InputValidationError');
  expect((await call('POST', '/audit', { user: 'a'.repeat(24), expires })).body.code).toBe('UserNotFound');
});

test('health needs no token, and says when the store cannot be read', async () => {
  const { call, store, api } = await openRest();
  for (const path of ['/health', '/health/live', '/health/ready']) {
    expect((await call('GET', path, null, { token: null })).body).toEqual({ success: true });
  }
  await store.close();
  expect((await api.fetch(new Request('http://x/health/ready'))).status).toBe(503);
  expect((await api.fetch(new Request('http://x/health/live'))).status).toBe(200);
});

test('metrics are counted where they are wanted, and told to nobody else', async () => {
  const { fetch, call, tokenOf, account } = await openRest({ metrics: true });
  const ann = await account('ann');
  for (let n = 0; n < 3; n++) await call('GET', `/users/${ann.id}`);
  await call('GET', `/users/${'0'.repeat(24)}`);
  const text = await (await fetch('GET', '/metrics')).text();
  expect(text).toContain('eider_http_requests_total{operation="getUser",status="200"} 3\n');
  expect(text).toContain('eider_http_requests_total{operation="getUser",status="404"} 1\n');
  expect(text).toContain('eider_http_request_duration_seconds_count{operation="getUser"} 4\n');
  expect(text).toMatch(/^eider_process_memory_bytes\{kind="rss"\} \d+$/m);
  expect(text.split('\n').filter((line) => line && !/^(?:#.*|[a-z_]+(?:\{[^}]*\})? [\d.e+-]+)$/.test(line))).toEqual(
    [],
  );
  expect((await fetch('GET', '/metrics', null, { token: null })).status).toBe(401);
  expect((await fetch('GET', '/metrics', null, { token: await tokenOf(ann) })).status).toBe(403);
  expect((await (await openRest()).fetch('GET', '/metrics')).status).toBe(404);
});
