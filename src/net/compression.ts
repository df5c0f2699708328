/** DEFLATE over a connection, both ways. RFC 4978, RFC 1951. */

import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from 'node:zlib';

/** 128 KB for what goes out, beside 40 KB for what comes in (whose window is the other side's choice). */
const DEFLATE = { windowBits: 14, memLevel: 7, level: 4 };
// A connection that ends in the middle is no error of the data.
const INFLATE = { finishFlush: constants.Z_SYNC_FLUSH };

/**
 * Compresses what is written to a socket and decompresses what comes from it. Nothing is decompressed ahead of its
 * reader but about 32 KB, so that little which becomes much costs no memory.
 */
export class Compression {
  readonly #socket: Socket;
  readonly #deflate: DeflateRaw = createDeflateRaw(DEFLATE);
  readonly #inflate: InflateRaw = createInflateRaw(INFLATE);

  /** @param arrived octets that were read of the socket already */
  constructor(socket: Socket, arrived: Buffer | null) {
    this.#socket = socket;
    this.#deflate.on('error', () => socket.destroy());
    this.#inflate.on('error', () => socket.destroy());
    if (arrived !== null) this.#inflate.write(arrived);
    this.#deflate.pipe(socket);
    socket.pipe(this.#inflate);
  }

  /** What has come in. */
  get input(): Readable {
    return this.#inflate;
  }

  /** What is to go out; call {@link Compression.flush} behind what shall be sent now. */
  get output(): Writable {
    return this.#deflate;
  }

  /** Sends what was written. */
  flush(): void {
    this.#deflate.flush(constants.Z_SYNC_FLUSH);
  }

  /** Sends what was written, then leaves the socket to others. */
  async finish(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#deflate.flush(constants.Z_SYNC_FLUSH, resolve);
      this.#socket.once('close', resolve);
    });
    this.#deflate.unpipe(this.#socket);
    for (let chunk = this.#deflate.read(); chunk !== null; chunk = this.#deflate.read()) this.#socket.write(chunk);
    this.destroy();
  }

  /** Nothing more is read; the socket ends when all that was written is sent. */
  end(): void {
    this.#socket.unpipe(this.#inflate);
    this.#inflate.destroy();
    this.#deflate.end();
  }

  /** Frees the memory. */
  destroy(): void {
    this.#socket.unpipe(this.#inflate);
    this.#inflate.destroy();
    this.#deflate.destroy();
  }
}
