/** From what a caller gives to a database: a connection string, a client, or the database itself. */

import type { Db, MongoClient } from 'mongodb';
import { EiderError } from '../errors.ts';
import { toEiderError } from './mongo-error.ts';

/**
 * Where a store lies on MongoDB: a connection string, whose database is `eider` unless it names one; a client, which
 * stays open and whose database is `eider`; or a database, whose client stays open.
 */
export type MongoSource = string | MongoClient | Db;

/**
 * How long to look for a server, how often to look at the one there is, and how long it may take to answer that, all in
 * milliseconds. A server that says nothing more is so known to be away after ten seconds, not forty. What the connection
 * string says of them goes before.
 */
const PATIENCE = { serverSelectionTimeoutMS: 4000, heartbeatFrequencyMS: 5000, connectTimeoutMS: 4000 } as const;
const DEFAULT_DATABASE = 'eider';

/** A database, and whether its client ends with the store. */
export interface OpenedDatabase {
  readonly db: Db;
  readonly closeClient: boolean;
}

/**
 * Connects. The driver is loaded by the first call.
 *
 * @throws `UNAVAILABLE` within 5 seconds, unless the string says otherwise, when no server answers, `INVALID_ARGUMENT` for a string that is none.
 */
export async function openDatabase(source: MongoSource): Promise<OpenedDatabase> {
  if (typeof source !== 'string') {
    const isDatabase = 'databaseName' in source;
    return { db: isDatabase ? source : source.db(DEFAULT_DATABASE), closeClient: false };
  }
  const { MongoClient } = await import('mongodb');
  let client: MongoClient;
  try {
    client = new MongoClient(source, { appName: 'eider', ...unlessNamed(source, PATIENCE) });
  } catch (error) {
    throw new EiderError('INVALID_ARGUMENT', 'that is no connection string of MongoDB', { cause: error });
  }
  try {
    await client.connect();
  } catch (error) {
    await client.close().catch(() => {});
    throw toEiderError(error);
  }
  return { db: client.db(databaseOf(source)), closeClient: true };
}

/** Those of `options` that a connection string does not name. */
function unlessNamed(uri: string, options: Readonly<Record<string, number>>): Record<string, number> {
  const [, query = ''] = uri.split('?');
  const named = new Set(query.split('&').map((pair) => pair.split('=')[0]?.toLowerCase()));
  return Object.fromEntries(Object.entries(options).filter(([name]) => !named.has(name.toLowerCase())));
}

/** The database that a connection string names. */
function databaseOf(uri: string): string {
  const [, name] = /^mongodb(?:\+srv)?:\/\/[^/?]+\/([^?]+)/.exec(uri) ?? [];
  return name === undefined ? DEFAULT_DATABASE : decodeURIComponent(name);
}
