/** Addresses, aliases, filters, automatic replies and keys by the API. */

import { describe, expect, test } from 'vitest';
import { mailboxObjectId } from '../../src/model/object-ids.ts';
import { openRest, type RestFixture } from './rest-fixture.ts';

async function openAnn(): Promise<RestFixture & { id: string; at: string }> {
  const fixture = await openRest({}, { secret: Buffer.alloc(32, 3) });
  const { id } = await fixture.account('ann@example.com');
  await fixture.store.accounts.update(id, { addresses: ['ann@example.com'] });
  return { ...fixture, id, at: `/users/${id}/addresses` };
}

describe('addresses of a user', () => {
  test('are made, told of by id and by name, changed and taken', async () => {
    const { call, at, id } = await openAnn();
    const { body: made } = await call('POST', at, {
      address: 'Ännie@Exämple.com',
      name: 'Annie',
      tags: ['b'],
      metaData: { x: 1 },
    });
    expect((await call('GET', `${at}/${made.id}`)).body).toMatchObject({
      address: 'ännie@exämple.com',
      name: 'Annie',
      main: false,
      metaData: { x: 1 },
    });
    expect((await call('GET', `${at}/${encodeURIComponent('ännie@exämple.com')}`)).body.id).toBe(made.id);
    await call('PUT', `${at}/${made.id}`, { name: 'A', main: true, tags: [] });
    const { results } = (await call('GET', at)).body;
    expect(results.map(({ address, main }: { address: string; main: boolean }) => [address, main])).toEqual([
      ['ännie@exämple.com', true],
      ['ann@example.com', false],
    ]);
    expect((await call('DELETE', `${at}/${made.id}`)).body.code).toBe('NotMain');
    expect((await call('PUT', `${at}/${made.id}`, { main: false })).body.code).toBe('NotMain');
    await call('DELETE', `${at}/ann@example.com`);
    expect((await call('GET', `${at}/ann@example.com`)).body.code).toBe('AddressNotFound');
    expect((await call('GET', `/users/${id}`)).body.address).toBe('ännie@exämple.com');
  });

  test.each([
    [{ address: 'none' }, 'InputValidationError'],
    [{ address: 'a@b@c.example' }, 'InputValidationError'],
    [{ address: '*@example.com' }, 'InputValidationError'],
    [{ address: 'x@example.com', internalData: {} }, 'Unsupported'],
    [{ address: 'ann@example.com' }, 'AddressExistsError'],
    [{}, 'InputValidationError'],
  ])('%j is refused', async (input, code) => {
    const { fetch, at } = await openAnn();
    const answer = await fetch('POST', at, JSON.stringify(input), { headers: { 'content-type': 'application/json' } });
    expect(await answer.json()).toMatchObject({ code });
  });

  test('are listed, resolved and renamed with all others', async () => {
    const { call, at, id, tokenOf, store } = await openAnn();
    await call('POST', at, { address: '*@wild.example', allowWildcard: true, tags: ['pattern'] });
    const forward = await call('POST', '/addresses/forwarded', {
      address: 'info@example.com',
      targets: ['a@example.net'],
      tags: ['team'],
      forwards: 10,
    });
    const all = (await call('GET', '/addresses')).body;
    expect(all.results.map(({ address }: { address: string }) => address)).toEqual([
      '*@wild.example',
      'ann@example.com',
      'info@example.com',
    ]);
    expect((await call('GET', '/addresses?tags=TEAM,none')).body.results).toMatchObject([
      { id: forward.body.id, forwarded: true, targets: ['a@example.net'] },
    ]);
    expect((await call('GET', '/addresses?query=ann@')).body.total).toBe(1);
    const own = await call('GET', '/addresses', null, { token: await tokenOf(await store.accounts.get(id)) });
    expect(own.body.total).toBe(2);
    expect((await call('GET', '/addresses/resolve/ann+x@example.com')).body).toMatchObject({ user: id });
    expect((await call('GET', '/addresses/resolve/any@wild.example')).body.code).toBe('AddressNotFound');
    expect((await call('GET', '/addresses/resolve/any@wild.example?allowWildcard=1')).body.user).toBe(id);
    expect((await call('GET', '/addresses/resolve/info@example.com')).body.targets).toEqual(['a@example.net']);
    expect(
      (await call('PUT', '/addresses/renameDomain', { oldDomain: 'example.com', newDomain: 'example.org' })).body
        .modifiedAddresses,
    ).toBe(2);
    expect((await call('GET', '/addresses/resolve/ann@example.org')).body.user).toBe(id);
  });
});

test('addresses that forward are changed and deleted, by id and by name', async () => {
  const { call } = await openAnn();
  const { body } = await call('POST', '/addresses/forwarded', {
    address: 'info@example.com',
    targets: ['a@example.net'],
    name: 'Info',
  });
  await call('PUT', `/addresses/forwarded/${body.id}`, {
    targets: ['b@example.net', 'c@example.net'],
    forwards: 7,
    metaData: { y: 2 },
  });
  expect((await call('GET', '/addresses/forwarded/info@example.com')).body).toMatchObject({
    ...{ id: body.id, name: 'Info', targets: ['b@example.net', 'c@example.net'], metaData: { y: 2 } },
    limits: { forwards: { allowed: 7 } },
  });
  expect((await call('PUT', `/addresses/forwarded/${body.id}`, { targets: ['info@example.com'] })).status).toBe(400);
  expect((await call('POST', '/addresses/forwarded', { address: 'x@example.com', targets: [] })).status).toBe(400);
  await call('DELETE', `/addresses/forwarded/${body.id}`);
  expect((await call('GET', `/addresses/forwarded/${body.id}`)).body.code).toBe('AddressNotFound');
});

test('domains are aliases', async () => {
  const { call, id } = await openAnn();
  const { body } = await call('POST', '/domainaliases', { alias: 'alias.example', domain: 'example.com' });
  expect((await call('POST', '/domainaliases', { alias: 'alias.example', domain: 'example.com' })).body.code).toBe(
    'AliasExists',
  );
  expect((await call('GET', '/domainaliases')).body.results).toEqual([
    { id: body.id, alias: 'alias.example', domain: 'example.com' },
  ]);
  expect((await call('GET', '/domainaliases/resolve/alias.example')).body.id).toBe(body.id);
  expect((await call('GET', `/domainaliases/${body.id}`)).body.domain).toBe('example.com');
  expect((await call('GET', '/addresses/resolve/ann@alias.example')).body.user).toBe(id);
  await call('DELETE', `/domainaliases/${body.id}`);
  expect((await call('GET', `/domainaliases/${body.id}`)).body.code).toBe('AliasNotFound');
  expect((await call('GET', '/domainaliases/resolve/alias.example')).body.code).toBe('AliasNotFound');
});

describe('filters', () => {
  test('are made, listed, changed and deleted', async () => {
    const { call, id, store } = await openAnn();
    const at = `/users/${id}/filters`;
    const archive = mailboxObjectId(id, (await store.mailbox(id, 'Archive')).id);
    const { body: made } = await call('POST', at, {
      name: 'bills',
      query: { from: 'shop', subject: 'bill', ha: true, size: -5000 },
      action: { mailbox: archive, flag: true, seen: null, targets: ['else@example.net', 'https://hook.example/x'] },
      metaData: { colour: 'red' },
    });
    expect((await call('GET', `${at}/${made.id}`)).body).toMatchObject({
      name: 'bills',
      query: { from: 'shop', subject: 'bill', ha: true, size: -5000 },
      action: { mailbox: archive, flag: true, targets: ['else@example.net', 'https://hook.example/x'] },
      metaData: { colour: 'red' },
      disabled: false,
    });
    await call('PUT', `${at}/${made.id}`, {
      query: { subject: '', text: 'due' },
      action: { flag: null, targets: [] },
      disabled: true,
    });
    const [shown] = (await call('GET', at)).body.results;
    expect(shown.query).toEqual(
      expect.arrayContaining([
        ['from', 'shop'],
        ['text', 'due'],
      ]),
    );
    expect(shown.query.flat()).not.toContain('subject');
    expect(shown).toMatchObject({ action: [['mailbox', archive]], disabled: true });
    expect((await call('GET', '/filters')).body.results).toMatchObject([{ id: made.id, user: id }]);
    const { body: tree } = await call('POST', at, {
      conditions: {
        any: [
          { test: 'from', contains: 'a' },
          { test: 'subject', contains: 'b' },
        ],
      },
      action: { spam: false, stop: true },
    });
    expect((await call('GET', `${at}/${tree.id}`)).body).toMatchObject({
      query: {},
      action: { spam: false, stop: true },
    });
    await call('DELETE', `${at}/${made.id}`);
    expect((await call('DELETE', `${at}/${made.id}`)).body.code).toBe('FilterNotFound');
    expect((await call('PUT', `${at}/nothing`, { name: 'x' })).body.code).toBe('FilterNotFound');
  });

  test.each([
    [{}],
    [{ query: { from: 'a' } }],
    [{ query: {}, action: { seen: true } }],
    [{ query: { from: 'a', $where: 1 }, action: { seen: true } }],
    [{ query: { size: 1.5 }, action: { seen: true } }],
    [{ conditions: { test: 'nonsense' }, action: { seen: true } }],
    [{ query: { from: 'a' }, action: { targets: ['no address'] } }],
  ])('%j is refused', async (input) => {
    const { call, id, store } = await openAnn();
    expect((await call('POST', `/users/${id}/filters`, input)).body.code).toBe('InputValidationError');
    expect(await store.filters.list(id)).toEqual([]);
  });

  test('name no mailbox of another user, and no relay', async () => {
    const { call, fetch, id, account } = await openAnn();
    const bob = await account('bob');
    const make = (action: object) => call('POST', `/users/${id}/filters`, { query: { from: 'a' }, action });
    expect((await make({ mailbox: mailboxObjectId(bob.id, 1) })).body.code).toBe('NoSuchMailbox');
    const body = JSON.stringify({ query: { from: 'a' }, action: { targets: ['smtp://mx.example'] } });
    const relay = await fetch('POST', `/users/${id}/filters`, body, {
      headers: { 'content-type': 'application/json' },
    });
    expect(relay.status).toBe(501);
  });
});

test('an automatic reply is set, told of and forgotten', async () => {
  const { call, id } = await openAnn();
  const at = `/users/${id}/autoreply`;
  expect((await call('GET', at)).body).toMatchObject({ status: false, start: false });
  await call('PUT', at, {
    status: true,
    name: 'Ann',
    subject: 'Away',
    text: 'hello',
    start: '2027-01-01',
    end: '2027-02-01T00:00:00Z',
  });
  expect((await call('GET', at)).body).toMatchObject({
    status: true,
    subject: 'Away',
    text: 'hello',
    start: '2027-01-01T00:00:00.000Z',
    end: '2027-02-01T00:00:00.000Z',
  });
  await call('PUT', at, { start: false, end: '' });
  expect((await call('GET', at)).body).toMatchObject({ status: true, start: false, end: false });
  expect((await call('PUT', at, { text: 'x'.repeat(40_000) })).body.code).toBe('InputValidationError');
  expect((await call('PUT', at, { start: 'soon' })).body.code).toBe('InputValidationError');
  await call('DELETE', at);
  expect((await call('GET', at)).body).toMatchObject({ status: false, subject: '' });
});

test('keys are made, imported, told of and deleted', async () => {
  const { call, store } = await openAnn();
  const { body: made } = await call('POST', '/dkim', {
    domain: 'example.com',
    selector: 'one',
    algorithm: 'ed25519-sha256',
  });
  expect(made).toMatchObject({
    domain: 'example.com',
    selector: 'one',
    active: true,
    dnsTxt: { name: 'one._domainkey.example.com', value: `v=DKIM1; k=ed25519; p=${made.publicKey}` },
  });
  const { body: next } = await call('POST', '/dkim', {
    domain: 'example.com',
    selector: 'two',
    algorithm: 'ed25519-sha256',
  });
  expect((await call('GET', '/dkim/resolve/example.com')).body.id).toBe(next.id);
  expect((await call('GET', `/dkim/${made.id}`)).body).toMatchObject({ active: false });
  expect(
    (await call('POST', '/dkim', { domain: 'example.com', selector: 'two', privateKey: 'nonsense' })).body.code,
  ).toBe('InputValidationError');
  expect((await store.dkim.list('example.com')).map(({ selector }) => selector)).toEqual(['one', 'two']);
  expect((await call('GET', '/dkim?query=EXAMPLE')).body.total).toBe(2);
  await call('DELETE', `/dkim/${made.id}`);
  expect((await call('GET', `/dkim/${made.id}`)).body.code).toBe('DkimNotFound');
  expect((await call('GET', '/dkim/resolve/other.example')).body.code).toBe('DkimNotFound');
  expect(JSON.stringify((await call('GET', '/dkim')).body)).not.toContain('PRIVATE');
});
