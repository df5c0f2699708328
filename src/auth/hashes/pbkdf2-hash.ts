/** Hashes by PBKDF2, in the forms of passlib, PHC strings, OpenLDAP, Dovecot and SCRAM. */

import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { type ForeignHash, sameOctets } from './foreign-hash.ts';

/** Most iterations of a hash that is imported: about a second. */
export const MAX_PBKDF2_ITERATIONS = 2_000_000;

const derive = promisify(pbkdf2);
const PASSLIB = /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$([1-9]\d*)\$([A-Za-z0-9./]+)\$([A-Za-z0-9./]+)$/;
const PHC = /^\$pbkdf2-(sha1|sha256|sha512)\$i=([1-9]\d*)(?:,l=\d+)?\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const LDAP_SCHEME = /^PBKDF2(?:-(SHA1|SHA256|SHA512))?$/;
const LDAP = /^([1-9]\d*)\$([A-Za-z0-9./]+)\$([A-Za-z0-9./]+)$/;
const DOVECOT = /^\$1\$([^$]+)\$([1-9]\d*)\$([0-9a-f]{40})$/;
const SCRAM = /^([1-9]\d*),([A-Za-z0-9+/]+={0,2}),([A-Za-z0-9+/]{43}=),([A-Za-z0-9+/]{43}=)$/;

/**
 * `$pbkdf2-sha256$rounds$salt$key`, `$pbkdf2-sha256$i=rounds$salt$key`, the same with sha512 and sha1;
 * `{PBKDF2-SHA256}rounds$salt$key`, `{PBKDF2}$1$salt$rounds$key`, `{SCRAM-SHA-256}rounds,salt,StoredKey,ServerKey`.
 */
export function readPbkdf2Hash(scheme: string | null, body: string): ForeignHash | null {
  if (scheme === null) {
    const [, digest = 'sha1', rounds, salt, key] = PASSLIB.exec(body) ?? PHC.exec(body) ?? [];
    return rounds && salt && key ? ofKey(digest, rounds, fromBase64(salt), fromBase64(key)) : null;
  }
  if (scheme === 'SCRAM-SHA-256') return readScram(body);
  const ldap = LDAP_SCHEME.exec(scheme);
  if (!ldap) return null;
  const [, salt, rounds, hex] = (scheme === 'PBKDF2' && DOVECOT.exec(body)) || [];
  // Dovecot takes the characters of the salt as they are.
  if (salt && rounds && hex) return ofKey('sha1', rounds, Buffer.from(salt), Buffer.from(hex, 'hex'));
  const [, count, salt64, key64] = LDAP.exec(body) ?? [];
  if (!count || !salt64 || !key64) return null;
  return ofKey((ldap[1] ?? 'SHA1').toLowerCase(), count, fromBase64(salt64), fromBase64(key64));
}

function ofKey(digest: string, rounds: string, salt: Buffer, key: Buffer): ForeignHash | null {
  const iterations = Number(rounds);
  // A key of few octets would let wrong passwords in.
  if (iterations > MAX_PBKDF2_ITERATIONS || key.length < 16 || key.length > 64) return null;
  return {
    where: 'pool',
    matches: async (password) => sameOctets(await derive(password, salt, iterations, key.length, digest), key),
  };
}

/** RFC 5802 section 3: who has the password has the StoredKey. */
function readScram(body: string): ForeignHash | null {
  const [, rounds, salt, storedKey] = SCRAM.exec(body) ?? [];
  if (!rounds || !salt || !storedKey || Number(rounds) > MAX_PBKDF2_ITERATIONS) return null;
  return {
    where: 'pool',
    matches: async (password) => {
      const salted = await derive(password, Buffer.from(salt, 'base64'), Number(rounds), 32, 'sha256');
      const clientKey = createHmac('sha256', salted).update('Client Key').digest();
      return sameOctets(createHash('sha256').update(clientKey).digest(), Buffer.from(storedKey, 'base64'));
    },
  };
}

/** Base64 without padding; passlib writes a dot where others write a plus. */
function fromBase64(text: string): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64');
}
