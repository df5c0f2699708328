/** What a transaction is going to write, gathered so that each collection is written to by one statement. */

import type { ClientSession, Document } from 'mongodb';
import type { AccountId } from '../model/ids.ts';
import type { Collections, KeyedDocument } from './collections.ts';
import type { ContentDocuments } from './content-documents.ts';
import type { KeyCondition } from './keys.ts';
import { StaleState } from './mail-reader.ts';
import { sendDeletes, sendInserts, sendUpdates, type UpdateStatement } from './statements.ts';

/** Up to so many new documents go along with the updates; beyond, a statement of their own is cheaper. */
const MAX_UPSERTS = 20;

/** Writes of one transaction that have not been sent. */
export class WriteBatch {
  readonly #account: AccountId;
  readonly #collections: Collections;
  #contents: ContentDocuments[] = [];
  readonly #inserts = new Map<string, KeyedDocument>();
  #updates: UpdateStatement[] = [];
  #deletes: Document[] = [];
  /** How many documents the updates have to find. */
  #expected = 0;

  constructor(account: AccountId, collections: Collections) {
    this.#account = account;
    this.#collections = collections;
  }

  get isEmpty(): boolean {
    return this.#contents.length + this.#inserts.size + this.#updates.length + this.#deletes.length === 0;
  }

  addContent(documents: ContentDocuments): void {
    this.#contents.push(documents);
  }

  /** A new document of `mail`; one with the same key that is still to be written is replaced. */
  insert(document: KeyedDocument): void {
    this.#inserts.set(document._id, document);
  }

  /** A document of `mail`, whether it is there already or not. */
  replace(document: KeyedDocument): void {
    this.#updates.push(upsertOf(document));
    this.#expected++;
  }

  /** Changes documents of `mail`; `count` of them, or the account is not what it was thought to be. */
  update(keys: readonly KeyCondition[], change: Document | Document[], count: number): void {
    this.#updates.push({ q: this.#filter(keys), u: change, multi: true, upsert: false });
    this.#expected += count;
  }

  /** Removes documents of `mail`, after all else that is written to it. */
  delete(keys: readonly KeyCondition[]): void {
    this.#deletes.push(this.#filter(keys));
  }

  /** Writes the account's state if its position is still `modSeq`. */
  updateState(key: string, modSeq: number, set: Document): void {
    const q = { _id: key, account: this.#account, modSeq };
    // First, so that whoever comes too late learns it before anything else is sent.
    this.#updates.unshift({ q, u: { $set: set }, multi: false, upsert: false });
    this.#expected++;
  }

  /** Sends everything. @throws StaleState when a document that must be there is not. */
  async send(session: ClientSession): Promise<void> {
    const inserts = [...this.#inserts.values()];
    const upserts = inserts.length <= MAX_UPSERTS ? inserts.splice(0) : [];
    const updates = [...this.#updates, ...upserts.map(upsertOf)];
    const deletes = this.#deletes;
    const expected = this.#expected + upserts.length;
    const added = this.#contents;
    this.#updates = [];
    this.#deletes = [];
    this.#expected = 0;
    this.#inserts.clear();
    this.#contents = [];
    const { db } = this.#collections;
    const mail = { db, session, on: 'mail' };
    if ((await sendUpdates(mail, updates)) !== expected) throw new StaleState();
    await sendDeletes(mail, deletes);
    await sendInserts(mail, inserts);
    const heads = added.map((documents) => documents.content);
    await sendInserts({ db, session, on: 'contents' }, heads);
    const more = added.flatMap((documents) => documents.pieces);
    await sendInserts({ db, session, on: 'pieces' }, more);
  }

  #filter(keys: readonly KeyCondition[]): Document {
    const ids: Document[] = keys.map((key) => ({ _id: key }));
    return { account: this.#account, ...(ids.length === 1 ? ids[0] : { $or: ids }) };
  }
}

function upsertOf({ _id, account, ...fields }: KeyedDocument): UpdateStatement {
  return { q: { _id, account }, u: { $set: fields }, multi: false, upsert: true };
}
