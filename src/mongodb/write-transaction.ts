/** Changes of one account: worked out in memory, written by a few statements at the end. */

import { randomUUID } from 'node:crypto';
import type { ClientSession } from 'mongodb';
import { formatItems } from '../engine/change-text.ts';
import type { FlagsChange, WriteTransaction } from '../engine/engine.ts';
import type { AddedMessage, CheckFinding, CopiedMessage, FlagsResult, NewMessage } from '../engine/records.ts';
import type { CopyMode } from '../model/account.ts';
import type { ChangeItem } from '../model/change.ts';
import { DELETED, SEEN } from '../model/flags.ts';
import type { MailboxId, ModSeq, ThreadId } from '../model/ids.ts';
import type { Mailbox, SpecialUse } from '../model/mailbox.ts';
import { UidSet } from '../model/uid-set.ts';
import { StateDraft } from './account-state.ts';
import { annotationDocument } from './annotation-documents.ts';
import { contentDocuments, isLarge, sentDayOf } from './content-documents.ts';
import { copyPlacements } from './copy-placements.ts';
import type {
  ChangeDocument,
  PlacementDocument,
  StateDocument,
  ThreadDocument,
  VanishedDocument,
} from './documents.ts';
import { changeFlags } from './flag-changes.ts';
import {
  annotationKey,
  annotationsOf,
  below,
  changeKey,
  contentKey,
  placementKey,
  stateKey,
  threadKey,
  vanishedKey,
} from './keys.ts';
import type { MailReader } from './mail-reader.ts';
import type { MailSearch } from './mail-search.ts';
import type { MailWriter } from './mail-writer.ts';
import { MongoReadTransaction } from './read-transaction.ts';
import { removePlacements } from './remove-placements.ts';
import { repairAccount } from './repair.ts';
import { WriteBatch } from './write-batch.ts';

/** A name for one call of `write`, whatever number of times it is tried. */
export const newWriterName = (): string => randomUUID();

/** A transaction that writes. */
export class MongoWriteTransaction extends MongoReadTransaction implements WriteTransaction, MailWriter {
  readonly modSeq: ModSeq;
  readonly draft: StateDraft;
  readonly batch: WriteBatch;
  readonly #session: () => ClientSession;
  readonly #items: ChangeItem[] = [];
  readonly #vanished = new Map<MailboxId, UidSet>();
  /** Threads by key, as far as they are known; `null` for a key that is bound to none. */
  readonly #threads = new Map<string, ThreadId | null>();
  readonly #writer: string;

  constructor(reader: MailReader, search: MailSearch, session: () => ClientSession, writer: string) {
    super(reader, search);
    this.modSeq = reader.base.modSeq + 1;
    this.draft = new StateDraft(reader.base, writer);
    this.batch = new WriteBatch(reader.account, reader.collections);
    this.#session = session;
    this.#writer = writer;
  }

  declare readonly reader: MailReader;

  /** Whether there is anything to commit. */
  get changed(): boolean {
    return this.draft.changed || this.#items.length > 0 || !this.batch.isEmpty;
  }

  protected override get now(): StateDocument {
    return this.draft.now;
  }

  /** Documents that are to be read are to be what the transaction has made of them. */
  protected override async ready(): Promise<void> {
    if (!this.batch.isEmpty) await this.flush();
  }

  async flush(): Promise<ClientSession> {
    const session = this.#session();
    await this.batch.send(session);
    return session;
  }

  /** Writes what is written once for the whole transaction, and all that has not been sent. */
  async finish(): Promise<StateDocument> {
    const { account } = this.reader;
    if (this.#items.length > 0) {
      const change: ChangeDocument = {
        _id: changeKey(account, this.modSeq),
        account,
        time: Date.now(),
        items: formatItems(this.#items),
        writer: this.#writer,
      };
      this.batch.insert(change);
    }
    for (const [mailbox, uids] of this.#vanished) {
      const vanished: VanishedDocument = {
        _id: vanishedKey(account, mailbox, this.modSeq),
        account,
        mailbox,
        modSeq: this.modSeq,
        uids: uids.toString(),
      };
      this.batch.insert(vanished);
    }
    this.batch.updateState(stateKey(account), this.reader.base.modSeq, this.draft.difference());
    await this.flush();
    return this.draft.now;
  }

  record(item: ChangeItem): void {
    this.#items.push(item);
  }

  vanish(mailboxId: MailboxId, uids: UidSet): void {
    this.#vanished.set(mailboxId, (this.#vanished.get(mailboxId) ?? UidSet.empty).union(uids));
  }

  async createMailbox(path: string, specialUse: SpecialUse | null): Promise<Mailbox> {
    const mailbox = this.draft.addMailbox(path, specialUse);
    this.record({ type: 'mailboxCreated', mailboxId: mailbox.id, path });
    return mailbox;
  }

  async renameMailbox(id: MailboxId, path: string): Promise<void> {
    this.draft.renameMailbox(id, path);
    this.record({ type: 'mailboxRenamed', mailboxId: id, path });
  }

  async setSpecialUse(id: MailboxId, specialUse: SpecialUse | null): Promise<void> {
    this.draft.patchMailbox(id, { specialUse });
    this.record({ type: 'mailboxChanged', mailboxId: id });
  }

  async deleteMailbox(id: MailboxId): Promise<void> {
    const mailbox = await this.mailbox(id);
    if (!mailbox) return;
    if (mailbox.messages > 0) await removePlacements(this, id, UidSet.range(1, mailbox.uidNext));
    // A mailbox that is gone needs no memory of what went before it.
    this.#vanished.delete(id);
    this.draft.removeMailbox(id);
    this.batch.delete([below(annotationsOf(this.reader.account, id))]);
    this.record({ type: 'mailboxDeleted', mailboxId: id, path: mailbox.path });
  }

  async setSubscribed(path: string, subscribed: boolean): Promise<void> {
    this.draft.setSubscribed(path, subscribed);
  }

  async setAnnotations(mailboxId: MailboxId | null, values: ReadonlyMap<string, Uint8Array | null>): Promise<void> {
    if (values.size === 0) return;
    // A batch removes after it has set, whatever the order in which it was told.
    await this.ready();
    const { account } = this.reader;
    const gone: string[] = [];
    for (const [name, value] of values) {
      if (value === null) gone.push(annotationKey(account, mailboxId, name));
      else this.batch.replace({ ...annotationDocument(account, { mailboxId, name, value }) });
    }
    if (gone.length > 0) this.batch.delete([{ $in: gone }]);
    this.record({ type: 'metadata', mailboxId, names: [...values.keys()] });
  }

  async newThread(): Promise<ThreadId> {
    return this.draft.takeIds(1);
  }

  override async threads(keys: readonly string[]): Promise<ThreadId[]> {
    const wanted = await this.#lookUp(keys);
    return [...new Set(wanted.flatMap((key) => this.#threads.get(key) ?? []))].sort((a, b) => a - b);
  }

  async bindThread(threadId: ThreadId, keys: readonly string[]): Promise<void> {
    this.draft.touch();
    const { account } = this.reader;
    for (const key of await this.#lookUp(keys)) {
      if (this.#threads.get(key) !== null) continue;
      this.#threads.set(key, threadId);
      const binding: ThreadDocument = { _id: key, account, threadId };
      this.batch.insert(binding);
    }
  }

  /** Sees to it that the keys' threads are known, without a look at what is known; the keys as they are stored. */
  async #lookUp(keys: readonly string[]): Promise<string[]> {
    const wanted = keys.map((key) => threadKey(this.reader.account, key));
    const unknown = [...new Set(wanted.filter((key) => !this.#threads.has(key)))];
    const found = new Map((await this.readThreads(unknown)).map((thread) => [thread._id, thread.threadId]));
    for (const key of unknown) this.#threads.set(key, found.get(key) ?? null);
    return wanted;
  }

  async add(mailboxId: MailboxId, messages: readonly NewMessage[]): Promise<AddedMessage[]> {
    if (messages.length === 0) return [];
    const firstUid = this.draft.takeUids(mailboxId, messages.length);
    const firstId = this.draft.takeIds(messages.length);
    const now = Date.now();
    const totals = { messages: messages.length, unseen: 0, deleted: 0, octets: 0 };
    for (const [index, message] of messages.entries()) {
      this.#addOne(mailboxId, { uid: firstUid + index, id: firstId + index, now, message });
      totals.unseen += message.flags.mask & SEEN ? 0 : 1;
      totals.deleted += message.flags.mask & DELETED ? 1 : 0;
      totals.octets += message.content.size;
    }
    this.draft.count(mailboxId, totals);
    this.record({ type: 'added', mailboxId, uids: UidSet.range(firstUid, firstUid + messages.length - 1) });
    return messages.map((_, index) => ({ uid: firstUid + index, emailId: firstId + index }));
  }

  #addOne(
    mailboxId: MailboxId,
    { uid, id, now, message }: { uid: number; id: number; now: number; message: NewMessage },
  ) {
    const { account } = this.reader;
    const content = contentKey(account, id);
    const documents = contentDocuments(account, content, message.content);
    const placement: PlacementDocument = {
      _id: placementKey(account, mailboxId, uid),
      account,
      uid,
      emailId: id,
      content,
      ...(isLarge(documents) && { large: true }),
      threadId: message.threadId,
      modSeq: this.modSeq,
      mask: message.flags.mask,
      keywords: message.flags.keywords,
      internalDate: message.internalDate,
      saveDate: now,
      sentDay: sentDayOf(message),
      size: message.content.size,
    };
    this.batch.addContent(documents);
    this.batch.insert(placement);
  }

  async setFlags(mailboxId: MailboxId, uids: UidSet, change: FlagsChange): Promise<FlagsResult> {
    await this.ready();
    return changeFlags(this, mailboxId, uids, change);
  }

  async copy(from: MailboxId, uids: UidSet, to: MailboxId, mode: CopyMode): Promise<CopiedMessage[]> {
    await this.ready();
    return copyPlacements(this, { from, uids, to, mode });
  }

  async move(from: MailboxId, uids: UidSet, to: MailboxId): Promise<CopiedMessage[]> {
    await this.ready();
    return copyPlacements(this, { from, uids, to, mode: 'move' });
  }

  async expunge(mailboxId: MailboxId, uids: UidSet): Promise<UidSet> {
    await this.ready();
    return removePlacements(this, mailboxId, uids);
  }

  async expireChanges(upTo: ModSeq): Promise<void> {
    this.draft.expireChanges(upTo);
    const session = await this.flush();
    const { account, collections } = this.reader;
    const changes = { $gte: changeKey(account, 0), $lte: changeKey(account, upTo) };
    await collections.mail.deleteMany({ account, _id: changes }, { session });
    const vanished = { $gte: `${account}.v.`, $lte: `${account}.v.~` };
    await collections.mail.deleteMany({ account, _id: vanished, modSeq: { $lte: upTo } }, { session });
  }

  async repair(): Promise<CheckFinding[]> {
    await this.ready();
    return repairAccount(this);
  }
}
