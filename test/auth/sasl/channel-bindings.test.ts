import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type SecureVersion, type TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { channelBindings, signatureHash } from '../../../src/auth/sasl/channel-bindings.ts';
import { CERTIFICATE, KEY } from '../../net/certificate.ts';

const DER = new X509Certificate(CERTIFICATE).raw;

async function overTls<T>(version: SecureVersion, look: (server: TLSSocket, client: TLSSocket) => T): Promise<T> {
  const server = createServer({ key: KEY, cert: CERTIFICATE, maxVersion: version });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'secureConnection');
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', ca: CERTIFICATE, servername: 'localhost' });
  try {
    const [[socket]] = await Promise.all([accepted, once(client, 'secureConnect')]);
    return look(socket as TLSSocket, client);
  } finally {
    client.destroy();
    server.close();
    await once(server, 'close');
  }
}

describe('channelBindings', () => {
  test('on TLS 1.3 they are what the client sees', async () => {
    const [found, exported] = await overTls('TLSv1.3', (server, client) => [
      channelBindings(server),
      client.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)),
    ]);
    expect(found).toEqual([
      { type: 'tls-exporter', data: exported },
      { type: 'tls-server-end-point', data: createHash('sha256').update(DER).digest() },
    ]);
  });

  test('another connection has another exporter', async () => {
    const [one, two] = [
      await overTls('TLSv1.3', (server) => channelBindings(server)),
      await overTls('TLSv1.3', (server) => channelBindings(server)),
    ];
    expect(one[0]?.data).not.toEqual(two[0]?.data);
    expect(one[1]).toEqual(two[1]);
  });

  test('on TLS 1.2 there is the certificate', async () => {
    const found = await overTls('TLSv1.2', (server) => channelBindings(server));
    expect(found.map(({ type }) => type)).toEqual(['tls-server-end-point']);
  });
});

describe('signatureHash', () => {
  const ECDSA = Buffer.from('2a8648ce3d040302', 'hex');

  /** The certificate, as if it were signed by another algorithm. */
  function signedBy(identifier: string): Buffer {
    const at = DER.lastIndexOf(ECDSA);
    const patched = Buffer.from(DER);
    patched.set(Buffer.from(identifier, 'hex'), at);
    return patched;
  }

  test.each([
    ['2a8648ce3d040302', 'sha256'],
    ['2a8648ce3d040303', 'sha384'],
    ['2a8648ce3d040304', 'sha512'],
    ['2a8648ce3d04037f', null],
  ])('of %s is %s', (identifier, hash) => {
    expect(signatureHash(signedBy(identifier))).toBe(hash);
  });

  test('rubbish and any beginning of a certificate have none', () => {
    expect(signatureHash(Buffer.alloc(0))).toBeNull();
    expect(signatureHash(Buffer.alloc(100, 0x30))).toBeNull();
    expect(signatureHash(Buffer.alloc(100, 0xff))).toBeNull();
    for (let length = 0; length < DER.lastIndexOf(ECDSA) + ECDSA.length; length++) {
      expect(signatureHash(DER.subarray(0, length))).toBeNull();
    }
  });
});
