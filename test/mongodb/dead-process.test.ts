/** A process that is killed in the middle of a transaction: who wants the same account need not wait for the server. */

import { MongoClient } from 'mongodb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openCollections } from '../../src/mongodb/collections.ts';
import { PinnedTransaction } from '../../src/mongodb/pinned-transaction.ts';
import { Sessions } from '../../src/mongodb/sessions.ts';
import { accountRecord } from '../../src/testing/suite.ts';
import { MONGODB_URI } from './mongo-test.ts';
import { testDatabase } from './open-test-engine.ts';

describe.skipIf(MONGODB_URI === null)('a process that is gone', () => {
  const database = testDatabase();
  const processes = () =>
    database.db.collection<{ _id: string }>('meta').countDocuments({ _id: { $gte: 'process.', $lt: 'process.~' } });

  it('leaves a transaction that the next writer ends, and takes nothing along', { timeout: 120_000 }, async () => {
    await database.empty();
    const engine = await database.open();
    onTestFinished(() => engine.close());
    const { id } = accountRecord();
    await engine.directory.create(accountRecord({ id }));
    await engine.write(id, (tx) => tx.createMailbox('INBOX', null));
    const client = new MongoClient(MONGODB_URI as string);
    onTestFinished(() => client.close());
    const collections = openCollections(client.db(database.db.databaseName));
    const sessions = new Sessions(client, collections.meta);
    await sessions.open();
    const dead = new PinnedTransaction(sessions);
    const change = { $set: { 'mailboxes.0.path': 'LOST' } };
    await collections.mail.updateOne({ _id: id, account: id }, change, { session: dead.session });
    // Nothing is said or done on its behalf from now on.
    sessions.look = () => {};
    const start = performance.now();
    await engine.write(id, (tx) => tx.createMailbox('After', null));
    expect(performance.now() - start).toBeLessThan(30_000);
    const paths = await engine.read(id, async (tx) => (await tx.mailboxes()).map(({ path }) => path));
    expect(paths).toEqual(['After', 'INBOX']);
    // It is looked at once, and one that lives after all tells of itself anew.
    const known = () => database.db.collection<{ _id: string }>('meta').countDocuments({ _id: sessions.name });
    await expect.poll(known, { timeout: 10_000 }).toBe(0);
    Reflect.deleteProperty(sessions, 'look');
    sessions.look();
    await expect.poll(known, { timeout: 10_000 }).toBe(1);
    await sessions.close();
    expect(await known()).toBe(0);
  });

  it('is forgotten when it ends in good order', { timeout: 120_000 }, async () => {
    const engine = await database.open();
    const before = await processes();
    await engine.close();
    expect(await processes()).toBe(before - 1);
  });

  it('lends sessions beyond those that it told of, and takes them back', { timeout: 120_000 }, async () => {
    const client = new MongoClient(MONGODB_URI as string);
    onTestFinished(() => client.close());
    const sessions = new Sessions(client, openCollections(database.db).meta);
    await sessions.open();
    const taken = Array.from({ length: 100 }, () => sessions.take());
    expect(new Set(taken.map(({ id }) => id?.id.toString('hex'))).size).toBe(100);
    for (const session of taken) await sessions.give(session);
    expect(taken.slice(0, 32).every(({ hasEnded }) => !hasEnded)).toBe(true);
    await sessions.close();
    expect(taken.every(({ hasEnded }) => hasEnded)).toBe(true);
  });
});
