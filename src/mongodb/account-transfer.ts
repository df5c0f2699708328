/** Takes accounts out of a cluster, and into it. */

import { setTimeout as delay } from 'node:timers/promises';
import type { ClientSession, Document } from 'mongodb';
import type {
  AccountTransfer,
  TransferBatch,
  TransferNumbers,
  TransferPlacement,
  TransferProgress,
  TransferState,
  TransferThreadKey,
} from '../engine/account-transfer.ts';
import { formatItems } from '../engine/change-text.ts';
import type { AccountRecord } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import type { AccountId, MailboxId, Uid } from '../model/ids.ts';
import { annotationDocument } from './annotation-documents.ts';
import type { Collections, KeyedDocument } from './collections.ts';
import { contentDocuments } from './content-documents.ts';
import type {
  ChangeDocument,
  ContentDocument,
  PieceDocument,
  PlacementDocument,
  StateDocument,
  ThreadDocument,
  VanishedDocument,
} from './documents.ts';
import { placementOf } from './fetch-records.ts';
import {
  annotationOfKey,
  below,
  changeKey,
  contentKey,
  numberOf,
  placementKey,
  stateKey,
  vanishedKey,
} from './keys.ts';
import { isConflict, isUnavailable, toEiderError } from './mongo-error.ts';
import { PinnedTransaction } from './pinned-transaction.ts';
import type { Sessions } from './sessions.ts';

/** How long to try while the database cannot be reached, in milliseconds. */
const AWAY_MS = 60_000;
const LAST_UID = 0xffffffff;

/** What a transfer needs of the engine. */
export interface MongoTransferParts {
  readonly sessions: Sessions;
  readonly collections: Collections;
  /** @throws `STORE_CLOSED`. */
  requireOpen(): void;
  release(record: AccountRecord): Promise<void>;
}

/** Documents to write to one collection. */
interface Writes {
  readonly collection: 'mail' | 'contents' | 'pieces';
  readonly documents: readonly KeyedDocument[];
}

/** Transfers of one store. */
export class MongoTransfer implements AccountTransfer {
  readonly #parts: MongoTransferParts;

  constructor(parts: MongoTransferParts) {
    this.#parts = parts;
  }

  async numbers(account: AccountId): Promise<TransferNumbers> {
    const filter = { _id: stateKey(account), account };
    const state = (await this.#answer(() => this.#mail.findOne(filter))) as StateDocument | null;
    if (!state) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
    return { nextId: state.nextId, nextUidValidity: state.nextUidValidity };
  }

  async placements(account: AccountId, mailbox: MailboxId, after: Uid, limit: number): Promise<TransferPlacement[]> {
    const keys = { $gt: placementKey(account, mailbox, after), $lte: placementKey(account, mailbox, LAST_UID) };
    const rows = await this.#range<PlacementDocument>(account, keys, limit);
    return rows.map((row) => ({ ...placementOf(row), sentDay: row.sentDay }));
  }

  async threadKeys(account: AccountId, after: string, limit: number): Promise<TransferThreadKey[]> {
    const keys = { $gt: threadKeyOf(account, after), $lte: `${account}.t.~` };
    const rows = await this.#range<ThreadDocument>(account, keys, limit);
    return rows.map(({ _id, threadId }) => ({ key: _id.slice(_id.lastIndexOf('.') + 1), threadId }));
  }

  async progress(account: AccountId, mailboxes: readonly MailboxId[]): Promise<TransferProgress> {
    const last = async (keys: Document | string, collection: 'mail' | 'contents' = 'mail'): Promise<string | null> => {
      const filter = { account, _id: keys } as Document;
      const options = { sort: { _id: -1 }, projection: { _id: 1 } } as const;
      const found = await this.#answer(() => this.#parts.collections[collection].findOne(filter, options));
      return found ? String(found._id) : null;
    };
    const uids = new Map<MailboxId, Uid>();
    for (const id of mailboxes) {
      const key = await last({ $gte: placementKey(account, id, 0), $lte: placementKey(account, id, LAST_UID) });
      if (key) uids.set(id, numberOf(key));
    }
    const content = await last(below(account) as Document, 'contents');
    const thread = await last(below(`${account}.t`) as Document);
    const annotation = await last(below(`${account}.a`) as Document);
    const change = await last(below(`${account}.c`) as Document);
    return {
      content: content ? numberOf(content) : 0,
      uids,
      threadKey: thread ? thread.slice(thread.lastIndexOf('.') + 1) : '',
      annotation: annotation ? annotationOfKey(annotation) : null,
      change: change ? numberOf(change) : 0,
    };
  }

  async put(account: AccountId, batch: TransferBatch): Promise<void> {
    const writes = await this.#writesOf(account, batch);
    await this.#transact(async (session, isFirst) => {
      for (const { collection, documents } of writes) {
        if (documents.length === 0) continue;
        const target = this.#parts.collections[collection] as unknown as Collections['mail'];
        const _id = { $in: documents.map((document) => document._id) };
        // The documents of a try whose commit got no answer may be there.
        if (!isFirst) await target.deleteMany({ account, _id }, { session });
        await target.insertMany([...documents], { session });
      }
    });
  }

  async putState(account: AccountId, state: TransferState): Promise<void> {
    const set: Omit<StateDocument, '_id' | 'account'> = { ...state, writer: '' };
    await this.#transact(async (session) => {
      const found = await this.#mail.updateOne({ _id: stateKey(account), account }, { $set: set }, { session });
      if (found.matchedCount === 0) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
    });
  }

  release(record: AccountRecord): Promise<void> {
    return this.#parts.release(record);
  }

  get #mail(): Collections['mail'] {
    return this.#parts.collections.mail;
  }

  async #writesOf(account: AccountId, batch: TransferBatch): Promise<Writes[]> {
    if (batch.kind === 'contents') {
      const made = batch.contents.map(({ contentId, content }) =>
        contentDocuments(account, contentKey(account, contentId), content),
      );
      return [
        { collection: 'contents', documents: made.map(({ content }) => content) as readonly ContentDocument[] },
        { collection: 'pieces', documents: made.flatMap(({ pieces }) => pieces) as readonly PieceDocument[] },
      ];
    }
    if (batch.kind === 'placements') return [{ collection: 'mail', documents: await this.#placements(account, batch) }];
    if (batch.kind === 'threadKeys') {
      const documents = batch.keys.map(
        ({ key, threadId }): ThreadDocument => ({ _id: threadKeyOf(account, key), account, threadId }),
      );
      return [{ collection: 'mail', documents }];
    }
    if (batch.kind === 'annotations') {
      const documents = batch.annotations.map((annotation) => annotationDocument(account, annotation));
      return [{ collection: 'mail', documents }];
    }
    const changes = batch.changes.map(
      ({ modSeq, time, items }): ChangeDocument => ({
        _id: changeKey(account, modSeq),
        account,
        time,
        items: formatItems(items),
        writer: '',
      }),
    );
    const vanished = batch.vanished.map(
      ({ mailboxId, modSeq, uids }): VanishedDocument => ({
        _id: vanishedKey(account, mailboxId, modSeq),
        account,
        mailbox: mailboxId,
        modSeq,
        uids: uids.toString(),
      }),
    );
    return [{ collection: 'mail', documents: [...changes, ...vanished] }];
  }

  async #placements(
    account: AccountId,
    { mailboxId, placements, shared }: TransferBatch & { kind: 'placements' },
  ): Promise<PlacementDocument[]> {
    const keys = [...new Set(placements.map(({ contentId }) => contentKey(account, contentId)))];
    const filter = { account, _id: { $in: keys }, pieces: { $exists: true } };
    const found = await this.#answer(() =>
      this.#parts.collections.contents.find(filter, { projection: { _id: 1 } }).toArray(),
    );
    const large = new Set(found.map(({ _id }) => _id));
    return placements.map(({ contentId, ...placement }) => {
      const content = contentKey(account, contentId);
      return {
        _id: placementKey(account, mailboxId, placement.uid),
        account,
        ...placement,
        content,
        ...(shared.has(contentId) && { shared: content }),
        ...(large.has(content) && { large: true as const }),
      };
    });
  }

  async #range<T>(account: AccountId, keys: Document, limit: number): Promise<T[]> {
    const filter = { account, _id: keys } as Document;
    return this.#answer(() =>
      this.#mail.find(filter, { sort: { _id: 1 }, limit, batchSize: limit + 1 }).toArray(),
    ) as Promise<T[]>;
  }

  #answer<T>(work: () => Promise<T>): Promise<T> {
    return this.#patiently(work);
  }

  #transact(work: (session: ClientSession, isFirst: boolean) => Promise<void>): Promise<void> {
    return this.#patiently(async (isFirst) => {
      await using pinned = new PinnedTransaction(this.#parts.sessions);
      await work(pinned.session, isFirst);
      await pinned.commit();
    });
  }

  /** Everything here may be done twice, so it is tried until the database is back. */
  async #patiently<T>(work: (isFirst: boolean) => Promise<T>): Promise<T> {
    const until = Date.now() + AWAY_MS;
    for (let round = 0; ; round++) {
      this.#parts.requireOpen();
      try {
        return await work(round === 0);
      } catch (error) {
        if (Date.now() > until || !(isConflict(error) || isUnavailable(error))) throw toEiderError(error);
      }
      await delay(Math.random() * Math.min(2 ** round, 1000));
    }
  }
}

/** The key's `_id`; that of none is before all others. */
const threadKeyOf = (account: AccountId, key: string): string => `${account}.t.${key}`;
