/** Where blobs lie in a folder, and how they get there so that they stay. */

import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobId } from '../model/ids.ts';
import { systemCode } from './disk-error.ts';

const STALE_MS = 3_600_000;
/** A file younger than this may have come from a process that has not synced its folder yet. */
const SETTLED_MS = 60_000;
const MAX_REMEMBERED = 20_000;
const WRITER = /^w-[0-9a-f]{32}$/;
const REMOVED = /^d-([0-9a-f]{64})-[0-9a-f]{8}$/;

/** The folder of a blob store: `ab/cd/` and the blob's 64 hex digits, and `tmp/` beside. */
export class BlobFolder {
  readonly path: string;
  readonly #tmp: string;
  /** Blobs that this process knows to be durable, with their inodes: another process may remove and write one again. */
  readonly #durable = new Map<BlobId, number>();
  /** Blobs on their way into place. */
  readonly #placing = new Map<BlobId, Promise<void>>();

  constructor(path: string) {
    this.path = path;
    this.#tmp = join(path, 'tmp');
  }

  /** Makes what is missing and clears what a crash left. */
  async prepare(): Promise<void> {
    const first = await mkdir(this.#tmp, { recursive: true, mode: 0o700 });
    if (first) await syncFolder(dirname(first));
    await syncFolder(this.path);
    await this.#clear();
  }

  pathOf(blobId: BlobId): string {
    return join(this.path, blobId.slice(0, 2), blobId.slice(2, 4), blobId);
  }

  /** A name for a file that is being written. */
  newTemporary(): string {
    return join(this.#tmp, `w-${randomBytes(16).toString('hex')}`);
  }

  /**
   * Renews a blob that is there with this size; resolves with whether it was.
   * When it resolves with `true`, the blob is durable, whoever wrote it.
   */
  async renew(blobId: BlobId, size: number): Promise<boolean> {
    await this.#placing.get(blobId)?.catch(() => {});
    const path = this.pathOf(blobId);
    try {
      const found = await stat(path);
      if (found.size !== size) return false;
      const now = new Date();
      await utimes(path, now, now);
      if (this.#durable.get(blobId) === found.ino) return true;
      if (found.mtimeMs > now.getTime() - SETTLED_MS) await this.#syncTo(path);
      this.#remember(blobId, found.ino);
      return true;
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false;
      throw error;
    }
  }

  /** Makes the folder that the blob will lie in. May run beside the writing of the file. */
  async makeRoom(blobId: BlobId): Promise<void> {
    const folder = dirname(this.pathOf(blobId));
    const first = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    await syncFolder(dirname(folder));
    if (first !== folder) await syncFolder(this.path);
  }

  /** Moves a synced file into its place, for good when it resolves. */
  async place(temporary: string, blobId: BlobId, ino: number): Promise<void> {
    const path = this.pathOf(blobId);
    const placing = rename(temporary, path).then(() => syncFolder(dirname(path)));
    this.#placing.set(blobId, placing);
    try {
      await placing;
      this.#remember(blobId, ino);
    } finally {
      if (this.#placing.get(blobId) === placing) this.#placing.delete(blobId);
    }
  }

  /** Removes a blob unless it was renewed after `unmodifiedSince`. */
  async remove(blobId: BlobId, unmodifiedSince: number): Promise<boolean> {
    const path = this.pathOf(blobId);
    const aside = join(this.#tmp, `d-${blobId}-${randomBytes(4).toString('hex')}`);
    try {
      // Looked at after it is out of reach: who commits it now writes it anew, who did before has left his mark.
      await rename(path, aside);
      this.#durable.delete(blobId);
      if ((await stat(aside)).mtimeMs > unmodifiedSince) {
        await rename(aside, path);
        return false;
      }
      await rm(aside);
      return true;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    }
  }

  #remember(blobId: BlobId, ino: number): void {
    if (this.#durable.size >= MAX_REMEMBERED) this.#durable.clear();
    this.#durable.set(blobId, ino);
  }

  async #syncTo(path: string): Promise<void> {
    const folder = dirname(path);
    await Promise.all([syncFolder(folder), syncFolder(dirname(folder)), syncFolder(this.path)]);
  }

  async #clear(): Promise<void> {
    const before = Date.now() - STALE_MS;
    for (const name of await readdir(this.#tmp)) {
      const path = join(this.#tmp, name);
      const removed = REMOVED.exec(name)?.[1];
      if (removed !== undefined) await this.#putBack(path, removed);
      else if (WRITER.test(name) && (await changed(path)) < before) await rm(path, { force: true });
    }
  }

  /** A removal that was cut short may have been of a blob in use; the next sweep decides again. */
  async #putBack(path: string, blobId: BlobId): Promise<void> {
    await this.makeRoom(blobId);
    try {
      await rename(path, this.pathOf(blobId));
    } catch (error) {
      // Another process was just removing it.
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }
}

/** When a file was last changed, or `Infinity` when it is gone. */
async function changed(path: string): Promise<number> {
  return stat(path).then(
    ({ ctimeMs }) => ctimeMs,
    () => Infinity,
  );
}

/** Makes the entries of a folder durable. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
