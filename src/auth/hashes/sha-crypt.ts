/** SHA-crypt: `$5$` with SHA-256 and `$6$` with SHA-512, by Ulrich Drepper's specification, version 0.6. */

import { createHash } from 'node:crypto';
import { cryptText } from './crypt-text.ts';

interface ShaCryptKind {
  readonly digest: string;
  /** The order in which the octets of the result are written. */
  readonly groups: readonly (readonly number[])[];
}

/** Triples that are `step` apart, turned by one place more each time: to the left, or to the right. */
function turnedGroups(step: number, turn: 1 | -1): number[][] {
  return Array.from({ length: step }, (_, at) => {
    const triple = [at, at + step, at + 2 * step];
    const by = (((turn * at) % 3) + 3) % 3;
    return [...triple.slice(by), ...triple.slice(0, by)];
  });
}

const KINDS: Readonly<Record<'5' | '6', ShaCryptKind>> = {
  5: { digest: 'sha256', groups: [...turnedGroups(10, -1), [31, 30]] },
  6: { digest: 'sha512', groups: [...turnedGroups(21, 1), [63]] },
};

/** The text after the last `$`. `salt` is cut to 16 octets; the work grows with `rounds` and the password's length. */
export function shaCrypt(id: '5' | '6', password: Buffer, salt: string, rounds: number): string {
  const { digest, groups } = KINDS[id];
  const hash = (...parts: readonly Buffer[]): Buffer => {
    const hasher = createHash(digest);
    for (const part of parts) hasher.update(part);
    return hasher.digest();
  };
  const key = Buffer.from(salt).subarray(0, 16);
  // Steps 4 to 12.
  const alternate = hash(password, key, password);
  const first = [password, key, stretch(alternate, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) first.push(bits & 1 ? alternate : password);
  let result = hash(...first);
  // Steps 13 to 20: as long as the password, and as the salt, but made of digests.
  const p = stretch(hash(...new Array<Buffer>(password.length).fill(password)), password.length);
  const s = stretch(hash(...new Array<Buffer>(16 + (result[0] as number)).fill(key)), key.length);
  // Step 21.
  for (let round = 0; round < rounds; round++) {
    const parts = [round % 2 === 1 ? p : result];
    if (round % 3 !== 0) parts.push(s);
    if (round % 7 !== 0) parts.push(p);
    parts.push(round % 2 === 1 ? result : p);
    result = hash(...parts);
  }
  return cryptText(result, groups);
}

/** `octets`, over and over, to `length`. */
function stretch(octets: Buffer, length: number): Buffer {
  return Buffer.alloc(length, octets);
}
