/** Reads of one account, all of one state. */

import { type ChangeRow, parseChange } from '../engine/change-text.ts';
import type { AnnotationFilter, FetchOptions, FlagColumns, ReadTransaction, StoredContent } from '../engine/engine.ts';
import type {
  AccountState,
  AnnotationRecord,
  BlobReference,
  CheckFinding,
  FetchedRecord,
  OtherPlace,
  ThreadPlace,
  TierUsage,
} from '../engine/records.ts';
import type { Change } from '../model/change.ts';
import type { BlobId, ContentId, MailboxId, ModSeq, ThreadId } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { UidSet } from '../model/uid-set.ts';
import { accountState, sortedMailboxes } from './account-state.ts';
import { annotationOctets, readAnnotations } from './annotation-documents.ts';
import { blobMentions } from './blob-mentions.ts';
import { checkAccount } from './check.ts';
import { BODY_FIELDS, joinPieces, storedContent } from './content-documents.ts';
import type { ChangeDocument, StateDocument, ThreadDocument, VanishedDocument } from './documents.ts';
import { fetchRecords, readPieces } from './fetch-records.ts';
import { readFlags, readUids, toColumns } from './flag-columns.ts';
import { changesAfter, contentKey, numberOf, threadKey, vanishedAfter } from './keys.ts';
import type { MailReader } from './mail-reader.ts';
import type { MailSearch } from './mail-search.ts';
import { isSetOf, type MailboxNews, readChanged, recordedNews } from './mailbox-news.ts';
import { otherPlaces } from './shared-placements.ts';
import { countThreads, threadPlaces } from './thread-documents.ts';
import { tierUsage } from './tier-usage.ts';

/** Contents read at once for a check of their octets. */
const CONTENTS_READ = 20;

/** A transaction that reads. */
export class MongoReadTransaction implements ReadTransaction {
  protected readonly reader: MailReader;
  readonly #search: MailSearch;
  /** Keywords of a mailbox whose UIDs were read: both come by one statement. */
  readonly #keywords = new Map<MailboxId, readonly string[]>();

  #news: MailboxNews | null = null;

  constructor(reader: MailReader, search: MailSearch) {
    this.reader = reader;
    this.#search = search;
  }

  /** The state to answer from. */
  protected get now(): StateDocument {
    return this.reader.base;
  }

  /** To be awaited before documents are read. */
  protected async ready(): Promise<void> {}

  async state(): Promise<AccountState> {
    return accountState(this.now);
  }

  async mailboxes(): Promise<Mailbox[]> {
    return sortedMailboxes(this.now);
  }

  async mailbox(id: MailboxId): Promise<Mailbox | null> {
    return this.now.mailboxes.find((mailbox) => mailbox.id === id) ?? null;
  }

  async mailboxByPath(path: string): Promise<Mailbox | null> {
    return this.now.mailboxes.find((mailbox) => mailbox.path === path) ?? null;
  }

  async subscriptions(): Promise<string[]> {
    return [...this.now.subscriptions].sort();
  }

  async annotations(filter: AnnotationFilter = {}): Promise<AnnotationRecord[]> {
    await this.ready();
    return readAnnotations(this.reader, filter);
  }

  async annotationOctets(): Promise<number> {
    await this.ready();
    return annotationOctets(this.reader);
  }

  async uids(mailboxId: MailboxId): Promise<Uint32Array> {
    await this.ready();
    const { uids, keywords } = await readUids(this.reader, mailboxId);
    this.#keywords.set(mailboxId, keywords);
    return uids;
  }

  async keywords(mailboxId: MailboxId): Promise<string[]> {
    if (!this.#keywords.has(mailboxId)) await this.uids(mailboxId);
    return [...(this.#keywords.get(mailboxId) ?? [])];
  }

  async flags(mailboxId: MailboxId, uids?: UidSet): Promise<FlagColumns> {
    await this.ready();
    const news = this.#news;
    if (uids && news?.mailboxId === mailboxId && isSetOf(uids, news.rows)) return toColumns(news.rows);
    return readFlags(this.reader, mailboxId, uids);
  }

  async fetch(mailboxId: MailboxId, uids: UidSet, options: FetchOptions): Promise<FetchedRecord[]> {
    await this.ready();
    return fetchRecords(this.reader, mailboxId, uids, options);
  }

  async changedSince(mailboxId: MailboxId, since: ModSeq): Promise<Uint32Array> {
    const highest = (await this.mailbox(mailboxId))?.highestModSeq ?? 0;
    if (highest <= since) return new Uint32Array(0);
    await this.ready();
    const recorded = since >= this.now.changesExpired ? await recordedNews(this, mailboxId, since) : null;
    const rows = await readChanged(this.reader, mailboxId, since, recorded?.changed ?? null);
    // Whoever asks what changed asks next what went and how things are now. In a transaction that may be another story.
    if (!this.reader.pinned) this.#news = { mailboxId, since, rows, vanished: recorded?.vanished ?? null };
    return Uint32Array.from(rows, (row) => row.uid);
  }

  async vanished(mailboxId: MailboxId, since: ModSeq): Promise<UidSet | null> {
    if (since < this.now.changesExpired) return null;
    const news = this.#news;
    if (news?.vanished && news.mailboxId === mailboxId && news.since === since) return news.vanished;
    await this.ready();
    const rows = await this.reader.find<VanishedDocument>([vanishedAfter(this.reader.account, mailboxId, since)]);
    return UidSet.fromRanges(rows.flatMap((row) => UidSet.parse(row.uids).ranges));
  }

  async otherPlaces(mailboxId: MailboxId, uids: UidSet): Promise<OtherPlace[]> {
    await this.ready();
    return otherPlaces(this.reader, mailboxId, uids);
  }

  async search(mailboxId: MailboxId, query: SearchQuery): Promise<Uint32Array> {
    await this.ready();
    return this.#search.run(this.reader, mailboxId, query);
  }

  async changes(since: ModSeq, limit: number): Promise<Change[]> {
    if (since >= this.reader.base.modSeq) return [];
    await this.ready();
    const rows = await this.reader.find<ChangeDocument>([changesAfter(this.reader.account, since)], { limit });
    return rows.map(({ _id, time, items }) => parseChange({ modSeq: numberOf(_id), time, items } satisfies ChangeRow));
  }

  async threads(keys: readonly string[]): Promise<ThreadId[]> {
    const found = await this.readThreads(keys.map((key) => threadKey(this.reader.account, key)));
    return [...new Set(found.map((thread) => thread.threadId))].sort((a, b) => a - b);
  }

  /** Bindings of keys as they are stored. */
  protected async readThreads(keys: readonly string[]): Promise<ThreadDocument[]> {
    if (keys.length === 0) return [];
    return this.reader.findFew<ThreadDocument>(keys, ['threadId']);
  }

  async threadPlaces(threadIds: readonly ThreadId[]): Promise<ThreadPlace[]> {
    await this.ready();
    return threadPlaces(this.reader, threadIds);
  }

  async countThreads(mailboxId: MailboxId, options: { readonly unseen?: boolean } = {}): Promise<number> {
    await this.ready();
    return countThreads(this.reader, mailboxId, options.unseen ?? false);
  }

  async blobReferences(after: ContentId | null, limit: number): Promise<BlobReference[]> {
    await this.ready();
    this.reader.doubt();
    const { account, collections } = this.reader;
    const contents = await collections.contents
      .find(
        { account, _id: { $gt: contentKey(account, after ?? 0), $lt: `${account}.~` }, blobs: { $exists: true } },
        { ...this.reader.options, sort: { _id: 1 }, projection: { blobs: 1 }, limit },
      )
      .toArray();
    return contents.flatMap(({ _id, blobs }) =>
      (blobs ?? []).map(({ id, length, size }) => ({ blobId: id, contentId: numberOf(_id), length, size })),
    );
  }

  async mentions(blobIds: readonly BlobId[]): Promise<Set<BlobId>> {
    await this.ready();
    this.reader.doubt();
    const { account, collections, options } = this.reader;
    return blobMentions(collections, { account, ...options }, blobIds);
  }

  async contents(after: ContentId | null, limit: number): Promise<StoredContent[]> {
    await this.ready();
    this.reader.doubt();
    const { account, collections } = this.reader;
    const found = await collections.contents
      .find(
        { account, _id: { $gt: contentKey(account, after ?? 0), $lt: `${account}.~` } },
        { ...this.reader.options, sort: { _id: 1 }, limit: Math.min(limit, CONTENTS_READ) },
      )
      .toArray();
    await joinPieces(found, BODY_FIELDS, (prefixes) => readPieces(this.reader, prefixes));
    return found.map(storedContent);
  }

  async check(): Promise<CheckFinding[]> {
    await this.ready();
    this.reader.doubt();
    return checkAccount(this.reader);
  }

  async usage(): Promise<TierUsage> {
    await this.ready();
    await this.#search.complete(this.reader);
    return tierUsage(this.reader);
  }
}
