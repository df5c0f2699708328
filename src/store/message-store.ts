/** The store as programs and adapters see it. Every method that names a mailbox takes its path or its id. */

import type { FlagColumns } from '../engine/engine.ts';
import type { ChangedFlags, ThreadPlace } from '../engine/records.ts';
import type { MessageBody } from '../mime/message-body.ts';
import type { AccountLimits, Usage } from '../model/account.ts';
import type { AccountProfiles } from '../model/account-profile.ts';
import type { AddressRegister } from '../model/address-register.ts';
import type { Addresses } from '../model/addresses.ts';
import type { Authentication } from '../model/authentication.ts';
import type { Change } from '../model/change.ts';
import type { DefaultLimits } from '../model/default-limits.ts';
import type { DomainAccess } from '../model/domain-access.ts';
import type { Encryption } from '../model/encryption.ts';
import type { Filters } from '../model/filter.ts';
import type { FlagMode, Flags } from '../model/flags.ts';
import type { Idempotency } from '../model/idempotency.ts';
import type { AccountId, ContentId, EmailId, MailboxId, ModSeq, ThreadId, Uid } from '../model/ids.ts';
import type { Jobs } from '../model/job.ts';
import type { Deliveries, DeliverOptions, DeliveryOutcome } from '../model/mail-transaction.ts';
import type { Mailbox, MailboxRef, SpecialUse } from '../model/mailbox.ts';
import type { MessageData } from '../model/message-data.ts';
import type { MimePart } from '../model/mime-part.ts';
import type { Portable } from '../model/portable.ts';
import type { Recovery } from '../model/recovery.ts';
import type { SearchQuery } from '../model/search-query.ts';
import type { Spam } from '../model/spam.ts';
import type { EventsOptions, StoreEvent } from '../model/store-event.ts';
import type { StoredFiles } from '../model/stored-file.ts';
import type { TlsCertificates } from '../model/tls-certificate.ts';
import type { Traffic } from '../model/traffic.ts';
import type { UidSet } from '../model/uid-set.ts';
import type { Webhooks } from '../model/webhook.ts';
import type { Accounts } from './accounts-api.ts';
import type { AnnotationStore } from './annotation-store.ts';
import type {
  AppendOptions,
  AppendResult,
  MessageSource,
  PreparedAppend,
  PreparedMessage,
  PrepareOptions,
} from './append-api.ts';
import type { Maintenance } from './maintenance-api.ts';
import type { OutgoingStore } from './outgoing-store.ts';

export type { MailboxRef } from '../model/mailbox.ts';
export type * from './accounts-api.ts';
export type * from './append-api.ts';

/** Which fields a fetch brings; one that is not asked for costs nothing. */
export interface FetchFields {
  readonly envelope?: boolean;
  readonly bodyStructure?: boolean;
  /** The raw header. */
  readonly header?: boolean;
  /** The octets of the message, as {@link FetchedMessage.body}. */
  readonly body?: boolean;
  readonly tree?: boolean;
  readonly preview?: boolean;
}

/** A message of a mailbox. */
export interface FetchedMessage {
  readonly uid: Uid;
  readonly modSeq: ModSeq;
  /** System flags; see `model/flags.ts`. */
  readonly mask: number;
  /** Keywords with a space between, or `''`. */
  readonly keywords: string;
  /** Milliseconds since 1970. */
  readonly internalDate: number;
  /** Milliseconds since 1970. */
  readonly saveDate: number;
  /** Octets of the raw message. */
  readonly size: number;
  readonly emailId: EmailId;
  /** The same for all copies of a message, also those that are messages of their own. */
  readonly contentId: ContentId;
  readonly threadId: ThreadId;
  /** IMAP ENVELOPE, octets in a string; when asked for. */
  readonly envelope?: string;
  /** IMAP BODYSTRUCTURE, octets in a string; when asked for. */
  readonly bodyStructure?: string;
  /** Raw header; when asked for. */
  readonly header?: Uint8Array;
  /** When asked for. */
  readonly tree?: MimePart;
  /** When asked for. */
  readonly preview?: string;
  /** When asked for. */
  readonly body?: MessageBody;
}

/** Outcome of a change of flags. */
export interface StoreFlagsResult {
  readonly modSeq: ModSeq;
  /** Those that differ now, ascending by UID. */
  readonly changed: readonly ChangedFlags[];
  /** Left alone because of `unchangedSince`. */
  readonly modified: UidSet;
}

/** Outcome of COPY and MOVE: `from[i]` became `to[i]`. Empty lists when no message was there. */
export interface CopyResult {
  readonly mailboxId: MailboxId;
  readonly uidValidity: number;
  readonly from: readonly Uid[];
  readonly to: readonly Uid[];
  readonly modSeq: ModSeq;
}

/** Outcome of EXPUNGE. */
export interface ExpungeResult {
  readonly uids: UidSet;
  readonly modSeq: ModSeq;
}

/** Everything that a session must know to bring a mailbox from `since` to `modSeq`. */
export interface MailboxChanges {
  /** The mailbox now, or `null` when it is gone. */
  readonly mailbox: Mailbox | null;
  /** The account's position that this brings to. */
  readonly modSeq: ModSeq;
  /** UIDs gone since; `null` when records that old were dropped: compare with {@link MessageStore.uids}. */
  readonly vanished: UidSet | null;
  /** New and changed messages, as columns ascending by UID. */
  readonly changed: FlagColumns;
}

/** A change of labels, the mailboxes that messages are in. */
export interface LabelsChange {
  /** `replace` leaves the messages in the mailbox in which they are named. */
  readonly mode: FlagMode;
  /** Paths. Those that are not there are made, or with `remove` ignored. */
  readonly labels: readonly string[];
}

/** Outcome of a change of labels. */
export interface LabelsResult {
  readonly modSeq: ModSeq;
  /** Messages that left the mailbox in which they were named. */
  readonly gone: UidSet;
  /** The others, by their UIDs now: those that were encrypted because of a label have new ones. */
  readonly left: UidSet;
}

/** What happened in an account after a position. */
export interface ChangePage {
  /** In order; transactions that changed nothing of what is told are left out. */
  readonly changes: readonly Change[];
  /** The account's position that this brings to. */
  readonly modSeq: ModSeq;
  /** Whether the account is further on: ask again from `modSeq`. */
  readonly more: boolean;
}

/** A mailbox as a session opens it: all of one moment. */
export interface OpenedMailbox {
  readonly mailbox: Mailbox;
  /** The account's position at that moment. */
  readonly modSeq: ModSeq;
  /** All UIDs, ascending. */
  readonly uids: Uint32Array;
  /** Keywords in use. */
  readonly keywords: readonly string[];
}

/** A mail store. Made by `openStore`. */
export interface MessageStore extends AsyncDisposable, AnnotationStore, OutgoingStore {
  readonly accounts: Accounts;
  /** What is kept of accounts for people and for programs: names, tags, data of their own. */
  readonly profiles: AccountProfiles;
  /** Addresses beyond those that `accounts` knows: patterns, domain aliases, addresses that only forward. */
  readonly addresses: Addresses;
  /** Addresses that accounts write to, for completing what somebody types. */
  readonly addressRegister: AddressRegister;
  /** Limits of accounts of which nothing else was said. */
  readonly defaultLimits: DefaultLimits;
  /** Domains whose mail accounts with a tag always take, or never. */
  readonly domainAccess: DomainAccess;
  /** Who is let in: app passwords, second factors, tokens, limits, the log. */
  readonly auth: Authentication;
  /** Encryption at rest: the accounts' public keys, and whose mail is encrypted when it arrives. */
  readonly encryption: Encryption;
  /** Files that accounts keep to attach them to messages. */
  readonly files: StoredFiles;
  /** Requests that may come twice and are done once. */
  readonly idempotency: Idempotency;
  readonly maintenance: Maintenance;
  /** Data of programs about messages, which no mail client sees. */
  readonly messageData: MessageData;
  /** What was expunged or deleted, as long as it can be brought back; retention; legal holds. */
  readonly recovery: Recovery;
  /** Work in the background, such as retention. Nothing is done before somebody calls `jobs.start()`. */
  readonly jobs: Jobs;
  /** Mail on its way in, for protocol servers: recipients one by one, then the message. */
  readonly deliveries: Deliveries;
  /** What accounts want to be done with mail that arrives. */
  readonly filters: Filters;
  /** Certificates for TLS, by the name that a client asks for. */
  readonly certificates: TlsCertificates;
  /** Accounts as a file: out of one store, into another. */
  readonly portable: Portable;
  /** What accounts make of verdicts on spam. */
  readonly spam: Spam;
  /** What accounts download and upload in a day, and how many sessions they have; servers count by it. */
  readonly traffic: Traffic;
  /** Most octets of one message. */
  readonly maxMessageSize: number;

  /** All mailboxes, INBOX first, then by path. */
  mailboxes(account: AccountId): Promise<Mailbox[]>;
  /** @throws `MAILBOX_NOT_FOUND`. Counters are those of the last transaction; one read. */
  mailbox(account: AccountId, ref: MailboxRef): Promise<Mailbox>;
  /** Missing parents are made too. @throws `MAILBOX_EXISTS`, `MAILBOX_NAME_INVALID`, `MAILBOX_LIMIT`. */
  createMailbox(account: AccountId, path: string, options?: { readonly specialUse?: SpecialUse }): Promise<Mailbox>;
  /** Children move along. INBOX: its messages go to a new mailbox of that name, INBOX stays (RFC 9051 section 6.3.6). */
  renameMailbox(account: AccountId, from: string, to: string): Promise<void>;
  /** Children stay. @throws `MAILBOX_PROTECTED` for INBOX, `MAILBOX_HAS_CHILDREN`. */
  deleteMailbox(account: AccountId, ref: MailboxRef): Promise<void>;
  /**
   * Hides a mailbox from the lists of IMAP, or shows it again. It stays whole: who knows its name opens it, and
   * {@link MessageStore.mailboxes} tells of it as `hidden`.
   *
   * @throws `MAILBOX_NOT_FOUND`, `MAILBOX_PROTECTED` for INBOX.
   */
  hideMailbox(account: AccountId, ref: MailboxRef, hidden: boolean): Promise<void>;
  /** Names, whether there are such mailboxes or not, in code unit order. */
  subscriptions(account: AccountId): Promise<string[]>;
  /**
   * Adds a name to the subscriptions, or takes it off. There need be no mailbox of that name: one that comes and goes
   * keeps its subscribers (RFC 9051 section 6.3.7).
   *
   * @throws `MAILBOX_NAME_INVALID`, `MAILBOX_LIMIT`.
   */
  subscribe(account: AccountId, path: string, subscribed: boolean): Promise<void>;

  /**
   * Delivers a message as a mail transfer agent does: to whoever has the addresses, with Return-Path and Delivered-To
   * before it. Resolves with an outcome for each recipient, in their order; what was stored is durable then.
   *
   * @throws `ADDRESS_INVALID`, `INVALID_ARGUMENT` for the envelope itself; a recipient that is refused is an outcome.
   */
  deliver(source: MessageSource, options: DeliverOptions): Promise<readonly DeliveryOutcome[]>;

  /** Reads a message and puts its parts in place; stores no message yet. @throws `MESSAGE_TOO_LARGE`, `DISK_FULL`. */
  prepare(source: MessageSource, options?: PrepareOptions): Promise<PreparedMessage>;
  /**
   * @throws `MAILBOX_NOT_FOUND`, `QUOTA_EXCEEDED`, `MESSAGE_TOO_LARGE`, `DISK_FULL`, `FLAG_INVALID`;
   *   `ENCRYPTION_FAILED` when it has to be encrypted and cannot be. Nothing was stored then.
   */
  append(
    account: AccountId,
    mailbox: MailboxRef,
    source: MessageSource,
    options?: AppendOptions,
  ): Promise<AppendResult>;
  /** All of them or none, in one transaction. */
  appendPrepared(account: AccountId, mailbox: MailboxRef, messages: readonly PreparedAppend[]): Promise<AppendResult[]>;

  /**
   * Adds a message and removes the one that it replaces, in one transaction; the quota is asked for what both together
   * need. `null` when that one is not there: nothing was stored then.
   *
   * @throws `MAILBOX_NOT_FOUND` of either, `QUOTA_EXCEEDED`, `DISK_FULL`, `FLAG_INVALID`.
   * @see RFC 8508
   */
  replace(
    account: AccountId,
    place: { readonly mailbox: MailboxRef; readonly uid: Uid },
    to: MailboxRef,
    message: PreparedAppend,
  ): Promise<AppendResult | null>;

  /** The UIDs and the counters of one moment. */
  openMailbox(account: AccountId, ref: MailboxRef): Promise<OpenedMailbox>;
  /** All UIDs, ascending. */
  uids(account: AccountId, ref: MailboxRef): Promise<Uint32Array>;
  /** Flags as columns; of all messages when `uids` is absent. */
  flags(account: AccountId, ref: MailboxRef, uids?: UidSet): Promise<FlagColumns>;
  /** Messages ascending by UID; those that are not there are left out. Each page is of one moment. */
  fetch(account: AccountId, ref: MailboxRef, uids: UidSet, fields?: FetchFields): AsyncIterable<FetchedMessage>;
  /** The same in pages, for adapters that write many at once. */
  fetchPages(
    account: AccountId,
    ref: MailboxRef,
    uids: UidSet,
    fields?: FetchFields,
  ): AsyncIterable<readonly FetchedMessage[]>;
  /** @throws `FLAG_INVALID`, `FLAG_LIMIT`. UIDs that are not there are ignored. */
  storeFlags(
    account: AccountId,
    ref: MailboxRef,
    uids: UidSet,
    change: { readonly mode: FlagMode; readonly flags: readonly string[] | Flags; readonly unchangedSince?: ModSeq },
  ): Promise<StoreFlagsResult>;
  /**
   * Into an encrypted mailbox from one that is not, a message comes as its encrypted form: a message of its own with the
   * flags, date and thread of the other.
   *
   * @throws `MAILBOX_NOT_FOUND` of either, `QUOTA_EXCEEDED`, `ENCRYPTION_FAILED`; `LIMIT_EXCEEDED` for more than 64 MB
   *   that are encrypted at once. Nothing is copied then.
   */
  copy(account: AccountId, from: MailboxRef, uids: UidSet, to: MailboxRef): Promise<CopyResult>;
  /** Encrypts as `copy` does. @throws `MAILBOX_NOT_FOUND` of either, `ENCRYPTION_FAILED`, `LIMIT_EXCEEDED`; nothing is moved then. */
  move(account: AccountId, from: MailboxRef, uids: UidSet, to: MailboxRef): Promise<CopyResult>;
  /** Removes those of `uids` (all, when absent) that have `\Deleted`; with `any`, whether they have it or not. */
  expunge(
    account: AccountId,
    ref: MailboxRef,
    uids?: UidSet,
    options?: { readonly any?: boolean },
  ): Promise<ExpungeResult>;
  /** The mailboxes that messages of a mailbox are in too, as labels; those in no other are left out. */
  labels(account: AccountId, ref: MailboxRef, uids: UidSet): Promise<ReadonlyMap<Uid, readonly Mailbox[]>>;
  /**
   * Changes which mailboxes messages are in, without writing an octet. A message that gets a label of special use
   * `\\Trash` or `\\Junk` loses all others; one that loses its last goes to the mailbox of special use `\\All` or
   * `\\Archive`. A message that gets the label of an encrypted mailbox, and is not encrypted, is replaced by its encrypted
   * form in all its mailboxes first, message by message.
   *
   * @throws `MAILBOX_NAME_INVALID`, `MAILBOX_LIMIT`, `QUOTA_EXCEEDED`, `ENCRYPTION_FAILED`; `UNSUPPORTED` when the account's copies are
   *   `separate`, or a message would be in no mailbox and there is no archive.
   */
  changeLabels(account: AccountId, ref: MailboxRef, uids: UidSet, change: LabelsChange): Promise<LabelsResult>;
  /**
   * Where the messages of threads are, by thread, mailbox and UID. Costs what these threads have, whatever the size of
   * the mailboxes.
   */
  threadPlaces(account: AccountId, threadIds: readonly ThreadId[]): Promise<readonly ThreadPlace[]>;
  /** Of how many threads a mailbox has messages; with `unseen`, messages that lack `\Seen`. Looks at all of them. */
  countThreads(account: AccountId, ref: MailboxRef, options?: { readonly unseen?: boolean }): Promise<number>;
  /** Matching UIDs, ascending. */
  search(account: AccountId, ref: MailboxRef, query: SearchQuery): Promise<Uint32Array>;

  /** Limits and use. */
  quota(account: AccountId): Promise<{ readonly limits: AccountLimits; readonly usage: Usage }>;
  /** The account's position in its history. */
  modSeq(account: AccountId): Promise<ModSeq>;
  /** What happened in a mailbox after `since`. */
  mailboxChanges(account: AccountId, ref: MailboxRef, since: ModSeq): Promise<MailboxChanges>;
  /** What has happened in an account after `since`, in pages of 200. @throws `LIMIT_EXCEEDED` when records that old were dropped. */
  changesSince(account: AccountId, since: ModSeq): Promise<ChangePage>;
  /**
   * What happens in an account, from `since` (exclusive; default: from now) on, until aborted or the store is closed.
   *
   * @throws `LIMIT_EXCEEDED` when records that old were dropped.
   */
  changes(
    account: AccountId,
    options?: { readonly since?: ModSeq; readonly signal?: AbortSignal },
  ): AsyncIterable<Change>;
  /**
   * What happens in all accounts, in all processes: each event once, those of an account in their order, until aborted
   * or the store is closed. With the position of an event goes on after it, within 7 days, also if this process was not
   * there; `reset` says what cannot be told any more.
   *
   * They are read from what the store keeps of each transaction, so that none is left out, whenever a process dies.
   *
   * @throws `INVALID_ARGUMENT` for a type that names no event.
   * @example
   * ```ts
   * import { openStore } from 'eider';
   *
   * await using store = await openStore({ path: './mail' });
   * for await (const event of store.events({ types: ['message.received'] })) console.log(event.id, event.ev);
   * ```
   */
  events(options?: EventsOptions): AsyncIterable<StoreEvent>;
  /** Position of {@link MessageStore.events} behind all that has happened until now. */
  eventPosition(): Promise<string>;
  /** URLs that are told the same events. Nothing is posted before somebody calls `webhooks.start()`. */
  readonly webhooks: Webhooks;
  /** Calls `listener` soon after each change of the account, by whatever process. Returns the function that ends it. */
  watch(account: AccountId, listener: (modSeq: ModSeq) => void): () => void;

  /** Ends everything that is open; running operations end first. Idempotent. */
  close(): Promise<void>;
}
