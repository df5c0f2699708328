/** Hashes of directories: one digest of the password, with a salt or without. */

import { createHash } from 'node:crypto';
import { type ForeignHash, sameOctets } from './foreign-hash.ts';

interface DigestKind {
  readonly digest: string;
  readonly octets: number;
  readonly salted: boolean;
}

const KINDS: ReadonlyMap<string, DigestKind> = new Map([
  ['PLAIN-MD5', { digest: 'md5', octets: 16, salted: false }],
  ['LDAP-MD5', { digest: 'md5', octets: 16, salted: false }],
  ['MD5', { digest: 'md5', octets: 16, salted: false }],
  ['SMD5', { digest: 'md5', octets: 16, salted: true }],
  ['SHA', { digest: 'sha1', octets: 20, salted: false }],
  ['SHA1', { digest: 'sha1', octets: 20, salted: false }],
  ['SSHA', { digest: 'sha1', octets: 20, salted: true }],
  ['SHA256', { digest: 'sha256', octets: 32, salted: false }],
  ['SSHA256', { digest: 'sha256', octets: 32, salted: true }],
  ['SHA512', { digest: 'sha512', octets: 64, salted: false }],
  ['SSHA512', { digest: 'sha512', octets: 64, salted: true }],
]);
const MAX_SALT = 256;

/** `{SSHA}` and its kin: the digest and the salt after it, in base64 or, as Dovecot also writes them, in hex. */
export function readDigestHash(scheme: string | null, body: string): ForeignHash | null {
  const kind = KINDS.get((scheme ?? '').replace(/\.(?:B64|BASE64|HEX)$/, ''));
  const octets = kind && decode(body, kind.octets);
  if (!octets || octets.length < kind.octets || octets.length > kind.octets + MAX_SALT) return null;
  if (kind.salted !== octets.length > kind.octets) return null;
  const digest = octets.subarray(0, kind.octets);
  const salt = octets.subarray(kind.octets);
  return {
    where: 'here',
    matches: (password) => sameOctets(createHash(kind.digest).update(password).update(salt).digest(), digest),
  };
}

/** A text of hexadecimal digits that is long enough to be hex is that: as base64 it would be a strange coincidence. */
function decode(text: string, octets: number): Buffer | null {
  if (/^(?:[0-9a-f]{2})+$/i.test(text) && text.length >= 2 * octets) return Buffer.from(text, 'hex');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : null;
}
