/**
 * The contract between mail and storage. An engine keeps accounts apart, runs transactions on one account at a time,
 * and answers when what it was told to keep is on the disk.
 *
 * Nothing here assumes one process, calls that return at once, or SQL. All operations are set-based, so that a change
 * of ten thousand messages is one statement where the engine has such a thing.
 */

import type { CopyMode } from '../model/account.ts';
import type { Change, ChangeItem } from '../model/change.ts';
import type { StoredBody } from '../model/content.ts';
import type { FlagMode, Flags } from '../model/flags.ts';
import type { AccountId, BlobId, ContentId, MailboxId, ModSeq, ThreadId, Uid } from '../model/ids.ts';
import type { Mailbox, SpecialUse } from '../model/mailbox.ts';
import type { MimePart } from '../model/mime-part.ts';
import type { SearchQuery } from '../model/search-query.ts';
import type { UidSet } from '../model/uid-set.ts';
import type { AccountTransfer } from './account-transfer.ts';
import type {
  AccountPatch,
  AccountRecord,
  AccountState,
  AddedMessage,
  AnnotationRecord,
  BlobReference,
  CheckFinding,
  ContentFields,
  CopiedMessage,
  FetchedRecord,
  FlagsResult,
  NewMessage,
  OtherPlace,
  ThreadPlace,
  TierUsage,
} from './records.ts';
import type { Vault } from './vault.ts';

export type { AccountPatch, AccountRecord } from './records.ts';

/** What an engine can do beyond the contract's minimum; the conformance suite skips by it. */
export interface EngineSupports {
  /** Survives the process. */
  readonly persistence: boolean;
  /** Several processes may open it at once. */
  readonly processes: boolean;
}

/** Names and addresses of all accounts. Each call is a transaction of its own, durable when it resolves. */
export interface Directory {
  /** @throws `ACCOUNT_EXISTS`, `ADDRESS_EXISTS` when a name or address is taken, as a name or as an address. */
  create(record: AccountRecord): Promise<void>;
  get(id: AccountId): Promise<AccountRecord | null>;
  /** By name or by address, in normal form. */
  find(nameOrAddress: string): Promise<AccountRecord | null>;
  /** Ordered by id; `after` continues a listing. */
  list(options: { readonly after?: AccountId; readonly limit: number }): Promise<AccountRecord[]>;
  /** @throws `ACCOUNT_NOT_FOUND`, `ADDRESS_EXISTS`. */
  update(id: AccountId, patch: AccountPatch): Promise<void>;
  /** Replaces one hash of the password by another; `false`, and nothing happened, when the account has not `from`, or is gone. */
  replacePasswordHash(id: AccountId, from: string, to: string): Promise<boolean>;
  /** Forgets the account and all of its mail; resolves with whether it was there. */
  delete(id: AccountId): Promise<boolean>;
}

/** Reads of one account. All answers of one transaction are of one moment. */
export interface ReadTransaction {
  state(): Promise<AccountState>;

  /** All mailboxes, ordered by path in code unit order. */
  mailboxes(): Promise<Mailbox[]>;
  mailbox(id: MailboxId): Promise<Mailbox | null>;
  /** `path` in normal form. */
  mailboxByPath(path: string): Promise<Mailbox | null>;
  /** Subscribed paths, whether they exist or not, in code unit order. */
  subscriptions(): Promise<string[]>;
  /**
   * Annotations, those of the account itself first, then by mailbox, then by name in code unit order. The store sees to
   * it that all of an account have no more than some 16 MB.
   */
  annotations(filter?: AnnotationFilter): Promise<AnnotationRecord[]>;
  /** Octets of all annotations of the account, names and values. */
  annotationOctets(): Promise<number>;

  /** All UIDs of a mailbox, ascending. */
  uids(mailboxId: MailboxId): Promise<Uint32Array>;
  /** Flags of messages, as columns of equal length, ascending by UID. For sessions that keep a mailbox in memory. */
  flags(mailboxId: MailboxId, uids?: UidSet): Promise<FlagColumns>;
  /** Messages, ascending by UID; those that are not there are left out. */
  fetch(mailboxId: MailboxId, uids: UidSet, options: FetchOptions): Promise<FetchedRecord[]>;
  /** UIDs of messages with a `modSeq` above `since`, ascending. */
  changedSince(mailboxId: MailboxId, since: ModSeq): Promise<Uint32Array>;
  /**
   * UIDs expunged after `since`, or `null` when records that old have been dropped: then nothing can be said but by
   * comparing with what is there. RFC 7162 section 3.2.
   */
  vanished(mailboxId: MailboxId, since: ModSeq): Promise<UidSet | null>;
  /** Where else the messages are: in other mailboxes, as labels. Ascending by UID. */
  otherPlaces(mailboxId: MailboxId, uids: UidSet): Promise<OtherPlace[]>;
  /** UIDs of the messages that match, ascending. */
  search(mailboxId: MailboxId, query: SearchQuery): Promise<Uint32Array>;
  /** Keywords in use in a mailbox, in their spelling, sorted. */
  keywords(mailboxId: MailboxId): Promise<string[]>;
  /** Recorded changes above `since`, ascending. */
  changes(since: ModSeq, limit: number): Promise<Change[]>;
  /** Of the given keys (any strings), the threads they were bound to by {@link WriteTransaction.bindThread}. */
  threads(keys: readonly string[]): Promise<ThreadId[]>;
  /**
   * All places of the messages of some threads, by thread, mailbox and UID. Costs what these threads have, whatever
   * the size of the mailboxes.
   */
  threadPlaces(threadIds: readonly ThreadId[]): Promise<ThreadPlace[]>;
  /** Of how many threads a mailbox has messages; with `unseen`, messages without `\Seen`. Looks at all of them. */
  countThreads(mailboxId: MailboxId, options?: { readonly unseen?: boolean }): Promise<number>;

  /** Every mention of a blob, ordered by content. */
  blobReferences(after: ContentId | null, limit: number): Promise<BlobReference[]>;
  /** Which of the given blobs this account mentions. */
  mentions(blobIds: readonly BlobId[]): Promise<Set<BlobId>>;
  /** Contents by id order, for re-hashing. */
  contents(after: ContentId | null, limit: number): Promise<StoredContent[]>;
  /** Recounts everything and follows every reference. Changes nothing. */
  check(): Promise<CheckFinding[]>;
  /** How the account's octets lie. */
  usage(): Promise<TierUsage>;
}

/** Which annotations to read; all of the account, where nothing is said. */
export interface AnnotationFilter {
  /** Of one mailbox; `null` for those of the account itself. */
  readonly mailboxId?: MailboxId | null;
  /** Of these names, in normal form. */
  readonly names?: readonly string[];
}

/** A stored content as {@link ReadTransaction.contents} gives it. */
export interface StoredContent {
  readonly contentId: ContentId;
  readonly digest: string;
  readonly body: StoredBody;
  readonly tree: MimePart;
}

/** Columns of equal length. */
export interface FlagColumns {
  /** Ascending. */
  readonly uids: Uint32Array;
  readonly masks: Uint8Array;
  readonly modSeqs: Float64Array;
  /** Keywords of the messages that have any, by UID. */
  readonly keywords: ReadonlyMap<Uid, string>;
}

/** Bounds of a fetch. */
export interface FetchOptions extends ContentFields {
  /** Most messages to return; the rest is fetched by another call. */
  readonly limit: number;
  /** Stop after so many octets of bodies, though always with at least one message. @defaultValue unlimited */
  readonly bodyLimit?: number;
}

/** Changes of one account. Everything in one transaction happens, or nothing. */
export interface WriteTransaction extends ReadTransaction {
  /** The number this transaction stamps on all it touches. One above the account's last. */
  readonly modSeq: ModSeq;

  /** The path must be free and in normal form. `uidValidity` is the engine's to choose. */
  createMailbox(path: string, specialUse: SpecialUse | null): Promise<Mailbox>;
  renameMailbox(id: MailboxId, path: string): Promise<void>;
  setSpecialUse(id: MailboxId, specialUse: SpecialUse | null): Promise<void>;
  /** With all messages in it, and its annotations. */
  deleteMailbox(id: MailboxId): Promise<void>;
  setSubscribed(path: string, subscribed: boolean): Promise<void>;
  /**
   * Sets annotations of a mailbox that is there, or of the account itself, by name in normal form; `null` removes one.
   * No mailbox is stamped: sessions have nothing to fetch because of it.
   */
  setAnnotations(mailboxId: MailboxId | null, values: ReadonlyMap<string, Uint8Array | null>): Promise<void>;

  /** A number that names a new thread. */
  newThread(): Promise<ThreadId>;
  /** Lets later messages find the thread; a key that is bound already stays as it is. */
  bindThread(threadId: ThreadId, keys: readonly string[]): Promise<void>;

  /** Adds messages at the end of a mailbox, in order. @throws `MAILBOX_NOT_FOUND`, `LIMIT_EXCEEDED` (no UID left). */
  add(mailboxId: MailboxId, messages: readonly NewMessage[]): Promise<AddedMessage[]>;
  /** Changes flags. `\Deleted` of this mailbox only, all others wherever the message is. */
  setFlags(mailboxId: MailboxId, uids: UidSet, change: FlagsChange): Promise<FlagsResult>;
  /**
   * Copies in ascending order of UID. With `mode` `label` a message that is not in `to` gets a second placement;
   * one that is, and every one with `separate`, becomes a new message with the same content.
   */
  copy(from: MailboxId, uids: UidSet, to: MailboxId, mode: CopyMode): Promise<CopiedMessage[]>;
  /** Moves in ascending order of UID; the message keeps its id. */
  move(from: MailboxId, uids: UidSet, to: MailboxId): Promise<CopiedMessage[]>;
  /** Removes messages; resolves with those that were there. */
  expunge(mailboxId: MailboxId, uids: UidSet): Promise<UidSet>;
  /** Adds to what the change feed tells of this transaction. The engine records its own operations by itself. */
  record(item: ChangeItem): void;

  /** Drops change and vanished records up to `modSeq`. */
  expireChanges(upTo: ModSeq): Promise<void>;
  /** Sets every counter to what a count gives, and drops what cannot be reached. */
  repair(): Promise<CheckFinding[]>;
}

/** A change of flags. */
export interface FlagsChange {
  readonly mode: FlagMode;
  readonly flags: Flags;
  /** Leave alone what changed after this. RFC 7162 section 3.1.3. */
  readonly unchangedSince?: ModSeq;
}

/** Storage of one store. */
export interface Engine {
  /** For messages and the conformance suite, such as `sqlite`. */
  readonly name: string;
  readonly supports: EngineSupports;
  readonly directory: Directory;
  /** Takes whole accounts out and in. */
  readonly transfer: AccountTransfer;
  /** Small records beside the mail. */
  readonly vault: Vault;
  /**
   * Runs `work` on one state of the account. `work` awaits nothing but the transaction's own methods, as others may
   * wait for it to end. It may run more than once, when the account changes meanwhile; only its last outcome counts, be
   * it an error. What it has seen is durable when the promise resolves.
   *
   * @throws `ACCOUNT_NOT_FOUND`.
   */
  read<T>(account: AccountId, work: (tx: ReadTransaction) => Promise<T>): Promise<T>;
  /**
   * Runs `work` alone on the account, in this process and in all others. Resolves when the outcome is durable. When
   * `work` rejects, nothing has happened. `work` may run more than once: it has no effects but the transaction's.
   * A transaction that changed nothing raises no counter.
   *
   * @throws `ACCOUNT_NOT_FOUND`, `DISK_FULL`, `BUSY`.
   */
  write<T>(account: AccountId, work: (tx: WriteTransaction) => Promise<T>): Promise<T>;
  /**
   * Which of the given blobs any account mentions. Only where the engine can tell without a look into each account;
   * without it, the store asks them one by one.
   */
  mentions?(blobIds: readonly BlobId[]): Promise<Set<BlobId>>;
  /**
   * Calls `listener` after transactions of this or another process changed the account, soon but not at once, several
   * changes perhaps by one call. Returns the function that ends it.
   */
  subscribe(account: AccountId, listener: (modSeq: ModSeq) => void): () => void;
  /** Ends everything; running transactions end first. Idempotent. */
  close(): Promise<void>;
}
