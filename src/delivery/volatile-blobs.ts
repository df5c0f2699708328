/** Large parts of a message that may not touch a disk: as many of them as a look at the message needs. */

import { createHash } from 'node:crypto';
import { EiderError } from '../errors.ts';
import type { BlobRange, BlobSource, BlobTarget, BlobWriter } from '../model/blob.ts';
import type { BlobId } from '../model/ids.ts';

/** Octets that are kept; of what goes beyond, only the names are made. */
const MAX_OCTETS: number = 2 * 1024 * 1024;

/** Blobs in memory, gone with the message. */
export class VolatileBlobs implements BlobTarget, BlobSource {
  readonly #blobs = new Map<BlobId, Buffer>();
  #octets = 0;

  create(): BlobWriter {
    const hash = createHash('sha256');
    let chunks: Buffer[] | null = [];
    let size = 0;
    return {
      write: (chunk) => {
        hash.update(chunk);
        size += chunk.length;
        if (this.#octets + size > MAX_OCTETS) chunks = null;
        chunks?.push(Buffer.from(chunk));
      },
      commit: async () => {
        const blobId = hash.digest('hex');
        if (chunks && !this.#blobs.has(blobId)) {
          this.#blobs.set(blobId, Buffer.concat(chunks));
          this.#octets += size;
        }
        return { blobId, size };
      },
      abort: async () => {
        chunks = null;
      },
    };
  }

  async *read(blobId: BlobId, { start = 0, end }: BlobRange = {}): AsyncGenerator<Uint8Array> {
    const blob = this.#blobs.get(blobId);
    if (!blob) throw new EiderError('BLOB_MISSING', 'a large part was only looked at');
    yield blob.subarray(start, end);
  }
}
