/** Changes of one account's database. */

import { formatItems } from '../engine/change-text.ts';
import type { FlagsChange, WriteTransaction } from '../engine/engine.ts';
import type { AddedMessage, CheckFinding, CopiedMessage, FlagsResult, NewMessage } from '../engine/records.ts';
import { EiderError } from '../errors.ts';
import type { CopyMode } from '../model/account.ts';
import type { ChangeItem } from '../model/change.ts';
import type { MailboxId, ModSeq, ThreadId } from '../model/ids.ts';
import type { Mailbox, SpecialUse } from '../model/mailbox.ts';
import { UidSet } from '../model/uid-set.ts';
import { writeAnnotation } from './annotation-rows.ts';
import type { ChangeRecorder, CounterChange } from './change-recorder.ts';
import { repairAccount } from './check.ts';
import { copyPlacements } from './copy-placements.ts';
import type { Database } from './database.ts';
import { changeFlags } from './flag-changes.ts';
import { insertContent, insertPlacement } from './insert-message.ts';
import { SqliteReadTransaction, threadKey } from './read-transaction.ts';
import { removePlacements } from './remove-placements.ts';

/** UIDNEXT is a UID too. */
const MAX_UID_NEXT = 0xffffffff;

/** A transaction that writes. The caller has begun it by raising `modSeq`, and commits it or rolls it back. */
export class SqliteWriteTransaction extends SqliteReadTransaction implements WriteTransaction, ChangeRecorder {
  readonly modSeq: ModSeq;
  readonly #items: ChangeItem[] = [];
  #nextId: number;
  #changed = false;

  constructor(db: Database, modSeq: ModSeq, nextId: number) {
    super(db);
    this.modSeq = modSeq;
    this.#nextId = nextId;
  }

  /** Whether there is anything to commit. */
  get changed(): boolean {
    return this.#changed || this.#items.length > 0;
  }

  /** Writes what is written once for the whole transaction. */
  finish(now: number): void {
    this.db.run('UPDATE state SET nextId = ?', this.#nextId);
    if (this.#items.length > 0)
      this.db.run('INSERT INTO change VALUES (?, ?, ?)', this.modSeq, now, formatItems(this.#items));
  }

  /** Takes `count` numbers that name new things; the first of them. */
  takeIds(count: number): number {
    this.#changed = true;
    const first = this.#nextId;
    this.#nextId += count;
    return first;
  }

  record(item: ChangeItem): void {
    this.#items.push(item);
  }

  async createMailbox(path: string, specialUse: SpecialUse | null): Promise<Mailbox> {
    const id = this.takeIds(1);
    const validity = this.db.get<{ v: number }>(
      'UPDATE state SET nextUidValidity = nextUidValidity + 1 RETURNING nextUidValidity - 1 AS v',
    );
    this.db.run(
      'INSERT INTO mailbox VALUES (?, ?, ?, 1, ?, 0, 0, 0, 0, ?, ?)',
      id,
      path,
      validity?.v ?? 1,
      specialUse,
      this.modSeq,
      this.modSeq,
    );
    this.record({ type: 'mailboxCreated', mailboxId: id, path });
    return (await this.mailbox(id)) as Mailbox;
  }

  async renameMailbox(id: MailboxId, path: string): Promise<void> {
    this.db.run('UPDATE mailbox SET path = ? WHERE id = ?', path, id);
    this.record({ type: 'mailboxRenamed', mailboxId: id, path });
  }

  async setSpecialUse(id: MailboxId, specialUse: SpecialUse | null): Promise<void> {
    this.db.run('UPDATE mailbox SET specialUse = ? WHERE id = ?', specialUse, id);
    this.record({ type: 'mailboxChanged', mailboxId: id });
  }

  async deleteMailbox(id: MailboxId): Promise<void> {
    const mailbox = await this.mailbox(id);
    if (!mailbox) return;
    removePlacements(this, this.db, id, UidSet.range(1, mailbox.uidNext));
    this.db.run('DELETE FROM mailbox WHERE id = ?', id);
    this.db.run('DELETE FROM vanished WHERE mailbox = ?', id);
    this.db.run('DELETE FROM annotation WHERE mailbox = ?', id);
    this.record({ type: 'mailboxDeleted', mailboxId: id, path: mailbox.path });
  }

  async setSubscribed(path: string, subscribed: boolean): Promise<void> {
    this.#changed = true;
    this.db.run(
      subscribed ? 'INSERT OR IGNORE INTO subscription VALUES (?)' : 'DELETE FROM subscription WHERE path = ?',
      path,
    );
  }

  async setAnnotations(mailboxId: MailboxId | null, values: ReadonlyMap<string, Uint8Array | null>): Promise<void> {
    if (values.size === 0) return;
    for (const [name, value] of values) writeAnnotation(this.db, mailboxId, name, value);
    this.record({ type: 'metadata', mailboxId, names: [...values.keys()] });
  }

  async newThread(): Promise<ThreadId> {
    return this.takeIds(1);
  }

  async bindThread(threadId: ThreadId, keys: readonly string[]): Promise<void> {
    this.#changed = true;
    for (const key of keys) this.db.run('INSERT OR IGNORE INTO threadKey VALUES (?, ?)', threadKey(key), threadId);
  }

  async add(mailboxId: MailboxId, messages: readonly NewMessage[]): Promise<AddedMessage[]> {
    if (messages.length === 0) return [];
    const now = Date.now();
    const firstId = this.takeIds(messages.length);
    const firstUid = this.takeUids(mailboxId, messages.length);
    const added: AddedMessage[] = [];
    let unseen = 0;
    let deleted = 0;
    let octets = 0;
    for (const [index, message] of messages.entries()) {
      const id = firstId + index;
      insertContent(this.db, id, message.content);
      insertPlacement(this.db, { mailboxId, uid: firstUid + index, id, modSeq: this.modSeq, now, message });
      added.push({ uid: firstUid + index, emailId: id });
      unseen += message.flags.mask & 1 ? 0 : 1;
      deleted += message.flags.mask & 16 ? 1 : 0;
      octets += message.content.size;
    }
    this.count(mailboxId, { messages: messages.length, unseen, deleted, octets });
    this.record({ type: 'added', mailboxId, uids: UidSet.range(firstUid, firstUid + messages.length - 1) });
    return added;
  }

  async setFlags(mailboxId: MailboxId, uids: UidSet, change: FlagsChange): Promise<FlagsResult> {
    return changeFlags(this, this.db, mailboxId, uids, change);
  }

  async copy(from: MailboxId, uids: UidSet, to: MailboxId, mode: CopyMode): Promise<CopiedMessage[]> {
    return copyPlacements(this, this.db, { from, uids, to, mode });
  }

  async move(from: MailboxId, uids: UidSet, to: MailboxId): Promise<CopiedMessage[]> {
    const copied = copyPlacements(this, this.db, { from, uids, to, mode: 'move' });
    removePlacements(this, this.db, from, UidSet.fromSorted(copied.map((pair) => pair.from)));
    return copied;
  }

  async expunge(mailboxId: MailboxId, uids: UidSet): Promise<UidSet> {
    return removePlacements(this, this.db, mailboxId, uids);
  }

  async expireChanges(upTo: ModSeq): Promise<void> {
    this.#changed = true;
    this.db.run('DELETE FROM change WHERE modSeq <= ?', upTo);
    this.db.run('DELETE FROM vanished WHERE modSeq <= ?', upTo);
    this.db.run('UPDATE state SET changesExpired = max(changesExpired, ?)', upTo);
  }

  async repair(): Promise<CheckFinding[]> {
    const findings = repairAccount(this.db);
    if (findings.length === 0) return findings;
    this.#changed = true;
    this.#nextId = this.db.get<{ nextId: number }>('SELECT nextId FROM state')?.nextId ?? this.#nextId;
    return findings;
  }

  /** Takes `count` UIDs of a mailbox; the first of them. */
  takeUids(mailboxId: MailboxId, count: number): number {
    const row = this.db.get<{ first: number }>(
      'UPDATE mailbox SET uidNext = uidNext + ?1 WHERE id = ?2 RETURNING uidNext - ?1 AS first',
      count,
      mailboxId,
    );
    if (!row) throw new EiderError('MAILBOX_NOT_FOUND', 'no such mailbox');
    // RFC 9051 section 2.3.1.1: a UID has 32 bits.
    if (row.first + count > MAX_UID_NEXT) throw new EiderError('LIMIT_EXCEEDED', 'the mailbox has no UID left');
    return row.first;
  }

  /** Adds to the counters of a mailbox and of the account, and stamps the mailbox. */
  count(mailboxId: MailboxId, change: CounterChange): void {
    this.db.run(
      `UPDATE mailbox SET messages = messages + ?, unseen = unseen + ?, deleted = deleted + ?, octets = octets + ?,
         highestModSeq = ? WHERE id = ?`,
      change.messages,
      change.unseen,
      change.deleted,
      change.octets,
      this.modSeq,
      mailboxId,
    );
    if (change.messages !== 0) {
      this.db.run('UPDATE state SET messages = messages + ?, octets = octets + ?', change.messages, change.octets);
    }
  }
}
