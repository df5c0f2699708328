/** Which SQLite binding runs: the caller's, Node's own where it is new enough, else the packaged one. */

import { createRequire } from 'node:module';
import { EiderError } from '../errors.ts';

/** A value that goes into or comes out of a statement. */
export type SqlValue = null | number | string | Uint8Array;

/** A row, by column name. */
export type SqlRow = Record<string, SqlValue>;

/** The part of `node:sqlite`'s StatementSync that is used. */
export interface SqliteStatement {
  run(...values: SqlValue[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
}

/** The part of `node:sqlite`'s DatabaseSync that is used. */
export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  function(name: string, options: { deterministic?: boolean }, work: (...values: SqlValue[]) => SqlValue): void;
  close(): void;
}

/** A module with the shape of `node:sqlite`. */
export interface SqliteDriver {
  readonly DatabaseSync: new (path: string) => SqliteDatabase;
  /** Whether closing a connection ends its statements too. */
  readonly endsStatements?: boolean;
}

/** A driver and the name by which another thread can load it. */
export interface LoadedDriver extends SqliteDriver {
  readonly specifier: string;
}

// Before 3.51.3 a restart of the write-ahead log can corrupt the database.
const OLDEST = [3, 51, 3] as const;
const CANDIDATES = ['node:sqlite', '@photostructure/sqlite'] as const;

let loaded: LoadedDriver | undefined;

/**
 * Loads a driver once for the process.
 *
 * @throws {@link EiderError} `UNSUPPORTED` when no binding with SQLite 3.51.3 or newer is there.
 */
export function loadDriver(): LoadedDriver {
  if (loaded) return loaded;
  const require = createRequire(import.meta.url);
  for (const specifier of CANDIDATES) {
    const driver = tryRequire(require, specifier);
    if (driver && isNewEnough(driver)) {
      loaded = { DatabaseSync: driver.DatabaseSync, specifier, endsStatements: specifier === 'node:sqlite' };
      return loaded;
    }
  }
  throw new EiderError('UNSUPPORTED', 'no SQLite binding with SQLite 3.51.3 or newer was found');
}

function tryRequire(require: NodeJS.Require, specifier: string): SqliteDriver | null {
  // Node 22 prints a warning when its own SQLite is first loaded; it is for Node's developers.
  const emitWarning = process.emitWarning;
  process.emitWarning = () => {};
  try {
    return require(specifier) as SqliteDriver;
  } catch {
    return null;
  } finally {
    process.emitWarning = emitWarning;
  }
}

function isNewEnough(driver: SqliteDriver): boolean {
  const db = new driver.DatabaseSync(':memory:');
  try {
    const { version } = db.prepare('SELECT sqlite_version() AS version').get() as { version: string };
    const parts = version.split('.').map(Number);
    const difference = OLDEST.map((wanted, index) => (parts[index] ?? 0) - wanted).find((d) => d !== 0) ?? 0;
    return difference >= 0;
  } finally {
    db.close();
  }
}
