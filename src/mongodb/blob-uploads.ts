/** How chunks become a blob and cease to be one, with no moment at which a blob lacks chunks or chunks are forgotten. */

import { crc32 } from 'node:zlib';
import { EiderError, isEiderError } from '../errors.ts';
import type { BlobId } from '../model/ids.ts';
import {
  type BlobCollections,
  type BlobDocument,
  CHUNK,
  chunkId,
  chunksOf,
  isStored,
  markId,
  newUploadId,
  type UploadId,
} from './blob-collections.ts';
import { isDuplicateKey, toEiderError } from './mongo-error.ts';

/** A writer has this time from its first chunk to its commit; what is older than that was left behind by a crash. */
const STALE_MS = 24 * 3_600_000;
/** Each time another writer, a removal or a sweep of the same blob was quicker. */
const MAX_TRIES = 100;

/** What is to become a blob: all of its chunks are written. */
export interface Upload {
  readonly upload: UploadId;
  readonly size: number;
  readonly chunks: number;
}

/**
 * The rules, which every process keeps:
 * - Before an upload's first chunk is written, a document says so: the mark, or the blob's own without a `size`.
 * - One update of one document gives a blob its chunks, or takes them from it. Chunks are removed only after that.
 * - An upload that has lost its document never becomes a blob.
 * - Where it is not known whether an update took place, everything stays as it is, for {@link BlobUploads.sweep}.
 */
export class BlobUploads {
  readonly #blobs: BlobCollections['blobs'];
  readonly #chunks: BlobCollections['chunks'];

  constructor({ blobs, chunks }: BlobCollections) {
    this.#blobs = blobs;
    this.#chunks = chunks;
  }

  /** Notes that there may be chunks of this upload which belong to no blob but, perhaps, `blobId`. */
  async mark(upload: UploadId, blobId?: BlobId, modified: number = Date.now()): Promise<void> {
    try {
      await this.#blobs.insertOne({
        _id: markId(upload),
        upload,
        modified,
        ...(blobId === undefined ? {} : { blobId }),
      });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }

  /** Writes octets as chunks, by one command; `first` is the place of the first of them. */
  async writeChunks(upload: UploadId, first: number, octets: Uint8Array): Promise<void> {
    const documents = [];
    for (let at = 0; at < octets.length; at += CHUNK) {
      const data = octets.subarray(at, at + CHUNK);
      documents.push({ _id: chunkId(upload, first + documents.length), upload, data, crc: crc32(data) });
    }
    if (documents.length > 0) await this.#chunks.insertMany(documents);
  }

  /** Removes an upload that is no blob, and is not to become one. */
  async drop(upload: UploadId): Promise<void> {
    await this.#dropChunks(upload);
    await this.#blobs.deleteOne({ _id: markId(upload) });
  }

  /** Gives the room back after `writeChunks` failed. The note on it stays: a command without an answer may yet write. */
  async abandon(upload: UploadId, failure: unknown): Promise<void> {
    // Who cannot be reached need not be waited for once more.
    if (!isEiderError(toEiderError(failure), 'UNAVAILABLE')) await this.#dropChunks(upload).catch(() => {});
  }

  /** Stores a small blob: one command when it is there already, else three. */
  async storeSmall(blobId: BlobId, octets: Uint8Array): Promise<void> {
    const size = octets.length;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const own = { upload: newUploadId(), size, chunks: Math.ceil(size / CHUNK) };
      const found = await this.#claim(blobId, own.upload);
      if (isStored(found)) return;
      const isOwn = found.upload === own.upload;
      // Another writes it, or removes it: nobody waits for what may have crashed.
      if (!isOwn) await Promise.all([this.mark(own.upload, blobId), this.mark(found.upload, blobId)]);
      await this.#writeAll(own.upload, octets);
      if (await this.#replace(blobId, found.upload, own)) return isOwn ? undefined : this.#settle(own.upload, true);
      await this.drop(own.upload);
    }
    throw tooMany();
  }

  /** Makes a marked upload the blob, or removes it when the blob is there. @throws `ABORTED` when it was swept. */
  async storeMarked(blobId: BlobId, own: Upload): Promise<void> {
    await this.#renewMark(own.upload, blobId);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const renewal = { $max: { modified: Date.now() } };
      const found = await this.#blobs.findOneAndUpdate({ _id: blobId }, renewal, { returnDocument: 'after' });
      if (isStored(found)) return this.#settle(own.upload, found.upload === own.upload);
      // It was the blob, and is being removed already.
      if (found?.upload === own.upload) break;
      if (found) await this.mark(found.upload, blobId);
      const placed = found ? this.#replace(blobId, found.upload, own) : this.#insert(blobId, own);
      if (await placed) return this.#settle(own.upload, true);
    }
    throw tooMany();
  }

  /**
   * Makes a blob one that is being removed, then removes it; resolves with whether it was there and not modified after
   * `unmodifiedSince`. A crash leaves what a crash of its writer leaves.
   */
  async remove(blobId: BlobId, unmodifiedSince: number): Promise<boolean> {
    const filter = { _id: blobId, size: { $exists: true }, modified: { $lte: unmodifiedSince } };
    const removed = await this.#blobs.findOneAndUpdate(filter, { $unset: { size: '', chunks: '' } });
    if (!removed) return false;
    await this.#dropChunks(removed.upload);
    await this.#blobs.deleteOne(pending(blobId, removed.upload));
    return true;
  }

  /** Removes what `document`, which is no blob, tells of, when it is older than a day. */
  async sweep(document: BlobDocument): Promise<void> {
    const { _id, upload, modified } = document;
    if (modified > Date.now() - STALE_MS) return;
    if (_id === markId(upload)) return this.#sweepMark(document);
    await this.mark(upload, _id, modified);
    const { deletedCount } = await this.#blobs.deleteOne({ ...pending(_id, upload), modified });
    if (deletedCount > 0) await this.#sweepMark({ ...document, _id: markId(upload), blobId: _id });
  }

  async #writeAll(upload: UploadId, octets: Uint8Array): Promise<void> {
    try {
      await this.writeChunks(upload, 0, octets);
    } catch (error) {
      await this.abandon(upload, error);
      throw error;
    }
  }

  async #dropChunks(upload: UploadId): Promise<void> {
    await this.#chunks.deleteMany(chunksOf(upload));
  }

  async #sweepMark({ _id, upload, modified, blobId }: BlobDocument): Promise<void> {
    const { matchedCount } = await this.#blobs.updateOne({ _id, modified }, { $set: { modified: 0 } });
    if (matchedCount === 0) return;
    // A crash between the two last commands of a commit leaves a mark on what is a blob's.
    const owner = blobId === undefined ? null : await this.#blobs.findOne({ _id: blobId, upload });
    if (!owner) await this.#dropChunks(upload);
    await this.#blobs.deleteOne({ _id });
  }

  /** Renews the blob's document, or makes one that is no blob yet; resolves with the document. */
  async #claim(blobId: BlobId, upload: UploadId): Promise<BlobDocument> {
    const change = { $max: { modified: Date.now() }, $setOnInsert: { upload } };
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      try {
        const options = { upsert: true, returnDocument: 'after' } as const;
        const found = await this.#blobs.findOneAndUpdate({ _id: blobId }, change, options);
        if (found) return found;
      } catch (error) {
        // Two found none at once, and the other made it.
        if (!isDuplicateKey(error)) throw error;
      }
    }
    throw tooMany();
  }

  async #renewMark(upload: UploadId, blobId: BlobId): Promise<void> {
    const filter = { _id: markId(upload), modified: { $gt: 0 } };
    const { matchedCount } = await this.#blobs.updateOne(filter, { $set: { modified: Date.now(), blobId } });
    if (matchedCount > 0) return;
    // The last chunks came after the sweep.
    await this.abandon(upload, null);
    throw new EiderError('ABORTED', 'the blob was begun more than a day ago');
  }

  /**
   * Resolves with whether there was no document. Not an upsert: some servers that speak MongoDB's protocol let the last
   * of two win, and the other's chunks would be nobody's.
   */
  async #insert(blobId: BlobId, own: Upload): Promise<boolean> {
    try {
      await this.#blobs.insertOne({ _id: blobId, ...own, modified: Date.now() });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /** Gives a document without a size these chunks; resolves with whether they are the blob's now. */
  async #replace(blobId: BlobId, before: UploadId, own: Upload): Promise<boolean> {
    const { upload, size, chunks } = own;
    const change = { $set: { upload, size, chunks }, $max: { modified: Date.now() } };
    const { matchedCount } = await this.#blobs.updateOne(pending(blobId, before), change);
    // Should the command have been carried out twice, the second time found nothing to do.
    return matchedCount > 0 || isStored(await this.#blobs.findOne({ _id: blobId, upload }));
  }

  /** The blob is stored: what is left over is the sweep's, should it not be removed now. */
  async #settle(upload: UploadId, isBlob: boolean): Promise<void> {
    const done = isBlob ? this.#blobs.deleteOne({ _id: markId(upload) }) : this.drop(upload);
    await Promise.resolve(done).catch(() => {});
  }
}

/** A blob's document while it is none. */
function pending(blobId: BlobId, upload: UploadId): { _id: BlobId; upload: UploadId; size: { $exists: false } } {
  return { _id: blobId, upload, size: { $exists: false } };
}

function tooMany(): EiderError {
  return new EiderError('BUSY', 'others write and remove the same blob all the time');
}
