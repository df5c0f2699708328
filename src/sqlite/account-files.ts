/** The account databases that are open: opened when needed, the least recently used closed first. */

import { existsSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ContentMatchers } from '../engine/content-matchers.ts';
import type { PeerChannel } from '../engine/peers.ts';
import { EiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';
import { AccountFile } from './account-file.ts';
import { Background } from './background.ts';
import { Database } from './database.ts';
import type { LoadedDriver } from './driver.ts';
import type { ExtractorPlace } from './extractor-place.ts';
import { Housekeeper } from './housekeeper.ts';
import { migrateAccount, migrateSearch } from './schema.ts';
import { defineFunctions } from './search-functions.ts';
import type { SearchTextExtractor } from './search-index.ts';
import { toEiderError } from './sqlite-error.ts';
import { WalSync } from './wal-sync.ts';

/** How often other processes' commits are looked for while anybody listens, in milliseconds. */
const POLL_MS = 100;

/** Options of {@link AccountFiles}. */
export interface AccountFilesOptions {
  readonly driver: LoadedDriver;
  /** The folder of account databases, or `null` for memory. */
  readonly folder: string | null;
  readonly maxOpen: number;
  readonly matchers: ContentMatchers;
  readonly extractor: ExtractorPlace;
  /** The function that `extractor` names. */
  readonly extract: SearchTextExtractor;
  /** Other processes on the same folder, told of commits as they happen. */
  readonly peers?: PeerChannel;
}

/** Opens and closes account databases. */
export class AccountFiles {
  readonly #options: AccountFilesOptions;
  readonly #background: Background;
  /** Last in the map is last used. */
  readonly #open = new Map<AccountId, Promise<AccountFile>>();
  readonly #closing = new Map<AccountId, Promise<void>>();
  #poll: NodeJS.Timeout | null = null;
  readonly #endListening: () => void;
  #closed = false;

  constructor(options: AccountFilesOptions) {
    this.#options = options;
    this.#background = new Background({ specifier: options.driver.specifier, extractor: options.extractor });
    this.#endListening = options.peers?.listen((id) => void this.#heard(id)) ?? (() => {});
  }

  /** Whether the account's database is open or at least there. */
  exists(id: AccountId): boolean {
    return this.#open.has(id) || (this.#options.folder !== null && existsSync(this.path(id)));
  }

  /** The account's open file; made when `create` says so. @throws `ACCOUNT_NOT_FOUND`, `STORE_CLOSED`. */
  use(id: AccountId, create = false): Promise<AccountFile> {
    const found = this.#open.get(id);
    if (found) {
      this.#open.delete(id);
      this.#open.set(id, found);
      return found;
    }
    if (this.#closed) throw new EiderError('STORE_CLOSED', 'the store is closed');
    const opening = this.#start(id, create);
    this.#open.set(id, opening);
    opening.catch(() => this.#open.delete(id));
    this.#evict();
    return opening;
  }

  /** Removes an account's database. */
  async remove(id: AccountId): Promise<void> {
    const file = await this.use(id).catch(() => null);
    this.#open.delete(id);
    await file?.markRemoved();
    await file?.close();
    if (this.#options.folder === null) return;
    for (const path of [this.path(id), this.#searchPath(id)]) {
      for (const suffix of ['', '-wal', '-shm']) await rm(path + suffix, { force: true });
    }
  }

  /** Looks for commits of other processes from now on, as long as anybody listens. */
  poll(): void {
    if (this.#options.folder === null || this.#poll) return;
    this.#poll = setInterval(() => void this.#look(), POLL_MS).unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#endListening();
    if (this.#poll) clearInterval(this.#poll);
    const files = await Promise.allSettled(this.#open.values());
    await Promise.all(files.map((file) => (file.status === 'fulfilled' ? file.value.close() : undefined)));
    await Promise.all(this.#closing.values());
    this.#open.clear();
    await this.#background.close();
  }

  path(id: AccountId): string {
    // Two levels, so that a million accounts do not lie in one folder.
    return join(this.#options.folder ?? '', id.slice(-2), `${id}.db`);
  }

  #searchPath(id: AccountId): string {
    return join(this.#options.folder ?? '', id.slice(-2), `${id}.search.db`);
  }

  async #heard(id: AccountId): Promise<void> {
    const file = await this.#open.get(id)?.catch(() => null);
    if (file?.watched) file.lookForOthers();
  }

  async #look(): Promise<void> {
    let watched = false;
    for (const opening of this.#open.values()) {
      const file = await opening.catch(() => null);
      if (!file?.watched) continue;
      watched = true;
      file.lookForOthers();
    }
    if (!watched && this.#poll) {
      clearInterval(this.#poll);
      this.#poll = null;
    }
  }

  async #start(id: AccountId, create: boolean): Promise<AccountFile> {
    // A database that is being closed is closed first, so that there is one connection at a time.
    await this.#closing.get(id);
    const { folder } = this.#options;
    if (folder === null && !create) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
    if (folder !== null && !create && !existsSync(this.path(id)))
      throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
    try {
      return folder === null ? this.#memoryFile(id) : await this.#diskFile(id, create);
    } catch (error) {
      throw toEiderError(error);
    }
  }

  #memoryFile(id: AccountId): AccountFile {
    const db = this.#connect(':memory:', ':memory:');
    return new AccountFile({
      db,
      wal: null,
      housekeeper: new Housekeeper(db, null, this.#options.extract, () => {}),
      committed: this.#announcer(id),
    });
  }

  async #diskFile(id: AccountId, create: boolean): Promise<AccountFile> {
    const path = this.path(id);
    const searchPath = this.#searchPath(id);
    if (create) await mkdir(dirname(path), { recursive: true });
    const db = this.#connect(path, searchPath);
    const wal = new WalSync(`${path}-wal`);
    if (create) {
      await wal.sync();
      await syncFolder(dirname(path));
      await syncFolder(dirname(dirname(path)));
    }
    const place = { path, searchPath, background: this.#background };
    return new AccountFile({
      db,
      wal,
      housekeeper: new Housekeeper(db, place, this.#options.extract, () => this.#evict()),
      committed: this.#announcer(id),
    });
  }

  #announcer(id: AccountId): () => void {
    const { peers } = this.#options;
    return peers ? () => peers.announce(id) : () => {};
  }

  #connect(path: string, searchPath: string): Database {
    const { driver, matchers } = this.#options;
    const db = new Database(driver, path);
    try {
      migrateAccount(db.raw);
      db.attachSearch(searchPath);
      migrateSearch(db.raw);
      defineFunctions(db, matchers);
      db.opened();
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  }

  #evict(): void {
    if (this.#options.folder === null) return;
    let excess = this.#open.size - this.#options.maxOpen;
    for (const [id, opening] of this.#open) {
      if (excess <= 0) return;
      excess--;
      void this.#closeIfIdle(id, opening);
    }
  }

  async #closeIfIdle(id: AccountId, opening: Promise<AccountFile>): Promise<void> {
    const file = await opening.catch(() => null);
    if (!file?.idle || this.#open.get(id) !== opening) return;
    this.#open.delete(id);
    const closing = file.close().finally(() => this.#closing.delete(id));
    this.#closing.set(id, closing);
    await closing;
  }
}

/** Makes a folder's entries durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
