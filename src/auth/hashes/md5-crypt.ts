/** MD5-crypt: `$1$`, as FreeBSD made it and every old mail server has it. */

import { createHash } from 'node:crypto';
import { cryptText } from './crypt-text.ts';

const ROUNDS = 1_000;
const ZERO = Buffer.alloc(1);
const GROUPS = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5], [11]];

/** The text after the last `$`. `salt` is cut to 8 octets. */
export function md5Crypt(password: Buffer, salt: string): string {
  const key = Buffer.from(salt).subarray(0, 8);
  const alternate = md5(password, key, password);
  const first = [password, Buffer.from('$1$'), key, Buffer.alloc(password.length, alternate)];
  for (let bits = password.length; bits > 0; bits >>= 1) first.push(bits & 1 ? ZERO : password.subarray(0, 1));
  let result = md5(...first);
  for (let round = 0; round < ROUNDS; round++) {
    const parts = [round % 2 === 1 ? password : result];
    if (round % 3 !== 0) parts.push(key);
    if (round % 7 !== 0) parts.push(password);
    parts.push(round % 2 === 1 ? result : password);
    result = md5(...parts);
  }
  return cryptText(result, GROUPS);
}

function md5(...parts: readonly Buffer[]): Buffer {
  const hasher = createHash('md5');
  for (const part of parts) hasher.update(part);
  return hasher.digest();
}
