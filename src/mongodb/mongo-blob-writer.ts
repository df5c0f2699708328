/** Writes one blob: in memory while it is small, as chunks that are not yet a blob when it is not. */

import { createHash, type Hash } from 'node:crypto';
import type { BlobWriter } from '../engine/blob-store.ts';
import { EiderError } from '../errors.ts';
import type { BlobId } from '../model/ids.ts';
import { CHUNK, newUploadId, type UploadId } from './blob-collections.ts';
import type { BlobUploads } from './blob-uploads.ts';
import { toEiderError } from './mongo-error.ts';

const FIRST_BUFFER = 64 * 1024;
/** What one command carries. A blob of no more than this is hashed before anything of it is sent. */
const MAX_BUFFER = 4 * CHUNK;

/** The writer of `MongoBlobStore`. Calls must not overlap. Holds two buffers of 1 MB: one fills, the other is sent. */
export class MongoBlobWriter implements BlobWriter {
  readonly #uploads: BlobUploads;
  readonly #ended: (writer: MongoBlobWriter) => void;
  readonly #hash: Hash = createHash('sha256');
  #buffer: Buffer | null = null;
  #spare: Buffer | null = null;
  #filled = 0;
  #size = 0;
  #upload: UploadId | null = null;
  #chunks = 0;
  /** The command under way, which never rejects. */
  #sending: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | null = null;
  #state: 'writing' | 'committing' | 'ended' = 'writing';
  #running: Promise<unknown> = Promise.resolve();

  /** @param ended is told once, when nothing more is held. */
  constructor(uploads: BlobUploads, ended: (writer: MongoBlobWriter) => void) {
    this.#uploads = uploads;
    this.#ended = ended;
  }

  write(chunk: Uint8Array): Promise<void> | void {
    this.#assertWriting();
    this.#hash.update(chunk);
    this.#size += chunk.length;
    if (this.#filled + chunk.length > MAX_BUFFER) return this.#run(this.#spill(chunk));
    this.#fill(chunk);
  }

  async commit(): Promise<{ blobId: BlobId; size: number }> {
    this.#assertWriting();
    this.#state = 'committing';
    const blobId = this.#hash.digest('hex');
    try {
      await this.#run(this.#store(blobId));
      return { blobId, size: this.#size };
    } finally {
      this.#end();
    }
  }

  async abort(): Promise<void> {
    const own = this.#state === 'writing';
    if (own) this.#state = 'committing';
    await this.#running.catch(() => {});
    await this.#sending;
    // What a commit could not finish may have been stored all the same: that is the sweep's to find out.
    if (own && this.#upload) await this.#discard(this.#upload);
    this.#end();
  }

  #assertWriting(): void {
    if (this.#state !== 'writing') throw new EiderError('INVALID_ARGUMENT', 'the blob has ended');
  }

  async #run<T>(work: Promise<T>): Promise<T> {
    this.#running = work;
    try {
      return await work;
    } catch (error) {
      // Octets were hashed that were not kept: it cannot become a blob any more.
      this.#failure ??= { error };
      throw toEiderError(error);
    }
  }

  #fill(octets: Uint8Array): void {
    this.#reserve(this.#filled + octets.length).set(octets, this.#filled);
    this.#filled += octets.length;
  }

  #reserve(length: number): Buffer {
    if (this.#buffer && this.#buffer.length >= length) return this.#buffer;
    let size = this.#buffer?.length ?? FIRST_BUFFER;
    while (size < length) size *= 2;
    const larger = Buffer.allocUnsafeSlow(size);
    this.#buffer?.copy(larger, 0, 0, this.#filled);
    this.#buffer = larger;
    return larger;
  }

  async #spill(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      if (this.#filled === MAX_BUFFER) await this.#send();
      const part = chunk.subarray(at, at + MAX_BUFFER - this.#filled);
      this.#fill(part);
      at += part.length;
    }
  }

  /** Sends the buffer, and goes on with another when the one before has arrived. */
  async #send(): Promise<void> {
    const upload = await this.#begin();
    await this.#arrived();
    const full = this.#buffer as Buffer;
    const octets = full.subarray(0, this.#filled);
    this.#sending = this.#uploads.writeChunks(upload, this.#chunks, octets).then(
      () => {
        this.#spare = full;
      },
      (error: unknown) => {
        this.#failure ??= { error };
      },
    );
    this.#chunks += Math.ceil(octets.length / CHUNK);
    this.#filled = 0;
    this.#buffer = this.#spare;
    this.#spare = null;
  }

  async #begin(): Promise<UploadId> {
    if (this.#upload) return this.#upload;
    const upload = newUploadId();
    await this.#uploads.mark(upload);
    this.#upload = upload;
    return upload;
  }

  /** @throws what any call before ended with. */
  async #arrived(): Promise<void> {
    await this.#sending;
    if (this.#failure) throw this.#failure.error;
  }

  async #store(blobId: BlobId): Promise<void> {
    try {
      await this.#arrived();
      if (!this.#upload) return await this.#storeSmall(blobId);
      await this.#send();
      await this.#arrived();
    } catch (error) {
      if (this.#upload) await this.#discard(this.#upload);
      throw error;
    }
    await this.#uploads.storeMarked(blobId, { upload: this.#upload, size: this.#size, chunks: this.#chunks });
  }

  #storeSmall(blobId: BlobId): Promise<void> {
    return this.#uploads.storeSmall(blobId, this.#buffer?.subarray(0, this.#filled) ?? Buffer.alloc(0));
  }

  async #discard(upload: UploadId): Promise<void> {
    if (this.#failure) await this.#uploads.abandon(upload, this.#failure.error);
    else await this.#uploads.drop(upload).catch(() => {});
  }

  #end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#buffer = null;
    this.#spare = null;
    this.#ended(this);
  }
}
