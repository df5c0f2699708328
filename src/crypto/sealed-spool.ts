/** Keeps a message that comes once so that it can be read again, and leaves nothing readable on a disk. */

import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EiderError } from '../errors.ts';
import { fixedChunks } from './fixed-chunks.ts';

/** Up to here a message stays in memory; octets. */
export const MEMORY_OCTETS: number = 1024 * 1024;
const CHUNK = 64 * 1024;
const TAG_OCTETS = 16;
const NONCE_OCTETS = 12;
const SEALED = CHUNK + TAG_OCTETS;

/** How a message is spooled. */
export interface SpoolOptions {
  /** Most octets. */
  readonly maxOctets: number;
  /** Stops reading. */
  readonly signal?: AbortSignal;
  /** Where the file is made, on a disk with room. @defaultValue the system's folder for temporary files */
  readonly folder?: string;
}

/**
 * A message in memory, or in a file under a key that is in memory only: after a crash nobody can read it. The file has
 * no name from the moment it is made, where the system allows it, so nothing is left to clean up.
 */
export class SealedSpool {
  /** Octets of the message. */
  readonly size: number;
  /** In memory; emptied when there is a file. */
  readonly #chunks: Buffer[];
  readonly #file: SealedFile | null;
  #disposed = false;

  private constructor(size: number, chunks: Buffer[], file: SealedFile | null) {
    this.size = size;
    this.#chunks = chunks;
    this.#file = file;
  }

  /**
   * Reads a stream to its end.
   *
   * @throws `MESSAGE_TOO_LARGE`; `ABORTED`; `DISK_FULL`; what `source` throws. Nothing is left then.
   */
  static async take(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options: SpoolOptions,
  ): Promise<SealedSpool> {
    const chunks: Buffer[] = [];
    let file: SealedFile | null = null;
    let size = 0;
    try {
      for await (const chunk of fixedChunks(bounded(source, options), CHUNK)) {
        size += chunk.length;
        chunks.push(chunk);
        if (size <= MEMORY_OCTETS) continue;
        file ??= await SealedFile.create(options.folder ?? tmpdir());
        for (const kept of chunks.splice(0)) await file.append(kept);
      }
      return new SealedSpool(size, chunks, file);
    } catch (error) {
      wipe(chunks);
      await file?.close();
      throw error;
    }
  }

  /** The message from its beginning; several may read at once. @throws `ABORTED` after `dispose`; `UNAVAILABLE` when the file was altered. */
  async *read(): AsyncGenerator<Uint8Array> {
    const count = Math.ceil(this.size / CHUNK);
    for (let index = 0; index < count; index++) {
      if (this.#disposed) throw gone();
      if (!this.#file) yield this.#chunks[index] as Buffer;
      else yield await this.#readFile(this.#file, index);
    }
  }

  async #readFile(file: SealedFile, index: number): Promise<Buffer> {
    try {
      return await file.read(index, Math.min(CHUNK, this.size - index * CHUNK));
    } catch (error) {
      throw this.#disposed ? gone() : error;
    }
  }

  /** Forgets the message; can be called again. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    wipe(this.#chunks);
    await this.#file?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** Chunks of one size, each sealed by itself. AES-256-GCM, RFC 5116. */
class SealedFile {
  readonly #handle: FileHandle;
  readonly #path: string;
  /** Whether the file has its name still, as the system does not let go of one that is open. */
  readonly #named: boolean;
  /** For this file alone, so a chunk's number is a nonce that is never used again. */
  readonly #key = randomBytes(32);
  #count = 0;
  #closed: Promise<void> | null = null;

  private constructor(handle: FileHandle, path: string, named: boolean) {
    this.#handle = handle;
    this.#path = path;
    this.#named = named;
  }

  static async create(folder: string): Promise<SealedFile> {
    const path = join(folder, `eider-spool-${randomUUID()}`);
    const handle = await open(path, 'wx+', 0o600).catch((error: unknown) => {
      throw toSpoolError(error);
    });
    const named = await unlink(path).then(
      () => false,
      () => true,
    );
    return new SealedFile(handle, path, named);
  }

  async append(chunk: Buffer): Promise<void> {
    const index = this.#count++;
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonceOf(index));
    const sealed = Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
    chunk.fill(0);
    try {
      let written = 0;
      while (written < sealed.length) {
        const rest = sealed.length - written;
        written += (await this.#handle.write(sealed, written, rest, index * SEALED + written)).bytesWritten;
      }
    } catch (error) {
      throw toSpoolError(error);
    }
  }

  async read(index: number, length: number): Promise<Buffer> {
    const sealed = Buffer.allocUnsafe(length + TAG_OCTETS);
    let got = 0;
    while (got < sealed.length) {
      const { bytesRead } = await this.#handle.read(sealed, got, sealed.length - got, index * SEALED + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, nonceOf(index), { authTagLength: TAG_OCTETS });
      decipher.setAuthTag(sealed.subarray(length));
      return Buffer.concat([decipher.update(sealed.subarray(0, length)), decipher.final()]);
    } catch (cause) {
      throw new EiderError('UNAVAILABLE', 'the spooled message was altered', { cause });
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#key.fill(0);
    await this.#handle.close();
    if (this.#named) await unlink(this.#path).catch(() => {});
  }
}

async function* bounded(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { maxOctets, signal }: SpoolOptions,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  requireGoingOn(signal);
  for await (const octets of source) {
    requireGoingOn(signal);
    size += octets.length;
    if (size > maxOctets) throw new EiderError('MESSAGE_TOO_LARGE', `a message has at most ${maxOctets} octets`);
    yield octets;
  }
}

const gone = (): EiderError => new EiderError('ABORTED', 'the spooled message is gone');

function requireGoingOn(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new EiderError('ABORTED', 'the message is not wanted any more', { cause: signal.reason });
}

function nonceOf(index: number): Buffer {
  const nonce = Buffer.alloc(NONCE_OCTETS);
  nonce.writeUIntBE(index, NONCE_OCTETS - 6, 6);
  return nonce;
}

function wipe(chunks: Buffer[]): void {
  for (const chunk of chunks.splice(0)) chunk.fill(0);
}

function toSpoolError(error: unknown): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new EiderError('DISK_FULL', 'no space is left for temporary files', { cause: error });
  }
  if (code === 'EMFILE' || code === 'ENFILE')
    return new EiderError('BUSY', 'too many files are open', { cause: error });
  return error;
}
