/** A message's stream, whose header was looked at and is still to come. */

import { HeaderEnd } from '../mime/header-end.ts';

/** Most octets of a header that are looked at; fields behind are as if they were not there. */
export const MAX_HEADER: number = 256 * 1024;

/** All octets of a stream, of which the first ones were read already. It can be gone through once. */
export class HeadedSource implements AsyncIterable<Uint8Array> {
  /** The header with its empty line, or all of it that fits in 256 KB; the whole message when there is no empty line. */
  readonly header: Buffer;
  readonly #read: readonly Uint8Array[];
  readonly #rest: AsyncIterator<Uint8Array>;

  private constructor(header: Buffer, read: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>) {
    this.header = header;
    this.#read = read;
    this.#rest = rest;
  }

  /** Reads until the header has ended. Who asked ends it with `close`, or goes through it. */
  static async open(source: AsyncIterable<Uint8Array>): Promise<HeadedSource> {
    const rest = source[Symbol.asyncIterator]();
    const read: Uint8Array[] = [];
    const end = new HeaderEnd(true);
    let length = 0;
    while (length < MAX_HEADER) {
      const next = await rest.next();
      if (next.done) break;
      const octets = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
      read.push(octets);
      const at = end.find(octets);
      if (at >= 0) {
        const header = Buffer.concat(read).subarray(0, length + at);
        return new HeadedSource(header.subarray(0, MAX_HEADER), read, rest);
      }
      length += octets.length;
    }
    return new HeadedSource(Buffer.concat(read).subarray(0, MAX_HEADER), read, rest);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#read;
      for (;;) {
        const next = await this.#rest.next();
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await this.close();
    }
  }

  /** Lets go of the stream; can be called again. */
  async close(): Promise<void> {
    await this.#rest.return?.();
  }
}
