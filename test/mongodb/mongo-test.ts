/** The MongoDB cluster that tests run on, and databases of it that are nobody else's. */

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Db, MongoClient, type MongoClientOptions } from 'mongodb';
import { inject, onTestFinished } from 'vitest';
import { databaseUri } from './databases.ts';

/** Names the cluster, or `null`: tests that need one have to skip themselves, which was said on standard error. */
export const MONGODB_URI: string | null = inject('mongodb')?.uri ?? null;

/** How long dropping a database may take, in milliseconds. */
const DROP_MS = 15_000;

/** A collection to make, as the sources declare them. */
interface Plan {
  readonly name: string;
  /** Sharded by its hash where the cluster has shards. */
  readonly shardKey: string | null;
}

/** The name of a database that is not there yet, and that is dropped after the test which asks for it. */
export function freshDatabaseName(): string {
  const name = `eider_test_${randomBytes(6).toString('hex')}`;
  onTestFinished(() => withClient((client) => dropPatiently(client.db(name))), 2 * DROP_MS);
  return name;
}

/** A transaction of a process that was killed may be in the way until the server gives it up, some for ever. */
async function dropPatiently(db: Db): Promise<void> {
  const isGone = await Promise.race([db.dropDatabase(), delay(DROP_MS, false, { ref: false })]);
  if (!isGone) console.warn(`the database ${db.databaseName} is left behind: something holds it`);
}

/** The cluster's connection string with such a database. */
export function freshUri(): string {
  return databaseUri(uriOf(), freshDatabaseName());
}

/** Such a database with empty collections; its client is closed after the test. */
export async function openTestDatabase(plans: readonly Plan[], options: MongoClientOptions = {}): Promise<Db> {
  const name = freshDatabaseName();
  const client = openTestClient(options);
  const db = client.db(name);
  const sharded = (await db.admin().command({ hello: 1 })).msg === 'isdbgrid';
  for (const plan of plans) {
    await db.createCollection(plan.name);
    if (!sharded || plan.shardKey === null) continue;
    await client
      .db('admin')
      .command({ shardCollection: `${name}.${plan.name}`, key: { [plan.shardKey]: 'hashed' }, unique: false });
  }
  return db;
}

/** A client that is closed after the test. */
export function openTestClient(options: MongoClientOptions = {}, uri: string = uriOf()): MongoClient {
  const client = new MongoClient(uri, options);
  onTestFinished(() => client.close());
  return client;
}

async function withClient(work: (client: MongoClient) => Promise<unknown>): Promise<void> {
  const client = new MongoClient(uriOf());
  try {
    await work(client);
  } finally {
    await client.close();
  }
}

function uriOf(): string {
  if (MONGODB_URI === null) throw new Error('there is no MongoDB cluster');
  return MONGODB_URI;
}
