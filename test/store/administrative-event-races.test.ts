/** Administrative events when several do things at once, when names are spelled otherwise, and when the log is in trouble. */

import { expect, onTestFinished, test, vi } from 'vitest';
import { EiderError } from '../../src/errors.ts';
import type { AccountId } from '../../src/model/ids.ts';
import { openStore } from '../../src/open-store.ts';
import { MAX_ENTRY_OCTETS } from '../../src/store/events/event-log.ts';
import { StoreEvents } from '../../src/store/events/store-events.ts';
import { u2fOf } from '../auth/key-fixture.ts';
import { SoftwareKey } from '../auth/software-key.ts';
import { emptyPlace, openTestedEngine } from '../engine-under-test.ts';
import { expectNothing, follow, openFollowed } from './followed-store.ts';

const values = (events: readonly object[], ev: string): string[] =>
  (events as { readonly ev: string; readonly value: string }[])
    .filter((event) => event.ev === ev)
    .map(({ value }) => value)
    .sort();

test('addresses that come and go at once are told once each', async () => {
  const followed = await openFollowed();
  const { store, told } = followed;
  const names = Array.from({ length: 4 }, (_, n) => `${n}@a.example`);
  const { id: user } = await store.accounts.create({ name: 'ann', address: 'ann@a.example' });
  for (const name of names) await store.addresses.add(user, name);
  await told(6);
  await Promise.all([
    ...names.map((name) => store.addresses.remove(user, name)),
    store.addresses.remove(user, names[0] as string),
    store.addresses.add(user, 'new@a.example'),
    store.accounts.update(user, { limits: { messages: 7 } }),
  ]);
  const events = await told(5);
  expect(values(events, 'address.user.deleted')).toEqual(names);
  expect(values(events, 'address.user.created')).toEqual(['new@a.example']);
  await expectNothing(followed);
});

test('second factors that are switched at once are told once each', async () => {
  const followed = await openFollowed();
  const { store, told } = followed;
  const { id: user } = await store.accounts.create({ name: 'ann' });
  await told(1);
  const keys = await Promise.all([
    store.auth.addU2fKey(user, 'one', u2fOf(new SoftwareKey())),
    store.auth.addU2fKey(user, 'two', u2fOf(new SoftwareKey())),
    store.auth.setCustomFactor(user, true),
    store.auth.setCustomFactor(user, true),
  ]).then(([one, two]) => [one, two]);
  const on = (await told(2)) as { readonly ev: string }[];
  expect(on.map(({ ev }) => ev).sort()).toEqual(['mfa.custom.enabled', 'mfa.u2f.enabled']);
  await Promise.all([
    ...keys.map(({ id }) => store.auth.removeSecurityKey(user, id)),
    store.auth.setCustomFactor(user, false),
  ]);
  const off = (await told(3)) as { readonly ev: string }[];
  expect(off.map(({ ev }) => ev).sort()).toEqual(['mfa.custom.disabled', 'mfa.disabled', 'mfa.u2f.disabled']);
  await expectNothing(followed);
});

test('recovery codes alone are no second factor', async () => {
  const followed = await openFollowed();
  const { store, told } = followed;
  const { id: user } = await store.accounts.create({ name: 'ann' });
  await told(1);
  await store.auth.setCustomFactor(user, true);
  await store.auth.createRecoveryCodes(user);
  await store.auth.setCustomFactor(user, false);
  expect(await told(3)).toEqual(
    ['mfa.custom.enabled', 'mfa.custom.disabled', 'mfa.disabled'].map((ev) => ({ ev, user })),
  );
  await expectNothing(followed);
});

test('however domains are spelled, they are told in normal form', async () => {
  const { store, told } = await openFollowed();
  const { id: user } = await store.accounts.create({ name: 'ann', address: 'ann@a.example' });
  await told(2);
  await store.addresses.createDomainAlias('C.Example', 'A.Example');
  await store.addresses.removeDomainAlias('c.EXAMPLE');
  const [made, gone] = (await told(2)) as { readonly domainalias: string }[];
  expect(made).toMatchObject({ ev: 'domainalias.created', alias: 'c.example', domain: 'a.example' });
  expect(gone).toEqual({ ...made, ev: 'domainalias.deleted' });
  await store.addresses.renameDomain('A.Example', 'B.EXAMPLE');
  expect(await told(1)).toEqual([{ ev: 'address.domain.renamed', previous: 'a.example', current: 'b.example' }]);
  expect((await store.accounts.get(user)).addresses).toEqual(['ann@b.example']);
});

test('a domain of which nothing was renamed is not told, one that only has an alias is', async () => {
  const followed = await openFollowed();
  const { store, told } = followed;
  expect(await store.addresses.renameDomain('none.example', 'other.example')).toEqual({ renamed: 0 });
  await expectNothing(followed);
  await store.addresses.createDomainAlias('c.example', 'a.example');
  await told(1);
  await store.addresses.renameDomain('a.example', 'b.example');
  expect(await told(1)).toEqual([{ ev: 'address.domain.renamed', previous: 'a.example', current: 'b.example' }]);
});

test('a key that signs no more because another does is told, and none that signs as before', async () => {
  const followed = await openFollowed();
  const { store, told } = followed;
  const algorithm = 'ed25519-sha256' as const;
  const one = await store.dkim.create('a.example', { algorithm, selector: 'one', active: true });
  const two = await store.dkim.create('a.example', { algorithm, selector: 'two' });
  await told(2);
  await store.dkim.activate('A.example', 'two');
  const updated = (await told(2)) as { readonly ev: string; readonly fingerprint: string }[];
  expect(updated.map(({ ev }) => ev)).toEqual(['dkim.updated', 'dkim.updated']);
  expect(updated.map(({ fingerprint }) => fingerprint)).toEqual([two.fingerprint, one.fingerprint]);
  await store.dkim.activate('a.example', 'two');
  await store.dkim.deactivate('a.example', 'one');
  await expectNothing(followed);
  await store.dkim.create('a.example', { algorithm, selector: 'three', active: true });
  expect((await told(2)).map((event) => (event as { readonly ev: string }).ev)).toEqual([
    'dkim.created',
    'dkim.updated',
  ]);
});

test('what was done before anybody followed is not told later by a process that did it', async () => {
  const place = await emptyPlace();
  const [store, other] = await Promise.all([openStore(place), openStore(place)]);
  onTestFinished(async () => {
    await Promise.all([store.close(), other.close()]);
  });
  await other.accounts.create({ name: 'ann' });
  // Longer than what may be told of before.
  await new Promise((done) => setTimeout(done, 6_500));
  const told = await follow(store);
  await new Promise((done) => setTimeout(done, 1_100));
  const { id: user } = await other.accounts.create({ name: 'ben' });
  expect(await told(1)).toEqual([{ ev: 'user.created', user }]);
}, 20_000);

test('a process that has not heard yet that somebody follows tells as soon as it has, also if nothing else happens', async () => {
  const place = await emptyPlace();
  const [store, other] = await Promise.all([openStore(place), openStore(place)]);
  onTestFinished(async () => {
    await Promise.all([store.close(), other.close()]);
  });
  // It looks whether anybody follows, and remembers for a second that nobody does.
  await other.accounts.create({ name: 'ann' });
  await new Promise((done) => setTimeout(done, 50));
  const told = await follow(store);
  const { id: user } = await other.accounts.create({ name: 'ben' });
  const events = await told(2);
  expect(events[1]).toEqual({ ev: 'user.created', user });
});

test('an entry that was written, though it was said that it was not, is not written again', async () => {
  const engine = await openTestedEngine();
  let failures = 1;
  const create = engine.vault.create.bind(engine.vault);
  engine.vault.create = async (place, content) => {
    const done = await create(place, content);
    if (place.kind === 'eventLog' && failures-- > 0) throw new EiderError('UNAVAILABLE', 'away');
    return done;
  };
  const followed = await openFollowed({ engine });
  const { store, told } = followed;
  const { id: ann } = await store.accounts.create({ name: 'ann' });
  expect(await told(1)).toEqual([{ ev: 'user.created', user: ann }]);
  const { id: ben } = await store.accounts.create({ name: 'ben' });
  expect(await told(1)).toEqual([{ ev: 'user.created', user: ben }]);
  await expectNothing(followed);
});

test('an entry that was written, though another was said to be first, is not written again', async () => {
  const engine = await openTestedEngine();
  let retries = 1;
  const create = engine.vault.create.bind(engine.vault);
  // As a driver does that tries again when an answer is lost.
  engine.vault.create = async (place, content) => {
    const done = await create(place, content);
    return place.kind === 'eventLog' && retries-- > 0 ? create(place, content) : done;
  };
  const followed = await openFollowed({ engine });
  const { store, told } = followed;
  const { id: ann } = await store.accounts.create({ name: 'ann' });
  expect(await told(1)).toEqual([{ ev: 'user.created', user: ann }]);
  await expectNothing(followed);
});

test('it goes on telling after it could not be written down how far all is told', async () => {
  const wait = globalThis.setTimeout;
  // It is written down a minute after the last entry.
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((work: () => void, ms?: number) =>
    wait(work, ms === 60_000 ? 500 : ms)) as typeof setTimeout);
  onTestFinished(() => void vi.restoreAllMocks());
  const engine = await openTestedEngine();
  let failures = 0;
  const get = engine.vault.get.bind(engine.vault);
  engine.vault.get = async (place) => {
    if (isWatched && place.kind === 'eventCheckpoint' && failures++ === 0) throw new EiderError('UNAVAILABLE', 'away');
    return get(place);
  };
  let isWatched = false;
  const { store, told } = await openFollowed({ engine });
  await store.accounts.create({ name: 'ann' });
  await told(1);
  isWatched = true;
  await expect.poll(() => failures, { timeout: 5_000 }).toBeGreaterThan(0);
  await new Promise((done) => wait(done, 1_500));
  const { id: user } = await store.accounts.create({ name: 'ben' });
  expect(await told(1)).toEqual([{ ev: 'user.created', user }]);
});

test('so many wait while the log cannot be written, and the oldest are not told', async () => {
  const engine = await openTestedEngine();
  const events = new StoreEvents(engine);
  onTestFinished(async () => {
    await events.close();
    await engine.close();
  });
  const after = await events.position();
  const create = engine.vault.create.bind(engine.vault);
  engine.vault.create = async () => {
    throw new EiderError('UNAVAILABLE', 'away');
  };
  for (let n = 0; n < 10_050; n++) events.tell({ ev: 'user.password.changed', user: String(n) as AccountId });
  await new Promise((done) => setTimeout(done, 100));
  engine.vault.create = create;
  const stop = new AbortController();
  const users: unknown[] = [];
  for await (const { user } of events.follow({ after }, stop.signal)) {
    users.push(user);
    if (user === '10049') stop.abort();
  }
  expect(users).toEqual(Array.from({ length: 10_000 }, (_, n) => String(n + 50)));
}, 30_000);

test('entries stay within their size, and what does not fit is in the next', async () => {
  const engine = await openTestedEngine();
  const octets: number[] = [];
  let isBroken = false;
  const create = engine.vault.create.bind(engine.vault);
  engine.vault.create = async (place, content) => {
    if (place.kind === 'eventLog') {
      if (isBroken) throw new EiderError('UNAVAILABLE', 'away');
      octets.push(Buffer.byteLength(content.value));
    }
    return create(place, content);
  };
  const { store, told } = await openFollowed({ engine });
  const { id: user } = await store.accounts.create({ name: 'ann' });
  await told(1);
  octets.length = 0;
  isBroken = true;
  const domain = `${['a', 'b', 'c'].map((letter) => letter.repeat(60)).join('.')}.example`;
  const names = Array.from({ length: 120 }, (_, n) => `${'x'.repeat(50)}${n}@${domain}`);
  for (const name of names) await store.addresses.add(user, name);
  isBroken = false;
  const events = (await told(names.length)) as { readonly value: string }[];
  expect(events.map(({ value }) => value)).toEqual(names);
  expect(octets.length).toBeGreaterThan(1);
  expect(Math.max(...octets)).toBeLessThanOrEqual(MAX_ENTRY_OCTETS);
});
