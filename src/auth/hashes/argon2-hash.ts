/** Argon2 with parameters of another's choice. */

import { verify } from '@node-rs/argon2';
import type { ForeignHash } from './foreign-hash.ts';

/** Most memory of a hash that is imported, in KiB. */
export const MAX_ARGON2_MEMORY = 1_048_576;
/** Most memory times passes: about four seconds. */
export const MAX_ARGON2_WORK = 4_194_304;

const PHC =
  /^\$argon2(?:id|i|d)\$v=(?:16|19)\$m=([1-9]\d{0,9}),t=([1-9]\d{0,9}),p=([1-9]\d{0,9})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}$/;
const SCHEME = /^(?:ARGON2(?:I|ID|D)?|CRYPT)$/;

/** `$argon2id$`, `$argon2i$` and `$argon2d$`, also behind `{ARGON2ID}` and the like. RFC 9106. */
export function readArgon2Hash(scheme: string | null, body: string): ForeignHash | null {
  if (scheme !== null && !SCHEME.test(scheme)) return null;
  const [memory, passes, lanes] = (PHC.exec(body) ?? []).slice(1).map(Number);
  if (!memory || !passes || !lanes || memory > MAX_ARGON2_MEMORY || memory * passes > MAX_ARGON2_WORK) return null;
  // RFC 9106 section 3.1: eight KiB for each lane at least.
  if (lanes > 255 || memory < 8 * lanes) return null;
  return { where: 'pool', matches: (password) => verify(body, password).catch(() => false) };
}
