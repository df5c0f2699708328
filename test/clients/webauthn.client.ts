/** Chromium with virtual keys: a page registers them, gives them as second factors, and logs in by passkeys. */

import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LoginOutcome, LoginSource } from '../../src/model/authentication.ts';
import type { KeyResponse } from '../../src/model/security-key.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { selfSignedCertificate } from '../auth/self-signed-certificate.ts';
import { openTestedStore } from '../engine-under-test.ts';
import { Chromium, type Page } from './chromium.ts';
import { isInstalled } from './server.ts';

const PASSWORD = 'correct-horse';
const SOURCE: LoginSource = { scope: 'rest', address: '127.0.0.1' };

/** What a webmail would do; `send` is a call of its server. */
const SCRIPT = `
  const send = async (name, body) => (await fetch('/' + name, { method: 'POST', body: JSON.stringify(body) })).json();
  const create = async (options) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return (await navigator.credentials.create({ publicKey })).toJSON();
  };
  const get = async (options) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    return (await navigator.credentials.get({ publicKey })).toJSON();
  };
  window.register = async (options) => {
    const response = await create(await send('beginSecurityKey', options));
    return send('finishSecurityKey', { response });
  };
  window.logIn = async (again) => {
    const { ticket, methods } = await send('authenticate', {});
    if (!methods?.includes('securityKey')) return 'no key is asked for';
    const response = await get(await send('beginSecondFactor', { ticket }));
    const outcome = await send('completeLogin', { ticket, response });
    return again ? send('completeLogin', { ticket, response }) : outcome;
  };
  window.passkey = async () => send('completePasskey', { response: await get(await send('beginPasskey', {})) });
`;

describe.skipIf(!isInstalled('chromium'))('chromium', () => {
  const servers: Server[] = [];
  let browser: Chromium;
  let origin: string;
  let appId: string;
  let store: MessageStore;
  let account: string;
  let page: Page;

  beforeAll(async () => {
    origin = await serve();
    appId = `${origin}/u2f`;
    browser = await Chromium.start();
  });
  afterAll(async () => {
    await browser.close();
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** Serves the page and its calls; gives their origin. */
  async function serve(): Promise<string> {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const certificate = selfSignedCertificate(privateKey, publicKey).toString('base64');
    const server = createServer({
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      cert: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
    });
    server.on('request', async (request, response) => {
      if (request.method === 'GET') {
        response.setHeader('content-type', 'text/html').end(`<!doctype html><script>${SCRIPT}</script>`);
        return;
      }
      response.end(JSON.stringify(await answer(request).catch(({ code }) => ({ error: code }))));
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `https://localhost:${(server.address() as AddressInfo).port}`;
  }

  beforeEach(async () => {
    const relyingParty = { id: 'localhost', name: 'Example', origins: [origin], appId };
    store = await openTestedStore({ authentication: { relyingParty } });
    account = (await store.accounts.create({ name: 'ann', password: PASSWORD })).id;
    page = await browser.open(`${origin}/`);
    await page.call('WebAuthn.enable', {});
  });
  afterEach(() => store.close());

  async function answer(request: IncomingMessage): Promise<unknown> {
    const { auth } = store;
    const body = JSON.parse(await text(request)) as { ticket: string; response: KeyResponse; passkey?: boolean };
    switch (request.url) {
      case '/beginSecurityKey':
        return auth.beginSecurityKey(account, body);
      case '/finishSecurityKey':
        return auth.finishSecurityKey(account, 'virtual', body.response);
      case '/authenticate':
        return auth.authenticate('ann', PASSWORD, SOURCE);
      case '/beginSecondFactor':
        return auth.beginSecondFactor(body.ticket);
      case '/completeLogin':
        return auth.completeLogin(body.ticket, { method: 'securityKey', response: body.response }, SOURCE);
      case '/beginPasskey':
        return auth.beginPasskey();
      default:
        return auth.completePasskey(body.response, SOURCE);
    }
  }

  async function plugIn(protocol: 'ctap2' | 'u2f', passkeys = false): Promise<string> {
    const options = {
      protocol,
      transport: passkeys ? 'internal' : 'usb',
      hasResidentKey: passkeys,
      hasUserVerification: passkeys,
      isUserVerified: passkeys,
    };
    const params = { options };
    return (await page.call<{ authenticatorId: string }>('WebAuthn.addVirtualAuthenticator', params)).authenticatorId;
  }

  const granted = { kind: 'granted', account: { name: 'ann' } };

  test.each(['ctap2', 'u2f'] as const)('registers a key of kind %s, and logs in with it', async (protocol) => {
    await plugIn(protocol);
    expect(await page.evaluate('register({})')).toMatchObject({ name: 'virtual', kind: 'webauthn', passkey: false });
    expect(await page.evaluate('logIn()')).toMatchObject(granted);
    expect(await page.evaluate('logIn()')).toMatchObject(granted);
    expect(await page.evaluate('logIn(true)')).toMatchObject({ reason: 'ticket' });
    // The browser does not register the same key again.
    await expect(page.evaluate('register({})')).rejects.toThrow('InvalidStateError');
  });

  test('logs in by a passkey, and by nothing once it is removed', async () => {
    await plugIn('ctap2', true);
    const key = await page.evaluate<{ id: string }>('register({ passkey: true })');
    expect(key).toMatchObject({ kind: 'webauthn', passkey: true });
    const outcome = await page.evaluate<LoginOutcome>('passkey()');
    expect(outcome).toMatchObject({ ...granted, credential: { kind: 'passkey', id: key.id } });
    expect(await page.evaluate('logIn()')).toMatchObject(granted);
    expect(await store.auth.removeSecurityKey(account, key.id)).toBe(true);
    expect(await page.evaluate('passkey()')).toMatchObject({ reason: 'credentials' });
    expect(await page.evaluate('logIn()')).toBe('no key is asked for');
  });

  test('logs in with a key that was registered with the old U2F API', async () => {
    const authenticatorId = await plugIn('u2f');
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x = '', y = '' } = pair.publicKey.export({ format: 'jwk' });
    const keyHandle = Buffer.alloc(64, 9);
    await page.call('WebAuthn.addCredential', {
      authenticatorId,
      credential: {
        credentialId: keyHandle.toString('base64'),
        isResidentCredential: false,
        rpId: appId,
        privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
        signCount: 7,
      },
    });
    const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
    await store.auth.addU2fKey(account, 'old', { keyHandle, publicKey: point, counter: 7 });
    expect(await page.evaluate('logIn()')).toMatchObject(granted);
    await expect(page.evaluate('register({})')).rejects.toThrow('InvalidStateError');
  });

  test('is refused when another page has asked the key, though it is on the same host', async () => {
    await plugIn('ctap2');
    await page.evaluate('register({})');
    await page.go(`${await serve()}/`);
    expect(await page.evaluate('logIn()')).toMatchObject({ reason: 'secondFactor' });
    await page.go(`${origin}/`);
    expect(await page.evaluate('logIn()')).toMatchObject(granted);
  });
});
