/** Blobs in memory, for tests of what writes and reads them. */

import { createHash } from 'node:crypto';
import type { BlobRange, BlobSource, BlobTarget, BlobWriter } from '../../src/model/blob.ts';

/** Keeps blobs in a map; hands them out in odd chunks. */
export class MemoryBlobs implements BlobTarget, BlobSource {
  readonly blobs = new Map<string, Buffer>();
  /** Writers that were neither committed nor aborted. */
  open = 0;
  /** How many were ever begun. */
  created = 0;
  /** Octets that reads asked for. */
  octetsRead = 0;
  readonly #chunk: number;

  constructor(chunk = 1000) {
    this.#chunk = chunk;
  }

  create(): BlobWriter {
    this.open++;
    this.created++;
    const chunks: Buffer[] = [];
    let done = false;
    const end = () => {
      if (done) throw new Error('a writer was ended twice');
      done = true;
      this.open--;
    };
    return {
      write: async (chunk) => {
        if (done) throw new Error('a writer was used after its end');
        chunks.push(Buffer.from(chunk));
      },
      commit: async () => {
        end();
        const octets = Buffer.concat(chunks);
        const blobId = createHash('sha256').update(octets).digest('hex');
        this.blobs.set(blobId, octets);
        return { blobId, size: octets.length };
      },
      abort: async () => end(),
    };
  }

  async *read(blobId: string, { start = 0, end }: BlobRange = {}): AsyncGenerator<Buffer> {
    const octets = this.blobs.get(blobId);
    if (octets === undefined) throw new Error('no such blob');
    const to = end ?? octets.length;
    if (to > octets.length) throw new Error('read behind the end of a blob');
    this.octetsRead += to - start;
    for (let at = start; at < to; at += this.#chunk) yield octets.subarray(at, Math.min(to, at + this.#chunk));
  }
}

/** All octets of chunks. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const list: Uint8Array[] = [];
  for await (const chunk of chunks) list.push(chunk);
  return Buffer.concat(list);
}
