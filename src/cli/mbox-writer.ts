/** Writes an mbox file, mboxrd. RFC 4155 appendix A. */

import type { FileHandle } from 'node:fs/promises';
import { type MboxMessage, mboxOctets } from '../mime/mbox-octets.ts';

const BUFFERED = 1024 * 1024;

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
    for await (const piece of mboxOctets(message)) {
      this.#put(piece);
      if (this.#buffered >= BUFFERED) await this.#flush();
    }
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
