/** Words that can be read in what a store keeps, whatever engine keeps it. */

import { MongoClient } from 'mongodb';
import { wordsBelow, wordsIn } from './durability/readable-words.ts';
import type { StorePlace } from './engine-under-test.ts';

/** In all files below the path, also those of the write-ahead log; or in all documents of the database. */
export async function wordsAt(place: StorePlace): Promise<string[]> {
  if ('path' in place) return wordsBelow(place.path);
  const client = new MongoClient(place.mongodb);
  try {
    const found: string[] = [];
    for (const { collectionName } of await client.db().collections()) {
      const documents = client.db().collection(collectionName).find({}, { raw: true });
      for await (const octets of documents) {
        found.push(...wordsIn(octets as unknown as Buffer).map((form) => `${form}: ${collectionName}`));
      }
    }
    return found;
  } finally {
    await client.close();
  }
}
