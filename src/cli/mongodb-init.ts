/** `eider mongodb init`: makes the collections and indexes of a store, and spreads them over the shards. */

import type { CommandDef } from 'citty';
import { EiderError } from '../errors.ts';
import { BLOB_COLLECTION_PLANS } from '../mongodb/blob-collections.ts';
import { COLLECTION_PLANS } from '../mongodb/collections.ts';
import { openDatabase } from '../mongodb/connect.ts';
import { toEiderError } from '../mongodb/mongo-error.ts';
import { type InitStep, initDatabase } from '../mongodb/schema.ts';
import { command, UsageError } from './command.ts';
import { printJson } from './output.ts';
import { type Place, showPlace, storeArgs, storePlace } from './store-place.ts';

const { mongodb, 'attachments-mongodb': attachmentsMongodb, attachments } = storeArgs;

type Part = 'store' | 'attachments';

/** May be repeated: what is there stays, what is missing is made. */
export const mongodbInit: CommandDef = command({
  meta: { name: 'init', description: 'Make the collections and indexes of a store, sharded behind a mongos' },
  args: {
    json: { type: 'boolean', description: 'Print a line of JSON for each step' },
    mongodb,
    'attachments-mongodb': attachmentsMongodb,
    attachments: { ...attachments, description: 'Folder of the attachments, which then need no collections' },
  },
  async run(args) {
    const { store, attachments: apart } = storePlace(args);
    if (store.kind !== 'mongodb') throw new UsageError('name the cluster with --mongodb or EIDER_MONGODB');
    await initAt(store, 'store', args.json === true);
    const place = apart ?? store;
    if (place.kind === 'mongodb') await initAt(place, 'attachments', args.json === true);
  },
});

/** What each outcome is called. */
const WORDS: Readonly<Record<InitStep['done'], string>> = {
  made: 'made',
  sharded: 'sharded by the account or the id, hashed',
  there: 'was there',
};

async function initAt(place: Place & { kind: 'mongodb' }, part: Part, json: boolean): Promise<void> {
  const where = showPlace(place);
  try {
    const { db } = await openDatabase(place.uri);
    try {
      const steps = await (part === 'store'
        ? initDatabase(db, COLLECTION_PLANS)
        : initDatabase(db, BLOB_COLLECTION_PLANS, 'attachments'));
      if (!json) console.log(`${part} in the database ${db.databaseName} of ${where}`);
      for (const { what, done } of steps) {
        if (json) printJson({ part, database: db.databaseName, what, done });
        else console.log(`  ${what}: ${WORDS[done]}`);
      }
    } finally {
      await db.client.close();
    }
  } catch (error) {
    const known = toEiderError(error);
    throw known instanceof EiderError
      ? new EiderError(known.code, `${where}: ${known.message}`, { cause: error })
      : error;
  }
}
