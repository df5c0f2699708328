/** What reading and writing of one blob looks like, whoever keeps it. */

import type { BlobId } from './ids.ts';

/** A blob being written. Exactly one of {@link BlobWriter.commit} and {@link BlobWriter.abort} ends it. */
export interface BlobWriter {
  /** Takes octets and does not keep the buffer after it has resolved (or returned). Resolves when more may come. */
  write(chunk: Uint8Array): Promise<void> | void;
  /** Makes the blob durable and visible; resolves with its name. The same octets again cost no space. */
  commit(): Promise<{ readonly blobId: BlobId; readonly size: number }>;
  /** Forgets what was written. Never rejects. */
  abort(): Promise<void>;
}

/** Which octets of a blob. */
export interface BlobRange {
  /** First octet. @defaultValue 0 */
  readonly start?: number;
  /** Where to stop, exclusive. @defaultValue the blob's size */
  readonly end?: number;
}

/** Where blobs go. */
export interface BlobTarget {
  /** Starts a blob. Bounded memory whatever its size. */
  create(): BlobWriter;
}

/** Where blobs come from. */
export interface BlobSource {
  /**
   * The octets of a blob, or a range of them, in order.
   *
   * @throws `BLOB_MISSING` when there is no such blob, `BLOB_CORRUPT` when it is shorter than the range asked for.
   */
  read(blobId: BlobId, range?: BlobRange): AsyncIterable<Uint8Array>;
}
