/** Security keys as a second factor: registered, asked, refused, taken back. */

import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import { emptyPlace } from '../engine-under-test.ts';
import { openAuth, PASSWORD, wordOf } from './auth-fixture.ts';
import { openKeys, PARTY, REST, u2fOf } from './key-fixture.ts';
import { APP_ID, SoftwareKey } from './software-key.ts';

describe('a key that is registered', () => {
  it.each(['none', 'fido-u2f'])('with an attestation %s, ends logins from then on', async (format) => {
    const { store, account, clock, register, outcome, enter } = await openKeys();
    const key = new SoftwareKey({ verifies: format === 'none' });
    expect(await outcome(PASSWORD, REST)).toBe('granted');
    const registered = await register(key, 'Blue key', { format });
    const { created } = registered;
    expect(registered).toEqual({
      id: expect.stringMatching(/^[\w-]{43}$/),
      name: 'Blue key',
      kind: 'webauthn',
      passkey: format === 'none',
      created: clock.now,
      lastUse: null,
    });
    expect((await store.auth.status(account)).secondFactors).toEqual(['securityKey']);
    expect(await outcome(PASSWORD)).toBe('appPasswordRequired');
    clock.now += 5_000;
    expect(await enter(key)).toBe('granted');
    expect(await enter(key)).toBe('granted');
    expect(await store.auth.securityKeys(account)).toEqual([
      { ...registered, created, lastUse: { time: clock.now, address: REST.address, scope: 'rest' } },
    ]);
    const log = await store.auth.log(account);
    expect(log.map(({ outcome: one, credential }) => [one, credential?.kind])).toContainEqual(['granted', 'password']);
  });

  it('is asked for with what a browser needs', async () => {
    const { store, account, register, ticket } = await openKeys();
    const options = await store.auth.beginSecurityKey(account);
    expect(options).toMatchObject({
      rp: { id: 'example.org', name: 'Example' },
      user: { id: Buffer.from(account).toString('base64url'), name: 'ann' },
      excludeCredentials: [],
      attestation: 'none',
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
    });
    expect(options.extensions).toEqual({ credProps: true });
    const key = new SoftwareKey();
    await register(key);
    const id = key.id.toString('base64url');
    const described = { type: 'public-key', id, transports: ['usb', 'nfc'] };
    expect((await store.auth.beginSecurityKey(account)).excludeCredentials).toEqual([described]);
    for (const passkey of [true, false]) {
      const { authenticatorSelection } = await store.auth.beginSecurityKey(account, { passkey });
      const wanted = passkey ? 'required' : 'discouraged';
      const selection = { residentKey: wanted, requireResidentKey: passkey, userVerification: wanted };
      expect(authenticatorSelection).toEqual(selection);
    }
    const asked = await store.auth.beginSecondFactor(await ticket());
    expect(asked).toEqual({
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      rpId: 'example.org',
      timeout: 300_000,
      allowCredentials: [described],
      userVerification: 'discouraged',
    });
  });

  it('has a name, and can be removed; the last one takes the second factor with it', async () => {
    const { store, account, register, outcome, enter } = await openKeys();
    const revoked: string[] = [];
    store.auth.onRevoked((id) => revoked.push(id));
    const [first, second] = [new SoftwareKey(), new SoftwareKey()];
    const { id } = await register(first, 'one');
    // The first key of all: the password alone is not enough any more.
    expect(revoked.splice(0)).toEqual([account]);
    const other = await register(second, 'two');
    expect((await store.auth.securityKeys(account)).map(({ name }) => name).sort()).toEqual(['one', 'two']);
    expect(await store.auth.renameSecurityKey(account, id, 'Schlüssel 🔑')).toBe(true);
    expect(await store.auth.renameSecurityKey(account, 'x', 'name')).toBe(false);
    expect((await store.auth.securityKeys(account)).find((key) => key.id === id)?.name).toBe('Schlüssel 🔑');
    for (const name of ['', 'x'.repeat(101), 'a\nb', '\ud800']) {
      const invalid = { code: 'INVALID_ARGUMENT' };
      await expect(store.auth.renameSecurityKey(account, id, name)).rejects.toMatchObject(invalid);
      await expect(register(new SoftwareKey(), name)).rejects.toMatchObject(invalid);
    }
    expect(await store.auth.removeSecurityKey(account, id)).toBe(true);
    expect(await store.auth.removeSecurityKey(account, id)).toBe(false);
    expect(revoked).toEqual([account]);
    expect(await enter(first)).toBe('secondFactor');
    expect(await enter(second)).toBe('granted');
    expect(await store.auth.removeSecurityKey(account, other.id)).toBe(true);
    expect((await store.auth.status(account)).secondFactors).toEqual([]);
    expect(await outcome(PASSWORD)).toBe('granted');
  });

  it('is one of 20, also when more come at the same time', async () => {
    const { store, account, register } = await openKeys();
    const add = () => store.auth.addU2fKey(account, 'old', u2fOf(new SoftwareKey()));
    for (let count = 0; count < 18; count++) await add();
    await Promise.allSettled(Array.from({ length: 6 }, add));
    expect((await store.auth.securityKeys(account)).length).toBeLessThanOrEqual(20);
    while ((await store.auth.securityKeys(account)).length < 20) await add();
    await expect(add()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(register(new SoftwareKey())).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect((await store.auth.status(account)).secondFactors).toEqual(['securityKey']);
  });

  it('comes and goes at the same time, and the state of the account says the truth', async () => {
    const { store, account } = await openKeys();
    const keys = Array.from({ length: 4 }, () => new SoftwareKey());
    for (let round = 0; round < 5; round++) {
      const ids = await Promise.all(
        keys.map(async (key) => (await store.auth.addU2fKey(account, 'old', u2fOf(key))).id),
      );
      await Promise.all(ids.map((id) => store.auth.removeSecurityKey(account, id)));
      expect((await store.auth.status(account)).secondFactors).toEqual([]);
      const [first = ''] = await Promise.all(
        keys.slice(0, 1).map(async (key) => (await store.auth.addU2fKey(account, 'old', u2fOf(key))).id),
      );
      await Promise.all([
        store.auth.removeSecurityKey(account, first),
        store.auth.addU2fKey(account, 'old', u2fOf(keys[1] as SoftwareKey)),
      ]);
      expect((await store.auth.status(account)).secondFactors).toEqual(['securityKey']);
      for (const { id } of await store.auth.securityKeys(account)) await store.auth.removeSecurityKey(account, id);
    }
  });
});

describe('a question to a key', () => {
  it('is answered once, though many answer at the same time, in two processes', async () => {
    const place = await emptyPlace();
    // Refusals that are not delayed.
    const limits = { trusted: ['192.0.2.0/24'] };
    const { store, register, ticket, clock } = await openKeys({
      ...place,
      authentication: { relyingParty: PARTY, limits },
    });
    await using second = await openStore({
      ...place,
      authentication: { relyingParty: PARTY, limits, now: () => clock.now },
    });
    const key = new SoftwareKey();
    await register(key);
    for (let round = 0; round < 10; round++) {
      const one = await ticket();
      const response = key.get(await store.auth.beginSecondFactor(one));
      const factor = { method: 'securityKey', response } as const;
      const outcomes = await Promise.all(
        [store, second, store, second].map(({ auth }) => auth.completeLogin(one, factor, REST)),
      );
      expect(outcomes.map(wordOf).filter((word) => word === 'granted')).toHaveLength(1);
      expect(wordOf(await second.auth.completeLogin(one, factor, REST))).toBe('ticket');
    }
  });

  it('is for one ticket, and the latest of that counts', async () => {
    const { store, register, ticket, finish } = await openKeys();
    const key = new SoftwareKey();
    await register(key);
    const [one, other] = [await ticket(), await ticket()];
    const first = await store.auth.beginSecondFactor(one);
    const second = await store.auth.beginSecondFactor(one);
    expect(wordOf(await finish(other, key.get(second)))).toBe('secondFactor');
    expect(wordOf(await finish(one, key.get(first)))).toBe('secondFactor');
    // It was answered, if wrongly.
    expect(wordOf(await finish(one, key.get(second)))).toBe('secondFactor');
    const third = await store.auth.beginSecondFactor(one);
    expect(wordOf(await finish(one, key.get(third)))).toBe('granted');
  });

  it('has five tries with its ticket, and its ticket five minutes', async () => {
    const { store, register, ticket, finish, clock } = await openKeys();
    const key = new SoftwareKey();
    await register(key);
    const one = await ticket();
    for (let tries = 0; tries < 5; tries++) {
      const asked = await store.auth.beginSecondFactor(one);
      expect(wordOf(await finish(one, key.get(asked, { origin: 'https://example.net' })))).toBe('secondFactor');
    }
    const asked = await store.auth.beginSecondFactor(one);
    expect(wordOf(await finish(one, key.get(asked)))).toBe('ticket');
    for (const wrong of [one, '', 'x', `${'a'.repeat(16)}_${'b'.repeat(43)}`]) {
      await expect(store.auth.beginSecondFactor(wrong)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    clock.now -= 301_000;
    const old = await ticket();
    clock.now += 301_000;
    await expect(store.auth.beginSecondFactor(old)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('counts among the failures of an account', async () => {
    const limits = { addressAndAccount: { failures: 3, windowMs: 900_000 } };
    const { register, enter, ticket, finish } = await openKeys({ authentication: { relyingParty: PARTY, limits } });
    const key = new SoftwareKey();
    await register(key);
    const spare = await ticket();
    for (let tries = 0; tries < 3; tries++) expect(await enter(key, { challenge: 'x' })).toBe('secondFactor');
    expect(await finish(spare, key.get({ challenge: 'x' } as never, { rpId: 'x' }))).toMatchObject({
      reason: 'rateLimited',
      retryAfterMs: expect.any(Number),
    });
  });
});

describe('the count of a key', () => {
  it('must rise; what does not is refused, and logged as a copy', async () => {
    const { store, account, register, enter } = await openKeys();
    const key = new SoftwareKey();
    await register(key);
    expect(await enter(key, { counter: 10 })).toBe('granted');
    for (const counter of [10, 9, 0]) expect(await enter(key, { counter })).toBe('secondFactor');
    const log = await store.auth.log(account);
    expect(log.find(({ outcome }) => outcome === 'copiedKey')).toMatchObject({ count: 3, scope: 'rest' });
    expect(log.some(({ outcome }) => outcome === 'secondFactor')).toBe(false);
    expect(await enter(key, { counter: 11 })).toBe('granted');
  });

  it('may be 0 for ever, but not once it was more', async () => {
    const { register, enter } = await openKeys();
    const key = new SoftwareKey({ counts: false });
    await register(key);
    expect(await enter(key)).toBe('granted');
    expect(await enter(key)).toBe('granted');
    expect(await enter(key, { counter: 1 })).toBe('granted');
    expect(await enter(key)).toBe('secondFactor');
  });

  it('is kept only when the ticket could be spent', async () => {
    const { store, account, register, ticket, finish } = await openKeys();
    const key = new SoftwareKey();
    await register(key);
    const codes = await store.auth.createRecoveryCodes(account);
    let lost = 0;
    for (const code of codes) {
      const one = await ticket();
      const counter = key.counter + 100;
      const response = key.get(await store.auth.beginSecondFactor(one), { counter });
      key.counter = counter;
      const words = (
        await Promise.all([
          finish(one, response),
          store.auth.completeLogin(one, { method: 'recoveryCode', code }, REST),
        ])
      ).map(wordOf);
      expect(words.filter((word) => word === 'granted')).toHaveLength(1);
      if (words[0] === 'granted') continue;
      lost++;
      expect(words[0]).toBe('ticket');
      // The same count again is a new one to the store.
      const next = await ticket();
      const again = key.get(await store.auth.beginSecondFactor(next), { counter });
      key.counter = counter;
      expect(wordOf(await finish(next, again))).toBe('granted');
    }
    expect(lost).toBeGreaterThan(0);
  });
});

describe('a key of the old U2F API', () => {
  it('answers under the application id, and under nothing else', async () => {
    const { store, account, register, ticket, enter } = await openKeys();
    const old = new SoftwareKey({ verifies: false });
    old.counter = 41;
    const added = await store.auth.addU2fKey(account, 'old', u2fOf(old));
    expect(added).toMatchObject({ kind: 'u2f', passkey: false, name: 'old', lastUse: null });
    expect(await store.auth.beginSecondFactor(await ticket())).toMatchObject({
      allowCredentials: [{ type: 'public-key', id: old.id.toString('base64url') }],
      extensions: { appid: APP_ID },
    });
    expect((await store.auth.beginSecurityKey(account)).extensions).toEqual({ credProps: true, appidExclude: APP_ID });
    expect(await enter(old, { rpId: APP_ID })).toBe('granted');
    expect(await enter(old, { rpId: APP_ID, counter: 41 })).toBe('secondFactor');
    expect(await enter(old)).toBe('secondFactor');
    expect(await enter(old, { rpId: 'https://example.net/u2f' })).toBe('secondFactor');
    const fresh = new SoftwareKey();
    await register(fresh);
    expect(await enter(fresh, { rpId: APP_ID })).toBe('secondFactor');
    expect(await enter(fresh)).toBe('granted');
  });

  it('is taken over only when it is one', async () => {
    const { store, account } = await openKeys();
    const good = u2fOf(new SoftwareKey());
    const offCurve = Uint8Array.from(good.publicKey);
    offCurve[64] = (offCurve[64] as number) ^ 1;
    const compressed = Uint8Array.from([3, ...good.publicKey.slice(1)]);
    for (const wrong of [
      { keyHandle: new Uint8Array(0) },
      { keyHandle: new Uint8Array(256) },
      { publicKey: offCurve },
      { publicKey: compressed },
      { publicKey: good.publicKey.slice(0, 64) },
      { publicKey: new Uint8Array(65) },
      { counter: -1 },
      { counter: 2 ** 32 },
      { counter: 1.5 },
      { counter: Number.NaN },
    ]) {
      await expect(store.auth.addU2fKey(account, 'old', { ...good, ...wrong })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
    await store.auth.addU2fKey(account, 'old', good);
    await expect(store.auth.addU2fKey(account, 'again', good)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await store.auth.securityKeys(account)).toHaveLength(1);
  });

  it('is not asked while the store has no application id, and the account stays shut', async () => {
    const place = await emptyPlace();
    const { store, account, clock } = await openKeys(place);
    await store.auth.addU2fKey(account, 'old', u2fOf(new SoftwareKey()));
    const { appId: _, ...relyingParty } = PARTY;
    await using bare = await openStore({ ...place, authentication: { relyingParty, now: () => clock.now } });
    const outcome = await bare.auth.authenticate('ann', PASSWORD, REST);
    if (outcome.kind !== 'needsSecondFactor') throw new Error(wordOf(outcome));
    expect(outcome.methods).toEqual(['securityKey']);
    await expect(bare.auth.beginSecondFactor(outcome.ticket)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(bare.auth.addU2fKey(account, 'old', u2fOf(new SoftwareKey()))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
  });
});

describe('a store without a relying party', () => {
  it('neither asks nor hears keys', async () => {
    const { store, account } = await openAuth();
    const unsupported = { code: 'UNSUPPORTED' };
    const { auth } = store;
    const response = new SoftwareKey().get({ challenge: 'x', rpId: 'x' } as never);
    await expect(auth.beginSecurityKey(account)).rejects.toMatchObject(unsupported);
    await expect(auth.finishSecurityKey(account, 'x', response)).rejects.toMatchObject(unsupported);
    await expect(auth.addU2fKey(account, 'x', u2fOf(new SoftwareKey()))).rejects.toMatchObject(unsupported);
    await expect(auth.beginSecondFactor('x')).rejects.toMatchObject(unsupported);
    await expect(auth.completeLogin('x', { method: 'securityKey', response }, REST)).rejects.toMatchObject(unsupported);
    await expect(auth.beginPasskey()).rejects.toMatchObject(unsupported);
    await expect(auth.completePasskey(response, REST)).rejects.toMatchObject(unsupported);
    expect(await auth.securityKeys(account)).toEqual([]);
    expect(await auth.removeSecurityKey(account, 'x')).toBe(false);
  });

  it('is what a party that no key could answer makes no store of', async () => {
    const path = join(tmpdir(), `eider-none-${process.pid}`);
    for (const wrong of [
      { id: '' },
      { id: 'Example.org' },
      { id: 'https://example.org' },
      { id: 'example..org' },
      { name: '' },
      { origins: [] },
      { origins: ['https://mail.example.org/'] },
      { origins: ['http://mail.example.org'] },
      { origins: ['mail.example.org'] },
      { origins: ['https://MAIL.example.org'] },
      { appId: 'example.org' },
      { appId: 'http://example.org/u2f' },
    ]) {
      const relyingParty = { ...PARTY, ...wrong };
      await expect(openKeys({ path, authentication: { relyingParty } })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
    // Nothing was opened that would have to be closed.
    expect(existsSync(path)).toBe(false);
    const origins = [
      'http://localhost:8080',
      'https://mail.example.org:8443',
      `android:apk-key-hash:${'a'.repeat(43)}`,
    ];
    const { store } = await openKeys({ authentication: { relyingParty: { ...PARTY, origins } } });
    expect((await store.auth.beginPasskey()).rpId).toBe('example.org');
  });
});
