/** What administrators do, and users with their settings, as events: each once, and only what was done. */

import { generate } from 'otplib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EiderError } from '../../src/errors.ts';
import { isEventType, namesEvent } from '../../src/model/store-event.ts';
import { openStore } from '../../src/open-store.ts';
import { u2fOf } from '../auth/key-fixture.ts';
import { SoftwareKey } from '../auth/software-key.ts';
import { emptyPlace, openTestedEngine, openTestedStore } from '../engine-under-test.ts';
import { CERTIFICATE, KEY } from '../net/certificate.ts';
import { expectNothing, follow, openFollowed } from './followed-store.ts';

test('of accounts: made, given a password, removed, brought back, gone', async () => {
  const { store, told } = await openFollowed();
  const { id: user } = await store.accounts.create({ name: 'ann', address: 'ann@example.com' });
  const address = expect.stringMatching(/^[0-9a-f]{24}$/);
  expect(await told(2)).toEqual([
    { ev: 'user.created', user },
    { ev: 'address.user.created', user, address, value: 'ann@example.com' },
  ]);
  await store.accounts.setPassword(user, 'correct horse battery');
  await store.accounts.setPasswordHash(user, '$2b$04$abcdefghijklmnopqrstuuDeIzlzZJ1kVHvpYsmpTHu9ZGcl1B6Ce');
  expect(await told(2)).toEqual(Array(2).fill({ ev: 'user.password.changed', user }));
  await store.accounts.remove(user);
  await store.recovery.restoreAccount(user);
  await store.accounts.remove(user, { forGood: true });
  expect(await told(4)).toEqual(
    ['started', 'cancelled', 'started', 'completed'].map((what) => ({ ev: `user.delete.${what}`, user })),
  );
});

test('of an account that is gone because its time is over', async () => {
  const { store, told } = await openFollowed({ restorableDays: 0.00001 });
  const { id: user } = await store.accounts.create({ name: 'ann' });
  await store.accounts.remove(user);
  expect(await told(2)).toEqual([
    { ev: 'user.created', user },
    { ev: 'user.delete.started', user },
  ]);
  await new Promise((done) => setTimeout(done, 900));
  await store.jobs.start();
  expect(await told(1)).toEqual([{ ev: 'user.delete.completed', user }]);
});

test('of addresses, forwarding addresses, aliases and domains', async () => {
  const followed = await openFollowed();
  const { store, told } = followed;
  const { id: user } = await store.accounts.create({ name: 'ann', address: 'ann@a.example' });
  await told(2);
  const address = expect.stringMatching(/^[0-9a-f]{24}$/);
  await store.addresses.add(user, 'Two@A.example');
  await store.addresses.remove(user, 'two@a.example');
  await store.accounts.update(user, { addresses: ['ann@a.example', 'three@a.example'] });
  await store.accounts.update(user, { addresses: ['three@a.example'] });
  expect(await told(4)).toEqual([
    { ev: 'address.user.created', user, address, value: 'two@a.example' },
    { ev: 'address.user.deleted', user, address, value: 'two@a.example' },
    { ev: 'address.user.created', user, address, value: 'three@a.example' },
    { ev: 'address.user.deleted', user, address, value: 'ann@a.example' },
  ]);
  await store.addresses.createForwardingAddress('info@a.example', { targets: ['x@b.example'] });
  await store.addresses.createDomainAlias('c.example', 'a.example');
  await store.addresses.renameDomain('a.example', 'd.example');
  await store.addresses.removeForwardingAddress('INFO@d.example');
  await store.addresses.removeDomainAlias('c.example');
  const domainalias = address;
  const [made, alias, renamed, gone, unaliased] = await told(5);
  expect(made).toEqual({ ev: 'address.forwarded.created', address, value: 'info@a.example' });
  expect(alias).toMatchObject({ ev: 'domainalias.created', domainalias, alias: 'c.example', domain: 'a.example' });
  expect(renamed).toEqual({ ev: 'address.domain.renamed', previous: 'a.example', current: 'd.example' });
  expect(gone).toEqual({ ev: 'address.forwarded.deleted', address, value: 'info@d.example' });
  expect(unaliased).toMatchObject({ ev: 'domainalias.deleted', domainalias, alias: 'c.example' });
  await expect(store.addresses.add(user, 'three@d.example')).rejects.toMatchObject({ code: 'ADDRESS_EXISTS' });
  await expect(store.addresses.remove(user, 'three@d.example')).rejects.toMatchObject({ code: 'ADDRESS_PROTECTED' });
  expect(await store.addresses.remove(user, 'none@d.example')).toBe(false);
  expect(await store.addresses.removeForwardingAddress('none@d.example')).toBe(false);
  expect(await store.addresses.removeDomainAlias('none.example')).toBe(false);
  await store.accounts.update(user, { limits: { messages: 7 } });
  await expect(store.accounts.create({ name: 'ann' })).rejects.toMatchObject({ code: 'ACCOUNT_EXISTS' });
  await expectNothing(followed);
});

test('of app passwords, second factors, filters and replies', async () => {
  const followed = await openFollowed();
  const { store, told } = followed;
  const { id: user } = await store.accounts.create({ name: 'ann' });
  await told(1);
  const { id: asp } = await store.auth.createAppPassword(user, { scopes: ['imap'] });
  await store.auth.removeAppPassword(user, asp);
  const { id: filter } = await store.filters.create(user, {
    conditions: { test: 'from', contains: 'x' },
    actions: { flag: true },
  });
  await store.filters.remove(user, filter);
  await store.autoReplies.set(user, { enabled: true, text: 'away' });
  await store.autoReplies.set(user, { enabled: false });
  expect(await told(6)).toEqual([
    { ev: 'asp.created', user, asp },
    { ev: 'asp.deleted', user, asp },
    { ev: 'filter.created', user, filter },
    { ev: 'filter.deleted', user, filter },
    { ev: 'autoreply.user.enabled', user },
    { ev: 'autoreply.user.disabled', user },
  ]);
  const { secret } = await store.auth.beginTotp(user, 'eider');
  await store.auth.confirmTotp(user, 'wrong');
  await store.auth.confirmTotp(user, await generate({ secret }));
  await store.auth.setCustomFactor(user, true);
  await store.auth.setCustomFactor(user, true);
  const keys = [await store.auth.addU2fKey(user, 'one', u2fOf(new SoftwareKey()))];
  keys.push(await store.auth.addU2fKey(user, 'two', u2fOf(new SoftwareKey())));
  await store.auth.removeTotp(user);
  await store.auth.removeTotp(user);
  for (const { id } of keys) await store.auth.removeSecurityKey(user, id);
  await store.auth.setCustomFactor(user, false);
  expect(await told(7)).toEqual([
    { ev: 'mfa.totp.enabled', user },
    { ev: 'mfa.custom.enabled', user },
    { ev: 'mfa.u2f.enabled', user },
    { ev: 'mfa.totp.disabled', user },
    { ev: 'mfa.u2f.disabled', user },
    { ev: 'mfa.custom.disabled', user },
    { ev: 'mfa.disabled', user },
  ]);
  expect(await store.auth.removeAppPassword(user, asp)).toBe(false);
  expect(await store.filters.remove(user, filter)).toBe(false);
  await expect(store.autoReplies.set(user, { enabled: true, text: '' })).rejects.toThrow();
  await expectNothing(followed);
});

test('of keys and certificates of domains', async () => {
  const followed = await openFollowed();
  const { store, told } = followed;
  const { selector, fingerprint } = await store.dkim.create('a.example', { algorithm: 'ed25519-sha256' });
  await store.dkim.activate('a.example', selector);
  await store.dkim.deactivate('a.example', selector);
  await store.dkim.remove('a.example', selector);
  const dkim = expect.stringMatching(/^[0-9a-f]{24}$/);
  expect(await told(4)).toEqual(
    ['created', 'updated', 'updated', 'deleted'].map((what) => ({
      ev: `dkim.${what}`,
      dkim,
      domain: 'a.example',
      selector,
      fingerprint,
    })),
  );
  const given = { serverName: 'localhost', privateKey: KEY, certificate: CERTIFICATE };
  const certificate = await store.certificates.set(given);
  await store.certificates.set(given);
  await store.certificates.remove(certificate.id);
  expect(await told(3)).toEqual(
    ['created', 'updated', 'deleted'].map((what) => ({
      ev: `cert.${what}`,
      cert: certificate.id,
      servername: 'localhost',
      fingerprint: certificate.fingerprint,
    })),
  );
  expect(await store.dkim.remove('a.example', selector)).toBe(false);
  expect(await store.certificates.remove(certificate.id)).toBe(false);
  await expect(store.certificates.set({ ...given, serverName: 'b.example' })).rejects.toThrow();
  await expectNothing(followed);
});

describe('whoever follows', () => {
  test('is told by all processes, also by one that is closed at once', async () => {
    const place = await emptyPlace();
    const [store, other] = await Promise.all([openStore(place), openStore(place)]);
    onTestFinished(() => store.close());
    const told = await follow(store);
    // Others hear within a second that somebody follows.
    await new Promise((done) => setTimeout(done, 1_100));
    const { id: ann } = await other.accounts.create({ name: 'ann' });
    await other.close();
    const { id: ben } = await store.accounts.create({ name: 'ben' });
    const events = await told(2);
    expect(events).toContainEqual({ ev: 'user.created', user: ann });
    expect(events).toContainEqual({ ev: 'user.created', user: ben });
  });

  test('is told in order, however many there are', async () => {
    const { store, told } = await openFollowed();
    const { id: user } = await store.accounts.create({ name: 'ann' });
    await told(1);
    const names = Array.from({ length: 150 }, (_, n) => `${'x'.repeat(50)}${n}@a.example`);
    for (const name of names) await store.addresses.add(user, name);
    const events = (await told(150)) as { readonly value: string }[];
    expect(events.map(({ value }) => value)).toEqual(names);
  });

  test('asks for what happens from now on: before nobody did, nothing was kept', async () => {
    const store = await openTestedStore();
    onTestFinished(() => store.close());
    await store.accounts.create({ name: 'ann' });
    const told = await follow(store);
    const { id: user } = await store.accounts.create({ name: 'ben' });
    expect(await told(1)).toEqual([{ ev: 'user.created', user }]);
  });

  test('may ask by beginnings of names, of several parts too', () => {
    expect(['user.*', 'user.delete.*', 'address.user.*', 'mfa.totp.enabled'].every(isEventType)).toBe(true);
    expect(['user', 'address.*.created', 'mfa.totp.*x'].some(isEventType)).toBe(false);
    expect(namesEvent('address.user.*', 'address.user.created')).toBe(true);
    expect(namesEvent('address.user.*', 'address.forwarded.created')).toBe(false);
  });
});

test('a log that cannot be written for a while is told all the same, in order', async () => {
  const engine = await openTestedEngine();
  let isBroken = false;
  const create = engine.vault.create.bind(engine.vault);
  engine.vault.create = async (place, content) => {
    if (isBroken && place.kind === 'eventLog') throw new EiderError('UNAVAILABLE', 'away');
    return create(place, content);
  };
  const { store, told } = await openFollowed({ engine });
  isBroken = true;
  const users: string[] = [];
  for (const name of ['ann', 'ben', 'cem']) users.push((await store.accounts.create({ name })).id);
  await new Promise((done) => setTimeout(done, 100));
  isBroken = false;
  expect(await told(3)).toEqual(users.map((user) => ({ ev: 'user.created', user })));
});
