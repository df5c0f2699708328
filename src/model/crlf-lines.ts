/** Line ends as SMTP has them: CR and LF appear as CRLF only. RFC 5321 section 2.3.8, RFC 6376 section 5.3. */

const LF = 0x0a;
const CR = 0x0d;
const CRLF = Buffer.from('\r\n');

/** Makes CRLF of each bare CR and each bare LF in octets that come in pieces. */
export class CrlfLines {
  /** The last piece ended with a CR, which was given out as CRLF. */
  #afterCr = false;
  #last = LF;

  /** The octets of a piece; those that need no change are not copied. */
  push(piece: Uint8Array): Buffer {
    let octets = asBuffer(piece);
    if (octets.length > 0 && this.#afterCr && octets[0] === LF) octets = octets.subarray(1);
    if (piece.length === 0 || octets.length === 0) {
      this.#afterCr &&= piece.length === 0;
      return Buffer.alloc(0);
    }
    this.#afterCr = octets.at(-1) === CR;
    const out = this.#afterCr || !isSound(octets) ? rewrite(octets) : octets;
    this.#last = out.at(-1) as number;
    return out;
  }

  /** What is missing to the end of the last line: CRLF, or nothing. */
  end(): Buffer {
    return this.#last === LF ? Buffer.alloc(0) : CRLF;
  }
}

/** The pieces of a message with CRLF for each line end, the last line's too. */
export async function* crlfLines(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  const lines = new CrlfLines();
  for await (const piece of source) {
    const out = lines.push(piece);
    if (out.length > 0) yield out;
  }
  const end = lines.end();
  if (end.length > 0) yield end;
}

/** Whether each CR is followed by LF, and each LF follows a CR. */
function isSound(octets: Buffer): boolean {
  for (let from = 0; ; ) {
    const lf = octets.indexOf(LF, from);
    const cr = octets.indexOf(CR, from);
    if (lf < 0) return cr < 0;
    if (cr < 0 || cr !== lf - 1) return false;
    from = lf + 1;
  }
}

function rewrite(octets: Buffer): Buffer {
  return Buffer.from(octets.toString('latin1').replace(/\r\n|\r|\n/g, '\r\n'), 'latin1');
}

function asBuffer(octets: Uint8Array): Buffer {
  return Buffer.isBuffer(octets) ? octets : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}
