/** DEFLATE over a connection, both ways. RFC 4978, RFC 1951. */

import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from 'node:zlib';
import { InflateWindow } from './inflate-window.ts';

/** 128 KB for what goes out, beside 40 KB for what comes in (whose window is the other side's choice). */
const DEFLATE = { windowBits: 14, memLevel: 7, level: 4 };
// A connection that ends in the middle is no error of the data.
const INFLATE = { finishFlush: constants.Z_SYNC_FLUSH };
/** After so long without a word either way the memory is given back until there is one. */
const REST_MS = 500;

/** So much is sent as it is when there is no compressor: signs of life, news, a goodbye are not worth one. */
const STORED_OCTETS = 512;

/** Who reads what was decompressed. */
export interface InflatedReader {
  /** From where to read from now on, behind what was read before; `null`: nothing comes for a while. */
  read(source: Readable | null): void;
  /** Nothing comes any more. */
  end(): void;
}

/**
 * Compresses what is written to a socket and decompresses what comes from it. Nothing is decompressed ahead of its
 * reader but about 32 KB, so that little which becomes much costs no memory.
 *
 * A connection on which nothing happens keeps of all this only what was decompressed last: a compressor may begin anew at
 * any time behind a flush, as nothing has to refer back; a decompressor is given back what may be referred to.
 */
export class Compression {
  readonly #socket: Socket;
  readonly #reader: InflatedReader;
  readonly #window = new InflateWindow();
  #deflate: DeflateRaw | null = null;
  #inflate: InflateRaw | null = null;
  #restTimer: NodeJS.Timeout | null = null;
  #ended = false;

  /** @param arrived octets that were read of the socket already */
  constructor(socket: Socket, arrived: Buffer | null, reader: InflatedReader) {
    this.#socket = socket;
    this.#reader = reader;
    this.#wake(arrived);
  }

  /** Where what was written waits; `null` when nothing does. */
  get output(): Writable | null {
    return this.#deflate;
  }

  /** Writes and sends. `false`: wait until {@link Compression.output} has drained before writing much more. */
  write(data: Uint8Array): boolean {
    if (this.#deflate === null && data.length <= STORED_OCTETS) return this.#socket.write(storedBlock(data));
    this.#deflate ??= this.#makeDeflate();
    this.#deflate.write(data);
    this.#deflate.flush(constants.Z_SYNC_FLUSH);
    this.#restLater();
    return !this.#deflate.writableNeedDrain;
  }

  /** Sends what was written, then leaves the socket to others. */
  async finish(): Promise<void> {
    this.#leaveInput();
    // What comes next is for those others.
    this.#socket.pause();
    const deflate = this.#deflate;
    if (deflate !== null) {
      await new Promise<void>((resolve) => {
        deflate.flush(constants.Z_SYNC_FLUSH, resolve);
        this.#socket.once('close', resolve);
      });
      deflate.unpipe(this.#socket);
      for (let chunk = deflate.read(); chunk !== null; chunk = deflate.read()) this.#socket.write(chunk);
    }
    this.#leaveOutput();
  }

  /** Nothing more is read; the socket ends when all that was written is sent. */
  end(): void {
    this.#leaveInput();
    if (this.#deflate === null) this.#socket.end();
    else this.#deflate.end();
  }

  /** Frees the memory. */
  destroy(): void {
    this.#leaveInput();
    this.#leaveOutput();
  }

  #makeDeflate(): DeflateRaw {
    const deflate = createDeflateRaw(DEFLATE);
    deflate.on('error', () => this.#socket.destroy());
    deflate.pipe(this.#socket);
    return deflate;
  }

  /** Reads from the socket, `arrived` first. */
  #wake(arrived: Buffer | null): void {
    const socket = this.#socket;
    this.#stopReading();
    const { dictionary } = this.#window;
    const inflate = createInflateRaw({ ...INFLATE, ...(dictionary.length > 0 && { dictionary }) });
    this.#inflate = inflate;
    inflate.on('error', () => socket.destroy());
    inflate.on('data', (chunk: Buffer) => this.#window.decompressed(chunk));
    inflate.on('drain', () => socket.resume());
    this.#reader.read(inflate);
    if (arrived !== null) this.#take(arrived);
    socket.on('data', this.#take).on('end', this.#endInput);
    if (socket.readableEnded) this.#endInput();
    else socket.resume();
    this.#restLater();
  }

  /** Something comes while it rests, or the end: then it does not wake for nothing. */
  readonly #onReadable = (): void => {
    if (this.#socket.readableLength > 0) this.#wake(null);
    else this.#socket.read();
  };

  readonly #onEnd = (): void => this.#reader.end();

  readonly #take = (chunk: Buffer): void => {
    this.#window.compressed(chunk);
    if (this.#inflate?.write(chunk) === false) this.#socket.pause();
    this.#restLater();
  };

  readonly #endInput = (): void => void this.#inflate?.end();

  #restLater(): void {
    if (this.#ended) return;
    if (this.#restTimer !== null) this.#restTimer.refresh();
    else this.#restTimer = setTimeout(() => this.#rest(), REST_MS);
  }

  #rest(): void {
    this.#restTimer = null;
    const [inflate, deflate] = [this.#inflate, this.#deflate];
    if (deflate !== null) {
      if (deflate.writableLength > 0 || deflate.readableLength > 0) this.#restLater();
      else this.#leaveOutput();
    }
    if (inflate === null || !this.#window.flushed || this.#socket.readableEnded) return;
    if (inflate.writableLength > 0 || inflate.readableLength > 0 || inflate.isPaused()) {
      this.#restLater();
      return;
    }
    this.#stopReading();
    this.#reader.read(null);
    inflate.destroy();
    this.#inflate = null;
    this.#window.shrink();
    this.#socket.on('readable', this.#onReadable).on('end', this.#onEnd);
  }

  #stopResting(): void {
    this.#ended = true;
    if (this.#restTimer !== null) clearTimeout(this.#restTimer);
  }

  #stopReading(): void {
    this.#socket.off('data', this.#take).off('end', this.#endInput);
    this.#socket.off('readable', this.#onReadable).off('end', this.#onEnd);
  }

  #leaveInput(): void {
    this.#stopResting();
    this.#stopReading();
    this.#inflate?.destroy();
    this.#inflate = null;
  }

  #leaveOutput(): void {
    this.#deflate?.unpipe(this.#socket);
    this.#deflate?.destroy();
    this.#deflate = null;
  }
}

/** A block that is not compressed and not the last one. RFC 1951 section 3.2.4. */
function storedBlock(data: Uint8Array): Buffer {
  const block = Buffer.allocUnsafe(5 + data.length);
  block.writeUInt8(0, 0);
  block.writeUInt16LE(data.length, 1);
  block.writeUInt16LE(0xffff ^ data.length, 3);
  block.set(data, 5);
  return block;
}
