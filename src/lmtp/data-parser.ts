/** Takes a connection's octets apart: command lines, and the octets of messages. */

import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';

const LINE_END_DOT = Buffer.from('\r\n.');
const DOT = 0x2e;
const CR = 0x0d;
const LF = 0x0a;

type Callback = (error?: Error | null) => void;

/**
 * The parser of smtp-server with its own reading of message octets: exact where a line ends in a bare CR or LF, and by
 * `indexOf` instead of octet by octet.
 *
 * Only CRLF ends a line (RFC 5321 section 2.3.8), so only after CRLF is a dot the transparency dot or the end. A dot
 * after a bare LF belongs to the message, and cannot be used to smuggle another one in.
 */
export class DataParser extends SMTPStream {
  /** Octets that may be the beginning of CRLF dot, or of what decides about such a dot. */
  #held: Buffer | null = null;
  /** The next octet is the first of a line: at the start of the data, where no CRLF stands before it. */
  #atStart = true;
  #onDataEnd: (() => void) | null = null;

  override startDataMode(maxBytes?: number | string | null): ReturnType<SMTPStream['startDataMode']> {
    this.#held = null;
    this.#atStart = true;
    return super.startDataMode(maxBytes);
  }

  /** Calls `listener` when the octets of the message that has begun are all there, or the connection is gone. */
  onceDataEnds(listener: () => void): void {
    this.#onDataEnd = listener;
  }

  /** To be called when the connection is gone. */
  dataCannotEnd(): void {
    this.#onDataEnd?.();
    this.#onDataEnd = null;
  }

  override _feedDataStream(chunk: Buffer, done: Callback): void {
    const octets = this.#held ? Buffer.concat([this.#held, chunk]) : chunk;
    this.#held = null;
    if (this.#atStart) this.#begin(octets, done);
    else this.#scan(octets, done);
  }

  override _endDataMode(last: Buffer | false, rest: Buffer, callback: Callback): void {
    if (last) this._countDataBytes(last.length);
    super._endDataMode(last, rest, callback);
    this.#onDataEnd?.();
    this.#onDataEnd = null;
  }

  /** As if a CRLF stood before: the first line may be the end, or begin with a dot that was doubled. */
  #begin(octets: Buffer, done: Callback): void {
    const decision = this.#decide(octets, 0);
    if (decision === 'end') {
      this._endDataMode(false, octets.subarray(3), done);
    } else if (decision === 'unknown') {
      this.#held = Buffer.from(octets);
      done();
    } else {
      this.#atStart = false;
      this.#scan(decision === 'drop' ? octets.subarray(1) : octets, done);
    }
  }

  #scan(octets: Buffer, done: Callback): void {
    const pieces: Buffer[] = [];
    let from = 0;
    for (let at = octets.indexOf(LINE_END_DOT); at >= 0; at = octets.indexOf(LINE_END_DOT, at + 2)) {
      const decision = this.#decide(octets, at + 2);
      if (decision === 'unknown') break;
      // The CRLF before the dot belongs to the message, as its last line's end. RFC 5321 section 4.1.1.4.
      pieces.push(octets.subarray(from, at + 2));
      if (decision === 'end') {
        this._endDataMode(join(pieces), octets.subarray(at + 5), done);
        return;
      }
      from = at + 3;
    }
    const end = Math.max(from, octets.length - undecided(octets));
    pieces.push(octets.subarray(from, end));
    this.#held = end < octets.length ? Buffer.from(octets.subarray(end)) : null;
    this.#emit(join(pieces), done);
  }

  /** What the dot (or other octet) at the beginning of a line is: the end, to be dropped, or nothing of the kind. */
  #decide(octets: Buffer, at: number): 'end' | 'drop' | 'keep' | 'unknown' {
    if (octets.length <= at) return 'unknown';
    if (octets[at] !== DOT) return 'keep';
    if (octets.length <= at + 1) return 'unknown';
    if (octets[at + 1] !== CR) return 'drop';
    if (octets.length <= at + 2) return 'unknown';
    return octets[at + 2] === LF ? 'end' : 'drop';
  }

  #emit(octets: Buffer, done: Callback): void {
    this._countDataBytes(octets.length);
    const stream = this._dataStream;
    if (!stream?.writable || octets.length === 0 || stream.write(octets) || stream.destroyed) {
      done();
      return;
    }
    const resume = (): void => {
      stream.off('drain', resume);
      stream.off('close', resume);
      done();
    };
    // A stream whose reader has gone never drains, it closes.
    stream.once('drain', resume);
    stream.once('close', resume);
  }
}

/** How many octets at the end may belong to CRLF dot CRLF or CRLF dot dot: at most `\r\n.\r`. */
function undecided(octets: Buffer): number {
  const { length } = octets;
  const last = octets[length - 1];
  if (last === CR) return octets[length - 2] === DOT && octets[length - 3] === LF && octets[length - 4] === CR ? 4 : 1;
  if (last === LF) return octets[length - 2] === CR ? 2 : 0;
  return last === DOT && octets[length - 2] === LF && octets[length - 3] === CR ? 3 : 0;
}

function join(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
}
