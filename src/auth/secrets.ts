/** Random secrets, and what is kept of them. */

import { createHash, randomBytes, randomInt } from 'node:crypto';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
// No 0, 1, i, l, o, u: nobody shall have to guess what was printed.
const READABLE = '23456789abcdefghjkmnpqrstvwxyz';

/** 16 letters, 75 bits. */
export function randomLetters(): string {
  return pick(LETTERS, 16);
}

/** 16 letters and digits that are not mistaken for each other, 78 bits. */
export function randomCode(): string {
  return pick(READABLE, 16);
}

/** 256 bits as 43 characters of base64url. */
export function randomToken(): string {
  return randomBytes(32).toString('base64url');
}

/** In groups of four, as people read it. */
export function inGroups(text: string, separator: string): string {
  return (text.match(/.{1,4}/g) ?? []).join(separator);
}

/**
 * What is kept of a random secret: SHA-256 over its owner and it. With 75 bits or more nobody finds it by trying, so no
 * slow hash is needed, and it is looked up instead of compared one by one.
 */
export function digestOf(owner: string, secret: string): string {
  return createHash('sha256').update(`${owner.length}:${owner}`).update(secret).digest('base64url');
}

function pick(alphabet: string, count: number): string {
  return Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)]).join('');
}
