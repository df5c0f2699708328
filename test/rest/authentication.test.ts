/** Logging in, tokens, app passwords and second factors by the API. */

import { generate } from 'otplib';
import { describe, expect, test } from 'vitest';
import type { KeyCreationOptions, KeyRequestOptions } from '../../src/model/security-key.ts';
import { PARTY } from '../auth/key-fixture.ts';
import { SoftwareKey } from '../auth/software-key.ts';
import { openRest, type RestFixture } from './rest-fixture.ts';

const PASSWORD = 'correct horse battery';
const LOGIN = { username: 'ann', password: PASSWORD };

interface Ann extends RestFixture {
  readonly id: string;
  readonly clock: { now: number };
}

async function openAnn(): Promise<Ann> {
  const clock = { now: Date.now() };
  const now = (): number => clock.now;
  const fixture = await openRest(
    { now },
    {
      secret: Buffer.alloc(32, 1),
      authentication: { now, relyingParty: PARTY, limits: { addressAndAccount: { failures: 2, windowMs: 900_000 } } },
    },
  );
  const { id } = await fixture.account('ann', { password: PASSWORD });
  return { ...fixture, id, clock };
}

describe('logging in', () => {
  test('gives a token of the user, which opens what is his and nothing else', async () => {
    const { call, account, id, clock } = await openAnn();
    const bob = await account('bob');
    const { body } = await call('POST', '/authenticate', {
      ...LOGIN,
      token: true,
      protocol: 'Webmail',
      sess: 's1',
      ip: '198.51.100.7',
    });
    expect(body).toMatchObject({
      id,
      username: 'ann',
      scope: 'master',
      require2fa: false,
      requirePasswordChange: false,
    });
    const { token } = body;
    expect((await call('GET', '/users/me', null, { token })).body.id).toBe(id);
    expect((await call('GET', '/authenticated', null, { token })).body).toMatchObject({ user: id, role: 'user' });
    for (const path of [
      `/users/${bob.id}`,
      `/users/${bob.id}/mailboxes`,
      `/users/${bob.id}/authlog`,
      `/users/${'a'.repeat(24)}`,
    ]) {
      expect((await call('GET', path, null, { token })).body.code).toBe('MissingPrivileges');
    }
    const log = (await call('GET', `/users/${id}/authlog`)).body;
    expect(log.results[0]).toMatchObject({
      result: 'success',
      protocol: 'Webmail',
      sess: 's1',
      ip: '198.51.100.7',
      source: 'master',
      events: 1,
    });
    expect((await call('GET', `/users/${id}/authlog/${log.results[0].id}`)).body.id).toBe(log.results[0].id);
    expect((await call('GET', `/users/${id}/authlog/${'0'.repeat(24)}`)).body.code).toBe('EventNotFound');
    await call('DELETE', '/authenticate', null, { token });
    expect((await call('GET', '/users/me', null, { token })).body.code).toBe('InvalidToken');
    const other = (await call('POST', '/authenticate', { ...LOGIN, token: true })).body.token;
    clock.now += 14 * 86_400_000 + 1;
    expect((await call('GET', '/users/me', null, { token: other })).status).toBe(401);
  });

  test('is refused alike for a wrong password and for nobody, and after too many tries', async () => {
    const { call } = await openAnn();
    const wrong = await call('POST', '/authenticate', { ...LOGIN, password: 'wrong' });
    const nobody = await call('POST', '/authenticate', { ...LOGIN, username: 'nobody' });
    expect([wrong.status, wrong.body]).toEqual([403, nobody.body]);
    const guess = () => call('POST', '/authenticate', { ...LOGIN, password: 'wrong', ip: '203.0.113.9' });
    for (let n = 0; n < 2; n++) expect((await guess()).body.code).toBe('AuthFailed');
    const last = await guess();
    expect([last.status, last.body.code]).toEqual([403, 'RateLimitedError']);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    // Another address is another guesser, and what a user's own token says of addresses counts for nothing.
    expect((await call('POST', '/authenticate', { ...LOGIN, ip: '203.0.113.2' })).status).toBe(200);
  });

  test('an account that is switched off, or not for a protocol', async () => {
    const { call, id } = await openAnn();
    expect((await call('POST', '/preauth', { username: 'ann' })).body).toMatchObject({ id, require2fa: false });
    await call('PUT', `/users/${id}`, { disabledScopes: ['imap', 'smtp'] });
    expect((await call('GET', `/users/${id}`)).body.disabledScopes).toEqual(['imap', 'smtp']);
    expect((await call('POST', '/authenticate', { ...LOGIN, scope: 'imap' })).body.code).toBe('AuthFailed');
    expect((await call('POST', '/authenticate', { ...LOGIN, scope: 'pop3' })).status).toBe(200);
    await call('PUT', `/users/${id}`, { suspended: true });
    for (const path of ['/preauth', '/authenticate']) {
      const input = path === '/preauth' ? { username: 'ann' } : LOGIN;
      expect((await call('POST', path, input)).body.code).toBe('AuthFailed');
    }
  });

  test('a front end that may only authenticate gets no token', async () => {
    const { call, tokenOf } = await openAnn();
    const { body } = await call('POST', '/authenticate', { ...LOGIN, token: true }, { token: await tokenOf('auth') });
    expect(body).not.toHaveProperty('token');
    const full = await call('POST', '/authenticate', { ...LOGIN, token: true }, { token: await tokenOf('tokenAuth') });
    expect(full.body.token).toMatch(/^eider_/);
  });
});

test('sessions of a user are ended, wherever they are', async () => {
  const { call, store, id } = await openAnn();
  const outcome = await store.auth.authenticate('ann', PASSWORD, { scope: 'imap', address: '192.0.2.1' });
  if (outcome.kind !== 'granted') throw new Error(outcome.kind);
  const since = Date.now();
  let told = 0;
  store.auth.onRevoked(() => told++);
  expect(await store.auth.isValid(id, outcome.credential, since)).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await call('PUT', `/users/${id}/logout`, { reason: 'moved' });
  expect([told, await store.auth.isValid(id, outcome.credential, since)]).toEqual([1, false]);
  expect(await store.auth.isValid(id, outcome.credential, Date.now() + 1)).toBe(true);
});

describe('app passwords', () => {
  test('are made, listed, used and taken back', async () => {
    const { call, store, id } = await openAnn();
    const { body: made } = await call('POST', `/users/${id}/asps`, {
      description: 'phone',
      scopes: ['imap', 'smtp'],
      ttl: 3600,
    });
    expect(made.password).toMatch(/^[a-z]{16}$/);
    const login = (scope: string) => call('POST', '/authenticate', { username: 'ann', password: made.password, scope });
    expect((await login('imap')).status).toBe(200);
    expect((await login('pop3')).body.code).toBe('AuthFailed');
    const { results } = (await call('GET', `/users/${id}/asps`)).body;
    expect(results).toMatchObject([
      { id: made.id, description: 'phone', scopes: ['imap', 'smtp'], lastUse: { time: expect.any(String) } },
    ]);
    expect((await call('GET', `/users/${id}/asps/${made.id}`)).body.expires).toBeDefined();
    await call('DELETE', `/users/${id}/asps/${made.id}`);
    expect((await call('DELETE', `/users/${id}/asps/${made.id}`)).body.code).toBe('AspNotFound');
    expect((await login('imap')).body.code).toBe('AuthFailed');
    const { body: all } = await call('POST', `/users/${id}/asps`, { description: 'all' });
    expect((await call('GET', `/users/${id}/asps/${all.id}`)).body.scopes).toEqual(['*']);
    expect(await store.auth.appPasswords(id)).toHaveLength(1);
  });

  test.each([
    [{ scopes: ['imap'] }],
    [{ description: 'x', scopes: [] }],
    [{ description: 'x', scopes: ['master'] }],
    [{ description: 'x', scopes: ['ftp'] }],
  ])('%j is refused', async (input) => {
    const { call, id } = await openAnn();
    expect((await call('POST', `/users/${id}/asps`, input)).body.code).toBe('InputValidationError');
  });
});

describe('one-time passwords', () => {
  test('are switched on and off by the user', async () => {
    const { call, id, store, tokenOf, clock } = await openAnn();
    const token = await tokenOf(await store.accounts.get(id));
    const { body } = await call('POST', '/users/me/2fa/totp/setup', { issuer: 'Example' }, { token });
    const code = await generate({ secret: body.seed, epoch: Math.floor(clock.now / 1000) });
    expect((await call('POST', '/users/me/2fa/totp/enable', { token: code }, { token })).status).toBe(200);
    expect((await call('GET', '/users/me', null, { token })).body.enabled2fa).toEqual(['totp']);
    expect((await call('DELETE', '/users/me/2fa', null, { token })).status).toBe(200);
    expect((await call('GET', '/users/me', null, { token })).body.enabled2fa).toEqual([]);
  });

  async function switchOn(ann: Ann): Promise<() => Promise<string>> {
    const { call, id, clock } = ann;
    const { body } = await call('POST', `/users/${id}/2fa/totp/setup`, { issuer: 'Example' });
    expect(body.dataUrl).toContain('issuer=Example');
    const code = (): Promise<string> => generate({ secret: body.seed, epoch: Math.floor(clock.now / 1000) });
    expect((await call('POST', `/users/${id}/2fa/totp/enable`, { token: '000000' })).body.code).toBe('AuthFailed');
    expect((await call('POST', `/users/${id}/2fa/totp/enable`, { token: await code() })).status).toBe(200);
    return code;
  }

  test('end a login, once, and a wrong code leaves the nonce as it was', async () => {
    const ann = await openAnn();
    const { call, account, id, clock } = ann;
    const code = await switchOn(ann);
    clock.now += 60_000;
    const { body } = await call('POST', '/authenticate', { ...LOGIN, token: true });
    expect(body).toMatchObject({ id, require2fa: ['totp'], totpNonce: body.twoFactorNonce });
    expect(body).not.toHaveProperty('token');
    const check = (token: string, user = id) =>
      call('POST', `/users/${user}/2fa/totp/check`, { token, totpNonce: body.totpNonce });
    expect((await check('123456')).body.code).toBe('AuthFailed');
    const right = await check(await code());
    expect((await call('GET', '/users/me', null, { token: right.body.token })).body.id).toBe(id);
    clock.now += 60_000;
    expect((await check(await code())).body.code).toBe('AuthFailed');
    const bob = await account('bob');
    const again = (await call('POST', '/authenticate', LOGIN)).body;
    const stolen = await call('POST', `/users/${bob.id}/2fa/totp/check`, {
      token: await code(),
      totpNonce: again.totpNonce,
    });
    expect(stolen.body.code).toBe('AuthFailed');
    expect(stolen.body).not.toHaveProperty('token');
  });

  test('can be compared by themselves, and switched off', async () => {
    const ann = await openAnn();
    const { call, id, clock } = ann;
    const code = await switchOn(ann);
    clock.now += 60_000;
    const right = await code();
    expect((await call('POST', `/users/${id}/2fa/totp/check`, { token: right })).status).toBe(200);
    expect((await call('POST', `/users/${id}/2fa/totp/check`, { token: right })).body.code).toBe('AuthFailed');
    const { codes } = (await call('POST', `/users/${id}/2fa/recovery-codes`)).body;
    const nonce = (await call('POST', '/authenticate', LOGIN)).body.twoFactorNonce;
    const recovered = await call('POST', `/users/${id}/2fa/recovery-codes/check`, {
      code: codes[3],
      twoFactorNonce: nonce,
    });
    expect(recovered.body.token).toMatch(/^eider_/);
    await call('DELETE', `/users/${id}/2fa/totp`);
    expect((await call('GET', `/users/${id}`)).body.enabled2fa).not.toContain('totp');
    expect((await call('POST', '/authenticate', { ...LOGIN, token: true })).body.token).toMatch(/^eider_/);
  });
});

describe('a security key', () => {
  const toHex = (text: unknown): string => Buffer.from(String(text), 'base64url').toString('hex');
  const base64url = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url');

  test('is registered, ends a login, and is taken back', async () => {
    const { call, id } = await openAnn();
    const at = `/users/${id}/2fa/webauthn`;
    const { registrationOptions: asked } = (await call('POST', `${at}/registration-challenge`, { description: 'blue' }))
      .body;
    const key = new SoftwareKey();
    const creation = { ...asked, challenge: base64url(asked.challenge) } as KeyCreationOptions;
    const made = key.create(creation) as { rawId: string; response: Record<string, string> };
    const attestation = {
      challenge: asked.challenge,
      rawId: toHex(made.rawId),
      clientDataJSON: toHex(made.response.clientDataJSON),
      attestationObject: toHex(made.response.attestationObject),
      description: 'blue',
    };
    expect((await call('POST', `${at}/registration-attestation`, attestation)).body.response.description).toBe('blue');
    expect((await call('POST', `${at}/registration-attestation`, attestation)).status).toBeGreaterThanOrEqual(400);
    const login = (await call('POST', '/authenticate', { ...LOGIN, token: true })).body;
    expect(login.require2fa).toEqual(['webauthn']);
    const { twoFactorNonce } = login;
    const { authenticationOptions: wanted } = (await call('POST', `${at}/authentication-challenge`, { twoFactorNonce }))
      .body;
    const request = { ...wanted, challenge: base64url(wanted.challenge) } as KeyRequestOptions;
    const answer = key.get(request) as { rawId: string; response: Record<string, string> };
    const assertion = {
      twoFactorNonce,
      challenge: wanted.challenge,
      rawId: toHex(answer.rawId),
      clientDataJSON: toHex(answer.response.clientDataJSON),
      authenticatorData: toHex(answer.response.authenticatorData),
      signature: toHex(answer.response.signature),
    };
    const broken = {
      ...assertion,
      signature: assertion.signature.replace(/..$/, (last) => (last === '00' ? '01' : '00')),
    };
    expect((await call('POST', `${at}/authentication-assertion`, broken)).body.code).toBe('AuthFailed');
    const { authenticationOptions: next } = (await call('POST', `${at}/authentication-challenge`, { twoFactorNonce }))
      .body;
    const second = key.get({ ...next, challenge: base64url(next.challenge) } as KeyRequestOptions) as typeof answer;
    const right = await call('POST', `${at}/authentication-assertion`, {
      ...assertion,
      challenge: next.challenge,
      clientDataJSON: toHex(second.response.clientDataJSON),
      authenticatorData: toHex(second.response.authenticatorData),
      signature: toHex(second.response.signature),
    });
    expect(right.body.token).toMatch(/^eider_/);
    const { credentials } = (await call('GET', `${at}/credentials`)).body;
    expect(credentials).toMatchObject([{ id: expect.stringMatching(/^[0-9a-f]{24}$/), description: 'blue' }]);
    expect((await call('DELETE', `${at}/credentials/${credentials[0].id}`)).body.deleted).toBe(true);
    expect((await call('DELETE', `${at}/credentials/${credentials[0].id}`)).body.code).toBe('CredentialNotFound');
  });
});
