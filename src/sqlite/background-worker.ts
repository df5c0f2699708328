/** A thread for what would hold up the event loop: moving write-ahead logs into databases, and indexing terms. */

import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { Database } from './database.ts';
import type { SqliteDriver } from './driver.ts';
import { type ExtractorPlace, loadExtractor } from './extractor-place.ts';
import { type IndexedBatch, indexBatch, type SearchTextExtractor } from './search-index.ts';
import { resultCode } from './sqlite-error.ts';

/** What the thread is asked for. */
export type BackgroundTask =
  | {
      readonly kind: 'checkpoint';
      readonly path: string;
      /**
       * `passive`: what can be moved while others write. `restart`: all of it, and the log begins anew; the caller
       * sees to it that nobody writes meanwhile. `truncate`: the same, and the log's space is given back.
       */
      readonly mode: 'passive' | 'restart' | 'truncate';
      /** A statement that writes without changing, so that the log's new header is written and synced here; or `''`. */
      readonly touch: string;
    }
  /** Brings one batch of waiting terms into the index and syncs it. */
  | { readonly kind: 'index'; readonly path: string; readonly searchPath: string }
  /** Lets go of an account's files. */
  | { readonly kind: 'release'; readonly path: string };

/** The answer to a task. */
export interface BackgroundAnswer {
  readonly id: number;
  readonly error: string | null;
  /** SQLite's code of the error, or 0. */
  readonly errcode: number;
  /** What an index task took up. */
  readonly batch: IndexedBatch | null;
}

/** What the thread is started with. */
export interface WorkerSettings {
  /** The SQLite binding. */
  readonly specifier: string;
  readonly extractor: ExtractorPlace;
}

/** Connections kept for indexing. */
const MAX_OPEN = 16;

const port = parentPort;
if (!port) throw new Error('runs as a worker thread');
process.emitWarning = () => {};
const { specifier, extractor } = workerData as WorkerSettings;
const { DatabaseSync } = createRequire(import.meta.url)(specifier) as SqliteDriver;
const driver: SqliteDriver = { DatabaseSync, endsStatements: specifier === 'node:sqlite' };
const open = new Map<string, Database>();
let extract: SearchTextExtractor | null = null;

let last: Promise<void> = Promise.resolve();
port.on('message', ({ id, task }: { id: number; task: BackgroundTask }) => {
  last = last.then(async () => port.postMessage(await answer(id, task)));
});

async function answer(id: number, task: BackgroundTask): Promise<BackgroundAnswer> {
  try {
    return { id, error: null, errcode: 0, batch: await run(task) };
  } catch (error) {
    return { id, error: String(error), errcode: resultCode(error), batch: null };
  }
}

async function run(task: BackgroundTask): Promise<IndexedBatch | null> {
  switch (task.kind) {
    case 'checkpoint':
      checkpoint(task.path, task.mode, task.touch);
      return null;
    case 'index':
      // Loaded by the first who indexes: a process that adds an account and ends does without.
      extract ??= await loadExtractor(extractor);
      return index(task.path, task.searchPath, extract);
    case 'release':
      release(task.path);
      return null;
  }
}

function checkpoint(path: string, mode: string, touch: string): void {
  const db = new Database(driver, path);
  try {
    db.exec('PRAGMA busy_timeout = 200');
    // Not as a prepared statement: the packaged binding keeps a connection's files open until those are collected.
    db.exec(`PRAGMA wal_checkpoint(${mode})`);
    if (touch !== '') db.exec(touch);
  } finally {
    db.close();
  }
}

function index(path: string, searchPath: string, extract: SearchTextExtractor): IndexedBatch | null {
  const batch = indexBatch(connection(path, searchPath), extract);
  if (batch) {
    const file = openSync(`${searchPath}-wal`, 'r+');
    try {
      fdatasyncSync(file);
    } finally {
      closeSync(file);
    }
  }
  return batch;
}

function connection(path: string, searchPath: string): Database {
  let db = open.get(path);
  if (db) {
    open.delete(path);
  } else {
    if (open.size >= MAX_OPEN) release(open.keys().next().value as string);
    db = new Database(driver, path);
    db.attachSearch(searchPath);
    db.exec('PRAGMA wal_autocheckpoint = 1000');
  }
  // Last in the map is last used.
  open.set(path, db);
  return db;
}

function release(path: string): void {
  open.get(path)?.close();
  open.delete(path);
}
