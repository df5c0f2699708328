/** Opens a store: the embedded engine, the attachment tier, passwords, put together. */

import { join } from 'node:path';
import { PasswordVerifier } from './auth/password.ts';
import { DirectoryBlobStore } from './blobs/directory-blob-store.ts';
import { MemoryBlobStore } from './blobs/memory-blob-store.ts';
import type { BlobStore } from './engine/blob-store.ts';
import type { Engine } from './engine/engine.ts';
import type { PeerChannel } from './engine/peers.ts';
import { searchTextExtractor } from './mime/extract-search-text.ts';
import { headerContains } from './mime/header-contains.ts';
import { openSqliteEngine } from './sqlite/sqlite-engine.ts';
import type { MessageStore } from './store/message-store.ts';
import { Store } from './store/store.ts';

/** Options of {@link openStore}. */
export interface OpenStoreOptions {
  /**
   * The folder for text, metadata and search: the fast disk. Made when missing. `:memory:` keeps everything in memory,
   * attachments too.
   */
  readonly path: string;
  /** The folder for attachments: the cheap disk. @defaultValue `attachments` below `path` */
  readonly attachmentsPath?: string;
  /** Most octets of one message. @defaultValue 268435456 (256 MB) */
  readonly maxMessageSize?: number;
  /** Accounts kept open at once; each takes some 6 file descriptors and a few MB. @defaultValue 100 */
  readonly maxOpenAccounts?: number;
  /**
   * How processes that share the folder wake each other. Without it, what other processes change is noticed within
   * 100 ms.
   */
  readonly peers?: PeerChannel;
  /** An engine of your own, instead of the embedded one at `path`. The store closes it. */
  readonly engine?: Engine;
  /** A blob store of your own, instead of the folder. The store closes it. */
  readonly blobs?: BlobStore;
}

/** The default of {@link OpenStoreOptions.maxMessageSize}, in octets. */
export const DEFAULT_MAX_MESSAGE_SIZE: number = 256 * 1024 * 1024;

/**
 * Opens a mail store, making it when there is none. Several processes may have the same folder open.
 *
 * @throws `STORE_UNSUITABLE` when a folder cannot be made or written, `SCHEMA_TOO_NEW` when a newer version of eider
 *   wrote it, `STORE_CORRUPT`, `UNSUPPORTED` when there is no usable SQLite.
 * @example
 * ```ts
 * await using store = await openStore({ path: './mail' });
 * ```
 */
export async function openStore(options: OpenStoreOptions): Promise<MessageStore> {
  const engine =
    options.engine ??
    (await openSqliteEngine({
      path: options.path,
      headerContains,
      extractor: searchTextExtractor,
      ...(options.peers && { peers: options.peers }),
      ...(options.maxOpenAccounts !== undefined && { maxOpenAccounts: options.maxOpenAccounts }),
    }));
  try {
    const blobs = options.blobs ?? (await openBlobs(options));
    const maxMessageSize = options.maxMessageSize ?? DEFAULT_MAX_MESSAGE_SIZE;
    return new Store({ engine, blobs, maxMessageSize }, new PasswordVerifier());
  } catch (error) {
    await engine.close();
    throw error;
  }
}

async function openBlobs({ path, attachmentsPath }: OpenStoreOptions): Promise<BlobStore> {
  if (path === ':memory:' && attachmentsPath === undefined) return new MemoryBlobStore();
  return DirectoryBlobStore.open(attachmentsPath ?? join(path, 'attachments'));
}
