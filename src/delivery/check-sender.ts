/** Finds out whether messages come from whom they say, in a thread of their own. */

import { promises as dns } from 'node:dns';
import { TaskLimit } from '../auth/task-limit.ts';
import { EiderError, isEiderError } from '../errors.ts';
import { asBuffer } from '../mime/header-fields.ts';
import { formatAuthenticationResults } from './authentication-results.ts';
import { boundedResolver, type ResolveDns } from './bounded-resolver.ts';
import { CheckThread } from './check-thread.ts';
import {
  type CheckedMail,
  type CheckedOrigin,
  type CheckFindings,
  type SenderCheck,
  UNKNOWN_SENDER,
} from './sender-check.ts';

/** How senders are checked. */
export interface SenderCheckOptions {
  /** The name under which the results are told: a host name. RFC 8601 section 2.5. */
  readonly authservId: string;
  /** Asks the DNS, as `dns.promises.resolve` does. @defaultValue that */
  readonly resolve?: ResolveDns;
  /** How long all questions of a message may take, in milliseconds. What is not known then is a temporary error. @defaultValue 10,000 */
  readonly timeoutMs?: number;
  /** How long all of a check may take, waiting for others included, in milliseconds. @defaultValue 20,000 */
  readonly totalMs?: number;
}

/** Most octets of a message that is checked. */
export const MAX_CHECKED: number = 64 * 1024 * 1024;
/** Most questions to the DNS for a message. */
export const MAX_LOOKUPS = 50;
/** Most signatures that are looked at; RFC 6376 section 6.1 lets a verifier stop. */
export const MAX_SIGNATURES = 5;
const TIMEOUT_MS = 10_000;
const TOTAL_MS = 20_000;
/** Checks that wait for the thread. */
const MAX_WAITING = 1_000;
/** Octets at once: a line that goes over many chunks is put together again with each. */
const CHUNK: number = 1024 * 1024;

/** A field with its continuation lines; lines begin after LF only. */
const SIGNATURE = /(?<![^\n])dkim-signature[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*\n?/gi;

/**
 * Checks senders, one message after the other. Needs the package `mailauth`, whose time for a message that somebody has
 * made for it has no bound: so it works in a thread, which is ended when it takes too long.
 */
export class SenderChecker {
  readonly #options: SenderCheckOptions;
  readonly #limit = new TaskLimit(1, MAX_WAITING);
  readonly #thread = new CheckThread();

  /** @throws `INVALID_ARGUMENT` for a name that cannot stand in a header. */
  constructor(options: SenderCheckOptions) {
    if (!/^[a-z0-9](?:[a-z0-9._-]{0,252})$/i.test(options.authservId)) {
      throw new EiderError('INVALID_ARGUMENT', 'the name under which checks are told is a host name');
    }
    this.#options = options;
  }

  /**
   * Checks a message. One of more than 64 MB, or with a header of more than 256 KB, is not checked; nor is one for which
   * there was no time: all of its results are temporary errors.
   *
   * @throws `UNSUPPORTED` without `mailauth`; what reading the message throws.
   */
  async check(mail: CheckedMail, origin: CheckedOrigin): Promise<SenderCheck> {
    const { authservId } = this.#options;
    const isCheckable = mail.size <= MAX_CHECKED && hasWholeHeader(mail);
    const findings = isCheckable ? await this.#findings(mail, origin) : UNKNOWN_SENDER;
    return { ...findings, field: formatAuthenticationResults(authservId, findings) };
  }

  /** Ends the thread; what is being checked is unknown then. */
  close(): Promise<void> {
    return this.#thread.close();
  }

  async #findings(mail: CheckedMail, origin: CheckedOrigin): Promise<CheckFindings> {
    const { authservId, resolve = askDns, timeoutMs = TIMEOUT_MS, totalMs = TOTAL_MS } = this.#options;
    const end = Date.now() + totalMs;
    try {
      return await this.#limit.run(async () => {
        const resolver = boundedResolver(resolve, { timeoutMs, most: MAX_LOOKUPS });
        const given = { origin, authservId };
        return (await this.#thread.check(octetsOf(mail), given, resolver, end - Date.now())) ?? UNKNOWN_SENDER;
      });
    } catch (error) {
      if (isEiderError(error, 'BUSY')) return UNKNOWN_SENDER;
      throw error;
    }
  }
}

/** The octets up to the empty line have to be there: what follows must not count as header. */
function hasWholeHeader({ header, size }: CheckedMail): boolean {
  return header.length === size || /\n\r?\n$|^\r?\n$/.test(asBuffer(header.subarray(-4)).toString('latin1'));
}

async function* octetsOf(mail: CheckedMail): AsyncGenerator<Uint8Array> {
  yield withoutSurplusSignatures(mail.header);
  yield* inChunks(mail.read(mail.header.length));
}

/** Each signature may have the whole message hashed in a way of its own. */
function withoutSurplusSignatures(header: Uint8Array): Buffer {
  let count = 0;
  const text = asBuffer(header).toString('latin1');
  const kept = text.replace(SIGNATURE, (field) => (++count <= MAX_SIGNATURES ? field : ''));
  return count <= MAX_SIGNATURES ? asBuffer(header) : Buffer.from(kept, 'latin1');
}

async function* inChunks(octets: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let gathered: Buffer[] = [];
  let length = 0;
  for await (const chunk of octets) {
    gathered.push(asBuffer(chunk));
    length += chunk.length;
    if (length < CHUNK) continue;
    yield Buffer.concat(gathered);
    gathered = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(gathered);
}

async function askDns(name: string, type: string): Promise<unknown[]> {
  return (await dns.resolve(name, type)) as unknown[];
}
