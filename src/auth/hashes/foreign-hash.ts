/** What a reader of one kind of password hashes gives: a way to compare, found before anything is computed. */

import { timingSafeEqual } from 'node:crypto';

/** Compares a password with the hash that it was read from. */
export interface ForeignHash {
  /**
   * Where it is computed: `here` in microseconds, `pool` by Node.js's threads, `thread` by JavaScript that would hold
   * up the event loop.
   */
  readonly where: 'here' | 'pool' | 'thread';
  /** Whether `password`, in UTF-8, is the one. Never rejects for what was read. */
  matches(password: Buffer): boolean | Promise<boolean>;
}

/**
 * Reads a hash of one kind. `scheme` is what stands in braces before it, in upper case, and `null` for a hash without;
 * `body` is the rest. `null` for other kinds, for what is malformed, and for what would cost too much.
 */
export type HashReader = (scheme: string | null, body: string) => ForeignHash | null;

/** Whether they are the same, in a time that does not tell where they differ. */
export function sameOctets(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
