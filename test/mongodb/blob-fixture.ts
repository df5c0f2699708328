/** A blob store on a database of its own, and a look at what lies in its collections. */

import { createHash, randomBytes } from 'node:crypto';
import type { Db, MongoClientOptions } from 'mongodb';
import { expect } from 'vitest';
import type { BlobStore } from '../../src/engine/blob-store.ts';
import {
  BLOB_COLLECTION_PLANS,
  type BlobCollections,
  isStored,
  openBlobCollections,
} from '../../src/mongodb/blob-collections.ts';
import { MongoBlobStore } from '../../src/mongodb/mongo-blob-store.ts';
import { openTestDatabase } from './mongo-test.ts';

export const CHUNK = 262_144;
const DAY_MS = 86_400_000;

export const sha256 = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex');

/** Octets that nobody stored before. */
export const noise = (size: number): Buffer => randomBytes(size);

/** What a test has in hand. */
export interface Opened {
  readonly db: Db;
  readonly store: MongoBlobStore;
  readonly collections: BlobCollections;
}

export async function openBlobs(options: MongoClientOptions = {}): Promise<Opened> {
  const db = await openTestDatabase(BLOB_COLLECTION_PLANS, options);
  return { db, store: new MongoBlobStore({ db }), collections: openBlobCollections(db) };
}

export async function put(store: BlobStore, octets: Uint8Array, step = 100_000): Promise<string> {
  const writer = store.create();
  for (let at = 0; at < octets.length; at += step) await writer.write(octets.subarray(at, at + step));
  return (await writer.commit()).blobId;
}

export async function get(store: BlobStore, blobId: string, range?: { start?: number; end?: number }): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(blobId, range)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function listed(store: BlobStore): Promise<string[]> {
  const ids = [];
  for await (const { blobId } of store.list()) ids.push(blobId);
  return ids.sort();
}

/** Makes everything that is no blob a day older, so that the next listing takes it for left behind. */
export async function age({ blobs }: BlobCollections): Promise<void> {
  await blobs.updateMany({ size: { $exists: false } }, { $inc: { modified: -DAY_MS - 1 } });
}

/** How many documents there are: blobs, those that say that there may be more, and chunks. */
export async function count({
  blobs,
  chunks,
}: BlobCollections): Promise<[blobs: number, notes: number, chunks: number]> {
  const all = await blobs.find({}).toArray();
  const stored = all.filter(isStored);
  return [stored.length, all.length - stored.length, await chunks.countDocuments({})];
}

/** Each blob is whole; resolves with the names. */
export async function checkBlobs({ store, collections }: Opened): Promise<string[]> {
  const ids = [];
  for (const document of await collections.blobs.find({ size: { $exists: true } }).toArray()) {
    const octets = await get(store, document._id);
    expect(sha256(octets)).toBe(document._id);
    expect(octets.length).toBe(document.size);
    ids.push(document._id);
  }
  return ids;
}

/** When all notes are old, a listing leaves blobs and the chunks of blobs, and nothing else. */
export async function checkSweep(opened: Opened): Promise<void> {
  const { store, collections } = opened;
  await age(collections);
  const ids = await listed(store);
  const documents = await collections.blobs.find({}).toArray();
  expect(documents.map(({ _id }) => _id).sort()).toEqual(ids);
  const expected = documents.flatMap(({ upload, chunks = 0 }) => Array.from({ length: chunks }, () => upload));
  const found = await collections.chunks.find({}, { projection: { upload: 1 } }).toArray();
  expect(found.map(({ upload }) => upload).sort()).toEqual(expected.sort());
  expect((await checkBlobs(opened)).sort()).toEqual(ids);
}
