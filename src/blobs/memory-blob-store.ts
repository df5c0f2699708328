/** Blobs in memory, for tests and stores that need not outlive the process. */

import { createHash, type Hash } from 'node:crypto';
import type { BlobInfo, BlobRange, BlobStore, BlobWriter } from '../engine/blob-store.ts';
import { EiderError } from '../errors.ts';
import type { BlobId } from '../model/ids.ts';

const CHUNK = 256 * 1024;

interface Kept {
  readonly octets: Buffer;
  modified: number;
}

/** A blob store without a disk. */
export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<BlobId, Kept>();
  #closed = false;

  /** @throws `STORE_CLOSED`. */
  create(): BlobWriter {
    this.#assertOpen();
    return new MemoryWriter((blobId, octets) => {
      this.#assertOpen();
      const found = this.#blobs.get(blobId);
      if (found) found.modified = Date.now();
      else this.#blobs.set(blobId, { octets, modified: Date.now() });
    });
  }

  async *read(blobId: BlobId, range: BlobRange = {}): AsyncGenerator<Buffer, void, undefined> {
    this.#assertOpen();
    const octets = this.#blobs.get(blobId)?.octets;
    if (!octets) throw new EiderError('BLOB_MISSING', `no blob ${blobId}`);
    const { start = 0, end = octets.length } = range;
    if (end > octets.length) throw new EiderError('BLOB_CORRUPT', `blob ${blobId} is shorter than it should be`);
    for (let at = start; at < end; at += CHUNK) yield octets.subarray(at, Math.min(at + CHUNK, end));
  }

  async stat(blobId: BlobId): Promise<BlobInfo | null> {
    this.#assertOpen();
    const found = this.#blobs.get(blobId);
    return found ? { blobId, size: found.octets.length, modified: found.modified } : null;
  }

  async *list(): AsyncGenerator<BlobInfo, void, undefined> {
    this.#assertOpen();
    for (const [blobId, { octets, modified }] of this.#blobs) yield { blobId, size: octets.length, modified };
  }

  /** With `unmodifiedSince` (milliseconds since 1970) a blob that was committed again after that stays. */
  async delete(blobId: BlobId, options: { readonly unmodifiedSince?: number } = {}): Promise<boolean> {
    this.#assertOpen();
    const found = this.#blobs.get(blobId);
    if (!found || found.modified > (options.unmodifiedSince ?? Infinity)) return false;
    return this.#blobs.delete(blobId);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#blobs.clear();
  }

  #assertOpen(): void {
    if (this.#closed) throw new EiderError('STORE_CLOSED', 'the blob store is closed');
  }
}

class MemoryWriter implements BlobWriter {
  readonly #keep: (blobId: BlobId, octets: Buffer) => void;
  readonly #hash: Hash = createHash('sha256');
  #chunks: Buffer[] | null = [];

  constructor(keep: (blobId: BlobId, octets: Buffer) => void) {
    this.#keep = keep;
  }

  write(chunk: Uint8Array): void {
    if (!this.#chunks) throw new EiderError('INVALID_ARGUMENT', 'the blob has ended');
    this.#hash.update(chunk);
    this.#chunks.push(Buffer.from(chunk));
  }

  async commit(): Promise<{ blobId: BlobId; size: number }> {
    if (!this.#chunks) throw new EiderError('INVALID_ARGUMENT', 'the blob has ended');
    const octets = Buffer.concat(this.#chunks);
    this.#chunks = null;
    const blobId = this.#hash.digest('hex');
    this.#keep(blobId, octets);
    return { blobId, size: octets.length };
  }

  async abort(): Promise<void> {
    this.#chunks = null;
  }
}
