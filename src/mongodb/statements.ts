/**
 * Statements of a transaction as the wire has them. The driver's own calls for several writes keep books that nobody
 * reads here; without them a statement costs this process two thirds.
 */

import type { ClientSession, Db, Document } from 'mongodb';

/** Changes of documents: those that `q` finds, or the one that it makes. */
export interface UpdateStatement {
  readonly q: Document;
  readonly u: Document | Document[];
  readonly multi: boolean;
  readonly upsert: boolean;
}

/** Octets of one statement, roughly; a document may have 16 MB. */
const MAX_OCTETS = 8 * 1024 * 1024;
/** Documents of one statement. */
const MAX_DOCUMENTS = 20_000;

/** Where a statement goes. */
export interface StatementPlace {
  readonly db: Db;
  readonly session: ClientSession;
  /** A collection's name. */
  readonly on: string;
}

/** Carries out updates in order; how many documents they found or made. */
export async function sendUpdates(place: StatementPlace, updates: readonly UpdateStatement[]): Promise<number> {
  let count = 0;
  for (const part of parts(updates)) {
    const reply = await send(place, { update: place.on, updates: part, ordered: true });
    count += Number(reply.n);
  }
  return count;
}

/** Removes the documents that any of the filters finds. */
export async function sendDeletes(place: StatementPlace, filters: readonly Document[]): Promise<void> {
  for (const part of parts(filters)) {
    const deletes = part.map((q) => ({ q, limit: 0 }));
    await send(place, { delete: place.on, deletes, ordered: true });
  }
}

/** Adds documents. */
export async function sendInserts(place: StatementPlace, documents: readonly object[]): Promise<void> {
  for (const part of parts(documents)) {
    await send(place, { insert: place.on, documents: part, ordered: true });
  }
}

/** All documents that a filter finds, when they are few. */
export async function findFew(place: StatementPlace, filter: Document, projection: Document): Promise<Document[]> {
  const command = { find: place.on, filter, projection, batchSize: 1000, singleBatch: true };
  return (await send(place, command)).cursor.firstBatch;
}

async function send({ db, session }: StatementPlace, command: Document): Promise<Document> {
  const reply = await db.command(command, { session, ignoreUndefined: true, promoteBuffers: true });
  const [failed] = (reply.writeErrors ?? []) as { readonly code: number; readonly errmsg: string }[];
  // What the driver's own calls would throw.
  if (failed) throw Object.assign(new Error(failed.errmsg), { name: 'MongoServerError', code: failed.code });
  return reply;
}

function* parts<T extends object>(all: readonly T[]): Generator<T[], void, undefined> {
  let part: T[] = [];
  let octets = 0;
  for (const one of all) {
    const more = weightOf(one);
    if (part.length > 0 && (part.length === MAX_DOCUMENTS || octets + more > MAX_OCTETS)) {
      yield part;
      part = [];
      octets = 0;
    }
    part.push(one);
    octets += more;
  }
  if (part.length > 0) yield part;
}

/** Octets of a value in a document, not too few. */
function weightOf(value: unknown): number {
  if (typeof value === 'string') return 16 + 3 * value.length;
  if (value instanceof Uint8Array) return 16 + value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + weightOf(one), 16);
  if (typeof value !== 'object' || value === null) return 16;
  let octets = 16;
  for (const [name, field] of Object.entries(value)) octets += name.length + weightOf(field);
  return octets;
}
