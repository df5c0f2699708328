/** METADATA responses with values. RFC 5464 section 4.4.1. */

import { type Annotation, isAtOrBelow, normalizeAnnotationName } from '../model/annotation.ts';
import type { Session } from './session.ts';
import type { MetadataRequest } from './wire/metadata-args.ts';
import { astring, formatMailbox, imapString } from './wire/write-string.ts';
import { writeOctets } from './write-octets.ts';

/** Above this, a value is not looked at for whether it can be quoted. */
const MAX_QUOTED = 1_000;

/** Answers one request, for one mailbox or for many. */
export class MetadataResponses {
  readonly #session: Session;
  readonly #request: MetadataRequest;
  readonly #names: readonly string[];
  #longest = 0;

  /** @throws `ANNOTATION_INVALID`. */
  constructor(session: Session, request: MetadataRequest) {
    this.#session = session;
    this.#request = request;
    this.#names = [...new Set(request.names.map(normalizeAnnotationName))];
  }

  /** The response code for values that were left out, or `null`. RFC 5464 section 4.2.1. */
  get code(): string | null {
    return this.#longest > 0 ? `METADATA LONGENTRIES ${this.#longest}` : null;
  }

  /** Writes `* METADATA path (...)`; nothing when all values are too large. A path of `''` is the server. */
  async write(path: string, found: readonly Annotation[]): Promise<void> {
    const { out, utf8 } = this.#session;
    let head = `* METADATA ${formatMailbox(path, utf8)} (`;
    let begun = false;
    for (const [name, value] of this.#entries(found)) {
      head += `${astring(name)} `;
      if (value === null) out.write(`${head}NIL`);
      else await this.#writeValue(head, value);
      head = ' ';
      begun = true;
    }
    if (begun) out.write(')\r\n');
  }

  /** By name asked for: what was found of it, or that there is nothing, which is told by NIL. */
  #entries(found: readonly Annotation[]): Map<string, Uint8Array | null> {
    const { depth, maxSize } = this.#request;
    const entries = new Map<string, Uint8Array | null>();
    for (const asked of this.#names) {
      const those = found.filter(({ name }) => isAtOrBelow(name, asked, depth));
      if (those.length === 0) entries.set(asked, null);
      for (const { name, value } of those) {
        if (maxSize === null || value.length <= maxSize) entries.set(name, value);
        else this.#longest = Math.max(this.#longest, value.length);
      }
    }
    return entries;
  }

  async #writeValue(head: string, value: Uint8Array): Promise<void> {
    const binary = value.includes(0);
    if (binary || value.length > MAX_QUOTED) return writeOctets(this.#session, head, value, binary);
    this.#session.out.write(head + imapString(Buffer.from(value).toString('latin1')));
  }
}
