/** Passkeys: a login without a name and a password, by a key that knows whose it is. */

import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import { emptyPlace } from '../engine-under-test.ts';
import { wordOf } from './auth-fixture.ts';
import { openKeys, PARTY, REST, u2fOf } from './key-fixture.ts';
import { APP_ID, SoftwareKey } from './software-key.ts';

describe('a passkey', () => {
  it('lets in, and its sessions end when it is removed', async () => {
    const { store, account, clock, register } = await openKeys();
    const key = new SoftwareKey({ counts: false });
    const { id } = await register(key);
    clock.now += 1_000;
    const options = await store.auth.beginPasskey();
    expect(options).toEqual({
      challenge: expect.stringMatching(/^[\w-]{51}$/),
      rpId: 'example.org',
      timeout: 300_000,
      allowCredentials: [],
      userVerification: 'required',
    });
    const outcome = await store.auth.completePasskey(key.get(options), REST);
    const credential = { kind: 'passkey', id } as const;
    expect(outcome).toMatchObject({ kind: 'granted', account: { id: account }, credential, mustChange: false });
    expect((await store.auth.securityKeys(account))[0]?.lastUse).toEqual({
      time: clock.now,
      address: REST.address,
      scope: 'rest',
    });
    expect((await store.auth.log(account))[0]).toMatchObject({ outcome: 'granted', credential });
    expect(await store.auth.isValid(account, credential)).toBe(true);
    await store.auth.setStatus(account, { suspended: true });
    expect(await store.auth.isValid(account, credential)).toBe(false);
    await store.auth.setStatus(account, { suspended: false });
    await store.auth.removeSecurityKey(account, id);
    expect(await store.auth.isValid(account, credential)).toBe(false);
    expect(wordOf(await store.auth.completePasskey(key.get(await store.auth.beginPasskey()), REST))).toBe(
      'credentials',
    );
  });

  it('is one from its first use on, whatever the browser said when it was registered', async () => {
    const { store, account, pass } = await openKeys();
    const key = new SoftwareKey();
    const response = key.create(await store.auth.beginSecurityKey(account));
    const { clientExtensionResults: _, ...silent } = response;
    expect(await store.auth.finishSecurityKey(account, 'blue', silent)).toMatchObject({ passkey: false });
    expect(await pass(key)).toBe('granted');
    expect((await store.auth.securityKeys(account))[0]).toMatchObject({ passkey: true });
  });

  it('answers each question once, also in two processes at the same time', async () => {
    const place = await emptyPlace();
    const { store, clock, register } = await openKeys(place);
    await using second = await openStore({ ...place, authentication: { relyingParty: PARTY, now: () => clock.now } });
    // A count of 0 for ever: nothing but the question tells one answer from another.
    const key = new SoftwareKey({ counts: false });
    await register(key);
    for (let round = 0; round < 5; round++) {
      const response = key.get(await second.auth.beginPasskey());
      const outcomes = await Promise.all(
        [store, second, store, second].map(({ auth }) => auth.completePasskey(response, REST)),
      );
      expect(outcomes.map(wordOf).sort()).toEqual(['credentials', 'credentials', 'credentials', 'granted']);
      expect(wordOf(await store.auth.completePasskey(response, REST))).toBe('credentials');
    }
  });

  it('that is replayed is no copy of a key; one whose count does not rise is', async () => {
    const { store, account, register, pass } = await openKeys();
    const key = new SoftwareKey();
    await register(key);
    const response = key.get(await store.auth.beginPasskey());
    expect(wordOf(await store.auth.completePasskey(response, REST))).toBe('granted');
    expect(wordOf(await store.auth.completePasskey(response, REST))).toBe('credentials');
    expect((await store.auth.log(account)).some(({ outcome }) => outcome === 'copiedKey')).toBe(false);
    expect(await pass(key, { counter: 1 })).toBe('credentials');
    expect((await store.auth.log(account)).filter(({ outcome }) => outcome === 'copiedKey')).toHaveLength(1);
  });

  it('answers questions of this store alone, within five minutes', async () => {
    const { store, clock, register, pass } = await openKeys();
    const key = new SoftwareKey();
    await register(key);
    const stranger = await openKeys();
    const foreign = await stranger.store.auth.beginPasskey();
    const { challenge } = await store.auth.beginPasskey();
    const last = challenge.at(-1) as string;
    // The last character of 51 has two bits to spare: written otherwise, it is the same octets.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = challenge.slice(0, -1) + alphabet[alphabet.indexOf(last) ^ 1];
    expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(challenge, 'base64url'));
    const earlier = (challenge[0] === 'A' ? 'B' : 'A') + challenge.slice(1);
    for (const wrong of [foreign.challenge, twin, earlier, challenge.slice(1), `${challenge}AAAA`, '', 'x']) {
      expect(await pass(key, { challenge: wrong })).toBe('credentials');
    }
    const old = await store.auth.beginPasskey();
    clock.now += 299_999;
    expect(await pass(key, { challenge: old.challenge })).toBe('granted');
    const older = await store.auth.beginPasskey();
    clock.now += 300_000;
    expect(await pass(key, { challenge: older.challenge })).toBe('credentials');
    // Made by a process whose clock is further ahead than clocks are.
    const early = await store.auth.beginPasskey();
    clock.now -= 60_001;
    expect(await pass(key, { challenge: early.challenge })).toBe('credentials');
  });

  it('must have verified its owner, and be his', async () => {
    const { store, account, register, pass } = await openKeys();
    const key = new SoftwareKey();
    await register(key);
    const { id: bob } = await store.accounts.create({ name: 'bob', password: 'correct horse' });
    const handle = (text: string): string => Buffer.from(text).toString('base64url');
    expect(await pass(key, { verified: false })).toBe('credentials');
    expect(await pass(key, { present: false })).toBe('credentials');
    expect(await pass(key, { origin: 'https://mail.example.net' })).toBe('credentials');
    expect(await pass(key, { rpId: 'mail.example.org' })).toBe('credentials');
    expect(await pass(key, { rpId: APP_ID })).toBe('credentials');
    for (const owner of [bob, 'nobody', 'ann', '', '../x', '\0', 'x'.repeat(64)]) {
      expect(await pass(key, { userHandle: handle(owner) })).toBe('credentials');
    }
    // Nobody gets into an account by registering its key's id with his own.
    const thief = new SoftwareKey();
    Object.assign(thief, { id: key.id });
    await store.auth.finishSecurityKey(bob, 'stolen', thief.create(await store.auth.beginSecurityKey(bob)));
    expect(await pass(thief, { userHandle: handle(account) })).toBe('credentials');
    expect(await pass(thief)).toBe('granted');
    expect(await pass(key)).toBe('granted');
  });

  it('is no key of the old U2F API', async () => {
    const { store, account, pass } = await openKeys();
    const old = new SoftwareKey();
    await store.auth.addU2fKey(account, 'old', u2fOf(old));
    const userHandle = Buffer.from(account).toString('base64url');
    for (const rpId of [APP_ID, 'example.org']) expect(await pass(old, { rpId, userHandle })).toBe('credentials');
  });

  it('tells its owner that the account is switched off, or the password is to be changed', async () => {
    const { store, account, register, pass } = await openKeys();
    const key = new SoftwareKey();
    await register(key);
    for (const state of ['disabled', 'suspended'] as const) {
      await store.auth.setStatus(account, { [state]: true });
      expect(await pass(key)).toBe(state);
      expect(await pass(key, { verified: false })).toBe('credentials');
      await store.auth.setStatus(account, { [state]: false });
    }
    await store.auth.setStatus(account, { mustChange: true });
    expect(await store.auth.completePasskey(key.get(await store.auth.beginPasskey()), REST)).toMatchObject({
      kind: 'granted',
      mustChange: true,
    });
  });

  it('is limited by address, and wrong ones lock nobody out', async () => {
    const limits = { address: { failures: 3, windowMs: 900_000 } };
    const { store, register, pass } = await openKeys({ authentication: { relyingParty: PARTY, limits } });
    const key = new SoftwareKey();
    await register(key);
    for (let tries = 0; tries < 5; tries++) expect(await pass(key)).toBe('granted');
    for (let tries = 0; tries < 3; tries++) expect(await pass(key, { verified: false })).toBe('credentials');
    expect(await pass(key)).toBe('rateLimited');
    const elsewhere = { ...REST, address: '203.0.113.1' };
    const response = key.get(await store.auth.beginPasskey());
    expect(wordOf(await store.auth.completePasskey(response, elsewhere))).toBe('granted');
  });

  it('is required to be one when that was asked for', async () => {
    const { store, account } = await openKeys();
    const simple = new SoftwareKey({ verifies: false });
    const options = await store.auth.beginSecurityKey(account, { passkey: true });
    await expect(store.auth.finishSecurityKey(account, 'blue', simple.create(options))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    const key = new SoftwareKey();
    const again = await store.auth.beginSecurityKey(account, { passkey: true });
    expect(await store.auth.finishSecurityKey(account, 'blue', key.create(again))).toMatchObject({ passkey: true });
  });
});
