/** Certificates by server name: set by the API, served by IMAP to a client that asks for a name. */

import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { certificateResolver } from '../../src/crypto/certificate-resolver.ts';
import { createImapServer } from '../../src/imap/server.ts';
import { CERTIFICATE, KEY } from '../net/certificate.ts';
import { openRest } from '../rest/rest-fixture.ts';

/** Signed by itself, for some names. */
function make(...names: string[]): { privateKey: string; cert: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'eider-certificate-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [key, cert] = [path.join(folder, 'key'), path.join(folder, 'cert')];
  const alt = `subjectAltName=${names.map((name) => `DNS:${name}`).join()}`;
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'];
  execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, '-subj', '/CN=x', '-addext', alt], {
    stdio: 'ignore',
  });
  return { privateKey: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

/** SHA-256 of the certificate that a client gets who asks for a name. */
function served(port: number, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false }, () => {
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      resolve(createHash('sha256').update(raw).digest('hex'));
    });
    socket.once('error', reject);
  });
}

test('each name is served with its certificate, a replaced one soon, and others with the default', async () => {
  const { call, store } = await openRest({}, { secret: randomBytes(32) });
  const set = async (servername: string, given: object) =>
    (await call('POST', '/certs', { servername, ...given })).body.fingerprint as string;
  const one = await set('one.example', make('one.example'));
  const wild = await set('*.Bücher.example', make('*.xn--bcher-kva.example'));
  await using server = createImapServer(store, {
    securePort: 0,
    tls: { key: KEY, cert: CERTIFICATE, SNICallback: certificateResolver(store, { freshMs: 200 }) },
  });
  await server.listen();
  const port = server.secureAddress?.port as number;
  expect(await served(port, 'one.example')).toBe(one);
  expect(await served(port, 'mail.xn--bcher-kva.example')).toBe(wild);
  const byDefault = await served(port, 'unknown.example');
  expect([one, wild]).not.toContain(byDefault);
  expect(await served(port, 'a.mail.xn--bcher-kva.example')).toBe(byDefault);
  const again = await set('one.example', make('one.example'));
  expect(again).not.toBe(one);
  await expect.poll(() => served(port, 'one.example'), { timeout: 10_000 }).toBe(again);
  const { id } = (await call('GET', '/certs/resolve/ONE.example')).body;
  await call('DELETE', `/certs/${id}`);
  await expect.poll(() => served(port, 'one.example'), { timeout: 10_000 }).toBe(byDefault);
});

test('what is told of certificates, and who may ask', async () => {
  const { call, tokenOf, account } = await openRest({}, { secret: randomBytes(32) });
  const given = make('one.example', 'www.one.example');
  const { body: made } = await call('POST', '/certs', { servername: 'one.example', description: 'first', ...given });
  expect(made).toMatchObject({
    servername: 'one.example',
    description: 'first',
    acme: false,
    altNames: ['one.example', 'www.one.example'],
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const { success: _, ...shown } = made;
  expect((await call('GET', `/certs/${made.id}`)).body).toEqual(made);
  expect((await call('GET', '/certs?query=one')).body).toMatchObject({ total: 1, results: [shown] });
  expect((await call('GET', '/certs?query=www')).body.total).toBe(0);
  expect((await call('GET', '/certs?query=www&altNames=true')).body.total).toBe(1);
  expect(JSON.stringify((await call('GET', '/certs')).body)).not.toContain('PRIVATE');
  for (const who of ['webmail', 'export', await account('ann')] as const) {
    const token = await tokenOf(who);
    expect((await call('GET', '/certs', null, { token })).body.code).toBe('MissingPrivileges');
    expect((await call('POST', '/certs', { servername: 'a.example', ...given }, { token })).status).toBe(403);
  }
  expect((await call('GET', '/certs', null, { token: null })).status).toBe(401);
  expect((await call('GET', '/certs', null, { token: await tokenOf('manager') })).body.total).toBe(1);
  const other = make('two.example');
  for (const bad of [
    { servername: 'two.example', ...given },
    { servername: 'one.example', privateKey: other.privateKey, cert: given.cert },
    { servername: 'one.example', ...given, ca: [other.cert] },
    { servername: 'one.example', ...given, acme: true },
    { servername: 'one.example', privateKey: 'x', cert: given.cert },
    { servername: 'one.example', privateKey: given.privateKey, cert: 'x' },
    { servername: 'one example', ...given },
    { servername: 'one.example' },
  ]) {
    const { status, body } = await call('POST', '/certs', bad);
    expect([status, body.code]).toEqual([400, 'InputValidationError']);
  }
  for (const path of [`/certs/${'0'.repeat(24)}`, '/certs/resolve/two.example']) {
    expect((await call('GET', path)).body.code).toBe('CertNotFound');
  }
  await call('DELETE', `/certs/${made.id}`);
  expect((await call('DELETE', `/certs/${made.id}`)).body.code).toBe('CertNotFound');
});
