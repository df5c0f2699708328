/** Blobs as files of a folder: the cheap disk. */

import { type FileHandle, open, opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type BlobInfo, type BlobRange, type BlobStore, type BlobWriter, isBlobId } from '../engine/blob-store.ts';
import { EiderError } from '../errors.ts';
import type { BlobId } from '../model/ids.ts';
import { BlobFolder } from './blob-folder.ts';
import { DirectoryBlobWriter } from './directory-blob-writer.ts';
import { systemCode, toDiskError } from './disk-error.ts';

const CHUNK = 256 * 1024;
const TWO_HEX = /^[0-9a-f]{2}$/;

/** Keeps each blob as one file, `ab/cd/` and its name. Several processes may use a folder at once. */
export class DirectoryBlobStore implements BlobStore {
  readonly #folder: BlobFolder;
  readonly #writers = new Set<DirectoryBlobWriter>();
  #closed = false;

  private constructor(folder: BlobFolder) {
    this.#folder = folder;
  }

  /**
   * Opens the store in `path`, making the folder when it is missing and removing what was left half-written there.
   *
   * @throws `STORE_UNSUITABLE` when the folder cannot be made or written, `DISK_FULL`.
   */
  static async open(path: string): Promise<DirectoryBlobStore> {
    const folder = new BlobFolder(path);
    try {
      await folder.prepare();
    } catch (error) {
      if (systemCode(error) === 'EEXIST' || systemCode(error) === 'ENOENT') {
        throw new EiderError('STORE_UNSUITABLE', 'the attachments folder cannot be made', { cause: error });
      }
      throw toDiskError(error);
    }
    return new DirectoryBlobStore(folder);
  }

  /** @throws `STORE_CLOSED`. */
  create(): BlobWriter {
    this.#assertOpen();
    const writer = new DirectoryBlobWriter(this.#folder, (ended) => this.#writers.delete(ended));
    this.#writers.add(writer);
    return writer;
  }

  async *read(blobId: BlobId, range: BlobRange = {}): AsyncGenerator<Buffer, void, undefined> {
    this.#assertOpen();
    const file = await this.#openBlob(blobId);
    let next: Promise<Buffer> | null = null;
    try {
      const { start = 0, end = (await file.stat()).size } = range;
      next = start < end ? readChunk(file, blobId, start, end) : null;
      for (let at = start; next; ) {
        const chunk = await next;
        at += chunk.length;
        // The disk reads on while the caller works.
        next = at < end ? readChunk(file, blobId, at, end) : null;
        next?.catch(() => {});
        yield chunk;
      }
    } finally {
      await next?.catch(() => {});
      await file.close();
    }
  }

  async stat(blobId: BlobId): Promise<BlobInfo | null> {
    this.#assertOpen();
    return isBlobId(blobId) ? this.#info(blobId) : null;
  }

  async *list(): AsyncGenerator<BlobInfo, void, undefined> {
    this.#assertOpen();
    for await (const first of names(this.#folder.path, TWO_HEX)) {
      for await (const second of names(join(this.#folder.path, first), TWO_HEX)) {
        for await (const blobId of names(join(this.#folder.path, first, second), /./)) {
          const info = isBlobId(blobId) && blobId.startsWith(first + second) ? await this.#info(blobId) : null;
          if (info) yield info;
        }
      }
    }
  }

  /** With `unmodifiedSince` (milliseconds since 1970) a blob that was committed again after that stays. */
  async delete(blobId: BlobId, options: { readonly unmodifiedSince?: number } = {}): Promise<boolean> {
    this.#assertOpen();
    if (!isBlobId(blobId)) return false;
    try {
      return await this.#folder.remove(blobId, options.unmodifiedSince ?? Infinity);
    } catch (error) {
      throw toDiskError(error);
    }
  }

  /** Aborts writers that have neither been committed nor aborted. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(Array.from(this.#writers, (writer) => writer.abort()));
  }

  #assertOpen(): void {
    if (this.#closed) throw new EiderError('STORE_CLOSED', 'the blob store is closed');
  }

  async #openBlob(blobId: BlobId): Promise<FileHandle> {
    try {
      if (isBlobId(blobId)) return await open(this.#folder.pathOf(blobId), 'r');
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw toDiskError(error);
    }
    throw new EiderError('BLOB_MISSING', `no blob ${blobId}`);
  }

  async #info(blobId: BlobId): Promise<BlobInfo | null> {
    try {
      const { size, mtimeMs } = await stat(this.#folder.pathOf(blobId));
      return { blobId, size, modified: mtimeMs };
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return null;
      throw error;
    }
  }
}

/** Octets from `start`, at most a chunk, never past `end`. @throws `BLOB_CORRUPT` when the file ends there. */
async function readChunk(file: FileHandle, blobId: BlobId, start: number, end: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, end - start));
  const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
  if (bytesRead === 0) throw new EiderError('BLOB_CORRUPT', `blob ${blobId} is shorter than it should be`);
  return bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
}

/** Names in a folder that look right; none when it is gone meanwhile. */
async function* names(folder: string, pattern: RegExp): AsyncGenerator<string, void, undefined> {
  try {
    for await (const { name } of await opendir(folder)) if (pattern.test(name)) yield name;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
