/** Password hashes that other servers made: which are known, and whose password is right. */

import { preparePassword } from '../prepare-password.ts';
import type { TaskLimit } from '../task-limit.ts';
import { readArgon2Hash } from './argon2-hash.ts';
import { readCryptHash } from './crypt-hash.ts';
import { CryptThread } from './crypt-thread.ts';
import { readDigestHash } from './digest-hash.ts';
import type { ForeignHash } from './foreign-hash.ts';
import { readPbkdf2Hash } from './pbkdf2-hash.ts';

/** Most characters of a hash that is imported. */
export const MAX_HASH_LENGTH = 1_024;

const PREFIXED = /^\{([A-Za-z0-9.-]{1,32})\}(.*)$/s;

/**
 * Compares passwords with hashes from elsewhere. The forms that are known:
 *
 * - `$argon2id$`, `$argon2i$`, `$argon2d$` up to 1 GiB, and 4 GiB for all passes; `{ARGON2ID}` and the like before it.
 * - bcrypt `$2a$`, `$2b$`, `$2y$` up to cost 15; `{BLF-CRYPT}`, `{CRYPT}`. Of a password it takes 72 octets.
 * - SHA-crypt `$5$`, `$6$` up to 1,000,000 rounds; `{SHA256-CRYPT}`, `{SHA512-CRYPT}`, `{CRYPT}`.
 * - MD5-crypt `$1$`; `{MD5-CRYPT}`, `{MD5}`, `{CRYPT}`.
 * - PBKDF2 up to 2,000,000 iterations: `$pbkdf2$`, `$pbkdf2-sha1$`, `$pbkdf2-sha256$`, `$pbkdf2-sha512$` as passlib
 *   writes them and as PHC strings (`i=`, WildDuck's); `{PBKDF2}`, `{PBKDF2-SHA1}`, `{PBKDF2-SHA256}`,
 *   `{PBKDF2-SHA512}` of OpenLDAP, `{PBKDF2}` of Dovecot, `{SCRAM-SHA-256}` of Dovecot.
 * - Digests, in base64 or hex: `{SHA}`, `{SHA1}`, `{SHA256}`, `{SHA512}`, `{MD5}`, `{LDAP-MD5}`, `{PLAIN-MD5}`; with a
 *   salt `{SSHA}`, `{SSHA256}`, `{SSHA512}`, `{SMD5}`.
 *
 * Not known, and refused: DES crypt, which looks at 8 characters only, so that a typing error after them would become
 * the password; yescrypt, scrypt, bcrypt's faulty `$2x$`; `{PLAIN}` and what can be turned back into it.
 */
export class ImportedHashes {
  readonly #pool: TaskLimit;
  readonly #thread = new CryptThread();
  readonly #readers = [
    readArgon2Hash,
    readCryptHash((hash, password) => this.#thread.compare(hash, password)),
    readPbkdf2Hash,
    readDigestHash,
  ];

  /** @param pool bounds what Node.js's threads compute at once. */
  constructor(pool: TaskLimit) {
    this.#pool = pool;
  }

  /** Whether the hash has one of the forms, and would not cost too much. */
  isKnown(hash: string): boolean {
    return this.#read(hash) !== null;
  }

  /**
   * Whether `password` is the one of `hash`; `false` for an unknown hash. It is tried as it was typed, as others do,
   * and in its normal form when that differs.
   *
   * @throws EiderError `BUSY` when 1,000 wait.
   */
  async verify(hash: string, password: string): Promise<boolean> {
    const foreign = this.#read(hash);
    const prepared = preparePassword(password);
    if (!foreign || !prepared) return false;
    const typed = Buffer.from(password);
    if (await this.#compare(foreign, typed)) return true;
    return typed.equals(prepared) ? false : this.#compare(foreign, prepared);
  }

  async #compare(foreign: ForeignHash, password: Buffer): Promise<boolean> {
    if (foreign.where === 'pool') return this.#pool.run(async () => foreign.matches(password));
    return foreign.matches(password);
  }

  #read(hash: string): ForeignHash | null {
    if (hash.length > MAX_HASH_LENGTH) return null;
    const [, scheme, rest] = PREFIXED.exec(hash) ?? [];
    const body = rest ?? hash;
    for (const read of this.#readers) {
      const found = read(scheme?.toUpperCase() ?? null, body);
      if (found) return found;
    }
    return null;
  }
}
