/** The two collections of the attachment tier: which documents lie in them, and what the cluster must know of them. */

import { randomBytes } from 'node:crypto';
import type { Collection, Db, Filter } from 'mongodb';
import type { BlobId } from '../model/ids.ts';

/** Octets of every chunk but the last of a blob. */
export const CHUNK: number = 256 * 1024;

/** Names the chunks that one writer wrote: 32 hex digits. */
export type UploadId = string;

/**
 * A document of `blobs`. With `size` it is a blob, and its chunks are there. Without, it says that there may be chunks
 * that belong to no blob: as `_id` has a blob's name while a small one is written and while one is removed, and
 * `upload.` with the upload for everything else.
 */
export interface BlobDocument {
  readonly _id: string;
  readonly upload: UploadId;
  /** Milliseconds since 1970. 0 in a mark on an upload that is being swept. */
  readonly modified: number;
  readonly size?: number;
  /** How many chunks there are. */
  readonly chunks?: number;
  /** In a mark: the blob that the upload may have become. */
  readonly blobId?: BlobId;
}

/** A blob that can be read. */
export interface StoredBlob extends BlobDocument {
  readonly size: number;
  readonly chunks: number;
}

/** A piece of a blob. */
export interface ChunkDocument {
  readonly _id: string;
  readonly upload: UploadId;
  readonly data: Uint8Array;
  /** CRC-32 of `data`. */
  readonly crc: number;
}

/** The collections of the attachment tier. */
export interface BlobCollections {
  readonly blobs: Collection<BlobDocument>;
  readonly chunks: Collection<ChunkDocument>;
}

/** What has to be there: collections, and the field that each is sharded by, hashed. No index beside that of `_id`. */
export const BLOB_COLLECTION_PLANS: readonly {
  readonly name: string;
  readonly shardKey: string;
  readonly indexes: readonly [];
}[] = [
  { name: 'blobs', shardKey: '_id', indexes: [] },
  { name: 'chunks', shardKey: 'upload', indexes: [] },
];

/** The collections of a database. Acknowledged means on the disks of a majority, and seen by the next read. */
export function openBlobCollections(db: Db): BlobCollections {
  const options = { writeConcern: { w: 'majority', journal: true }, readPreference: 'primary' } as const;
  return { blobs: db.collection('blobs', options), chunks: db.collection('chunks', options) };
}

/** Whether a document is a blob. */
export function isStored(document: BlobDocument | null): document is StoredBlob {
  return document?.size !== undefined;
}

/** A name that nobody has. */
export function newUploadId(): UploadId {
  return randomBytes(16).toString('hex');
}

/** `_id` of a mark. */
export function markId(upload: UploadId): string {
  return `upload.${upload}`;
}

/** `_id` of a chunk, by its place in the upload. In order of their names they are in order. */
export function chunkId(upload: UploadId, index: number): string {
  return `${upload}.${index.toString(16).padStart(8, '0')}`;
}

/** Chunks from `first` to `last`, inclusive. On one shard by `upload`, and there in one range of `_id`. */
export function chunksBetween(upload: UploadId, first: number, last: number): Filter<ChunkDocument> {
  return { upload, _id: { $gte: chunkId(upload, first), $lte: chunkId(upload, last) } };
}

/** All chunks of an upload. */
export function chunksOf(upload: UploadId): Filter<ChunkDocument> {
  return chunksBetween(upload, 0, 0xffffffff);
}
