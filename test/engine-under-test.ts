/** The engine that a run of a test file is about, and stores on it: every such file runs once for each engine. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import type { Engine } from '../src/engine/engine.ts';
import { type OpenStoreOptions, openStore } from '../src/open-store.ts';
import type { MessageStore } from '../src/store/message-store.ts';
import { takeDatabase } from './mongodb/databases.ts';
import { openMongoTestEngine } from './mongodb/open-test-engine.ts';
import { openTestEngine } from './sqlite/open-test-engine.ts';

/** Engines that the store's tests run on. */
export type EngineName = 'sqlite' | 'mongodb';

/** The values that the projects of vitest differ by. */
declare module 'vitest' {
  interface ProvidedContext {
    engine: EngineName;
    /** The cluster's URI, and what the names of databases begin with; `null` without a cluster. */
    mongodb: { readonly uri: string; readonly prefix: string } | null;
  }
}

/** The engine of this run. */
export const ENGINE: EngineName = inject('engine');

/** How often a property is tried: statements of a cluster take a hundred times as long as those of a file. */
export function runs(onSqlite: number): number {
  return ENGINE === 'sqlite' ? onSqlite : Math.ceil(onSqlite / 12);
}

/** What `openStore` has to be told, here or in another process, to open one and the same store. */
export type StorePlace = { readonly path: string } | { readonly mongodb: string };

/** A place with nothing in it, until the test has ended. */
export async function emptyPlace(): Promise<StorePlace> {
  const { place, leave } = await takePlace();
  onTestFinished(leave);
  return place;
}

/** The same until `leave` is called. */
export async function takePlace(): Promise<{ place: StorePlace; leave: () => Promise<void> }> {
  if (ENGINE === 'mongodb') {
    const { uri, giveBack } = await takeDatabase();
    return { place: { mongodb: uri }, leave: async () => giveBack() };
  }
  const path = await mkdtemp(join(tmpdir(), 'eider-test-'));
  return { place: { path }, leave: () => rm(path, { recursive: true, force: true }) };
}

/** How the command is told of a place. */
export function placeOptions(place: StorePlace): string[] {
  return 'path' in place ? ['--data', place.path] : ['--mongodb', place.mongodb];
}

/** Opens a store, with nothing in it unless the options say what or where it is. */
export async function openTestedStore(options: Partial<OpenStoreOptions> = {}): Promise<MessageStore> {
  const given = [options.path, options.mongodb, options.engine].some((where) => where !== undefined);
  if (given) return openStore(options);
  if (ENGINE === 'sqlite') return openStore({ path: ':memory:', ...options });
  const { uri, giveBack } = await takeDatabase();
  const store = await openStore({ mongodb: uri, ...options });
  afterClose(store, giveBack);
  return store;
}

/** Opens an engine with nothing in it. */
export async function openTestedEngine(): Promise<Engine> {
  if (ENGINE === 'sqlite') return openTestEngine(':memory:');
  const { db, giveBack } = await takeDatabase();
  const engine = await openMongoTestEngine(db);
  afterClose(engine, giveBack);
  return engine;
}

function afterClose(opened: { close(): Promise<void> }, then: () => void): void {
  const close = opened.close.bind(opened);
  let closed: Promise<void> | null = null;
  opened.close = () => {
    closed ??= close().then(then);
    return closed;
  };
}
