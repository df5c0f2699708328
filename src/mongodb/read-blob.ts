/** Reads a blob's octets from its chunks, a few at a time. */

import { crc32 } from 'node:zlib';
import { EiderError, isEiderError } from '../errors.ts';
import {
  type BlobCollections,
  CHUNK,
  type ChunkDocument,
  chunkId,
  chunksBetween,
  isStored,
  type StoredBlob,
} from './blob-collections.ts';
import { toEiderError } from './mongo-error.ts';

/** Chunks that one answer brings. */
const BATCH = 4;
const CURSOR_NOT_FOUND = 43;

/**
 * Octets of a blob from `start` to `end`, exclusive. No chunk is handed out before its checksum was found right.
 *
 * @throws `BLOB_MISSING` when it was removed meanwhile, `BLOB_CORRUPT`, `UNAVAILABLE`.
 */
export async function* readBlob(
  { blobs, chunks }: BlobCollections,
  blob: StoredBlob,
  start: number,
  end: number,
): AsyncGenerator<Buffer, void, undefined> {
  let current = blob;
  for (let at = start; at < end; ) {
    const from = at;
    try {
      for await (const octets of readChunks(chunks, current, at, end)) {
        at += octets.length;
        yield octets;
      }
    } catch (error) {
      // Who reads slowly loses the cursor after some minutes, and any reader may live to see another primary.
      if (at === from || !isInterruption(error)) throw toEiderError(error);
      continue;
    }
    if (at < end) current = await findAgain(blobs, current);
  }
}

/** The chunks of one upload, as long as each follows upon the one before. */
async function* readChunks(
  chunks: BlobCollections['chunks'],
  blob: StoredBlob,
  start: number,
  end: number,
): AsyncGenerator<Buffer, void, undefined> {
  const first = Math.floor(start / CHUNK);
  const last = Math.floor((end - 1) / CHUNK);
  const cursor = chunks.find(chunksBetween(blob.upload, first, last), {
    sort: { _id: 1 },
    hint: { _id: 1 },
    limit: last - first + 1,
    batchSize: BATCH,
    promoteBuffers: true,
  });
  let index = first;
  for await (const chunk of cursor) {
    if (chunk._id !== chunkId(blob.upload, index)) return;
    const octets = checked(blob, chunk, index);
    const offset = index * CHUNK;
    index++;
    yield octets.subarray(Math.max(0, start - offset), end - offset);
  }
}

/** @throws `BLOB_CORRUPT`. */
function checked(blob: StoredBlob, { data, crc }: ChunkDocument, index: number): Buffer {
  const length = Math.min(CHUNK, blob.size - index * CHUNK);
  if (!Buffer.isBuffer(data) || data.length !== length || crc32(data) !== crc) {
    throw new EiderError('BLOB_CORRUPT', `chunk ${index} of blob ${blob._id} is damaged`);
  }
  return data;
}

/** The blob after a chunk of it was missing: it may have been removed, and stored anew, since it was looked up. */
async function findAgain(blobs: BlobCollections['blobs'], blob: StoredBlob): Promise<StoredBlob> {
  const found = await blobs.findOne({ _id: blob._id }).catch((error: unknown) => {
    throw toEiderError(error);
  });
  if (!isStored(found)) throw new EiderError('BLOB_MISSING', `no blob ${blob._id}`);
  if (found.upload === blob.upload) throw new EiderError('BLOB_CORRUPT', `a chunk of blob ${blob._id} is missing`);
  return found;
}

function isInterruption(error: unknown): boolean {
  return (
    (error as { code?: unknown } | null)?.code === CURSOR_NOT_FOUND || isEiderError(toEiderError(error), 'UNAVAILABLE')
  );
}
