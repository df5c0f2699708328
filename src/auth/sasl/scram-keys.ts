/** Keys of SCRAM: what a server keeps of a password, enough to verify a client and not enough to be one. */

import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { EiderError } from '../../errors.ts';
import { normalizeAccountName, normalizeAddress } from '../../model/address.ts';
import { MAX_PASSWORD_OCTETS, preparePassword } from '../prepare-password.ts';

/** Iterations of new keys. RFC 7677 section 4: well above 4,096; the client pays for them at each login. */
export const SCRAM_ITERATIONS = 100_000;
/** RFC 7677 section 3: a server should not say less. */
export const MIN_SCRAM_ITERATIONS = 4_096;
/** Above this, clients would take too long. */
export const MAX_SCRAM_ITERATIONS = 2_000_000;

const SALT_OCTETS = 16;
const STORED = /^SCRAM-SHA-256\$(\d{4,7}):([A-Za-z0-9+/]{4,88}={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/;
const derive = promisify(pbkdf2);

/** Of one password, for SCRAM-SHA-256. @see RFC 5802 section 3. */
export interface ScramKeys {
  readonly salt: Buffer;
  readonly iterations: number;
  /** H(ClientKey), 32 octets. */
  readonly storedKey: Buffer;
  /** 32 octets. */
  readonly serverKey: Buffer;
}

/**
 * The keys of a password in the normal form of RFC 8265 (OpaqueString).
 *
 * @throws {@link EiderError} `INVALID_ARGUMENT` for a password of 0 or over 1,024 octets, or a number of iterations
 *   that is not from 4,096 to 2,000,000.
 */
export async function makeScramKeys(
  password: string,
  options: { readonly salt?: Buffer; readonly iterations?: number } = {},
): Promise<ScramKeys> {
  const octets = preparePassword(password);
  if (!octets) throw new EiderError('INVALID_ARGUMENT', `a password has 1 to ${MAX_PASSWORD_OCTETS} octets`);
  const { salt = randomBytes(SALT_OCTETS), iterations = SCRAM_ITERATIONS } = options;
  if (!Number.isInteger(iterations) || iterations < MIN_SCRAM_ITERATIONS || iterations > MAX_SCRAM_ITERATIONS) {
    throw new EiderError(
      'INVALID_ARGUMENT',
      `SCRAM takes ${MIN_SCRAM_ITERATIONS} to ${MAX_SCRAM_ITERATIONS} iterations`,
    );
  }
  const salted = await derive(octets, salt, iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  return {
    salt,
    iterations,
    storedKey: createHash('sha256').update(clientKey).digest(),
    serverKey: createHmac('sha256', salted).update('Server Key').digest(),
  };
}

/** What an account that is not there shows: one salt for each name, however it is written, and keys that nothing fits. */
export function madeUpKeys(authcid: string, secret: Buffer, iterations: number = SCRAM_ITERATIONS): ScramKeys {
  const name = normalName(authcid);
  const make = (what: string) => createHmac('sha256', secret).update(`SCRAM ${what}\0${name}`).digest();
  return {
    salt: make('salt').subarray(0, SALT_OCTETS),
    iterations,
    storedKey: make('stored key'),
    serverKey: make('server key'),
  };
}

/** The keys as text, in the form of RFC 5803: `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`. */
export function formatScramKeys({ salt, iterations, storedKey, serverKey }: ScramKeys): string {
  const base64 = (octets: Buffer) => octets.toString('base64');
  return `SCRAM-SHA-256$${iterations}:${base64(salt)}$${base64(storedKey)}:${base64(serverKey)}`;
}

/** The keys that {@link formatScramKeys} wrote, or `null` for other text. */
export function parseScramKeys(text: string): ScramKeys | null {
  const [, count, salt, storedKey, serverKey] = STORED.exec(text) ?? [];
  if (!count || !salt || !storedKey || !serverKey) return null;
  const iterations = Number(count);
  if (iterations < MIN_SCRAM_ITERATIONS || iterations > MAX_SCRAM_ITERATIONS) return null;
  const octets = (base64: string) => Buffer.from(base64, 'base64');
  return { salt: octets(salt), iterations, storedKey: octets(storedKey), serverKey: octets(serverKey) };
}

// As accounts are found: an account that is there has one salt for all ways to write its name.
function normalName(authcid: string): string {
  for (const normalize of [normalizeAccountName, normalizeAddress]) {
    try {
      return normalize(authcid);
    } catch {
      // Not a name of this kind.
    }
  }
  return authcid;
}
