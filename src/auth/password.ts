/** Passwords: hashed with Argon2id, compared at a bounded cost. */

import { createHmac, randomBytes } from 'node:crypto';
import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2';
import { EiderError } from '../errors.ts';
import { ImportedHashes } from './hashes/imported-hashes.ts';
import { MAX_PASSWORD_OCTETS, preparePassword } from './prepare-password.ts';
import { TaskLimit } from './task-limit.ts';

// RFC 9106 section 4 leaves the choice; this is what OWASP advises for servers: 19 MiB, two passes, one lane.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
// A hash of nothing, which costs as much to compare with as any: 16 octets of salt and 32 of hash, all zero.
const NOBODY = `$argon2id$v=19$m=${COST.memoryCost},t=${COST.timeCost},p=${COST.parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`;
const OWN = new RegExp(`^\\$argon2id\\$v=19\\$m=${COST.memoryCost},t=${COST.timeCost},p=${COST.parallelism}\\$`);
const REMEMBER_MS = 600_000;
const MAX_REMEMBERED = 10_000;

/** Options of {@link PasswordVerifier}. */
export interface PasswordVerifierOptions {
  /**
   * Argon2 computations at once; each takes 19 MiB and one of the threads that disk I/O uses too. Up to 1,000 more
   * wait. @defaultValue 2
   */
  readonly concurrency?: number;
  /** Milliseconds since 1970. @defaultValue `Date.now` */
  readonly now?: () => number;
}

/**
 * Hashes and verifies passwords.
 *
 * A password that was right is remembered for 10 minutes, as an HMAC under a key that only this process has: a client
 * that opens 50 sessions costs one Argon2 and not 50. A new password has a new hash, and nothing is remembered of it.
 * Wrong passwords are never remembered.
 *
 * Hashes that other servers made are understood too, in the forms that {@link ImportedHashes} lists. A wrong password
 * takes no less time with them than with a hash of our own; with a dear one, such as bcrypt of cost 12, it takes more,
 * which shows that there is an account, until it is hashed anew.
 */
export class PasswordVerifier {
  readonly #key: Buffer = randomBytes(32);
  readonly #limit: TaskLimit;
  readonly #imported: ImportedHashes;
  readonly #now: () => number;
  /** When each memory ends, oldest first. */
  readonly #right = new Map<string, number>();
  readonly #running = new Map<string, Promise<boolean>>();

  constructor(options: PasswordVerifierOptions = {}) {
    this.#limit = new TaskLimit(options.concurrency ?? 2, 1_000);
    this.#imported = new ImportedHashes(this.#limit);
    this.#now = options.now ?? Date.now;
  }

  /**
   * The password's hash as a PHC string.
   *
   * @throws {@link EiderError} `INVALID_ARGUMENT` for a password of 0 or over 1,024 octets, `BUSY` when 1,000 wait.
   */
  async hash(password: string): Promise<string> {
    const octets = preparePassword(password);
    if (!octets) throw new EiderError('INVALID_ARGUMENT', `a password has 1 to ${MAX_PASSWORD_OCTETS} octets`);
    return this.#limit.run(() => argon2Hash(octets, COST));
  }

  /**
   * Whether `password` is the one of `hash`; never that of `null`, which takes as long as a wrong password does. What
   * comes again while it is being compared is compared once.
   *
   * @param who whose password it would be, where there is no hash. @defaultValue nobody in particular
   * @throws {@link EiderError} `BUSY` when 1,000 wait.
   */
  async verify(hash: string | null, password: string, who = ''): Promise<boolean> {
    const octets = preparePassword(password);
    if (!octets) return false;
    // Of those who are nobody, each is compared, as of accounts: many names at once must not be sooner refused, nor one
    // name later that is tried many times.
    const key = this.#keyOf(hash ?? `nobody:${who}`, octets);
    if (this.#isRemembered(key)) return true;
    return this.#running.get(key) ?? this.#start(key, hash, password, octets);
  }

  /** Whether it is remembered that the password is the one of `hash`: an answer without any work. */
  recalls(hash: string, password: string): boolean {
    const octets = preparePassword(password);
    return octets !== null && this.#isRemembered(this.#keyOf(hash, octets));
  }

  /** Whether a hash has a form that {@link verify} understands, and does not cost too much. */
  isKnownHash(hash: string): boolean {
    return this.#imported.isKnown(hash);
  }

  /** Whether {@link hash} would make another kind of hash than this one. */
  needsRehash(hash: string): boolean {
    return !OWN.test(hash);
  }

  #start(key: string, hash: string | null, password: string, octets: Buffer): Promise<boolean> {
    const running = this.#compare(hash, password, octets)
      .then((right) => {
        if (right && hash !== null) this.#remember(key);
        return right && hash !== null;
      })
      .finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }

  async #compare(hash: string | null, password: string, octets: Buffer): Promise<boolean> {
    if (hash === null || !this.needsRehash(hash)) return this.#limit.run(() => matches(hash ?? NOBODY, octets));
    if (await this.#imported.verify(hash, password)) return true;
    // Nor shall a cheap hash tell, by a fast answer, that there is an account.
    await this.#limit.run(() => matches(NOBODY, octets));
    return false;
  }

  #keyOf(hash: string, octets: Buffer): string {
    return createHmac('sha256', this.#key).update(`${hash.length}:${hash}`).update(octets).digest('base64');
  }

  #isRemembered(key: string): boolean {
    const until = this.#right.get(key);
    if (until === undefined) return false;
    if (until > this.#now()) return true;
    this.#right.delete(key);
    return false;
  }

  #remember(key: string): void {
    this.#right.delete(key);
    this.#right.set(key, this.#now() + REMEMBER_MS);
    if (this.#right.size > MAX_REMEMBERED) this.#right.delete(this.#right.keys().next().value as string);
  }
}

async function matches(hash: string, octets: Buffer): Promise<boolean> {
  try {
    return await argon2Verify(hash, octets);
  } catch {
    // No hash that we know: nobody's password.
    return false;
  }
}
