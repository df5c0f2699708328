/** Public keys as the old U2F API gave them. */

import { ECDH } from 'node:crypto';

const OCTETS = 65;
const UNCOMPRESSED = 4;

/**
 * A point of P-256 as a COSE key, base64url; `null` when it is none.
 *
 * RFC 9053 section 7.1.1: a map of kty EC2, alg ES256, crv P-256, x and y.
 */
export function coseOfU2fKey(publicKey: Uint8Array): string | null {
  if (publicKey.length !== OCTETS || publicKey[0] !== UNCOMPRESSED || !isOnCurve(publicKey)) return null;
  const point = Buffer.from(publicKey);
  const x = point.subarray(1, 33);
  const y = point.subarray(33);
  const head = Buffer.from('a5010203262001215820', 'hex');
  return Buffer.concat([head, x, Buffer.from('225820', 'hex'), y]).toString('base64url');
}

function isOnCurve(publicKey: Uint8Array): boolean {
  try {
    ECDH.convertKey(publicKey, 'prime256v1');
    return true;
  } catch {
    return false;
  }
}
