/** The collections of a store, and what each needs of the cluster. */

import type { Collection, Db, Document } from 'mongodb';
import type { AccountRecord } from '../engine/engine.ts';
import type { AccountId } from '../model/ids.ts';
import type { ContentDocument, PieceDocument } from './documents.ts';

/** An account of the directory. */
export interface AccountDocument extends Omit<AccountRecord, 'id'> {
  readonly _id: AccountId;
  /** It is being removed: nobody finds it, and its mail goes. */
  readonly removing?: true;
}

/** A name or an address, and whose it is. */
export interface LoginDocument {
  readonly _id: string;
  readonly account: AccountId;
}

/** A block of the search index. */
export interface TermsDocument {
  readonly _id: string;
  readonly account: AccountId;
  /** Milliseconds since 1970. */
  readonly made: number;
  readonly data: Uint8Array;
}

/** A small record. It has a value, or a count when it is a counter. */
export interface VaultDocument {
  readonly _id: string;
  readonly owner: string;
  readonly value?: string;
  readonly count?: number;
  readonly version: number;
  readonly expires: number | null;
}

/** A document with a key of its own making. */
export interface KeyedDocument extends Document {
  readonly _id: string;
}

/** The collections. */
export interface Collections {
  readonly db: Db;
  readonly meta: Collection<KeyedDocument>;
  readonly accounts: Collection<AccountDocument>;
  readonly logins: Collection<LoginDocument>;
  readonly mail: Collection<KeyedDocument>;
  readonly contents: Collection<ContentDocument>;
  readonly pieces: Collection<PieceDocument>;
  readonly terms: Collection<TermsDocument>;
  readonly vault: Collection<VaultDocument>;
}

/** An index that a collection needs beside that of `_id`. */
export interface IndexPlan {
  readonly name: string;
  readonly key: Readonly<Record<string, 1 | 'hashed'>>;
  /** The only documents in it: those that have this field. */
  readonly having?: string;
}

/** A collection that has to be there. */
export interface CollectionPlan {
  readonly name: string;
  /** What it is sharded by, hashed; `null` for one that stays whole. */
  readonly shardKey: string | null;
  readonly indexes: readonly IndexPlan[];
  /** Stores of earlier releases do not have it: it is made when one is opened. */
  readonly later?: true;
}

/** Everything that a store needs, attachments excepted. */
export const COLLECTION_PLANS: readonly CollectionPlan[] = [
  { name: 'meta', shardKey: null, indexes: [] },
  {
    name: 'accounts',
    shardKey: '_id',
    indexes: [{ name: 'removing', key: { removing: 1 }, having: 'removing' }],
  },
  { name: 'logins', shardKey: '_id', indexes: [] },
  {
    name: 'mail',
    shardKey: 'account',
    indexes: [
      { name: 'shared', key: { account: 1, shared: 1 }, having: 'shared' },
      // Keys of threads name threads too; of all documents, those in mailboxes have a UID.
      { name: 'threads', key: { account: 1, threadId: 1 }, having: 'uid' },
    ],
  },
  {
    name: 'contents',
    shardKey: 'account',
    // By blob first: a sweep asks whether any account mentions one.
    indexes: [{ name: 'blobs', key: { 'blobs.id': 1, account: 1 }, having: 'blobs' }],
  },
  { name: 'pieces', shardKey: 'account', indexes: [] },
  { name: 'terms', shardKey: 'account', indexes: [] },
  // For sweeps.
  { name: 'vault', shardKey: 'owner', indexes: [{ name: 'expires', key: { expires: 1 } }], later: true },
];

/** The collections of a database. */
export function openCollections(db: Db): Collections {
  // Acknowledged means on the disks of a majority; what was acknowledged is seen by the next read.
  const options = {
    writeConcern: { w: 'majority', journal: true },
    readPreference: 'primary',
    promoteBuffers: true,
    ignoreUndefined: true,
  } as const;
  return {
    db,
    meta: db.collection('meta', options),
    accounts: db.collection('accounts', options),
    logins: db.collection('logins', options),
    mail: db.collection('mail', options),
    contents: db.collection('contents', options),
    pieces: db.collection('pieces', options),
    terms: db.collection('terms', options),
    vault: db.collection('vault', options),
  };
}
