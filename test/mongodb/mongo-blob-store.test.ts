/** What is special to blobs in MongoDB: the commands they cost, damage, left-overs of crashes, and a server that is away. */

import type { CommandStartedEvent } from 'mongodb';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { StoredBlob } from '../../src/mongodb/blob-collections.ts';
import { MongoBlobStore } from '../../src/mongodb/mongo-blob-store.ts';
import { readBlob } from '../../src/mongodb/read-blob.ts';
import { age, CHUNK, checkSweep, count, get, listed, noise, openBlobs, put, sha256 } from './blob-fixture.ts';
import { MONGODB_URI, openTestClient } from './mongo-test.ts';
import { startProxy } from './tcp-proxy.ts';

const onMongo = describe.runIf(MONGODB_URI !== null);

onMongo('commands', () => {
  async function watched() {
    const opened = await openBlobs({ monitorCommands: true });
    const events: CommandStartedEvent[] = [];
    opened.db.client.on('commandStarted', (event) => events.push(event));
    const during = async (work: () => Promise<unknown>): Promise<string[]> => {
      events.length = 0;
      await work();
      return events.map((event) => `${event.commandName} ${event.command[event.commandName]}`);
    };
    return { ...opened, events, during };
  }

  test('a small blob costs one when it is known, and three when it is new', async () => {
    const { store, during } = await watched();
    const octets = noise(1024 * 1024);
    expect(await during(() => put(store, octets))).toEqual(['findAndModify blobs', 'insert chunks', 'update blobs']);
    expect(await during(() => put(store, octets))).toEqual(['findAndModify blobs']);
  });

  test('a large one is written by the megabyte, and noted before its first chunk', async () => {
    const { store, during } = await watched();
    const octets = noise(2_500_000);
    const written = ['insert blobs', 'insert chunks', 'insert chunks', 'insert chunks', 'update blobs'];
    expect(await during(() => put(store, octets))).toEqual([
      ...written,
      'findAndModify blobs',
      'insert blobs',
      'delete blobs',
    ]);
    expect(await during(() => put(store, octets))).toEqual([
      ...written,
      'findAndModify blobs',
      'delete chunks',
      'delete blobs',
    ]);
  });

  test('a range costs one find of the chunks that it touches', async () => {
    const { store, events, during } = await watched();
    const blobId = await put(store, noise(3_000_000));
    expect(await during(() => get(store, blobId, { start: CHUNK - 1, end: CHUNK + 1 }))).toEqual([
      'find blobs',
      'find chunks',
    ]);
    const { filter, limit, batchSize } = events[1]!.command;
    expect({ limit, batchSize }).toEqual({ limit: 2, batchSize: 4 });
    expect(filter._id).toEqual({ $gte: `${filter.upload}.00000000`, $lte: `${filter.upload}.00000001` });
    expect((await during(() => get(store, blobId))).slice(2)).toEqual(
      ['getMore 0', 'getMore 0'].map(() => expect.any(String)),
    );
  });

  test('each names one shard, is written to a majority and its journal, and reads from the primary', async () => {
    const { store, events } = await watched();
    const large = noise(1_500_000);
    const blobId = await put(store, large);
    await put(store, large);
    await get(store, blobId);
    await store.stat(blobId);
    await store.delete(blobId);
    const aborted = store.create();
    await aborted.write(large);
    await aborted.abort();
    expect(events.length).toBeGreaterThan(15);
    for (const { commandName, command } of events) {
      if (/insert|update|delete|findAndModify/.test(commandName)) {
        expect(command.writeConcern).toMatchObject({ w: 'majority', j: true });
      } else {
        expect(command.$readPreference?.mode ?? 'primary').toBe('primary');
      }
      const key = command[commandName] === 'blobs' ? '_id' : 'upload';
      const targets = command.documents ?? [
        ...(command.updates ?? command.deletes ?? []).map((each: { q: object }) => each.q),
        ...(command.query ? [command.query] : []),
        ...(command.filter ? [command.filter] : []),
      ];
      if (commandName !== 'getMore') expect(targets.length).toBeGreaterThan(0);
      for (const target of targets) expect(target[key]).toEqual(expect.any(String));
    }
  });
});

onMongo('ranges', () => {
  test('are exact at every border of a chunk', async () => {
    const { store } = await openBlobs();
    const octets = noise(2 * CHUNK + 1_000);
    const blobId = await put(store, octets);
    const borders = [0, CHUNK, 2 * CHUNK, octets.length];
    const places = borders.flatMap((at) => [at - 1, at, at + 1]).filter((at) => at >= 0 && at <= octets.length);
    const wrong = [];
    for (const start of places) {
      for (const end of places) {
        const expected = octets.subarray(start, Math.max(start, end));
        if (!(await get(store, blobId, { start, end })).equals(expected)) wrong.push([start, end]);
      }
    }
    expect(wrong).toEqual([]);
  });
});

onMongo('damage', () => {
  test('a chunk that was altered is BLOB_CORRUPT before an octet of it is handed out; others can be read', async () => {
    const { store, collections } = await openBlobs();
    const octets = noise(4 * CHUNK);
    const blobId = await put(store, octets);
    const chunk = (await collections.chunks.find({}, { sort: { _id: 1 } }).toArray())[2]!;
    const data = Buffer.from((chunk.data as unknown as { buffer: Uint8Array }).buffer);
    data[77] = data[77]! ^ 1;
    await collections.chunks.updateOne({ _id: chunk._id, upload: chunk.upload }, { $set: { data } });
    let handed = 0;
    await expect(async () => {
      for await (const piece of store.read(blobId)) handed += piece.length;
    }).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    expect(handed).toBe(2 * CHUNK);
    await expect(get(store, blobId, { start: 2 * CHUNK, end: 2 * CHUNK + 1 })).rejects.toMatchObject({
      code: 'BLOB_CORRUPT',
    });
    expect((await get(store, blobId, { start: 3 * CHUNK })).equals(octets.subarray(3 * CHUNK))).toBe(true);
  });

  test.each([0, 1, 3])('without its chunk %i a blob is BLOB_CORRUPT', async (index) => {
    const { store, collections } = await openBlobs();
    const octets = noise(4 * CHUNK);
    const blobId = await put(store, octets);
    const chunk = (await collections.chunks.find({}, { sort: { _id: 1 } }).toArray())[index]!;
    await collections.chunks.deleteOne({ _id: chunk._id, upload: chunk.upload });
    await expect(get(store, blobId)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    await expect(get(store, blobId, { start: index * CHUNK + 5, end: index * CHUNK + 6 })).rejects.toMatchObject({
      code: 'BLOB_CORRUPT',
    });
  });

  test('a reader whose blob is removed meanwhile learns that, and goes on when it was stored anew', async () => {
    const { store, collections } = await openBlobs();
    const octets = noise(12 * CHUNK);
    const blobId = await put(store, octets);
    const before = (await collections.blobs.findOne({ _id: blobId })) as StoredBlob;
    const rest = async (): Promise<Buffer> => {
      const pieces = [];
      for await (const piece of readBlob(collections, before, 5, octets.length)) pieces.push(piece);
      return Buffer.concat(pieces);
    };
    expect((await rest()).equals(octets.subarray(5))).toBe(true);
    await store.delete(blobId);
    await expect(rest()).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    await put(store, octets);
    expect((await rest()).equals(octets.subarray(5))).toBe(true);
  });
});

onMongo('left-overs', () => {
  test('of a large upload stay for a day, are no blob, and are removed by a listing after it', async () => {
    const opened = await openBlobs();
    const { store, collections } = opened;
    const kept = await put(store, noise(10));
    const writer = store.create();
    await writer.write(noise(2_500_000));
    await vi.waitFor(async () => expect(await count(collections)).toEqual([1, 1, 1 + 8]));
    expect(await listed(store)).toEqual([kept]);
    expect(await count(collections)).toEqual([1, 1, 9]);
    await age(collections);
    expect(await listed(store)).toEqual([kept]);
    expect(await count(collections)).toEqual([1, 0, 1]);
    // Should its writer live after all, it finds out.
    await expect(writer.commit()).rejects.toMatchObject({ code: 'ABORTED' });
    await checkSweep(opened);
  });

  test('of small ones are no blob; the same blob can be stored beside them, and is kept when they go', async () => {
    const opened = await openBlobs();
    const { store, collections } = opened;
    const octets = noise(300_000);
    const blobId = sha256(octets);
    await collections.blobs.insertOne({ _id: blobId, upload: 'dead', modified: Date.now() });
    await collections.chunks.insertOne({
      _id: 'dead.00000000',
      upload: 'dead',
      data: octets.subarray(0, CHUNK),
      crc: 1,
    });
    expect(await store.stat(blobId)).toBeNull();
    expect(await listed(store)).toEqual([]);
    expect(await store.delete(blobId)).toBe(false);
    await expect(get(store, blobId)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    expect(await put(store, octets)).toBe(blobId);
    expect((await get(store, blobId)).equals(octets)).toBe(true);
    expect(await count(collections)).toEqual([1, 1, 3]);
    await checkSweep(opened);
    expect(await count(collections)).toEqual([1, 0, 2]);
  });

  test('of small ones that nobody stores again go', async () => {
    const opened = await openBlobs();
    const { collections } = opened;
    const blobId = sha256(Buffer.from('x'));
    await collections.blobs.insertOne({ _id: blobId, upload: 'dead', modified: Date.now() });
    await collections.chunks.insertOne({ _id: 'dead.00000000', upload: 'dead', data: Buffer.from('x'), crc: 1 });
    await checkSweep(opened);
    expect(await count(collections)).toEqual([0, 0, 0]);
  });

  test('a sweep that was cut short is done again, and a commit that was is not undone', async () => {
    const opened = await openBlobs();
    const { store, collections } = opened;
    const blobId = await put(store, noise(1_500_000));
    const { upload } = (await collections.blobs.findOne({ _id: blobId }))!;
    await collections.blobs.insertMany([
      { _id: `upload.${upload}`, upload, blobId, modified: Date.now() },
      { _id: 'upload.dead', upload: 'dead', modified: 0 },
    ]);
    await collections.chunks.insertOne({ _id: 'dead.00000000', upload: 'dead', data: Buffer.from('x'), crc: 1 });
    await checkSweep(opened);
    expect(await count(collections)).toEqual([1, 0, 6]);
  });

  test('there are none of aborted writers, nor of those that closing ends', async () => {
    const { store, collections } = await openBlobs();
    const aborted = store.create();
    await aborted.write(noise(2_500_000));
    await aborted.abort();
    await store.create().write(noise(2_500_000));
    await store.create().write(noise(10));
    await store.close();
    expect(await count(collections)).toEqual([0, 0, 0]);
  });
});

onMongo('listing', () => {
  test('goes on past a page', async () => {
    const { store, collections } = await openBlobs();
    const ids = Array.from({ length: 2_345 }, (_, i) => sha256(Buffer.from(`${i}`)));
    await collections.blobs.insertMany(ids.map((_id) => ({ _id, upload: 'x', modified: 5, size: 7, chunks: 1 })));
    expect(await listed(store)).toEqual(ids.sort());
  });
});

onMongo('a server that is away', () => {
  const quick = {
    directConnection: true,
    serverSelectionTimeoutMS: 2_000,
    connectTimeoutMS: 1_000,
    heartbeatFrequencyMS: 500,
  };

  async function openBehindProxy() {
    const { db } = await openBlobs();
    const proxy = await startProxy(new URL(MONGODB_URI as string));
    onTestFinished(() => proxy.close());
    const client = openTestClient(quick, proxy.uri);
    const store = new MongoBlobStore({ db: client.db(db.databaseName), onClose: () => client.close() });
    return { store, proxy };
  }

  const timed = async (work: () => Promise<unknown>): Promise<void> => {
    const began = Date.now();
    await expect(work()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(Date.now() - began).toBeLessThan(5_000);
  };

  test.each(['refuse', 'stall'] as const)('is UNAVAILABLE within 5 seconds, and then back (%s)', async (mode) => {
    const { store, proxy } = await openBehindProxy();
    const [small, large] = [noise(1_000), noise(12 * CHUNK)];
    const blobId = await put(store, large);
    const begun = store.create();
    await begun.write(noise(2_500_000));
    proxy[mode]();
    await Promise.all([
      timed(() => put(store, small)),
      timed(() => put(store, noise(2_500_000))),
      timed(() => get(store, blobId)),
      timed(() => store.stat(blobId)),
      timed(() => store.delete(blobId)),
      timed(() => listed(store)),
      timed(() => begun.commit()),
    ]);
    proxy.resume();
    expect((await get(store, blobId)).equals(large)).toBe(true);
    expect((await get(store, await put(store, small))).equals(small)).toBe(true);
    await store.close();
  });

  test('for a moment does not end a reader', async () => {
    const { store, proxy } = await openBehindProxy();
    const octets = noise(40 * CHUNK);
    const blobId = await put(store, octets);
    const pieces: Buffer[] = [];
    for await (const piece of store.read(blobId)) {
      pieces.push(piece);
      if (pieces.length !== 6) continue;
      proxy.refuse();
      proxy.resume();
    }
    expect(Buffer.concat(pieces).equals(octets)).toBe(true);
    await store.close();
  });

  test('makes a writer fail for good: what was lost between two calls is not left out of the blob', async () => {
    const { store, proxy } = await openBehindProxy();
    await store.stat(sha256(Buffer.alloc(0)));
    const writer = store.create();
    proxy.refuse();
    await expect(writer.write(noise(3_000_000))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    proxy.resume();
    await expect(writer.commit()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await listed(store)).toEqual([]);
    await store.close();
  });
});

onMongo('closing', () => {
  test('runs the hook once, after the writers have ended', async () => {
    const { db, collections } = await openBlobs();
    const onClose = vi.fn(async () => expect(await count(collections)).toEqual([0, 0, 0]));
    const store = new MongoBlobStore({ db, onClose });
    await store.create().write(noise(2_500_000));
    await Promise.all([store.close(), store.close()]);
    expect(onClose).toHaveBeenCalledTimes(1);
  });

  test('of the client by somebody else is STORE_CLOSED', async () => {
    const { db, store } = await openBlobs();
    await db.client.close();
    await expect(store.stat('0'.repeat(64))).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });
});
