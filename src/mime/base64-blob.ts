/** Turns base64 of a message into a blob of decoded octets, only as far as it can be written again exactly alike. */

import type { BlobTarget, BlobWriter } from '../model/blob.ts';
import type { BlobSegment } from '../model/content.ts';
import { type Base64Encoding, encodedLength } from './base64-layout.ts';

const EMPTY: Buffer = Buffer.alloc(0);
const LF = 0x0a;
const CR = 0x0d;

/** Less base64 than this is not worth a blob. */
const MIN_ENCODED = 4096;
/** Longest line that may have an end; a body without any line ending is regular too. */
const MAX_LINE = 4096;

/** What became of the octets. */
export interface Base64Result {
  /** The regular beginning, durable when it resolves; `null` when there is none worth keeping: all is in `rest` then. */
  readonly segment: Promise<BlobSegment> | null;
  /** What follows the regular beginning, raw. */
  readonly rest: Buffer;
}

/**
 * Takes the octets of a base64 body. Every line must have the same length, a multiple of 4, and the same ending; the
 * last may be shorter or have no ending. With the first octet that does not fit, the blob ends and the rest is raw:
 * nothing is believed that was not encoded again and compared.
 */
export class Base64Blob {
  readonly #blobs: BlobTarget;
  #writer: BlobWriter | null = null;
  #held: Buffer = EMPTY;
  /** Where lines are decoded to; free again when the writer has taken them. */
  #decoded: Buffer = EMPTY;
  #lineLength = 0;
  #eol: '\r\n' | '\n' | '' = '';
  /** Encoded octets in the blob. */
  #consumed = 0;
  /** Octets of the blob. */
  #size = 0;
  #finalEol = false;
  /** A line came that is not full: it must be the last. */
  #ending = false;
  /** No more octets belong to the blob. */
  #closed = false;

  constructor(blobs: BlobTarget) {
    this.#blobs = blobs;
  }

  /**
   * Takes octets; `false` when they do not all fit, and then {@link finish} is due. The buffer is not kept when the
   * promise has resolved.
   */
  async write(octets: Buffer): Promise<boolean> {
    let chunk = this.#held.length === 0 ? octets : await this.#joinHeld(octets);
    if (this.#lineLength === 0 && !this.#measure(chunk)) {
      this.#held = Buffer.from(chunk);
      return !this.#closed;
    }
    chunk = await this.#takeLines(chunk);
    this.#held = Buffer.from(chunk);
    if (this.#ending && !this.#closed) await this.#takeLast(false);
    return !this.#closed;
  }

  /** Ends the body. */
  async finish(): Promise<Base64Result> {
    if (!this.#closed) await this.#takeLast(true);
    return { segment: this.#writer === null ? null : this.#commit(this.#writer), rest: this.#held };
  }

  async abort(): Promise<void> {
    await this.#writer?.abort();
    this.#writer = null;
  }

  async #commit(writer: BlobWriter): Promise<BlobSegment> {
    const encoding = this.#encoding();
    if (encodedLength(this.#size, encoding) !== this.#consumed) throw new Error('base64 was measured wrongly');
    this.#writer = null;
    const { blobId, size } = await writer.commit();
    return { kind: 'blob', length: this.#consumed, blobId, blobSize: size, encoding };
  }

  #encoding(): Base64Encoding {
    // A body without any line ending is one line.
    const characters = Math.ceil(this.#size / 3) * 4;
    const lineLength = this.#lineLength === Number.POSITIVE_INFINITY ? characters : this.#lineLength;
    return { type: 'base64', lineLength, eol: this.#eol === '\n' ? '\n' : '\r\n', finalEol: this.#finalEol };
  }

  /**
   * Puts held octets and new ones together: only so many are copied as complete the held line, and the line is taken;
   * the others are returned.
   */
  async #joinHeld(octets: Buffer): Promise<Buffer> {
    const stride = this.#lineLength + this.#eol.length;
    if (this.#lineLength === 0 || this.#ending || stride === Number.POSITIVE_INFINITY)
      return Buffer.concat([this.#held, octets]);
    const missing = stride - this.#held.length;
    if (missing > octets.length) return Buffer.concat([this.#held, octets]);
    const left = await this.#takeLines(Buffer.concat([this.#held, octets.subarray(0, missing)]));
    const rest = octets.subarray(missing);
    return left.length === 0 ? rest : Buffer.concat([left, rest]);
  }

  /** Learns line length and ending of the first line; false when it is too early, or when nothing regular begins here. */
  #measure(chunk: Buffer): boolean {
    const lf = chunk.indexOf(LF);
    if (lf < 0) {
      if (chunk.length < MIN_ENCODED) return false;
      this.#lineLength = Number.POSITIVE_INFINITY;
      return true;
    }
    const length = chunk[lf - 1] === CR ? lf - 1 : lf;
    if (length === 0 || length % 4 !== 0 || length > MAX_LINE) {
      this.#closed = true;
      return false;
    }
    this.#lineLength = length;
    this.#eol = length === lf ? '\n' : '\r\n';
    return true;
  }

  /** Takes all full lines from the beginning and returns what follows them. */
  async #takeLines(chunk: Buffer): Promise<Buffer> {
    if (this.#ending) return chunk;
    if (this.#lineLength === Number.POSITIVE_INFINITY) return this.#takeUnbroken(chunk);
    const stride = this.#lineLength + this.#eol.length;
    let end = chunk.length - (chunk.length % stride);
    let octets = this.#decodeLines(chunk, end);
    if (octets === null) {
      end = this.#regularLines(chunk, stride);
      octets = this.#decodeLines(chunk, end) as Buffer;
      this.#ending = true;
      this.#closed = this.#isTooLittle(end);
      if (this.#closed) return chunk;
    }
    await this.#put(octets, end);
    if (end > 0) this.#finalEol = true;
    return chunk.subarray(end);
  }

  /** The octets of full lines, or `null` when they are not regular. */
  #decodeLines(chunk: Buffer, end: number): Buffer | null {
    if (end === 0) return EMPTY;
    const stride = this.#lineLength + this.#eol.length;
    const crlf = this.#eol === '\r\n';
    for (let line = stride - 1; line < end; line += stride) {
      if (chunk[line] !== LF || (crlf && chunk[line - 1] !== CR)) return null;
    }
    const lines = chunk.toString('latin1', 0, end);
    // The line endings stand where they must. When there are as many octets as the other characters can give, none of
    // those was passed over, and only `-` and `_` are read like `+` and `/`: written again, it is the same.
    if (lines.includes('-') || lines.includes('_')) return null;
    if (this.#decoded.length < end) this.#decoded = Buffer.allocUnsafeSlow(end);
    const length = this.#decoded.write(lines, 'base64');
    return length * 4 === (end / stride) * this.#lineLength * 3 ? this.#decoded.subarray(0, length) : null;
  }

  /** How many octets from the beginning are full regular lines; once for a body, as it ends with this. */
  #regularLines(chunk: Buffer, stride: number): number {
    let end = 0;
    while (end + stride <= chunk.length && this.#decodeLines(chunk.subarray(end), stride) !== null) end += stride;
    return end;
  }

  /** Takes base64 of a line that has had no end so far. */
  async #takeUnbroken(chunk: Buffer): Promise<Buffer> {
    let end = chunk.length - (chunk.length % 4);
    let octets = unpadded(chunk.toString('latin1', 0, end));
    if (octets === null) {
      // The line ends here, or the body does with padding: all but the last four characters are certain.
      this.#ending = true;
      end = Math.max(0, lineEnd(chunk) - (lineEnd(chunk) % 4) - 4);
      octets = unpadded(chunk.toString('latin1', 0, end));
    }
    if (octets === null || (this.#ending && this.#isTooLittle(end))) {
      this.#closed = true;
      return chunk;
    }
    await this.#put(octets, end);
    return chunk.subarray(end);
  }

  /** Takes the last line from the held octets: shorter or padded, perhaps without an ending. */
  async #takeLast(final: boolean): Promise<void> {
    const lf = this.#held.indexOf(LF);
    const limit = this.#lineLength === Number.POSITIVE_INFINITY ? 8 : this.#lineLength + 2;
    if (lf < 0 && !final && this.#held.length <= limit) return;
    this.#closed = true;
    const line = this.#lastLine(lf);
    const octets = line === '' || line.length > this.#lineLength ? null : exactly(line);
    if (octets === null || this.#isTooLittle(line.length)) return;
    const ending = this.#held.subarray(line.length, line.length + 2);
    const eol = ending[0] === LF ? '\n' : ending[0] === CR && ending[1] === LF ? '\r\n' : '';
    this.#finalEol = eol !== '' && (this.#eol === '' || eol === this.#eol);
    if (this.#eol === '' && eol !== '') this.#eol = eol;
    const length = line.length + (this.#finalEol ? eol.length : 0);
    await this.#put(octets, length);
    this.#held = this.#held.subarray(length);
  }

  #lastLine(lf: number): string {
    let end = lf < 0 ? this.#held.length : lf;
    if (end > 0 && this.#held[end - 1] === CR) end--;
    return this.#held.toString('latin1', 0, end);
  }

  #isTooLittle(length: number): boolean {
    return this.#writer === null && length < MIN_ENCODED;
  }

  async #put(octets: Buffer, length: number): Promise<void> {
    if (octets.length === 0) return;
    this.#writer ??= this.#blobs.create();
    this.#size += octets.length;
    this.#consumed += length;
    await this.#writer.write(octets);
  }
}

/** Where the first line ends, or the chunk. */
function lineEnd(chunk: Buffer): number {
  const lf = chunk.indexOf(LF);
  const end = lf < 0 ? chunk.length : lf;
  return chunk[end - 1] === CR ? end - 1 : end;
}

/** The octets of base64 without padding that is written exactly so, or `null`. */
function unpadded(characters: string): Buffer | null {
  const octets = Buffer.from(characters, 'base64');
  return octets.length * 4 === characters.length * 3 && octets.toString('base64') === characters ? octets : null;
}

/** The octets of base64 that is written exactly so, or `null`. */
function exactly(characters: string): Buffer | null {
  if (characters.length % 4 !== 0) return null;
  const octets = Buffer.from(characters, 'base64');
  return octets.toString('base64') === characters ? octets : null;
}
