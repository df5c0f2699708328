/** What a database must be before a store opens on it. */

import type { Db } from 'mongodb';
import { describe, expect, test } from 'vitest';
import { clusterKind } from '../../src/mongodb/schema.ts';
import { openParts, openStore } from '../../src/open-store.ts';
import { type TakenDatabase, takeDatabase } from './databases.ts';
import { freshDatabaseName, MONGODB_URI, openTestClient } from './mongo-test.ts';

/** A database that says of its server what a test wants. */
const serverThatIs = (hello: object): Db => ({ admin: () => ({ command: async () => hello }) }) as unknown as Db;

test('a server on its own is refused by name, a replica set and a mongos are not', async () => {
  const alone = clusterKind(serverThatIs({ ok: 1, isWritablePrimary: true }));
  await expect(alone).rejects.toMatchObject({ code: 'STORE_UNSUITABLE', message: /replica set/ });
  expect(await clusterKind(serverThatIs({ ok: 1, setName: 'rs0' }))).toBe('replicaSet');
  expect(await clusterKind(serverThatIs({ ok: 1, msg: 'isdbgrid' }))).toBe('sharded');
});

test.each(['nonsense', 'http://127.0.0.1/', 'mongodb://'])('%s is no connection string', async (mongodb) => {
  await expect(openStore({ mongodb })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

describe.skipIf(MONGODB_URI === null)('a database', () => {
  const opened = async (): Promise<TakenDatabase> => {
    const taken = await takeDatabase();
    await (await openStore({ mongodb: taken.uri })).close();
    return taken;
  };

  test.each(['schema', 'attachments'])('of a newer version is refused: %s', async (part) => {
    const { db, uri, giveBack } = await opened();
    const meta = db.collection<{ _id: string; version: number }>('meta');
    await meta.updateOne({ _id: part }, { $inc: { version: 1 } });
    await expect(openStore({ mongodb: uri })).rejects.toMatchObject({ code: 'SCHEMA_TOO_NEW' });
    await meta.updateOne({ _id: part }, { $inc: { version: -1 } });
    await (await openStore({ mongodb: uri })).close();
    giveBack();
  });

  test('of an earlier release gets the collection that it lacks, whoever opens it, and keeps the rest', async () => {
    const client = openTestClient();
    const db = client.db(freshDatabaseName());
    const store = await openStore({ mongodb: db });
    await store.accounts.create({ name: 'ann', password: 'secret' });
    await store.close();
    await db.collection('vault').drop();

    const opened = await Promise.all(Array.from({ length: 12 }, () => openParts({ mongodb: db, create: false })));
    const names = (await db.collection('vault').indexes()).map(({ name }) => name);
    expect(names).toEqual(['_id_', 'expires']);
    for (const { engine } of opened) expect((await engine.directory.find('ann'))?.name).toBe('ann');
    await opened[0]?.engine.vault.put({ owner: 'a', kind: 'b', key: 'c' }, { value: 'kept' });
    for (const { engine, blobs } of opened) {
      await engine.close();
      await blobs.close();
    }

    // Cut short between the collection and its index.
    await db.collection('vault').dropIndex('expires');
    const again = await openParts({ mongodb: db });
    expect((await db.collection('vault').indexes()).map(({ name }) => name)).toEqual(['_id_', 'expires']);
    expect((await again.engine.vault.get({ owner: 'a', kind: 'b', key: 'c' }))?.value).toBe('kept');
    await again.engine.close();
    await again.blobs.close();
  });

  test('that does not let a missing collection be made says what to do', async () => {
    const client = openTestClient();
    const db = client.db(freshDatabaseName());
    await (await openStore({ mongodb: db })).close();
    await db.collection('vault').drop();
    const refusal = Object.assign(new Error('not authorized'), { name: 'MongoServerError', code: 13 });
    db.createCollection = () => Promise.reject(refusal);
    await expect(openStore({ mongodb: db })).rejects.toMatchObject({
      code: 'STORE_UNSUITABLE',
      message: expect.stringMatching(/collection vault.*"eider mongodb init"/),
    });
  });

  test('without an index is refused, and told which', async () => {
    const name = freshDatabaseName();
    const client = openTestClient();
    const db = client.db(name);
    await (await openStore({ mongodb: db })).close();
    await db.collection('mail').dropIndex('shared');
    await expect(openStore({ mongodb: db })).rejects.toMatchObject({
      code: 'STORE_UNSUITABLE',
      message: expect.stringContaining('mail.shared'),
    });
  });
});
