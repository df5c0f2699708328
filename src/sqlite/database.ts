/** A database connection with its statements prepared once. */

import { freeClosedStatements } from './closed-statements.ts';
import type { SqliteDatabase, SqliteDriver, SqliteStatement, SqlRow, SqlValue } from './driver.ts';

/** A connection. All calls are synchronous and short; what is long is cut into pieces by the caller. */
export class Database {
  readonly raw: SqliteDatabase;
  readonly #driver: SqliteDriver;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(driver: SqliteDriver, path: string) {
    this.#driver = driver;
    this.raw = new driver.DatabaseSync(path);
    try {
      // Opening and upgrading may meet another process that does the same; afterwards a busy database is retried
      // by the caller without holding up the event loop.
      this.raw.exec('PRAGMA busy_timeout = 5000');
      // Bindings differ in their defaults; NORMAL syncs the log at its restart and at checkpoints, the caller syncs
      // the rest (see WalSync).
      if (path !== ':memory:') {
        this.raw.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0');
      }
      this.raw.exec('PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4000');
    } catch (error) {
      this.raw.close();
      throw error;
    }
  }

  /** Ends the patience of opening: from now on a busy database is an error at once. */
  opened(): void {
    this.raw.exec('PRAGMA busy_timeout = 0');
  }

  /** Attaches a second database as `search`. */
  attachSearch(path: string): void {
    this.raw.exec(`ATTACH '${path.replaceAll("'", "''")}' AS search`);
    if (path !== ':memory:') this.raw.exec('PRAGMA search.journal_mode = WAL; PRAGMA search.synchronous = NORMAL');
  }

  run(sql: string, ...values: SqlValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  get<T = SqlRow>(sql: string, ...values: SqlValue[]): T | undefined {
    // Bindings give undefined or null for no row.
    return (this.#prepare(sql).get(...values) ?? undefined) as T | undefined;
  }

  all<T = SqlRow>(sql: string, ...values: SqlValue[]): T[] {
    return this.#prepare(sql).all(...values) as T[];
  }

  exec(sql: string): void {
    this.raw.exec(sql);
  }

  /** Runs `work` in a transaction: all of it or nothing. With `IMMEDIATE` nobody else writes from its beginning on. */
  transaction<T>(work: () => T, mode: 'DEFERRED' | 'IMMEDIATE' = 'DEFERRED'): T {
    this.run(`BEGIN ${mode}`);
    try {
      const value = work();
      this.run('COMMIT');
      return value;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** Ends a transaction without a trace. SQLite may have done so by itself, as it does when the disk is full. */
  rollback(): void {
    try {
      this.run('ROLLBACK');
    } catch {}
  }

  close(): void {
    const prepared = this.#statements.size;
    this.#statements.clear();
    this.raw.close();
    if (prepared > 0 && !this.#driver.endsStatements) freeClosedStatements();
  }

  #prepare(sql: string): SqliteStatement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.raw.prepare(sql);
      // Searches make their own SQL; they must not fill the memory with statements.
      if (this.#statements.size >= 200) this.#statements.clear();
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
