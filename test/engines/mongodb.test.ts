/** The cluster's engine against the engines' conformance suite. */

import type { Db } from 'mongodb';
import { describe, it } from 'vitest';
import { annotationKey, placementKey } from '../../src/mongodb/keys.ts';
import { engineSuite } from '../../src/testing/engine-suite.ts';
import type { PlantedDamage } from '../../src/testing/suite.ts';
import { MONGODB_URI } from '../mongodb/mongo-test.ts';
import { testDatabase } from '../mongodb/open-test-engine.ts';

describe.skipIf(MONGODB_URI === null)('MongoDB', () => {
  const database = testDatabase();
  engineSuite({
    describe,
    it: Object.assign((name: string, body: () => Promise<void>) => it(name, body, 120_000), { skip: it.skip }),
    supports: { persistence: true, processes: true },
    plants: true,
    open: async () => {
      await database.empty();
      return {
        engine: await database.open(),
        reopen: () => database.open(),
        plant: (account, damage) => plantDamage(database.db, account, damage),
      };
    },
  });
});

/** Harms an account's documents past the engine, as a defect would. */
async function plantDamage(db: Db, account: string, damage: PlantedDamage): Promise<void> {
  const mail = db.collection<{ _id: string; account: string; content?: string }>('mail');
  const state = { _id: account, account };
  // Whoever knows the state has to read it again.
  const later = { $inc: { modSeq: 1 } };
  if (damage === 'mailboxCounter') await mail.updateOne(state, { $inc: { modSeq: 1, 'mailboxes.0.messages': 1 } });
  if (damage === 'accountCounter') await mail.updateOne(state, { $inc: { modSeq: 1, octets: 1 } });
  if (damage === 'nextId') await mail.updateOne(state, { ...later, $set: { nextId: 1 } });
  if (damage === 'uidNext') await mail.updateOne(state, { ...later, $set: { 'mailboxes.0.uidNext': 2 } });
  if (damage === 'strayAnnotation') {
    const stray = await mail.findOneAndDelete({ account, _id: { $regex: /\/private\/stray$/ } });
    const _id = annotationKey(account, 99_999, '/private/stray');
    if (stray) await mail.insertOne({ ...stray, _id, mailbox: 99_999 } as typeof stray);
    await mail.updateOne(state, later);
  }
  if (damage !== 'lostContent') return;
  const placement = await mail.findOne({ account, _id: { $gte: placementKey(account, 0, 0), $lt: `${account}.p.~` } });
  await db.collection<{ _id: string }>('contents').deleteOne({ _id: placement?.content ?? '', account } as object);
}
