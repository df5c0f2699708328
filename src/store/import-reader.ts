/** Reads a file of accounts: line by line, and octets where a line says so. */

import { createHash, type Hash } from 'node:crypto';
import { EiderError } from '../errors.ts';
import { type ExportLine, MAX_LINE_OCTETS } from './export-lines.ts';

const LINE_END = 0x0a;

/** What a file that cannot be taken throws. */
export function invalidExport(message: string, cause?: unknown): EiderError {
  return new EiderError('EXPORT_INVALID', message, { cause });
}

/** The file. No more of it is in memory than a line, or what the source gives at once. */
export class ImportReader {
  readonly #source: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);
  #hash: Hash = createHash('sha256');
  /** Of the line that was read last, not hashed yet: a digest is of what stands before it. */
  #line: Buffer = Buffer.alloc(0);
  #isDone = false;

  constructor(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#source = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  /** The next line. @throws `EXPORT_INVALID`. */
  async line(): Promise<ExportLine> {
    this.#hash.update(this.#line);
    const chunks: Buffer[] = [];
    let size = 0;
    for (;;) {
      const end = this.#rest.indexOf(LINE_END);
      const part = end < 0 ? this.#rest : this.#rest.subarray(0, end + 1);
      size += part.length;
      if (size > MAX_LINE_OCTETS) throw invalidExport('a line of the file is too long');
      chunks.push(part);
      this.#rest = this.#rest.subarray(part.length);
      if (end >= 0) break;
      if (!(await this.#more())) throw invalidExport('the file breaks off');
    }
    this.#line = Buffer.concat(chunks, size);
    const line = parseLine(this.#line);
    this.#isDone = line.type === 'done';
    return line;
  }

  /** Octets after a line; all of them are to be read. @throws `EXPORT_INVALID`. */
  async *octets(count: number): AsyncGenerator<Buffer, void, undefined> {
    this.#hash.update(this.#line);
    this.#line = Buffer.alloc(0);
    for (let left = count; left > 0; ) {
      if (this.#rest.length === 0 && !(await this.#more())) throw invalidExport('the file breaks off');
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      this.#hash.update(part);
      yield part;
    }
  }

  /** Whether the line that was read last ends an account. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Counts the digest from the line that was read last. */
  beginDigest(): void {
    this.#hash = createHash('sha256');
  }

  /** Of all up to the line that was read last. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /** @throws `EXPORT_INVALID` when there is more. */
  async requireEnd(): Promise<void> {
    if (this.#rest.length > 0 || (await this.#more())) throw invalidExport('the file goes on after its end');
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const { done, value } = await this.#source.next();
      if (done) return false;
      if (value.length === 0) continue;
      this.#rest = Buffer.from(value.buffer, value.byteOffset, value.length);
      return true;
    }
  }
}

function parseLine(octets: Buffer): ExportLine {
  try {
    const line = JSON.parse(octets.toString('utf8')) as ExportLine;
    if (typeof line === 'object' && line !== null && typeof line.type === 'string') return line;
  } catch (error) {
    throw invalidExport('the file is damaged, or no file of accounts', error);
  }
  throw invalidExport('the file is damaged, or no file of accounts');
}
