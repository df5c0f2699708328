/** How an account's octets lie on the fast tier. */

import type { Collection, Document } from 'mongodb';
import type { TierUsage } from '../engine/records.ts';
import { ofAccount } from './keys.ts';
import type { MailReader } from './mail-reader.ts';

/** Adds up documents as they are sent, before the database compresses them. Reads all of them, so it is for reports. */
export async function tierUsage(reader: MailReader): Promise<TierUsage> {
  reader.doubt();
  const { collections } = reader;
  // One after the other: statements of one transaction cannot run at once.
  const whole = { $bsonSize: '$$ROOT' };
  const mail = await sum(reader, collections.mail, whole);
  const contents = await sum(reader, collections.contents, whole);
  const pieces = await sum(reader, collections.pieces, whole);
  const search = await sum(reader, collections.terms, whole);
  const text = await sum(reader, collections.contents, '$fastOctets');
  return { text, metadata: Math.max(0, mail + contents + pieces - text), search, free: 0 };
}

async function sum<T extends Document>(
  { account, pinned, options }: MailReader,
  collection: Collection<T>,
  expression: unknown,
): Promise<number> {
  const [row] = await collection
    .aggregate<{ octets: number }>(
      [{ $match: { account, _id: ofAccount(account) } }, { $group: { _id: null, octets: { $sum: expression } } }],
      pinned ? options : {},
    )
    .toArray();
  return row?.octets ?? 0;
}
