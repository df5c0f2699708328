/** The certificate that a U2F key signs its registration by, as small as X.509 lets it be. RFC 5280 section 4.1. */

import { type KeyObject, sign } from 'node:crypto';

/** DER, of a key of P-256. */
export function selfSignedCertificate(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  const ecdsaWithSha256 = der(0x30, Buffer.from('06082a8648ce3d040302', 'hex'));
  const commonName = Buffer.from('0603550403', 'hex');
  const name = der(0x30, der(0x31, der(0x30, commonName, der(0x0c, Buffer.from('Software key')))));
  const validity = der(0x30, der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z')));
  const version3 = der(0xa0, Buffer.from('020102', 'hex'));
  const serial = Buffer.from('020101', 'hex');
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const content = der(0x30, version3, serial, ecdsaWithSha256, name, validity, name, spki);
  const signature = sign('sha256', content, privateKey);
  return der(0x30, content, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature));
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
