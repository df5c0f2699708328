/** What a TLS connection has to bind to. */

import { createHash } from 'node:crypto';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { ChannelBinding } from './mechanism.ts';

/**
 * The hash of each signature algorithm, by its object identifier in DER. RFC 5929 section 4.1: SHA-256 in place of MD5
 * and SHA-1; and for an algorithm with another hash, or none, there is no binding.
 */
const HASHES: Readonly<Record<string, string>> = {
  '2a864886f70d010104': 'sha256', // md5WithRSAEncryption
  '2a864886f70d010105': 'sha256', // sha1WithRSAEncryption
  '2a864886f70d01010b': 'sha256', // sha256WithRSAEncryption
  '2a864886f70d01010c': 'sha384', // sha384WithRSAEncryption
  '2a864886f70d01010d': 'sha512', // sha512WithRSAEncryption
  '2a8648ce3d0401': 'sha256', // ecdsa-with-SHA1
  '2a8648ce3d040302': 'sha256', // ecdsa-with-SHA256
  '2a8648ce3d040303': 'sha384', // ecdsa-with-SHA384
  '2a8648ce3d040304': 'sha512', // ecdsa-with-SHA512
};

const SEQUENCE = 0x30;
const OBJECT_IDENTIFIER = 0x06;

/**
 * The bindings of a connection, on the server's side: `tls-exporter` (RFC 9266) on TLS 1.3, and `tls-server-end-point`
 * (RFC 5929). Not `tls-unique`, nor an exporter on TLS 1.2: there they need an extended master secret, and Node.js does
 * not tell whether there is one.
 */
export function channelBindings(socket: TLSSocket): ChannelBinding[] {
  const bindings: ChannelBinding[] = [];
  if (socket.getProtocol() === 'TLSv1.3') {
    const data = socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
    bindings.push({ type: 'tls-exporter', data });
  }
  const certificate = (socket.getCertificate() as Partial<PeerCertificate> | null)?.raw;
  const hash = certificate && signatureHash(certificate);
  if (hash) bindings.push({ type: 'tls-server-end-point', data: createHash(hash).update(certificate).digest() });
  return bindings;
}

/** The hash for the binding of a certificate in DER, or `null` for one that has none. RFC 5280 section 4.1. */
export function signatureHash(certificate: Buffer): string | null {
  const whole = readElement(certificate, 0, SEQUENCE);
  const signed = whole && readElement(certificate, whole.from, SEQUENCE);
  const algorithm = signed && readElement(certificate, signed.to, SEQUENCE);
  const identifier = algorithm && readElement(certificate, algorithm.from, OBJECT_IDENTIFIER);
  if (!identifier) return null;
  return HASHES[certificate.toString('hex', identifier.from, identifier.to)] ?? null;
}

/** Where the content of the element at `at` begins and ends; `null` when it is of another kind. */
function readElement(der: Buffer, at: number, tag: number): { readonly from: number; readonly to: number } | null {
  const length = der[at + 1];
  if (der[at] !== tag || length === undefined) return null;
  if (length < 0x80) return { from: at + 2, to: at + 2 + length };
  const octets = length & 0x7f;
  const from = at + 2 + octets;
  if (octets === 0 || octets > 4 || from > der.length) return null;
  return { from, to: from + der.readUIntBE(at + 2, octets) };
}
