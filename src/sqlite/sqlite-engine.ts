/** The embedded engine: a database file for each account, and one for the directory. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContentMatchers } from '../engine/content-matchers.ts';
import type { Engine, EngineSupports, ReadTransaction, WriteTransaction } from '../engine/engine.ts';
import type { PeerChannel } from '../engine/peers.ts';
import type { Vault } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import type { AccountId, ModSeq } from '../model/ids.ts';
import type { AccountFile } from './account-file.ts';
import { AccountFiles, syncFolder } from './account-files.ts';
import { SqliteTransfer } from './account-transfer.ts';
import { Database } from './database.ts';
import { loadDriver } from './driver.ts';
import { type ExtractorPlace, loadExtractor } from './extractor-place.ts';
import { LogMover } from './log-mover.ts';
import { migrateDirectory } from './schema.ts';
import { SqliteDirectory } from './sqlite-directory.ts';
import { toEiderError } from './sqlite-error.ts';
import { WalSync } from './wal-sync.ts';

/** The file that makes a folder a store. */
export const DIRECTORY_FILE = 'directory.db';

/** Options of {@link openSqliteEngine}. */
export interface SqliteEngineOptions {
  /** The store's folder, made when missing; `:memory:` for a store that ends with the process. */
  readonly path: string;
  /** Accounts kept open at once; each takes some 6 file descriptors and a few MB. @defaultValue 100 */
  readonly maxOpenAccounts?: number;
  /** Look into what is stored, for searches of what is not indexed. */
  readonly matchers: ContentMatchers;
  /** Makes search text of contents that come with `hasAllText`; named as a place, because a thread calls it. */
  readonly extractor: ExtractorPlace;
  /** Other processes on the same folder, told of commits as they happen. */
  readonly peers?: PeerChannel;
}

/**
 * Opens the embedded engine.
 *
 * @throws `STORE_UNSUITABLE` when the folder cannot be written, `SCHEMA_TOO_NEW`, `STORE_CORRUPT`, `UNSUPPORTED`.
 */
export async function openSqliteEngine(options: SqliteEngineOptions): Promise<Engine> {
  const driver = loadDriver();
  const inMemory = options.path === ':memory:';
  try {
    if (!inMemory) await mkdir(join(options.path, 'accounts'), { recursive: true });
    const path = inMemory ? ':memory:' : join(options.path, DIRECTORY_FILE);
    const db = new Database(driver, path);
    try {
      migrateDirectory(db.raw);
      // The log is moved by a thread (see LogMover); this is for commands that come, commit once and go, in thousands.
      if (!inMemory) db.exec('PRAGMA wal_autocheckpoint = 10000');
      db.opened();
    } catch (error) {
      db.close();
      throw error;
    }
    const wal = inMemory ? null : new WalSync(`${path}-wal`);
    await wal?.sync();
    if (!inMemory) await syncFolder(options.path);
    const files = new AccountFiles({
      driver,
      folder: inMemory ? null : join(options.path, 'accounts'),
      maxOpen: options.maxOpenAccounts ?? 100,
      matchers: options.matchers,
      extractor: options.extractor,
      extract: await loadExtractor(options.extractor),
      ...(options.peers && { peers: options.peers }),
    });
    const settings = { specifier: driver.specifier, extractor: options.extractor };
    return new SqliteEngine({ files, db, wal, mover: inMemory ? null : new LogMover(path, settings) });
  } catch (error) {
    throw toEiderError(error);
  }
}

interface EngineParts {
  readonly files: AccountFiles;
  readonly db: Database;
  /** `null` in memory: nothing to sync. */
  readonly wal: WalSync | null;
  /** `null` in memory. */
  readonly mover: LogMover | null;
}

class SqliteEngine implements Engine {
  readonly name = 'sqlite';
  readonly supports: EngineSupports;
  readonly directory: SqliteDirectory;
  readonly transfer: SqliteTransfer;
  readonly vault: Vault;
  readonly #parts: EngineParts;
  readonly #files: AccountFiles;
  #closed: Promise<void> | null = null;

  constructor(parts: EngineParts) {
    const { files, db, wal, mover } = parts;
    this.#parts = parts;
    this.#files = files;
    this.supports = { persistence: wal !== null, processes: wal !== null };
    this.directory = new SqliteDirectory(db, wal, {
      committed: () => mover?.committed(),
      created: async (id) => {
        await files.use(id, true);
      },
      deleted: (id) => files.remove(id),
    });
    mover?.attach((work) => this.directory.exclusive(work));
    this.vault = this.directory.vault;
    this.transfer = new SqliteTransfer({
      file: (id) => this.#file(id),
      release: (record) => this.directory.release(record),
    });
  }

  async read<T>(account: AccountId, work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return this.#with(account, (file) => file.read(work));
  }

  async write<T>(account: AccountId, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#with(account, (file) => file.write(work));
  }

  subscribe(account: AccountId, listener: (modSeq: ModSeq) => void): () => void {
    let end: (() => void) | null = null;
    let ended = false;
    this.#file(account).then(
      (file) => {
        if (!ended) end = file.subscribe(listener);
        this.#files.poll();
      },
      () => {},
    );
    return () => {
      ended = true;
      end?.();
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#files.close();
    await this.#parts.mover?.close();
    await this.directory.close();
  }

  /** A file that was idle may be closed for another's sake just before it is used; then it is opened once more. */
  async #with<T>(id: AccountId, use: (file: AccountFile) => Promise<T>): Promise<T> {
    for (;;) {
      const file = await this.#file(id);
      if (!file.closed) return use(file);
    }
  }

  async #file(id: AccountId): Promise<AccountFile> {
    if (this.#closed) throw new EiderError('STORE_CLOSED', 'the store is closed');
    // A crash between the directory's record and the account's database leaves the first without the second.
    const missing = !this.#files.exists(id) && (await this.directory.get(id)) !== null;
    return this.#files.use(id, missing);
  }
}
