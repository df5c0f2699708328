/** JWTs of an issuer whose keys are fetched. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { expect, it, onTestFinished } from 'vitest';
import { jwtBearer } from '../../src/auth/jwt-bearer.ts';
import { openAuth, wordOf } from './auth-fixture.ts';

const ISSUER = 'https://id.example.org';
const AUDIENCE = 'mail.example.org';
const SOURCE = { scope: 'imap', address: '192.0.2.1' } as const;

async function issuer() {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' };
  let up = true;
  const server = createServer((_, response) => {
    if (!up) return response.writeHead(500).end();
    return response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const sign = (claims: JWTPayload, { expires = '5m', key = privateKey, alg = 'ES256' } = {}) =>
    new SignJWT({ iss: ISSUER, aud: AUDIENCE, ...claims })
      .setProtectedHeader({ alg, kid: 'one' })
      .setExpirationTime(expires)
      .sign(key);
  const jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  return {
    jwks,
    sign,
    fail: () => {
      up = false;
    },
  };
}

it('opens the account that the token names, and no other', async () => {
  const { jwks, sign } = await issuer();
  const verify = jwtBearer({ issuer: ISSUER, audience: AUDIENCE, jwks });
  const { store, account } = await openAuth({ authentication: { bearer: { verify } } });
  const word = async (token: string, authzid: string | null = null) =>
    wordOf(await store.auth.authenticateBearer(token, authzid, SOURCE));
  const good = await sign({ email: 'ann@example.org' });
  expect(await store.auth.authenticateBearer(good, null, SOURCE)).toMatchObject({
    kind: 'granted',
    account: { id: account },
    credential: { kind: 'bearer' },
  });
  expect(await word(good, 'ann')).toBe('granted');
  await store.accounts.create({ name: 'bob' });
  const other = await generateKeyPair('ES256');
  const [head, body, signature] = good.split('.') as [string, string, string];
  for (const [token, authzid] of [
    [good, 'bob'],
    [await sign({ email: 'nobody@example.org' }), null],
    [await sign({}), null],
    [await sign({ email: 'ann@example.org', email_verified: false }), null],
    [await sign({ email: 'ann@example.org', iss: 'https://evil.example.org' }), null],
    [await sign({ email: 'ann@example.org', aud: 'other' }), null],
    [await sign({ email: 'ann@example.org' }, { expires: '-5m' }), null],
    [await sign({ email: 'ann@example.org' }, { key: other.privateKey }), null],
    [`${head}.${body}.${signature.slice(0, -4)}AAAA`, null],
    [`${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`, null],
    ['rubbish', null],
    ['', null],
  ] as const) {
    expect(await word(token, authzid)).toBe('credentials');
  }
});

it('says that it cannot tell when the keys cannot be fetched', async () => {
  const { jwks, sign, fail } = await issuer();
  fail();
  const verify = jwtBearer({ issuer: ISSUER, audience: AUDIENCE, jwks });
  await expect(
    verify(await sign({ email: 'ann@example.org' }), { authzid: null, source: SOURCE }),
  ).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
  expect(() => jwtBearer({ issuer: ISSUER, audience: AUDIENCE, jwks: 'http://id.example.org/keys' })).toThrow(/https/);
});
