/** Blobs in two collections of a MongoDB database, sharded over a cluster. */

import type { Db } from 'mongodb';
import { type BlobInfo, type BlobRange, type BlobStore, type BlobWriter, isBlobId } from '../engine/blob-store.ts';
import { EiderError } from '../errors.ts';
import type { BlobId } from '../model/ids.ts';
import { type BlobCollections, isStored, openBlobCollections, type StoredBlob } from './blob-collections.ts';
import { BlobUploads } from './blob-uploads.ts';
import { MongoBlobWriter } from './mongo-blob-writer.ts';
import { toEiderError } from './mongo-error.ts';
import { readBlob } from './read-blob.ts';

/** Documents of a page of `list`. Between two of them the caller may take as long as it likes. */
const PAGE = 1_000;

/** Where the blobs are. */
export interface MongoBlobStoreOptions {
  /** Has the collections of `BLOB_COLLECTION_PLANS`, and the options of its client on time: how long a call waits. */
  readonly db: Db;
  /** Runs when the store has been closed: who opened a client for the store closes it here. */
  readonly onClose?: () => Promise<void>;
}

/**
 * Keeps blobs in chunks of 256 KB. Any number of processes may use a database at once. What crashes leave behind is
 * removed by `list` when it is a day old, so a writer has a day from its first octet to its commit.
 *
 * Every call rejects with `UNAVAILABLE` when the cluster cannot be reached; a commit may then have taken place.
 */
export class MongoBlobStore implements BlobStore {
  readonly #collections: BlobCollections;
  readonly #uploads: BlobUploads;
  readonly #onClose: () => Promise<void>;
  readonly #writers = new Set<MongoBlobWriter>();
  #closed: Promise<void> | null = null;

  constructor({ db, onClose = async () => {} }: MongoBlobStoreOptions) {
    this.#collections = openBlobCollections(db);
    this.#uploads = new BlobUploads(this.#collections);
    this.#onClose = onClose;
  }

  /** @throws `STORE_CLOSED`. */
  create(): BlobWriter {
    this.#assertOpen();
    const writer = new MongoBlobWriter(this.#uploads, (ended) => this.#writers.delete(ended));
    this.#writers.add(writer);
    return writer;
  }

  async *read(blobId: BlobId, range: BlobRange = {}): AsyncGenerator<Buffer, void, undefined> {
    this.#assertOpen();
    const blob = await this.#find(blobId);
    if (!blob) throw new EiderError('BLOB_MISSING', `no blob ${blobId}`);
    const { start = 0, end = blob.size } = range;
    if (end > blob.size) throw new EiderError('BLOB_CORRUPT', `blob ${blobId} is shorter than it should be`);
    yield* readBlob(this.#collections, blob, start, end);
  }

  async stat(blobId: BlobId): Promise<BlobInfo | null> {
    this.#assertOpen();
    const blob = await this.#find(blobId);
    return blob && infoOf(blob);
  }

  async *list(): AsyncGenerator<BlobInfo, void, undefined> {
    for (let after = ''; ; ) {
      this.#assertOpen();
      const options = { sort: { _id: 1 }, limit: PAGE, batchSize: PAGE } as const;
      const page = await known(this.#collections.blobs.find({ _id: { $gt: after } }, options).toArray());
      for (const document of page) {
        if (isStored(document)) yield infoOf(document);
        else await known(this.#uploads.sweep(document));
        after = document._id;
      }
      if (page.length < PAGE) return;
    }
  }

  /** With `unmodifiedSince` (milliseconds since 1970) a blob that was committed again after that stays. */
  async delete(blobId: BlobId, options: { readonly unmodifiedSince?: number } = {}): Promise<boolean> {
    this.#assertOpen();
    if (!isBlobId(blobId)) return false;
    return known(this.#uploads.remove(blobId, options.unmodifiedSince ?? Infinity));
  }

  /** Aborts writers that have neither been committed nor aborted. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  #assertOpen(): void {
    if (this.#closed) throw new EiderError('STORE_CLOSED', 'the blob store is closed');
  }

  async #end(): Promise<void> {
    await Promise.all(Array.from(this.#writers, (writer) => writer.abort()));
    await this.#onClose();
  }

  async #find(blobId: BlobId): Promise<StoredBlob | null> {
    if (!isBlobId(blobId)) return null;
    const found = await known(this.#collections.blobs.findOne({ _id: blobId }));
    return isStored(found) ? found : null;
  }
}

function infoOf({ _id, size, modified }: StoredBlob): BlobInfo {
  return { blobId: _id, size, modified };
}

/** The same, with errors that the caller knows. */
async function known<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toEiderError(error);
  }
}
