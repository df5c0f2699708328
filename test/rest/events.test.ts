/** The stream of what happens in all accounts. */

import { expect, onTestFinished, test } from 'vitest';
import { mailboxObjectId } from '../../src/model/object-ids.ts';
import { openRest, type RestFixture } from './rest-fixture.ts';

interface Told {
  readonly id?: string;
  readonly event?: string;
  readonly data?: Record<string, unknown>;
}

/** The stream as a client reads it: blocks with fields. */
async function follow(
  { fetch }: RestFixture,
  query = '',
  headers: Record<string, string> = {},
): Promise<() => Promise<Told>> {
  const response = await fetch('GET', `/events${query}`, null, { headers });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  onTestFinished(() => reader.cancel());
  let text = '';
  return async () => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const fields = text
          .slice(0, end)
          .split('\n')
          .map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]);
        text = text.slice(end + 2);
        const { data, ...rest } = Object.fromEntries(fields) as Record<string, string>;
        if (data !== undefined) return { ...rest, data: JSON.parse(data) as Record<string, unknown> };
        if (rest.retry !== undefined) return rest;
        continue;
      }
      const { done, value } = await reader.read();
      if (done) throw new Error('the stream has ended');
      text += Buffer.from(value).toString();
    }
  };
}

test('it tells of all accounts, goes on after a position, and of the types and the user that are asked for', async () => {
  const rest = await openRest();
  const [ann, ben] = [await rest.account('ann'), await rest.account('ben')];
  const next = await follow(rest);
  const start = (await next()).id as string;
  const { uid, mailboxId } = await rest.store.append(ann.id, 'INBOX', 'Subject: a\r\n\r\n');
  await rest.store.createMailbox(ben.id, 'Bills');
  const first = await next();
  expect(first.data).toEqual({
    ...{ id: first.id, ev: 'message.received', time: expect.any(Number), user: ann.id, message: uid, flags: [] },
    mailbox: mailboxObjectId(ann.id, mailboxId),
  });
  expect((await next()).data).toMatchObject({ ev: 'mailbox.created', user: ben.id, path: 'Bills' });
  const again = await follow(rest, '', { 'last-event-id': first.id as string });
  await again();
  expect((await again()).data).toMatchObject({ ev: 'mailbox.created' });
  const ofBen = await follow(rest, `?user=${ben.id}&Last-Event-ID=${start}`);
  await ofBen();
  expect((await ofBen()).data).toMatchObject({ user: ben.id });
  const ofMailboxes = await follow(rest, `?types=mailbox.*&Last-Event-ID=${start}`);
  await ofMailboxes();
  expect((await ofMailboxes()).data).toMatchObject({ ev: 'mailbox.created' });
});

test('what administrators do is told with the ids that the API has, and of a user what is his', async () => {
  const rest = await openRest({}, { secret: Buffer.alloc(32, 7) });
  const { id: ben } = await rest.account('ben');
  const next = await follow(rest, '?types=user.*,address.*,dkim.*,domainalias.*,asp.*');
  const start = (await next()).id as string;
  const make = async (path: string, body: object) => (await rest.call('POST', path, body)).body;
  const { id: user } = await make('/users', { username: 'ann', password: 'correct horse' });
  const { id: address } = await make(`/users/${user}/addresses`, { address: 'A@a.example' });
  const { id: forwarded } = await make('/addresses/forwarded', { address: 'f@a.example', targets: ['x@b.example'] });
  const { id: domainalias } = await make('/domainaliases', { alias: 'B.example', domain: 'a.example' });
  const { id: dkim, selector } = await make('/dkim', { domain: 'a.example', selector: 'one' });
  const { id: asp, password } = await make(`/users/${ben}/asps`, { description: 'x', scopes: ['imap'] });
  await rest.call('DELETE', `/domainaliases/${domainalias}`);
  const told: object[] = [];
  for (let count = 0; count < 7; count++) {
    const { id: _id, time: _time, fingerprint: _fingerprint, ...event } = (await next()).data ?? {};
    told.push(event);
  }
  expect(told).toEqual([
    { ev: 'user.created', user },
    { ev: 'address.user.created', user, address, value: 'a@a.example' },
    { ev: 'address.forwarded.created', address: forwarded, value: 'f@a.example' },
    { ev: 'domainalias.created', domainalias, alias: 'b.example', domain: 'a.example' },
    { ev: 'dkim.created', dkim, domain: 'a.example', selector },
    { ev: 'asp.created', user: ben, asp },
    { ev: 'domainalias.deleted', domainalias, alias: 'b.example', domain: 'a.example' },
  ]);
  expect(JSON.stringify(told)).not.toContain(password);
  const ofBen = await follow(rest, `?types=asp.*,address.*,dkim.*&user=${ben}&Last-Event-ID=${start}`);
  await ofBen();
  expect((await ofBen()).data).toMatchObject({ ev: 'asp.created', user: ben, asp });
});

test('a position that is none is a reset', async () => {
  const next = await follow(await openRest(), '', { 'last-event-id': 'f'.repeat(24) });
  await next();
  expect(await next()).toMatchObject({ event: 'reset', data: { ev: 'reset' } });
});

test('it is for who may read events, and for types that there are', async () => {
  const { call, account, tokenOf } = await openRest();
  const token = await tokenOf(await account('ann'));
  expect((await call('GET', '/events', null, { token })).body.code).toBe('MissingPrivileges');
  expect((await call('GET', '/events', null, { token: null })).status).toBe(401);
  for (const types of ['message.recieved', 'message.*,', `${'*,'.repeat(60)}*`]) {
    expect((await call('GET', `/events?types=${types}`)).body.code).toBe('InputValidationError');
  }
});
