/** Reads of one account's database. */

import { createHash } from 'node:crypto';
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
import type { BlobId, ContentId, MailboxId, ModSeq, ThreadId, Uid } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { UidSet } from '../model/uid-set.ts';
import { annotationOctets, readAnnotations } from './annotation-rows.ts';
import { checkAccount } from './check.ts';
import { countLines, parseLines, parseNumbers } from './columns.ts';
import { fetchRecords, readContents } from './content-rows.ts';
import type { Database } from './database.ts';
import { otherPlaces } from './labels.ts';
import { searchPlacements } from './search-sql.ts';
import { countThreads, threadPlaces } from './thread-rows.ts';
import { tierUsage } from './tier-usage.ts';

const MAILBOX =
  'id, path, uidValidity, uidNext, specialUse, messages, unseen, deleted, octets, createdModSeq, highestModSeq';

/** How many recorded changes are read to find changed messages before the mailbox itself is looked through. */
const CHANGES_READ = 500;

/** A transaction that reads. */
export class SqliteReadTransaction implements ReadTransaction {
  protected readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  async state(): Promise<AccountState> {
    return this.readState();
  }

  protected readState(): AccountState {
    return this.db.get<AccountState>('SELECT modSeq, octets, messages, changesExpired FROM state') as AccountState;
  }

  async mailboxes(): Promise<Mailbox[]> {
    return this.db.all<Mailbox>(`SELECT ${MAILBOX} FROM mailbox ORDER BY path`);
  }

  async mailbox(id: MailboxId): Promise<Mailbox | null> {
    return this.db.get<Mailbox>(`SELECT ${MAILBOX} FROM mailbox WHERE id = ?`, id) ?? null;
  }

  async mailboxByPath(path: string): Promise<Mailbox | null> {
    return this.db.get<Mailbox>(`SELECT ${MAILBOX} FROM mailbox WHERE path = ?`, path) ?? null;
  }

  async subscriptions(): Promise<string[]> {
    return this.db.all<{ path: string }>('SELECT path FROM subscription ORDER BY path').map((row) => row.path);
  }

  async annotations(filter: AnnotationFilter = {}): Promise<AnnotationRecord[]> {
    return readAnnotations(this.db, filter);
  }

  async annotationOctets(): Promise<number> {
    return annotationOctets(this.db);
  }

  async uids(mailboxId: MailboxId): Promise<Uint32Array> {
    return this.numbers(
      'SELECT group_concat(uid) AS n FROM (SELECT uid FROM placement WHERE mailbox = ? ORDER BY uid)',
      mailboxId,
    );
  }

  async flags(mailboxId: MailboxId, uids?: UidSet): Promise<FlagColumns> {
    const texts: string[] = [];
    for (const [first, last] of (uids ?? UidSet.range(1, 0xffffffff)).ranges) {
      const row = this.db.get<{ t: string | null }>(
        `SELECT group_concat(uid || ' ' || mask || ' ' || modSeq || ' ' || keywords || char(10), '') AS t
         FROM (SELECT * FROM placement WHERE mailbox = ? AND uid BETWEEN ? AND ? ORDER BY uid)`,
        mailboxId,
        first,
        last,
      );
      if (row?.t) texts.push(row.t);
    }
    const count = texts.reduce((sum, text) => sum + countLines(text), 0);
    const columns = { uids: new Uint32Array(count), masks: new Uint8Array(count), modSeqs: new Float64Array(count) };
    const keywords = new Map<Uid, string>();
    let at = 0;
    for (const text of texts) {
      parseLines(text, 3, (numbers, words) => {
        columns.uids[at] = numbers[0] as number;
        columns.masks[at] = numbers[1] as number;
        columns.modSeqs[at++] = numbers[2] as number;
        if (words !== '') keywords.set(numbers[0] as number, words);
      });
    }
    return { ...columns, keywords };
  }

  async fetch(mailboxId: MailboxId, uids: UidSet, options: FetchOptions): Promise<FetchedRecord[]> {
    return fetchRecords(this.db, mailboxId, uids, options);
  }

  async changedSince(mailboxId: MailboxId, since: ModSeq): Promise<Uint32Array> {
    const highest =
      this.db.get<{ m: number }>('SELECT highestModSeq AS m FROM mailbox WHERE id = ?', mailboxId)?.m ?? 0;
    if (highest <= since) return new Uint32Array(0);
    const recorded = since >= this.readState().changesExpired ? this.#recordedChanges(mailboxId, since) : null;
    if (!recorded) {
      return this.numbers(
        'SELECT group_concat(uid) AS n FROM (SELECT uid FROM placement WHERE mailbox = ? AND modSeq > ? ORDER BY uid)',
        mailboxId,
        since,
      );
    }
    const found: number[] = [];
    for (const [first, last] of recorded.ranges) {
      const sql =
        'SELECT group_concat(uid) AS n FROM (SELECT uid FROM placement WHERE mailbox = ? AND uid BETWEEN ? AND ? AND modSeq > ? ORDER BY uid)';
      for (const uid of this.numbers(sql, mailboxId, first, last, since)) found.push(uid);
    }
    return Uint32Array.from(found);
  }

  /** What the change records name, or `null` when they are too many to be worth it. */
  #recordedChanges(mailboxId: MailboxId, since: ModSeq): UidSet | null {
    const rows = this.db.all<ChangeRow>(
      'SELECT * FROM change WHERE modSeq > ? ORDER BY modSeq LIMIT ?',
      since,
      CHANGES_READ,
    );
    if (rows.length === CHANGES_READ) return null;
    const ranges = rows.flatMap((row) =>
      parseChange(row).items.flatMap((item) =>
        (item.type === 'added' || item.type === 'flags') && item.mailboxId === mailboxId ? item.uids.ranges : [],
      ),
    );
    return UidSet.fromRanges(ranges);
  }

  async vanished(mailboxId: MailboxId, since: ModSeq): Promise<UidSet | null> {
    if (since < this.readState().changesExpired) return null;
    const rows = this.db.all<{ uids: string }>(
      'SELECT uids FROM vanished WHERE mailbox = ? AND modSeq > ?',
      mailboxId,
      since,
    );
    return UidSet.fromRanges(rows.flatMap((row) => UidSet.parse(row.uids).ranges));
  }

  async otherPlaces(mailboxId: MailboxId, uids: UidSet): Promise<OtherPlace[]> {
    return otherPlaces(this.db, mailboxId, uids);
  }

  async search(mailboxId: MailboxId, query: SearchQuery): Promise<Uint32Array> {
    return searchPlacements(this.db, mailboxId, query);
  }

  async keywords(mailboxId: MailboxId): Promise<string[]> {
    const rows = this.db.all<{ keywords: string }>(
      "SELECT DISTINCT keywords FROM placement WHERE mailbox = ? AND keywords <> ''",
      mailboxId,
    );
    const names = new Map<string, string>();
    for (const row of rows) for (const name of row.keywords.split(' ')) names.set(name.toLowerCase(), name);
    return [...names.values()].sort();
  }

  async changes(since: ModSeq, limit: number): Promise<Change[]> {
    return this.db
      .all<ChangeRow>('SELECT * FROM change WHERE modSeq > ? ORDER BY modSeq LIMIT ?', since, limit)
      .map(parseChange);
  }

  async threads(keys: readonly string[]): Promise<ThreadId[]> {
    const found = new Set<ThreadId>();
    for (const key of keys) {
      const row = this.db.get<{ threadId: number }>('SELECT threadId FROM threadKey WHERE key = ?', threadKey(key));
      if (row) found.add(row.threadId);
    }
    return [...found].sort((a, b) => a - b);
  }

  async threadPlaces(threadIds: readonly ThreadId[]): Promise<ThreadPlace[]> {
    return threadPlaces(this.db, threadIds);
  }

  async countThreads(mailboxId: MailboxId, options: { readonly unseen?: boolean } = {}): Promise<number> {
    return countThreads(this.db, mailboxId, options.unseen ?? false);
  }

  async blobReferences(after: ContentId | null, limit: number): Promise<BlobReference[]> {
    const rows = this.db.all<{ contentId: number; blobId: Uint8Array; length: number; size: number }>(
      `SELECT contentId, blobId, length, size FROM blobReference WHERE contentId IN
         (SELECT DISTINCT contentId FROM blobReference WHERE contentId > ? ORDER BY contentId LIMIT ?)
       ORDER BY contentId, position`,
      after ?? 0,
      limit,
    );
    return rows.map((row) => ({ ...row, blobId: Buffer.from(row.blobId).toString('hex') }));
  }

  async mentions(blobIds: readonly BlobId[]): Promise<Set<BlobId>> {
    const sql = 'SELECT 1 FROM blobReference WHERE blobId = ? LIMIT 1';
    return new Set(blobIds.filter((id) => this.db.get(sql, Buffer.from(id, 'hex')) !== undefined));
  }

  async contents(after: ContentId | null, limit: number): Promise<StoredContent[]> {
    return readContents(this.db, after ?? 0, limit);
  }

  async check(): Promise<CheckFinding[]> {
    return checkAccount(this.db);
  }

  async usage(): Promise<TierUsage> {
    return tierUsage(this.db);
  }

  /** A single column joined by SQLite. */
  protected numbers(sql: string, ...values: number[]): Uint32Array {
    return parseNumbers(this.db.get<{ n: string | null }>(sql, ...values)?.n ?? null);
  }
}

/** Keys of threads are kept as 16 octets whatever their length. */
export function threadKey(key: string): Buffer {
  return createHash('sha256').update(key).digest().subarray(0, 16);
}
