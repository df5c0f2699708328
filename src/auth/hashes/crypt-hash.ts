/** Hashes of crypt(3): which ones are known, and what comparing with one takes. */

import { compareSync } from 'bcryptjs';
import { type ForeignHash, type HashReader, sameOctets } from './foreign-hash.ts';
import { md5Crypt } from './md5-crypt.ts';
import { shaCrypt } from './sha-crypt.ts';

/** Most rounds of SHA-crypt: two or three seconds. */
export const MAX_SHA_CRYPT_ROUNDS = 1_000_000;
/** The dearest cost of bcrypt: about three seconds. */
export const MAX_BCRYPT_COST = 15;

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const SHA = /^\$([56])\$(?:rounds=([1-9]\d*)\$)?([^$:\n]*)\$([./A-Za-z0-9]+)$/;
const SHA_LENGTHS = { 5: 43, 6: 86 } as const;
const SHA_ROUNDS = 5_000;
const MIN_SHA_ROUNDS = 1_000;
const MD5 = /^\$1\$([^$:\n]*)\$([./A-Za-z0-9]{22})$/;
const SCHEME = /^(?:CRYPT|MD5|MD5-CRYPT|BLF-CRYPT|SHA256-CRYPT|SHA512-CRYPT)$/;
const MAX_SALT = 64;

/** The hash as something to compute in a thread, by `run`. */
export function readCryptHash(run: (hash: string, password: Buffer) => Promise<boolean>): HashReader {
  return (scheme, body): ForeignHash | null => {
    if ((scheme !== null && !SCHEME.test(scheme)) || !comparison(body)) return null;
    return { where: 'thread', matches: (password) => run(body, password) };
  };
}

/** Whether `password` is the one of `hash`: holds up the thread that it runs on. */
export function compareCrypt(hash: string, password: Buffer): boolean {
  return comparison(hash)?.(password) ?? false;
}

function comparison(hash: string): ((password: Buffer) => boolean) | null {
  return bcryptComparison(hash) ?? shaComparison(hash) ?? md5Comparison(hash);
}

function bcryptComparison(hash: string): ((password: Buffer) => boolean) | null {
  const cost = Number(BCRYPT.exec(hash)?.[1]);
  if (!(cost >= 4 && cost <= MAX_BCRYPT_COST)) return null;
  return (password) => compareSync(password.toString(), hash);
}

function shaComparison(hash: string): ((password: Buffer) => boolean) | null {
  const [, id, given, salt, text] = SHA.exec(hash) ?? [];
  if ((id !== '5' && id !== '6') || salt === undefined || salt.length > MAX_SALT) return null;
  const rounds = given === undefined ? SHA_ROUNDS : Number(given);
  if (text?.length !== SHA_LENGTHS[id] || rounds < MIN_SHA_ROUNDS || rounds > MAX_SHA_CRYPT_ROUNDS) return null;
  return (password) => sameText(shaCrypt(id, password, salt, rounds), text);
}

function md5Comparison(hash: string): ((password: Buffer) => boolean) | null {
  const [, salt, text] = MD5.exec(hash) ?? [];
  if (salt === undefined || salt.length > MAX_SALT || text === undefined) return null;
  return (password) => sameText(md5Crypt(password, salt), text);
}

const sameText = (a: string, b: string): boolean => sameOctets(Buffer.from(a), Buffer.from(b));
