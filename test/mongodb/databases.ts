/** Databases for tests, made once for each worker and emptied for whoever is next: making collections takes longer. */

import { type Db, MongoClient } from 'mongodb';
import { afterAll, inject } from 'vitest';

/** A database that is somebody's until it is given back. */
export interface TakenDatabase {
  readonly uri: string;
  readonly db: Db;
  /** Nobody has it open any more. */
  giveBack(): void;
}

const free: string[] = [];
let made = 0;
let client: MongoClient | null = null;

afterAll(() => client?.close());

/** A database with nothing in it. */
export async function takeDatabase(): Promise<TakenDatabase> {
  const given = inject('mongodb');
  if (!given) throw new Error('there is no MongoDB cluster');
  client ??= new MongoClient(given.uri);
  const name = free.pop() ?? `${given.prefix}${process.env.VITEST_POOL_ID}_${made++}`;
  const db = client.db(name);
  await emptyDatabase(db);
  return { uri: databaseUri(given.uri, name), db, giveBack: () => void free.push(name) };
}

/** Removes everything but the collections, and the notes that they are there. */
export async function emptyDatabase(db: Db): Promise<void> {
  const collections = await db.listCollections({}, { nameOnly: true }).toArray();
  await Promise.all(
    collections.filter(({ name }) => name !== 'meta').map(({ name }) => db.collection(name).deleteMany({})),
  );
}

/** A cluster's URI with the name of a database. */
export function databaseUri(cluster: string, name: string): string {
  const [, hosts, options] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)\/?[^?]*(\?.*)?$/.exec(cluster) ?? [];
  return `${hosts}/${name}${options ?? ''}`;
}
