/** One account's database in this process: transactions one after the other, durable when answered. */

import { setTimeout as delay } from 'node:timers/promises';
import type { ReadTransaction, WriteTransaction } from '../engine/engine.ts';
import { Mutex } from '../engine/mutex.ts';
import { EiderError } from '../errors.ts';
import type { ModSeq } from '../model/ids.ts';
import type { Database } from './database.ts';
import type { Housekeeper } from './housekeeper.ts';
import { SqliteReadTransaction } from './read-transaction.ts';
import { hasPending } from './search-index.ts';
import { isBusy, toEiderError } from './sqlite-error.ts';
import type { WalSync } from './wal-sync.ts';
import { SqliteWriteTransaction } from './write-transaction.ts';

/** How long to try while another process writes, in milliseconds. */
const BUSY_MS = 30_000;

/** A search met terms that are not indexed yet; the transaction is run again after they are. */
class TermsWait extends Error {}

/** What an account's file is made of. */
export interface AccountFileParts {
  readonly db: Database;
  /** `null` in memory: nothing to sync. */
  readonly wal: WalSync | null;
  /** Checkpoints and indexing. */
  readonly housekeeper: Housekeeper;
  /** Called after each commit of this process. */
  readonly committed: () => void;
}

/** An open account. */
export class AccountFile {
  readonly #parts: AccountFileParts;
  readonly #mutex = new Mutex();
  readonly #listeners = new Set<(modSeq: ModSeq) => void>();
  #closed: Promise<void> | null = null;

  constructor(parts: AccountFileParts) {
    this.#parts = parts;
    parts.housekeeper.attach((work) => this.#mutex.run(() => this.#retrying(work)));
  }

  /** Whether it can be closed without anybody noticing. */
  get idle(): boolean {
    return this.#mutex.idle && this.#listeners.size === 0 && this.#parts.housekeeper.idle;
  }

  /** Whether it is closed, or about to be. */
  get closed(): boolean {
    return this.#closed !== null;
  }

  /** Runs a reading transaction; what it saw is durable when this resolves. */
  async read<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    const value = await this.#mutex.run(() => this.#retrying(() => this.#readOnce(work)));
    await this.#settled();
    return value;
  }

  /** Runs a writing transaction; it is durable when this resolves. */
  async write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    const { value, modSeq } = await this.#mutex.run(async () => {
      if (!this.#logBegun) await this.#beginLog();
      return this.#retrying(() => this.#writeOnce(work));
    });
    await this.#settled();
    if (modSeq === null) return value;
    this.#parts.housekeeper.committed();
    this.#parts.committed();
    this.#tell(modSeq);
    return value;
  }

  /** Runs `work` in a transaction that raises no counter; durable when this resolves. For an account on its way in or out. */
  async transfer<T>(work: (db: Database) => T): Promise<T> {
    const value = await this.#mutex.run(() => this.#retrying(async () => this.#transferOnce(work)));
    await this.#settled();
    this.#parts.housekeeper.committed();
    return value;
  }

  #transferOnce<T>(work: (db: Database) => T): T {
    const { db, wal } = this.#parts;
    const value = db.transaction(() => {
      if (db.get<{ removed: number }>('SELECT removed FROM state')?.removed !== 0) throw accountRemoved();
      return work(db);
    });
    wal?.sync().catch(() => {});
    return value;
  }

  /** What fails here is done by the first write itself. */
  async #beginLog(): Promise<void> {
    this.#logBegun = true;
    await this.#parts.housekeeper.beginLog().catch(() => {});
  }
  #logBegun = false;

  /** Calls `listener` after each commit of this or another process. */
  subscribe(listener: (modSeq: ModSeq) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get watched(): boolean {
    return this.#listeners.size > 0;
  }

  /** Tells the listeners of commits by other processes; called from time to time while any listen. */
  lookForOthers(): void {
    if (!this.#mutex.idle || this.#closed) return;
    const modSeq = this.#foreignModSeq();
    // Indexing and checkpoints commit too, and concern nobody.
    if (modSeq !== null && modSeq > this.#told) this.#tell(modSeq);
  }

  /** Where the account stands after a commit of another connection; `null` when there was none. */
  #foreignModSeq(): ModSeq | null {
    const { db } = this.#parts;
    try {
      const version = db.get<{ data_version: number }>('PRAGMA main.data_version')?.data_version;
      if (version === this.#dataVersion) return null;
      const modSeq = db.get<{ modSeq: number }>('SELECT modSeq FROM state')?.modSeq ?? 0;
      this.#dataVersion = version;
      return modSeq;
    } catch {
      // Nobody waits for this answer: the next look tries again, and a database that cannot be read fails whoever reads.
      return null;
    }
  }
  #dataVersion: number | undefined;
  #told: ModSeq = 0;

  #tell(modSeq: ModSeq): void {
    this.#told = Math.max(this.#told, modSeq);
    for (const listener of this.#listeners) listener(modSeq);
  }

  /** Resolves when no commit is on its way to the disk: nobody may see what a power cut could take back. */
  async #settled(): Promise<void> {
    try {
      await this.#parts.wal?.pending;
    } catch (error) {
      throw toEiderError(error);
    }
  }

  /** Marks the account as gone for whoever has its file open. */
  async markRemoved(): Promise<void> {
    await this.#mutex.run(() =>
      this.#retrying(async () => {
        this.#parts.db.run('UPDATE state SET removed = 1');
      }),
    );
  }

  /** Ends it after what is under way. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#parts.housekeeper.close();
    await this.#mutex.run(async () => {
      await this.#parts.wal?.close().catch(() => {});
      this.#parts.db.close();
    });
  }

  async #readOnce<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    const { db, housekeeper } = this.#parts;
    for (let round = 0; ; round++) {
      db.run('BEGIN');
      try {
        // Another process may have removed the account while its file is open here.
        if (db.get<{ removed: number }>('SELECT removed FROM state')?.removed !== 0) throw accountRemoved();
        const value = await work(new GuardedReadTransaction(db, round < 20));
        this.#syncOthers();
        return value;
      } catch (error) {
        if (!(error instanceof TermsWait)) throw error;
      } finally {
        db.run('COMMIT');
      }
      await housekeeper.indexAll();
    }
  }

  /** Has commits of other processes synced, once they were seen: they may be on their way to the disk too. */
  #syncOthers(): void {
    const { db, wal } = this.#parts;
    if (!wal) return;
    const version = db.get<{ data_version: number }>('PRAGMA main.data_version')?.data_version;
    if (version === this.#syncedVersion) return;
    this.#syncedVersion = version;
    wal.sync().catch(() => {});
  }
  #syncedVersion: number | undefined;

  async #writeOnce<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<{ value: T; modSeq: ModSeq | null }> {
    const { db } = this.#parts;
    // A deferred BEGIN: an immediate one would lock the attached index too, where the indexing thread writes.
    db.run('BEGIN');
    try {
      const state = db.get<{ modSeq: number; nextId: number; removed: number }>(
        'UPDATE state SET modSeq = modSeq + 1 RETURNING modSeq, nextId, removed',
      );
      if (!state || state.removed) throw accountRemoved();
      const tx = new SqliteWriteTransaction(db, state.modSeq, state.nextId);
      const value = await work(tx);
      if (!tx.changed) {
        db.run('ROLLBACK');
        return { value, modSeq: null };
      }
      tx.finish(Date.now());
      db.run('COMMIT');
      // Begun before anybody else gets a turn, so that whoever sees this commit also sees that a sync is pending.
      this.#parts.wal?.sync().catch(() => {});
      return { value, modSeq: state.modSeq };
    } catch (error) {
      db.rollback();
      throw error;
    }
  }

  /** Tries again while another connection is in the way, without holding up the event loop. */
  async #retrying<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new EiderError('STORE_CLOSED', 'the store is closed');
    const until = Date.now() + BUSY_MS;
    for (let wait = 1; ; wait = Math.min(wait * 2, 50)) {
      try {
        return await work();
      } catch (error) {
        if (!isBusy(error)) throw toEiderError(error);
        if (Date.now() > until) throw new EiderError('BUSY', 'another process holds the account', { cause: error });
      }
      await delay(wait * (0.5 + Math.random()));
    }
  }
}

const accountRemoved = (): EiderError => new EiderError('ACCOUNT_NOT_FOUND', 'the account was removed');

/** Sees to it that a search finds all terms in the index. */
class GuardedReadTransaction extends SqliteReadTransaction {
  readonly #guard: boolean;

  constructor(db: Database, guard: boolean) {
    super(db);
    this.#guard = guard;
  }

  override async search(...query: Parameters<SqliteReadTransaction['search']>): Promise<Uint32Array> {
    if (this.#guard && hasPending(this.db)) throw new TermsWait();
    return super.search(...query);
  }
}
