/** What a database must have before it is a store: collections, sharded where there are shards, and indexes. */

import { setTimeout } from 'node:timers/promises';
import type { Db, Document } from 'mongodb';
import { EiderError, isEiderError } from '../errors.ts';
import { COLLECTION_PLANS, type CollectionPlan, type IndexPlan, type KeyedDocument } from './collections.ts';
import { toEiderError } from './mongo-error.ts';

/** The version of the documents. */
export const SCHEMA_VERSION = 1;

/** Of two processes that make the same index one waits for the other, and seldom for a third. */
const CONFLICTS_LET_PASS = 20;

/** What of a store a database holds: its accounts and mail, or attachments; it may hold both. */
export type StorePart = 'schema' | 'attachments';

/** `sharded`: behind a mongos; `replicaSet`: one replica set. */
export type ClusterKind = 'sharded' | 'replicaSet';

/** One thing that {@link initDatabase} did, or found done. */
export interface InitStep {
  /** Such as `collection mail` or `index mail.shared`. */
  readonly what: string;
  readonly done: 'made' | 'sharded' | 'there';
}

/**
 * What the server is. @throws `STORE_UNSUITABLE` for a server that is neither: it has no transactions.
 */
export async function clusterKind(db: Db): Promise<ClusterKind> {
  const hello = await db.admin().command({ hello: 1 });
  if (hello.msg === 'isdbgrid') return 'sharded';
  if (typeof hello.setName === 'string') return 'replicaSet';
  throw new EiderError(
    'STORE_UNSUITABLE',
    'the MongoDB server stands alone and so has no transactions; start it as a replica set (one member is enough)',
  );
}

/** Makes what is missing, as often as it is called; tells what it did. @throws `SCHEMA_TOO_NEW`, `STORE_UNSUITABLE`. */
export async function initDatabase(
  db: Db,
  plans: readonly CollectionPlan[] = COLLECTION_PLANS,
  part: StorePart = 'schema',
): Promise<readonly InitStep[]> {
  const kind = await clusterKind(db);
  await requireVersion(db, part);
  const steps: InitStep[] = [];
  const names = await collectionNames(db);
  for (const plan of plans) steps.push(...(await makeCollection(db, plan, kind, !names.has(plan.name))));
  await db
    .collection<KeyedDocument>('meta')
    .updateOne(
      { _id: part },
      { $setOnInsert: { version: SCHEMA_VERSION } },
      { upsert: true, writeConcern: { w: 'majority' } },
    );
  return steps;
}

/**
 * Makes sure that a database is a store of this version; an empty one becomes one if `create` is set.
 *
 * @throws `STORE_UNSUITABLE` when something is missing, by name, or the server has no transactions; `SCHEMA_TOO_NEW`.
 */
export async function requireDatabase(
  db: Db,
  plans: readonly CollectionPlan[] = COLLECTION_PLANS,
  part: StorePart = 'schema',
  create = true,
): Promise<ClusterKind> {
  const kind = await clusterKind(db);
  if (!(await requireVersion(db, part))) {
    if (!create) throw noStore(db, part);
    await initDatabase(db, plans, part);
    return kind;
  }
  const missing: string[] = [];
  const names = await collectionNames(db);
  for (const plan of plans) {
    if (plan.indexes.length === 0) continue;
    const there = names.has(plan.name) ? await indexNames(db, plan.name) : new Set();
    const lacking = plan.indexes.filter(({ name }) => !there.has(name)).map(({ name }) => `${plan.name}.${name}`);
    // It is empty, or nearly so, and made in no time.
    if (lacking.length > 0 && plan.later) await addCollection(db, plan, kind, !names.has(plan.name));
    else missing.push(...lacking);
  }
  if (missing.length > 0) {
    throw new EiderError(
      'STORE_UNSUITABLE',
      `the database lacks ${missing.length === 1 ? 'the index' : 'the indexes'} ${missing.join(', ')}: run "eider mongodb init"`,
    );
  }
  return kind;
}

/** Makes what is missing of a collection. */
async function makeCollection(db: Db, plan: CollectionPlan, kind: ClusterKind, isNew: boolean): Promise<InitStep[]> {
  if (isNew) await ignoring(48, () => db.createCollection(plan.name));
  const sharded = kind === 'sharded' && plan.shardKey !== null && (await shard(db, plan.name, plan.shardKey));
  const steps: InitStep[] = [{ what: `collection ${plan.name}`, done: sharded ? 'sharded' : isNew ? 'made' : 'there' }];
  const there = await indexNames(db, plan.name);
  for (const index of plan.indexes) {
    const missing = !there.has(index.name);
    if (missing) await createIndex(db, plan.name, index);
    steps.push({ what: `index ${plan.name}.${index.name}`, done: missing ? 'made' : 'there' });
  }
  return steps;
}

/** Makes a collection of a store that was made before there was one. */
async function addCollection(db: Db, plan: CollectionPlan, kind: ClusterKind, isNew: boolean): Promise<void> {
  try {
    await makeCollection(db, plan, kind, isNew);
  } catch (error) {
    const meant = toEiderError(error);
    if (!isEiderError(meant, 'STORE_UNSUITABLE')) throw meant;
    const text = `the database lacks the collection ${plan.name}, which may not be made from here: run "eider mongodb init"`;
    throw new EiderError('STORE_UNSUITABLE', text, { cause: error });
  }
}

function noStore({ databaseName }: Db, part: StorePart): EiderError {
  const lacking = part === 'attachments' ? 'there is no place for attachments' : 'there is no store';
  return new EiderError(
    'STORE_UNSUITABLE',
    `${lacking} in the database ${databaseName}: "eider mongodb init" makes it`,
  );
}

/** Whether the database says that it is a store. @throws `SCHEMA_TOO_NEW`. */
async function requireVersion(db: Db, part: StorePart): Promise<boolean> {
  const found = await db.collection<KeyedDocument>('meta').findOne({ _id: part });
  if (!found) return false;
  if (found.version > SCHEMA_VERSION) {
    throw new EiderError('SCHEMA_TOO_NEW', `the store has schema version ${found.version}, this is ${SCHEMA_VERSION}`);
  }
  return true;
}

async function collectionNames(db: Db): Promise<Set<string>> {
  return new Set((await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name));
}

/** Of a collection that is there: servers differ in what they say of one that is not. */
async function indexNames(db: Db, collection: string): Promise<Set<string>> {
  return new Set((await db.collection(collection).indexes()).map((index) => index.name as string));
}

async function createIndex(db: Db, collection: string, { name, key, having }: IndexPlan): Promise<void> {
  const partial = having && { partialFilterExpression: { [having]: { $exists: true } } };
  const keys = key as Document as Record<string, 1>;
  await whileOthersToo(() => db.collection(collection).createIndex(keys, { name, ...partial }));
}

/** The same again while another process makes the same thing: servers let one of both fail. */
async function whileOthersToo<T>(work: () => Promise<T>, left = CONFLICTS_LET_PASS): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (left === 0 || !isEiderError(toEiderError(error), 'BUSY')) throw error;
    await setTimeout(10 + Math.random() * 100);
    return whileOthersToo(work, left - 1);
  }
}

/** Spreads a collection over the shards; `false` when it is already. */
async function shard(db: Db, collection: string, key: string): Promise<boolean> {
  const admin = db.client.db('admin');
  // Needed before MongoDB 6, harmless after.
  await admin.command({ enableSharding: db.databaseName }).catch(() => {});
  const command = { shardCollection: `${db.databaseName}.${collection}`, key: { [key]: 'hashed' } };
  // AlreadyInitialized: it is sharded so.
  const answer = await ignoring(23, () => admin.command(command));
  return answer !== null;
}

/** `null` for the one error that says that there is nothing to do. */
async function ignoring<T>(code: number, work: () => Promise<T>): Promise<T | null> {
  try {
    return await whileOthersToo(work);
  } catch (error) {
    if ((error as { code?: unknown }).code === code) return null;
    throw error;
  }
}
