/** Writers, removals and sweeps of one blob at once: a blob has its chunks, and what belongs to none goes. */

import { once } from 'node:events';
import { MongoNetworkError } from 'mongodb';
import { describe, expect, test, vi } from 'vitest';
import { openBlobCollections } from '../../src/mongodb/blob-collections.ts';
import { BlobUploads } from '../../src/mongodb/blob-uploads.ts';
import { MongoBlobStore } from '../../src/mongodb/mongo-blob-store.ts';
import { startBlobChild } from './blob-child.ts';
import {
  age,
  CHUNK,
  checkBlobs,
  checkSweep,
  count,
  get,
  listed,
  noise,
  openBlobs,
  put,
  sha256,
} from './blob-fixture.ts';
import { MONGODB_URI, openTestClient } from './mongo-test.ts';

const onMongo = describe.runIf(MONGODB_URI !== null);

/** Sizes on both sides of what is hashed before it is sent. */
const SIZES = [CHUNK, 5 * CHUNK];

onMongo('at once', () => {
  test.each(SIZES)('eight writers of one blob of %i octets, by two clients', async (size) => {
    const opened = await openBlobs();
    const other = new MongoBlobStore({ db: openTestClient().db(opened.db.databaseName) });
    const octets = noise(size);
    const ids = await Promise.all(Array.from({ length: 8 }, (_, i) => put(i % 2 ? opened.store : other, octets)));
    expect(new Set(ids)).toEqual(new Set([sha256(octets)]));
    expect(await checkBlobs(opened)).toEqual([ids[0]]);
    await checkSweep(opened);
    expect((await count(opened.collections))[2]).toBe(size / CHUNK);
  });

  test.each(SIZES)('a commit of %i octets beside a removal that came to know the blob before it', async (size) => {
    const opened = await openBlobs();
    const { store, collections } = opened;
    const octets = noise(size);
    const blobId = await put(store, octets);
    for (let round = 0; round < 15; round++) {
      await collections.blobs.updateOne({ _id: blobId }, { $set: { modified: 1_000 } });
      await Promise.all([
        put(store, octets),
        store.delete(blobId, { unmodifiedSince: Date.now() - 50_000 }),
        ...(round % 3 === 0 ? [put(store, octets)] : []),
      ]);
      expect((await get(store, blobId)).equals(octets)).toBe(true);
    }
    await checkSweep(opened);
  });

  test('writers, removals, readers and sweeps of a few blobs, without regard for each other', async () => {
    const opened = await openBlobs();
    const { collections, db } = opened;
    const stores = [opened.store, new MongoBlobStore({ db: openTestClient().db(db.databaseName) })];
    const blobs = [0, 1, 300_000, 1_048_576, 1_300_000].map(noise);
    const until = Date.now() + 8_000;
    const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T;
    const done = { write: 0, remove: 0, read: 0, sweep: 0 };
    const work = {
      write: (store: MongoBlobStore, octets: Buffer) => put(store, octets),
      remove: (store: MongoBlobStore, octets: Buffer) => store.delete(sha256(octets)),
      read: async (store: MongoBlobStore, octets: Buffer) => {
        const found = await get(store, sha256(octets)).catch((error: { code?: string }) => error.code);
        if (found !== 'BLOB_MISSING') expect(octets.equals(found as Buffer)).toBe(true);
      },
      // Blobs that nobody touched for long: their removal looks left behind as soon as it has begun.
      sweep: async (store: MongoBlobStore) => {
        await collections.blobs.updateMany({ size: { $exists: true } }, { $set: { modified: 1_000 } });
        await listed(store);
      },
    };
    const loop = async (name: keyof typeof work): Promise<void> => {
      for (; Date.now() < until; done[name]++) await work[name](pick(stores), pick(blobs));
    };
    await Promise.all((['write', 'write', 'write', 'remove', 'remove', 'read', 'sweep'] as const).map(loop));
    expect(Math.min(...Object.values(done))).toBeGreaterThan(5);
    await checkBlobs(opened);
    await checkSweep(opened);
  }, 60_000);
});

onMongo('in between', () => {
  /** What happens just before the chunks of the next small blob are written. */
  function beforeChunks(collections: ReturnType<typeof openBlobCollections>, event: () => Promise<unknown>): void {
    const insertMany = collections.chunks.insertMany.bind(collections.chunks);
    vi.spyOn(collections.chunks, 'insertMany').mockImplementationOnce(async (documents, options) => {
      await event();
      return insertMany(documents, options);
    });
  }

  test.each([
    ['another stores it', false, async (): Promise<void> => {}],
    ['another stores it and it is removed', true, async (): Promise<void> => {}],
  ])('a small blob whose writer is slower: %s', async (_name, removed) => {
    const opened = await openBlobs();
    const { db, store } = opened;
    const collections = openBlobCollections(db);
    const octets = noise(300_000);
    const blobId = sha256(octets);
    beforeChunks(collections, async () => {
      await put(store, octets);
      if (removed) expect(await store.delete(blobId)).toBe(true);
    });
    await new BlobUploads(collections).storeSmall(blobId, octets);
    expect((await get(store, blobId)).equals(octets)).toBe(true);
    await checkSweep(opened);
    expect(await count(collections)).toEqual([1, 0, 2]);
  });

  test('a small blob whose writer is swept meanwhile is written again', async () => {
    const opened = await openBlobs();
    const { db, store } = opened;
    const collections = openBlobCollections(db);
    const octets = noise(300_000);
    beforeChunks(collections, async () => {
      await age(collections);
      expect(await listed(store)).toEqual([]);
      expect(await count(collections)).toEqual([0, 0, 0]);
    });
    await new BlobUploads(collections).storeSmall(sha256(octets), octets);
    await checkSweep(opened);
    expect(await count(collections)).toEqual([1, 0, 2]);
  });

  test('a removal that was cut short is finished by a sweep, or by who stores the blob again', async () => {
    const opened = await openBlobs();
    const { db, store } = opened;
    const octets = noise(300_000);
    for (const again of [false, true]) {
      const blobId = await put(store, octets);
      const collections = openBlobCollections(db);
      vi.spyOn(collections.chunks, 'deleteMany').mockRejectedValueOnce(new Error('cut short'));
      await expect(new BlobUploads(collections).remove(blobId, Infinity)).rejects.toThrow('cut short');
      expect(await store.stat(blobId)).toBeNull();
      if (again) await put(store, octets);
      await checkSweep(opened);
      expect(await count(collections)).toEqual(again ? [1, 0, 2] : [0, 0, 0]);
    }
  });
});

onMongo('an answer that is lost', () => {
  const lost = new MongoNetworkError('the answer was lost');

  test('of the last command of a small blob: it is there', async () => {
    const opened = await openBlobs();
    const collections = openBlobCollections(opened.db);
    const octets = noise(300_000);
    const updateOne = collections.blobs.updateOne.bind(collections.blobs);
    vi.spyOn(collections.blobs, 'updateOne').mockImplementationOnce(async (...parameters) => {
      await updateOne(...parameters);
      throw lost;
    });
    await expect(new BlobUploads(collections).storeSmall(sha256(octets), octets)).rejects.toBe(lost);
    await checkSweep(opened);
    expect(await count(collections)).toEqual([1, 0, 2]);
  });

  test('of the command that makes an upload a blob: it is there, and no abort or sweep takes it', async () => {
    const opened = await openBlobs();
    const { store, collections } = opened;
    const prototype = Object.getPrototypeOf(collections.blobs) as {
      insertOne: (...all: unknown[]) => Promise<unknown>;
    };
    const { insertOne } = prototype;
    const octets = noise(1_500_000);
    const failing = vi.spyOn(prototype, 'insertOne').mockImplementation(async function (this: unknown, ...all) {
      await insertOne.apply(this, all);
      if ((all[0] as { _id: string })._id === sha256(octets)) throw lost;
    });
    const writer = store.create();
    await writer.write(octets);
    await expect(writer.commit()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    failing.mockRestore();
    await writer.abort();
    expect(await count(collections)).toEqual([1, 1, 6]);
    expect((await get(store, sha256(octets))).equals(octets)).toBe(true);
    await checkSweep(opened);
    expect(await count(collections)).toEqual([1, 0, 6]);
  });
});

onMongo('a process that is killed', () => {
  test('has stored what it said it has, and leaves nothing that a sweep does not find', async () => {
    const opened = await openBlobs();
    const acknowledged: string[] = [];
    for (let round = 0; round < 4; round++) {
      const child = startBlobChild('write', opened.db.databaseName);
      child.stdout.on('data', (text: string) =>
        acknowledged.push(...text.split('\n').filter((line) => line.length === 64)),
      );
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 900));
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    expect(acknowledged.length).toBeGreaterThan(4);
    const ids = new Set(await checkBlobs(opened));
    expect(acknowledged.filter((blobId) => !ids.has(blobId))).toEqual([]);
    await checkSweep(opened);
  }, 60_000);
});

onMongo('memory', () => {
  test('a blob of 200 MB comes and goes through a process that grows by less than 64 MB', async () => {
    const { db } = await openBlobs();
    const child = startBlobChild('stream', db.databaseName);
    let text = '';
    child.stdout.on('data', (more: string) => {
      text += more;
    });
    expect(await once(child, 'close')).toEqual([0, null]);
    const { written, read } = JSON.parse(text) as { written: number; read: number };
    console.info(`grew by ${Math.round(written / 2 ** 20)} MB writing, ${Math.round(read / 2 ** 20)} MB reading`);
    expect(written).toBeLessThan(64 * 2 ** 20);
    expect(read).toBeLessThan(64 * 2 ** 20);
  }, 120_000);
});
