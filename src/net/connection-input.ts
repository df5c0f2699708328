/** Reads a line protocol from a socket: lines and runs of octets, with bounded memory. */

import { performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import { EiderError } from '../errors.ts';

/** While so many octets wait to be read, the source is paused. */
const HIGH_WATER = 65_536;
/** The source goes on when at most so many are left. */
const LOW_WATER = 16_384;
const SMALLEST_OWN_BUFFER = 512;
const TAIL_OCTETS = 32;
const LF = 0x0a;
const CR = 0x0d;
const EMPTY = Buffer.alloc(0);

/** What {@link ConnectionInput.dropLine} threw away. */
export interface DroppedLine {
  /** How many, without the line's end. */
  readonly octets: number;
  /** The last ones, at most 32; may end with CR. */
  readonly tail: string;
  /** The line's end was among them. */
  readonly complete: boolean;
}

/**
 * What has arrived from one connection and was not read yet. The source is paused while about 64 KB wait and nobody
 * asks for more. One reader at a time.
 *
 * What has arrived lies in one buffer: a chunk of the source as it is when everything before it was read, else a buffer
 * of our own that doubles, so that a line that comes octet by octet costs no more than one that comes at once.
 */
export class ConnectionInput {
  #source: Readable | null = null;
  #paused = false;
  #sourceEnded = false;
  #buffer: Buffer = EMPTY;
  #start = 0;
  #end = 0;
  /** `#buffer` is ours, and the octets from `#end` on are free. */
  #own = false;
  /** No line end lies before this offset. */
  #scanned = 0;
  #arrivedAt = performance.now();
  #waiting: Promise<void> | null = null;
  #wake: (() => void) | null = null;

  constructor(source: Readable) {
    this.attach(source);
  }

  /** Octets that have arrived and were not read. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** For how long nothing has arrived, in milliseconds. */
  get silentMs(): number {
    return performance.now() - this.#arrivedAt;
  }

  /** Whether nothing more will arrive: the other side has ended the connection, or lost it. */
  get ended(): boolean {
    return this.#sourceEnded;
  }

  /**
   * The next line when all of it has arrived, else `null`: octets in a string, without LF or CRLF.
   *
   * @throws EiderError `LIMIT_EXCEEDED` when the line has more than `maxOctets`; it is not taken.
   */
  takeLine(maxOctets: number): string | null {
    const at = this.#findLineEnd();
    if (at < 0) {
      // One octet more than the limit may be the CR of the line's end.
      if (this.#end - this.#start > maxOctets + 1) throw lineTooLong(maxOctets);
      return null;
    }
    const stop = at > this.#start && this.#buffer[at - 1] === CR ? at - 1 : at;
    if (stop - this.#start > maxOctets) throw lineTooLong(maxOctets);
    const line = this.#buffer.toString('latin1', this.#start, stop);
    this.#advance(at + 1);
    return line;
  }

  /**
   * The next line; `null` when the connection ended before the end of a line.
   *
   * @throws EiderError `LIMIT_EXCEEDED` as {@link ConnectionInput.takeLine}.
   */
  async readLine(maxOctets: number): Promise<string | null> {
    for (;;) {
      const line = this.takeLine(maxOctets);
      if (line !== null) return line;
      if (this.#sourceEnded) return null;
      await this.wait();
    }
  }

  /** Throws away what has arrived of the present line, with its end when that has come. */
  dropLine(): DroppedLine {
    const at = this.#findLineEnd();
    const stop = at < 0 ? this.#end : at;
    const tail = this.#buffer.toString('latin1', Math.max(this.#start, stop - TAIL_OCTETS), stop);
    const octets = stop - this.#start;
    this.#advance(at < 0 ? stop : stop + 1);
    return { octets, tail, complete: at >= 0 };
  }

  /** At most `count` octets that have arrived, without copying, or `null` when none have. */
  takeOctets(count: number): Buffer | null {
    if (this.#start === this.#end) return null;
    const stop = Math.min(this.#end, this.#start + count);
    const octets = this.#buffer.subarray(this.#start, stop);
    this.#advance(stop);
    return octets;
  }

  /**
   * Exactly `count` octets in one buffer. The caller bounds `count`.
   *
   * @throws EiderError `ABORTED` when the connection ends before.
   */
  async readExactly(count: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.readOctets(count)) chunks.push(chunk);
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, count);
  }

  /**
   * Exactly `count` octets in chunks as they arrive.
   *
   * @throws EiderError `ABORTED` when the connection ends before.
   */
  async *readOctets(count: number): AsyncGenerator<Buffer, void, void> {
    for (let left = count; left > 0; ) {
      const chunk = this.takeOctets(left);
      if (chunk !== null) {
        left -= chunk.length;
        yield chunk;
      } else if (this.#sourceEnded) {
        throw new EiderError('ABORTED', 'the connection ended in the middle of a literal');
      } else {
        await this.wait();
      }
    }
  }

  /** Resolves when something new has arrived or the connection has ended. */
  wait(): Promise<void> {
    if (this.#sourceEnded) return Promise.resolve();
    this.#waiting ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
    this.#resume();
    return this.#waiting;
  }

  /** Throws away everything that has arrived. */
  discard(): void {
    this.#advance(this.#end);
  }

  /** Stops reading from the source, which is left paused; {@link ConnectionInput.attach} goes on with another. */
  detach(): void {
    const source = this.#source;
    if (source === null) return;
    source.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd).off('error', this.#onEnd);
    source.pause();
    this.#source = null;
  }

  /** Reads from `source`, behind what has arrived already. */
  attach(source: Readable): void {
    this.detach();
    this.#source = source;
    this.#paused = false;
    this.#sourceEnded = source.readableEnded || source.destroyed;
    source.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onEnd).on('error', this.#onEnd);
  }

  /** Nothing more will come. */
  close(): void {
    this.detach();
    this.#onEnd();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#append(chunk);
    this.#arrivedAt = performance.now();
    if (this.#end - this.#start >= HIGH_WATER && !this.#paused) {
      this.#paused = true;
      this.#source?.pause();
    }
    this.#notify();
  };

  readonly #onEnd = (): void => {
    this.#sourceEnded = true;
    this.#notify();
  };

  #notify(): void {
    const wake = this.#wake;
    this.#wake = null;
    this.#waiting = null;
    wake?.();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#source?.resume();
  }

  #findLineEnd(): number {
    const at = this.#scanned < this.#end ? this.#buffer.indexOf(LF, this.#scanned) : -1;
    // An own buffer has rubbish behind its end.
    if (at >= 0 && at < this.#end) return at;
    this.#scanned = this.#end;
    return -1;
  }

  #advance(to: number): void {
    this.#start = to;
    if (to === this.#end) {
      this.#buffer = EMPTY;
      this.#start = this.#end = this.#scanned = 0;
      this.#own = false;
    } else if (this.#scanned < to) {
      this.#scanned = to;
    }
    if (this.#paused && this.#end - this.#start <= LOW_WATER) this.#resume();
  }

  #append(chunk: Buffer): void {
    const kept = this.#end - this.#start;
    if (kept === 0) {
      this.#buffer = chunk;
      this.#start = this.#scanned = 0;
      this.#end = chunk.length;
      this.#own = false;
      return;
    }
    if (!this.#own || this.#end + chunk.length > this.#buffer.length) this.#move(kept, chunk.length);
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** Makes room in a new buffer; never within the old one, whose octets may have been handed out. */
  #move(kept: number, more: number): void {
    const needed = kept + more;
    // Doubling only when much is kept: then the copying is paid for by what arrives after.
    const moved = Buffer.allocUnsafeSlow(Math.max(SMALLEST_OWN_BUFFER, kept >= more ? 2 * needed : needed));
    this.#buffer.copy(moved, 0, this.#start, this.#end);
    this.#scanned -= this.#start;
    this.#buffer = moved;
    this.#start = 0;
    this.#end = kept;
    this.#own = true;
  }
}

function lineTooLong(maxOctets: number): EiderError {
  return new EiderError('LIMIT_EXCEEDED', `a line has more than ${maxOctets} octets`);
}
