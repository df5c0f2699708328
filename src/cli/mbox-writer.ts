/** Writes an mbox file, mboxrd. RFC 4155 appendix A. */

import type { FileHandle } from 'node:fs/promises';
import { FromQuoter } from './from-quoting.ts';

const BUFFERED = 1024 * 1024;
const LF = 0x0a;
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** What is written of a message. */
export interface MboxMessage {
  /** Milliseconds since 1970. */
  readonly internalDate: number;
  read(): AsyncIterable<Buffer>;
}

/** Writes messages to a file that is empty at first. */
export class MboxWriter {
  /** How many there are. */
  messages = 0;
  readonly #file: FileHandle;
  #pieces: Buffer[] = [];
  #buffered = 0;
  /** Octets in the file. */
  #written = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Takes back what it wrote of a message that cannot be read to its end. */
  async add(message: MboxMessage): Promise<void> {
    if (this.#buffered >= BUFFERED) await this.#flush();
    const start = this.#written + this.#buffered;
    try {
      await this.#write(message);
    } catch (error) {
      await this.#flush();
      await this.#file.truncate(start);
      this.#written = start;
      throw error;
    }
    this.messages++;
  }

  async close(): Promise<void> {
    await this.#flush();
    await this.#file.close();
  }

  async abandon(): Promise<void> {
    await this.#file.close().catch(() => {});
  }

  async #write(message: MboxMessage): Promise<void> {
    this.#put(Buffer.from(`From MAILER-DAEMON ${asctime(message.internalDate)}\n`));
    const quoter = new FromQuoter('quote');
    let last = LF;
    for await (const chunk of message.read()) {
      last = chunk[chunk.length - 1] ?? last;
      for (const piece of quoter.take(chunk)) this.#put(piece);
      if (this.#buffered >= BUFFERED) await this.#flush();
    }
    for (const piece of quoter.end()) this.#put(piece);
    this.#put(Buffer.from(last === LF ? '\n' : '\n\n'));
  }

  #put(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#buffered += piece.length;
  }

  async #flush(): Promise<void> {
    if (this.#buffered === 0) return;
    const octets = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#buffered = 0;
    for (let at = 0; at < octets.length; ) {
      const { bytesWritten } = await this.#file.write(octets, at, octets.length - at, this.#written);
      at += bytesWritten;
      this.#written += bytesWritten;
    }
  }
}

/** RFC 4155: the time of the From_ line is in UTC, without a zone. */
function asctime(time: number): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  const day = String(date.getUTCDate()).padStart(2, ' ');
  return `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${day} ${clock} ${String(date.getUTCFullYear()).padStart(4, '0')}`;
}
