/** The engine for many processes over one cluster. */

import type { Db, MongoClient } from 'mongodb';
import type { ContentMatchers } from '../engine/content-matchers.ts';
import type { Engine, EngineSupports, ReadTransaction, WriteTransaction } from '../engine/engine.ts';
import type { PeerChannel } from '../engine/peers.ts';
import { EiderError } from '../errors.ts';
import type { SearchText, StoredBody } from '../model/content.ts';
import type { AccountId, BlobId, ModSeq } from '../model/ids.ts';
import type { MimePart } from '../model/mime-part.ts';
import { MongoTransfer } from './account-transfer.ts';
import { blobMentions } from './blob-mentions.ts';
import { ChangeWatch, DEFAULT_POLL_MS } from './change-watch.ts';
import { COLLECTION_PLANS, type Collections, openCollections } from './collections.ts';
import { MailSearch } from './mail-search.ts';
import { MongoAccount } from './mongo-account.ts';
import { MongoDirectory } from './mongo-directory.ts';
import { toEiderError } from './mongo-error.ts';
import { MongoVault } from './mongo-vault.ts';
import { requireDatabase } from './schema.ts';
import { Sessions } from './sessions.ts';

/** Accounts remembered at once. */
const MAX_ACCOUNTS = 10_000;

/** Options of {@link openMongoEngine}. */
export interface MongoEngineOptions {
  /** The database. */
  readonly db: Db;
  /** Whether an empty database becomes a store. @defaultValue true */
  readonly create?: boolean;
  /** Ends the client with the engine. @defaultValue false */
  readonly closeClient?: boolean;
  /**
   * How often a process looks for the commits of others, where the cluster has no change streams, in milliseconds.
   * @defaultValue 1000
   */
  readonly pollMs?: number;
  /** Whether change streams are used where the cluster has them. @defaultValue true */
  readonly changeStreams?: boolean;
  /** Other processes on the same machine, told of commits as they happen. */
  readonly peers?: PeerChannel;
  /** Look into what is stored, for searches of what is not indexed. */
  readonly matchers: ContentMatchers;
  /** Makes search text of contents that come with `hasAllText`. */
  readonly extractSearchText: (stored: StoredBody, tree: MimePart) => SearchText;
}

/**
 * Opens the engine.
 *
 * @throws `UNAVAILABLE` when the database cannot be reached, `STORE_UNSUITABLE` when the server has no transactions or
 *   an index is missing, `SCHEMA_TOO_NEW`.
 */
export async function openMongoEngine(options: MongoEngineOptions): Promise<Engine> {
  try {
    await requireDatabase(options.db, COLLECTION_PLANS, 'schema', options.create);
    const sessions = new Sessions(options.db.client, openCollections(options.db).meta);
    await sessions.open();
    const engine = new MongoEngine(options, sessions);
    await engine.directory.finishRemovals();
    return engine;
  } catch (error) {
    if (options.closeClient) await options.db.client.close().catch(() => {});
    throw toEiderError(error);
  }
}

class MongoEngine implements Engine {
  readonly name = 'mongodb';
  readonly supports: EngineSupports = { persistence: true, processes: true };
  readonly directory: MongoDirectory;
  readonly transfer: MongoTransfer;
  readonly vault: MongoVault;
  readonly #client: MongoClient;
  readonly #sessions: Sessions;
  readonly #collections: Collections;
  readonly #search: MailSearch;
  readonly #watch: ChangeWatch;
  readonly #listeners = new Map<AccountId, Set<(modSeq: ModSeq) => void>>();
  readonly #told = new Map<AccountId, ModSeq>();
  /** Last in the map is last used. */
  readonly #accounts = new Map<AccountId, MongoAccount>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #options: MongoEngineOptions;
  readonly #endListening: () => void;
  #closed: Promise<void> | null = null;

  constructor(options: MongoEngineOptions, sessions: Sessions) {
    this.#options = options;
    this.#client = options.db.client;
    this.#collections = openCollections(options.db);
    this.#search = new MailSearch(options);
    this.#watch = new ChangeWatch({
      collections: this.#collections,
      pollMs: options.pollMs ?? DEFAULT_POLL_MS,
      stream: options.changeStreams ?? true,
      heard: (account, modSeq) => {
        this.#accounts.get(account)?.heard(modSeq);
        this.#tell(account, modSeq);
      },
    });
    this.#sessions = sessions;
    this.directory = new MongoDirectory(this.#sessions, this.#collections, {
      requireOpen: () => this.#requireOpen(),
      deleted: (id) => this.#accounts.delete(id),
    });
    this.transfer = new MongoTransfer({
      sessions: this.#sessions,
      collections: this.#collections,
      requireOpen: () => this.#requireOpen(),
      release: (record) => this.directory.release(record),
    });
    this.vault = new MongoVault({ vault: this.#collections.vault, run: (work) => this.#run(work) });
    this.#endListening = options.peers?.listen((account) => this.#watch.look(account)) ?? (() => {});
  }

  async read<T>(account: AccountId, work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return this.#run(() => this.#account(account).read(work));
  }

  async write<T>(account: AccountId, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#run(() => this.#account(account).write(work));
  }

  async mentions(blobIds: readonly BlobId[]): Promise<Set<BlobId>> {
    this.#requireOpen();
    return blobMentions(this.#collections, {}, blobIds).catch((error: unknown) => {
      throw toEiderError(error);
    });
  }

  subscribe(account: AccountId, listener: (modSeq: ModSeq) => void): () => void {
    const listeners = this.#listeners.get(account) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(account, listeners);
    const end = this.#watch.add(account);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(account) === listeners) {
        this.#listeners.delete(account);
        this.#told.delete(account);
      }
      end();
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#endListening();
    await this.#watch.close();
    await Promise.allSettled(this.#running);
    await this.#search.close();
    await this.#sessions.close();
    if (this.#options.closeClient) await this.#client.close();
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    this.#requireOpen();
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  #account(id: AccountId): MongoAccount {
    const known =
      this.#accounts.get(id) ??
      new MongoAccount(id, {
        sessions: this.#sessions,
        collections: this.#collections,
        search: this.#search,
        committed: (account, modSeq) => this.#committed(account, modSeq),
      });
    this.#accounts.delete(id);
    this.#accounts.set(id, known);
    if (this.#accounts.size > MAX_ACCOUNTS) this.#evict();
    return known;
  }

  /** Forgets the account that was idle for longest. */
  #evict(): void {
    for (const [id, account] of this.#accounts) {
      if (!account.idle) continue;
      this.#accounts.delete(id);
      return;
    }
  }

  #committed(account: AccountId, modSeq: ModSeq): void {
    this.#options.peers?.announce(account);
    this.#search.committed(this.#collections, account);
    this.#tell(account, modSeq);
  }

  #tell(account: AccountId, modSeq: ModSeq): void {
    const listeners = this.#listeners.get(account);
    if (!listeners || modSeq <= (this.#told.get(account) ?? 0)) return;
    this.#told.set(account, modSeq);
    for (const listener of listeners) listener(modSeq);
  }

  #requireOpen(): void {
    if (this.#closed) throw new EiderError('STORE_CLOSED', 'the store is closed');
  }
}
