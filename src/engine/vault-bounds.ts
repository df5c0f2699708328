/** What every engine checks of records before it touches any. */

import { randomInt } from 'node:crypto';
import { EiderError } from '../errors.ts';
import type { VaultContent, VaultPlace } from './vault.ts';

const MAX_OWNER = 128;
const MAX_KEY = 256;
const MAX_VALUE_OCTETS = 65_536;
/** A database would replace it, and so take one key for another. */
const LONE_SURROGATE = /\p{Cs}/u;
const UNFIT = /[\p{Cc}\p{Cs}]/u;

/** A content with nothing left out. */
export interface VaultFields {
  readonly value: string;
  readonly expires: number | null;
  readonly version: number;
}

/** @throws `INVALID_ARGUMENT`. */
export function requirePlace({ owner, kind, key }: VaultPlace): void {
  requireOwner(owner);
  requireKind(kind);
  requireName('key', key, MAX_KEY);
}

/** @throws `INVALID_ARGUMENT`. */
export function requireOwner(owner: string): void {
  requireName('owner', owner, MAX_OWNER);
}

/** @throws `INVALID_ARGUMENT`. */
export function requireKind(kind: string): void {
  if (!/^[a-zA-Z]{1,32}$/.test(kind)) throw invalid('the kind of a record is 1 to 32 letters');
}

/** @throws `INVALID_ARGUMENT`. */
export function requireCounter(amount: number, expires: number): void {
  if (!Number.isSafeInteger(amount)) throw invalid('a counter is raised by a whole number');
  requireTime(expires);
}

/**
 * What is to be written. Versions are drawn, so that a record that was removed and made again has another one, without
 * a trace of the first.
 *
 * @throws `INVALID_ARGUMENT`.
 */
export function vaultFields({ value, expires = null }: VaultContent): VaultFields {
  if (Buffer.byteLength(value) > MAX_VALUE_OCTETS) {
    throw invalid(`the value of a record has at most ${MAX_VALUE_OCTETS} octets`);
  }
  if (LONE_SURROGATE.test(value)) throw invalid('the value of a record is well-formed Unicode');
  if (expires !== null) requireTime(expires);
  return { value, expires, version: newVersion() };
}

/** A version that no record had before. */
export function newVersion(): number {
  return randomInt(1, 2 ** 48 - 1);
}

function requireName(what: string, name: string, max: number): void {
  if (name.length < 1 || name.length > max) throw invalid(`the ${what} of a record has 1 to ${max} characters`);
  if (UNFIT.test(name)) {
    throw invalid(`the ${what} of a record is well-formed Unicode without control characters`);
  }
}

function requireTime(expires: number): void {
  if (!Number.isSafeInteger(expires)) throw invalid('a record expires at a whole number of milliseconds since 1970');
}

function invalid(message: string): EiderError {
  return new EiderError('INVALID_ARGUMENT', message);
}
