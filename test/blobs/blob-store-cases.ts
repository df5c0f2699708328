/** The shared cases of blob stores. */

import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { BlobStore } from '../../src/engine/blob-store.ts';

const sha256 = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex');

/** Octets that repeat nowhere near. */
function pattern(length: number, seed = 1): Buffer {
  const octets = Buffer.alloc(length);
  let value = seed;
  for (let i = 0; i < length; i++) {
    value = (value * 1103515245 + 12345) & 0x7fffffff;
    octets[i] = value >> 16;
  }
  return octets;
}

/** What every blob store has to do; `open` gives an empty one. */
export function blobStoreCases(open: () => Promise<BlobStore>): void {
  async function put(store: BlobStore, octets: Buffer, step = octets.length || 1) {
    const writer = store.create();
    for (let at = 0; at < octets.length; at += step) await writer.write(octets.subarray(at, at + step));
    return writer.commit();
  }

  async function get(store: BlobStore, blobId: string, range?: { start?: number; end?: number }) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.read(blobId, range)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  test.each([0, 1, 65_536, 1_048_576, 1_048_577, 3_500_001])('gives %d octets back', async (size) => {
    const store = await open();
    const octets = pattern(size);
    const { blobId, size: told } = await put(store, octets, 60_001);
    expect(blobId).toBe(sha256(octets));
    expect(told).toBe(size);
    expect((await get(store, blobId)).equals(octets)).toBe(true);
    expect(await store.stat(blobId)).toMatchObject({ blobId, size });
    await store.close();
  });

  test('takes chunks larger than its buffer, and does not keep them', async () => {
    const store = await open();
    const octets = pattern(5_000_000);
    const writer = store.create();
    const chunk = Buffer.from(octets.subarray(0, 10));
    await writer.write(chunk);
    chunk.fill(0);
    await writer.write(octets.subarray(10, 20));
    await writer.write(octets.subarray(20));
    const { blobId } = await writer.commit();
    expect(blobId).toBe(sha256(octets));
    expect((await get(store, blobId)).equals(octets)).toBe(true);
    await store.close();
  });

  test('reads ranges', async () => {
    const store = await open();
    const octets = pattern(700_000);
    const { blobId } = await put(store, octets);
    for (const [start, end] of [
      [0, 1],
      [1, 1],
      [699_999, 700_000],
      [100, 600_000],
      [262_144, 524_288],
    ] as const) {
      expect((await get(store, blobId, { start, end })).equals(octets.subarray(start, end))).toBe(true);
    }
    expect((await get(store, blobId, { start: 690_000 })).equals(octets.subarray(690_000))).toBe(true);
    await store.close();
  });

  test('a reader may stop early', async () => {
    const store = await open();
    const { blobId } = await put(store, pattern(2_000_000));
    for await (const chunk of store.read(blobId)) {
      expect(chunk.length).toBeLessThanOrEqual(262_144);
      break;
    }
    await store.close();
  });

  test('says what is missing and what is too short', async () => {
    const store = await open();
    const { blobId } = await put(store, pattern(1_000));
    await expect(get(store, sha256(Buffer.from('x')))).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    await expect(get(store, '../../etc/passwd')).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    await expect(get(store, blobId, { start: 0, end: 1_001 })).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    expect(await store.stat(sha256(Buffer.from('x')))).toBeNull();
    expect(await store.stat('../x')).toBeNull();
    await store.close();
  });

  test('the same octets are one blob, and committing them again renews it', async () => {
    const store = await open();
    const octets = pattern(10_000);
    const results = await Promise.all(Array.from({ length: 8 }, () => put(store, octets)));
    expect(new Set(results.map((result) => result.blobId)).size).toBe(1);
    const listed = [];
    for await (const info of store.list()) listed.push(info);
    expect(listed).toEqual([await store.stat(results[0]!.blobId)]);
    const before = (await store.stat(results[0]!.blobId))!.modified;
    await new Promise((resolve) => setTimeout(resolve, 20));
    await put(store, octets);
    expect((await store.stat(results[0]!.blobId))!.modified).toBeGreaterThan(before);
    await store.close();
  });

  test('lists all, deletes one', async () => {
    const store = await open();
    const ids = [];
    for (let i = 0; i < 20; i++) ids.push((await put(store, pattern(100 + i, i + 1))).blobId);
    const listed = [];
    for await (const { blobId } of store.list()) listed.push(blobId);
    expect(listed.sort()).toEqual(ids.sort());
    expect(await store.delete(ids[0]!)).toBe(true);
    expect(await store.delete(ids[0]!)).toBe(false);
    expect(await store.delete('nonsense')).toBe(false);
    expect(await store.stat(ids[0]!)).toBeNull();
    await expect(get(store, ids[0]!)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    await put(store, pattern(100, 1));
    await store.close();
  });

  test('a blob that was committed again is not deleted by who saw it old', async () => {
    const store = await open();
    const octets = pattern(500);
    const { blobId } = await put(store, octets);
    const seen = (await store.stat(blobId))!.modified;
    await new Promise((resolve) => setTimeout(resolve, 20));
    await put(store, octets);
    expect(await store.delete(blobId, { unmodifiedSince: seen })).toBe(false);
    expect((await get(store, blobId)).equals(octets)).toBe(true);
    expect(await store.delete(blobId, { unmodifiedSince: Date.now() + 1_000 })).toBe(true);
    expect(await store.stat(blobId)).toBeNull();
    await store.close();
  });

  test('an aborted blob is nowhere', async () => {
    const store = await open();
    const writer = store.create();
    const octets = pattern(2_500_000);
    await writer.write(octets);
    await writer.abort();
    await writer.abort();
    expect(await store.stat(sha256(octets))).toBeNull();
    expect(() => writer.write(octets)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    await expect(writer.commit()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await store.close();
  });

  test('is closed once, and says so', async () => {
    const store = await open();
    const { blobId } = await put(store, pattern(10));
    await store.close();
    await store.close();
    expect(() => store.create()).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }));
    await expect(get(store, blobId)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await expect(store.stat(blobId)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await expect(store.delete(blobId)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });
}
