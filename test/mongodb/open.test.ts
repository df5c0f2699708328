/** What a database must be before a store opens on it. */

import type { Db } from 'mongodb';
import { describe, expect, test } from 'vitest';
import { clusterKind } from '../../src/mongodb/schema.ts';
import { openStore } from '../../src/open-store.ts';
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
