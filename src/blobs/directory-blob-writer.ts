/** Writes one blob: in memory while it is small, to a temporary file when it is not. */

import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import type { BlobWriter } from '../engine/blob-store.ts';
import { EiderError } from '../errors.ts';
import type { BlobId } from '../model/ids.ts';
import type { BlobFolder } from './blob-folder.ts';
import { toDiskError } from './disk-error.ts';

const BUFFER = 1024 * 1024;
/** Buffers kept for the next writers: one made for each, and left to the collector, has it run all the time. */
const MAX_SPARE = 8;
const spare: Buffer[] = [];

/** The writer of `DirectoryBlobStore`. Calls must not overlap. */
export class DirectoryBlobWriter implements BlobWriter {
  readonly #folder: BlobFolder;
  readonly #ended: (writer: DirectoryBlobWriter) => void;
  readonly #hash: Hash = createHash('sha256');
  #buffer: Buffer | null = null;
  #filled = 0;
  #size = 0;
  #temporary: string | null = null;
  #file: FileHandle | null = null;
  #state: 'writing' | 'committing' | 'ended' = 'writing';
  #running: Promise<unknown> = Promise.resolve();
  /** Octets were hashed that may not be in the file: it cannot become a blob any more. */
  #failed = false;

  /** @param ended is told once, when nothing more is held. */
  constructor(folder: BlobFolder, ended: (writer: DirectoryBlobWriter) => void) {
    this.#folder = folder;
    this.#ended = ended;
  }

  write(chunk: Uint8Array): Promise<void> | void {
    this.#assertWriting();
    this.#hash.update(chunk);
    this.#size += chunk.length;
    if (this.#filled + chunk.length <= BUFFER) return this.#gather(chunk);
    return this.#run(this.#spill(chunk));
  }

  async commit(): Promise<{ blobId: BlobId; size: number }> {
    this.#assertWriting();
    this.#state = 'committing';
    if (this.#failed) {
      await this.#release();
      throw new EiderError('INVALID_ARGUMENT', 'a write of the blob has failed');
    }
    const blobId = this.#hash.digest('hex');
    try {
      await this.#run(this.#store(blobId));
      return { blobId, size: this.#size };
    } finally {
      await this.#release();
    }
  }

  async abort(): Promise<void> {
    if (this.#state === 'writing') this.#state = 'committing';
    await this.#running.catch(() => {});
    await this.#release();
  }

  #assertWriting(): void {
    if (this.#state !== 'writing') throw new EiderError('INVALID_ARGUMENT', 'the blob has ended');
  }

  async #run<T>(work: Promise<T>): Promise<T> {
    this.#running = work;
    try {
      return await work;
    } catch (error) {
      this.#failed = true;
      throw toDiskError(error);
    }
  }

  #gather(chunk: Uint8Array): void {
    // Of a new buffer only the pages that are filled take memory.
    this.#buffer ??= spare.pop() ?? Buffer.allocUnsafeSlow(BUFFER);
    this.#buffer.set(chunk, this.#filled);
    this.#filled += chunk.length;
  }

  async #spill(chunk: Uint8Array): Promise<void> {
    await this.#flush();
    if (chunk.length < BUFFER) this.#gather(chunk);
    else await writeAll(await this.#openFile(), chunk);
  }

  async #flush(): Promise<void> {
    const file = await this.#openFile();
    if (this.#buffer && this.#filled > 0) await writeAll(file, this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }

  async #openFile(): Promise<FileHandle> {
    this.#temporary ??= this.#folder.newTemporary();
    this.#file ??= await open(this.#temporary, 'wx', 0o600);
    return this.#file;
  }

  async #store(blobId: BlobId): Promise<void> {
    if (await this.#folder.renew(blobId, this.#size)) return;
    // Both end in a sync; beside one another the file system makes them one.
    const [ino] = await Promise.all([this.#complete(), this.#folder.makeRoom(blobId)]);
    await this.#folder.place(this.#temporary as string, blobId, ino);
    this.#temporary = null;
  }

  /** The file's inode number, when its octets are on the disk. */
  async #complete(): Promise<number> {
    await this.#flush();
    const file = this.#file as FileHandle;
    await file.datasync();
    const { ino } = await file.stat();
    return ino;
  }

  async #release(): Promise<void> {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    if (this.#buffer && spare.length < MAX_SPARE) spare.push(this.#buffer);
    this.#buffer = null;
    await this.#file?.close().catch(() => {});
    this.#file = null;
    if (this.#temporary) await rm(this.#temporary, { force: true }).catch(() => {});
    this.#ended(this);
  }
}

/** A write may take less than it is given. */
async function writeAll(file: FileHandle, octets: Uint8Array): Promise<void> {
  let at = 0;
  while (at < octets.length) at += (await file.write(octets, at, octets.length - at)).bytesWritten;
}
