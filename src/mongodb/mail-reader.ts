/**
 * Reads of an account's documents that belong to one state of the account.
 *
 * Inside a database transaction the snapshot sees to that. Outside, each statement brings the account's state along,
 * and its answer counts only if that is still the state which the reader began with: one round trip, no transaction,
 * and every answer is of the same moment.
 */

import type { ClientSession, Document } from 'mongodb';
import type { AccountId } from '../model/ids.ts';
import type { Collections, KeyedDocument } from './collections.ts';
import type { ContentDocument, StateDocument } from './documents.ts';
import { type KeyCondition, stateKey } from './keys.ts';
import { findFew } from './statements.ts';

/** The account has moved on since its state was read: everything is to be done once more. */
export class StaleState extends Error {
  override readonly name = 'StaleState';
}

/** Where there are shards, the account has an index too, which for a part of an account is the worse one. */
const KEY_INDEX = { _id: 1 } as const;
/** Documents fetched by one round trip: parsing them takes some 10 ms. */
const BATCH = 5000;

/** What to read of the documents found. */
export interface FindOptions {
  /** A condition beside that on the keys. */
  readonly where?: Document;
  readonly fields?: readonly string[];
  readonly limit?: number;
}

/** Reads one account. */
export class MailReader {
  readonly account: AccountId;
  readonly collections: Collections;
  /** The state that all answers are of. */
  readonly base: StateDocument;
  readonly #session: (() => ClientSession) | null;
  /** Whether a statement has shown that the base is the account's state. */
  confirmed = false;

  /** @param session begins the transaction that the reads are part of; `null` for reads outside any. */
  constructor(collections: Collections, base: StateDocument, session: (() => ClientSession) | null) {
    this.collections = collections;
    this.account = base.account;
    this.base = base;
    this.#session = session;
  }

  /** Whether reads are part of a transaction. */
  get pinned(): boolean {
    return this.#session !== null;
  }

  /** Documents of `mail`, ascending by key. @throws StaleState. */
  async find<T>(keys: readonly KeyCondition[], { where, fields, limit }: FindOptions = {}): Promise<T[]> {
    if (keys.length === 0 || limit === 0) return [];
    const cursor = this.collections.mail.find(this.#filter(keys, where), {
      ...this.#options(),
      sort: { _id: 1 },
      ...(fields && { projection: Object.fromEntries([...fields, 'modSeq'].map((field) => [field, 1])) }),
      ...(limit !== undefined && { limit: this.pinned ? limit : limit + 1 }),
      batchSize: Math.min(BATCH, (limit ?? BATCH) + 1),
      hint: KEY_INDEX,
    });
    return this.#confirm(await cursor.toArray()) as unknown as T[];
  }

  /** Documents of `mail` by their keys, some hundreds at most. @throws StaleState. */
  async findFew<T>(keys: readonly string[], fields: readonly string[]): Promise<T[]> {
    if (!this.#session) return this.find([{ $in: [...keys] }], { fields });
    const filter = { account: this.account, _id: { $in: [...keys] } };
    const projection = Object.fromEntries(fields.map((field) => [field, 1]));
    const place = { db: this.collections.db, session: this.#session(), on: 'mail' };
    return (await findFew(place, filter, projection)) as T[];
  }

  /**
   * Documents of `mail` through more stages, the first of which select and sort by key. Outside a transaction the
   * stages get the state's document too, unless they are given `first`, and it must come out with `_id` and `modSeq`.
   */
  async aggregate<T>(keys: readonly KeyCondition[], stages: readonly Document[]): Promise<T[]> {
    const cursor = this.collections.mail.aggregate<KeyedDocument>(
      [{ $match: this.#filter(keys) }, { $sort: { _id: 1 } }, ...stages],
      { ...this.#options(), batchSize: BATCH, hint: KEY_INDEX },
    );
    return this.#confirm(await cursor.toArray()) as unknown as T[];
  }

  /** Contents by their keys; those that are gone are left out. They never change, so no moment matters. */
  async contents(keys: readonly string[], fields: readonly string[]): Promise<Map<string, ContentDocument>> {
    const found = new Map<string, ContentDocument>();
    if (keys.length === 0) return found;
    const cursor = this.collections.contents.find(
      { account: this.account, _id: { $in: [...keys] } },
      {
        ...(this.#session ? { session: this.#session() } : {}),
        projection: Object.fromEntries(fields.map((field) => [field, 1])),
        batchSize: BATCH,
        hint: KEY_INDEX,
      },
    );
    for await (const content of cursor) found.set(content._id, content);
    return found;
  }

  /** Makes sure that the base is still the account's state. @throws StaleState. */
  async confirm(): Promise<void> {
    if (this.confirmed) return;
    const filter = { _id: stateKey(this.account), account: this.account };
    const state = await this.collections.mail.findOne(filter, { ...this.#options(), projection: { modSeq: 1 } });
    this.#confirm(state ? [state] : []);
    if (this.pinned && state?.modSeq !== this.base.modSeq) throw new StaleState();
    this.confirmed = true;
  }

  /** Statements that bring no state along are to follow: {@link MailReader.confirm} asks once more after them. */
  doubt(): void {
    this.confirmed = false;
  }

  /** Options of other statements of the same transaction. */
  get options(): { readonly session?: ClientSession } {
    return this.#session ? { session: this.#session() } : {};
  }

  #filter(keys: readonly KeyCondition[], where?: Document): Document {
    const conditions: Document[] = keys.map((key) => (where ? { $and: [{ _id: key }, where] } : { _id: key }));
    if (!this.pinned) conditions.unshift({ _id: stateKey(this.account) });
    return conditions.length === 1
      ? { account: this.account, ...conditions[0] }
      : { account: this.account, $or: conditions };
  }

  #options(): Document {
    return this.#session ? { session: this.#session() } : { readConcern: { level: 'snapshot' } };
  }

  #confirm(found: KeyedDocument[]): KeyedDocument[] {
    if (this.pinned) return found;
    const state = found[0];
    if (state?._id !== stateKey(this.account) || state.modSeq !== this.base.modSeq) throw new StaleState();
    this.confirmed = true;
    found.shift();
    return found;
  }
}
