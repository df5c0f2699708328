/** The contract of the attachment tier: immutable blobs named by the SHA-256 of their octets. */

import type { BlobSource, BlobTarget } from '../model/blob.ts';
import type { BlobId } from '../model/ids.ts';

export type { BlobRange, BlobSource, BlobTarget, BlobWriter } from '../model/blob.ts';

/** Whether this can be the name of a blob. */
export function isBlobId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** A blob as a listing tells it. */
export interface BlobInfo {
  readonly blobId: BlobId;
  readonly size: number;
  /** When it was last written or committed again, in milliseconds since 1970. */
  readonly modified: number;
}

/**
 * Keeps blobs. Safe for several writers of one blob at once, and for several processes. Nothing in it counts
 * references: the store sweeps what no account mentions, and a commit of an existing blob renews its `modified`.
 */
export interface BlobStore extends BlobTarget, BlobSource {
  /** What is known of a blob, or `null`. */
  stat(blobId: BlobId): Promise<BlobInfo | null>;
  /** All blobs, in no order. */
  list(): AsyncIterable<BlobInfo>;
  /**
   * Removes a blob; resolves with whether it is gone by this call. One that was committed again after
   * `unmodifiedSince` (milliseconds since 1970) stays, also when that happens at the same moment.
   */
  delete(blobId: BlobId, options?: { readonly unmodifiedSince?: number }): Promise<boolean>;
  /** Ends what is open. Idempotent. */
  close(): Promise<void>;
}
