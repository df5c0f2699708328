/** The quoting of lines that begin with `From ` in an mbox file. RFC 4155 appendix A leaves it to the reader to know. */

/**
 * - `mboxrd`: one `>` before each line of any number of `>` and `From `. Reversible.
 * - `mboxo`: one `>` before lines of `From ` alone. What stood there with one `>` already cannot be told apart.
 * - `none`: as it is.
 */
export type FromQuoting = 'mboxrd' | 'mboxo' | 'none';

const GREATER = 0x3e;
const LF = 0x0a;
const FROM = 'From ';
const FROM_OCTETS: Buffer = Buffer.from(FROM);

/** Adds (mboxrd) or removes a `>` before `From ` in octets that come in chunks. Keeps at most six octets back. */
export class FromQuoter {
  readonly #change: 'quote' | FromQuoting;
  #carry: Buffer = Buffer.alloc(0);
  /** Length of the run of `>` from the line's start to the carry; -1 when something else came before it. */
  #run = 0;

  /** `quote` adds, mboxrd; the others remove what that kind of file has added. */
  constructor(change: 'quote' | FromQuoting) {
    this.#change = change;
  }

  /** The octets that can be told now. */
  take(chunk: Buffer): Buffer[] {
    if (this.#change === 'none') return chunk.length > 0 ? [chunk] : [];
    const all = this.#carry.length > 0 ? Buffer.concat([this.#carry, chunk]) : chunk;
    // `>From` without its space: whether it is one shows with the next chunk.
    return this.#split(all, Math.max(0, all.length - FROM.length - 1));
  }

  /** The rest. */
  end(): Buffer[] {
    if (this.#carry.length === 0) return [];
    return this.#split(this.#carry, this.#carry.length);
  }

  /** Gives the octets before `limit`, and carries the rest. */
  #split(all: Buffer, limit: number): Buffer[] {
    const out: Buffer[] = [];
    let from = 0;
    let decided = 0;
    for (let at = all.indexOf(FROM_OCTETS); at >= 0; at = all.indexOf(FROM_OCTETS, at + 1)) {
      // Beyond the limit its `>` lies in the carry, or it is not the whole word.
      if (at > limit) break;
      const quotes = this.#quotesBefore(all, at);
      if (quotes < 0) continue;
      if (this.#change === 'quote') {
        out.push(all.subarray(from, at), Buffer.of(GREATER));
        from = at;
        decided = at + FROM.length;
      } else if (quotes === 1 || (quotes > 1 && this.#change === 'mboxrd')) {
        out.push(all.subarray(from, at - 1));
        from = at;
        decided = at + FROM.length;
      }
    }
    // What was decided about must not be met again.
    const stop = Math.max(limit, decided);
    if (stop > from) out.push(all.subarray(from, stop));
    this.#run = this.#quotesBefore(all, stop);
    this.#carry = all.subarray(stop);
    return out.filter((piece) => piece.length > 0);
  }

  /** How many `>` lie between the line's start and `at`, or -1 when other octets do. */
  #quotesBefore(all: Buffer, at: number): number {
    let start = at;
    while (start > 0 && all[start - 1] === GREATER) start--;
    if (start > 0) return all[start - 1] === LF ? at - start : -1;
    return this.#run < 0 ? -1 : this.#run + at;
  }
}

/** The same for octets that are all there. */
export function changeFromQuoting(octets: Buffer, change: 'quote' | FromQuoting): Buffer {
  if (octets.indexOf(FROM_OCTETS) < 0) return octets;
  const quoter = new FromQuoter(change);
  return Buffer.concat([...quoter.take(octets), ...quoter.end()]);
}

/** The same for a stream. */
export async function* changeFromQuotingOf(
  chunks: AsyncIterable<Buffer>,
  change: 'quote' | FromQuoting,
): AsyncGenerator<Buffer> {
  const quoter = new FromQuoter(change);
  for await (const chunk of chunks) yield* quoter.take(chunk);
  yield* quoter.end();
}
