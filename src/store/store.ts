/** The store: each method is one operation, in a file of its own kind. */

import type { FlagColumns, ReadTransaction } from '../engine/engine.ts';
import type { ThreadPlace } from '../engine/records.ts';
import { EiderError } from '../errors.ts';
import type { Account, AccountLimits, Usage } from '../model/account.ts';
import type { AccountProfiles } from '../model/account-profile.ts';
import type { AddressRegister } from '../model/address-register.ts';
import type { Addresses } from '../model/addresses.ts';
import type { Annotation, AnnotationQuery } from '../model/annotation.ts';
import type { Authentication, SecondFactorKind } from '../model/authentication.ts';
import type { Change } from '../model/change.ts';
import type { DefaultLimits } from '../model/default-limits.ts';
import type { DomainAccess } from '../model/domain-access.ts';
import type { Idempotency } from '../model/idempotency.ts';
import type { AccountId, MailboxId, ModSeq, ThreadId, Uid } from '../model/ids.ts';
import type { Jobs } from '../model/job.ts';
import type { Mailbox, SpecialUse } from '../model/mailbox.ts';
import type { MessageData } from '../model/message-data.ts';
import type { Recovery } from '../model/recovery.ts';
import type { SearchQuery } from '../model/search-query.ts';
import type { EventsOptions, StoreEvent } from '../model/store-event.ts';
import type { StoredFiles } from '../model/stored-file.ts';
import type { UidSet } from '../model/uid-set.ts';
import type { AppendMessage } from '../tracing/messages.ts';
import { traced } from '../tracing/traced.ts';
import { StoreProfiles } from './account-profiles.ts';
import { type AccountLogin, type AccountPasswords, StoreAccounts } from './accounts.ts';
import { StoreAddressRegister } from './address-register.ts';
import type { AnnotationValues, SetAnnotationsResult } from './annotation-store.ts';
import { readAnnotations, readMailboxAnnotations, setAnnotations } from './annotations.ts';
import { appendMessage, appendPrepared, prepareMessage, replaceMessage } from './append.ts';
import { changesSince, followChanges, mailboxChanges } from './changes.ts';
import { accountSettings, resolveMailbox, type StoreContext } from './context.ts';
import { StoreDomainAccess } from './domain-access.ts';
import {
  addressEvents,
  factorEvents,
  tellingAccounts,
  tellingAddresses,
  tellingAuthentication,
  tellingRecovery,
  tellingServices,
} from './events/administrative-events.ts';
import { StoreEvents } from './events/store-events.ts';
import type { Told } from './events/telling.ts';
import { fetchMessages, fetchPages } from './fetch.ts';
import { visibleUsage } from './hidden-mailboxes.ts';
import { hideMailbox } from './hide-mailbox.ts';
import { retentionJob, sweepJob } from './housekeeping.ts';
import { StoreIdempotency } from './idempotency.ts';
import { StoreJobs } from './jobs.ts';
import { changeLabels, readLabels } from './labels.ts';
import { createMailbox, deleteMailbox, listMailboxes, renameMailbox, subscribeMailbox } from './mailboxes.ts';
import { StoreMaintenance } from './maintenance.ts';
import type { Maintenance } from './maintenance-api.ts';
import { copyMessages, expungeMessages, type FlagsRequest, moveMessages, storeFlags } from './message-changes.ts';
import { StoreMessageData } from './message-data.ts';
import type {
  Accounts,
  AppendOptions,
  AppendResult,
  ChangePage,
  CopyResult,
  ExpungeResult,
  FetchedMessage,
  FetchFields,
  LabelsChange,
  LabelsResult,
  MailboxChanges,
  MailboxRef,
  MessageSource,
  MessageStore,
  OpenedMailbox,
  PasswordOptions,
  PasswordPolicy,
  PreparedAppend,
  PreparedMessage,
  PrepareOptions,
  StoreFlagsResult,
} from './message-store.ts';
import { recountJob } from './recount-usage.ts';
import { StoreRecovery } from './recovery.ts';
import { StoreAddresses } from './store-addresses.ts';
import { type MakeServices, type StoreServices, StoreWithServices } from './store-services.ts';
import { StoreFiles } from './stored-files.ts';
import { countThreads, readThreadPlaces } from './thread-reads.ts';
import { StoreTraffic } from './traffic.ts';

/** Authentication as a store has it. */
export interface StoreAuth extends Authentication {
  /** Ends what came in by the old password. */
  passwordChanged(account: AccountId, password: string | null, options: PasswordOptions): Promise<void>;
  close(): Promise<void>;
}

/** Makes the store's authentication, which finds accounts by the store. */
export type MakeAuth = (directory: {
  /** By name or address. */
  find(name: string): Promise<AccountLogin | null>;
  /** A name as it is compared. */
  normalize(name: string): string;
  /** Gives an account that was made by halves what it lacks. */
  complete(id: AccountId): Promise<void>;
  get(id: AccountId): Promise<Account | null>;
  /** Keeps a password that was right in our own form. */
  rehash(login: AccountLogin, password: string): Promise<void>;
  /** Told after second factors were switched on or off. */
  factorsSwitched(id: AccountId, before: readonly SecondFactorKind[], after: readonly SecondFactorKind[]): void;
}) => StoreAuth;

/** A message store over any engine and blob store, which it closes with itself. */
export class Store extends StoreWithServices implements MessageStore {
  readonly accounts: Accounts;
  readonly profiles: AccountProfiles;
  readonly addressRegister: AddressRegister;
  readonly addresses: Addresses;
  readonly domainAccess: DomainAccess;
  readonly defaultLimits: DefaultLimits;
  readonly #auth: StoreAuth | null;
  readonly files: StoredFiles;
  readonly idempotency: Idempotency;
  readonly maintenance: Maintenance;
  readonly messageData: MessageData;
  readonly recovery: Recovery;
  readonly traffic: StoreTraffic;
  readonly #context: StoreContext;
  readonly #events: StoreEvents;
  protected readonly services: StoreServices | null;
  readonly #jobs: StoreJobs;
  readonly #closing = new AbortController();
  #closed: Promise<void> | null = null;

  constructor(
    parts: StoreContext,
    passwords: AccountPasswords,
    authentication: MakeAuth | null = null,
    passwordPolicy: PasswordPolicy | null = null,
    services: MakeServices | null = null,
  ) {
    super();
    this.#events = new StoreEvents(parts.engine);
    const tell = (event: Told): void => this.#events.tell(event);
    const context = { ...parts, engine: this.#events.engine, tell };
    this.#context = context;
    const accounts = new StoreAccounts(
      context.engine,
      passwords,
      {
        hidden: async (id) => this.#auth?.passwordChanged(id, null, {}),
        passwordChanged: async (id, password, options) => this.#auth?.passwordChanged(id, password, options),
        addressesSet: (id, before, after) => addressEvents(id, before, after).forEach(tell),
        ...(passwordPolicy && { passwordPolicy }),
      },
      context.restorableMs > 0,
    );
    const isGone = async (id: AccountId): Promise<boolean> => (await context.engine.directory.get(id)) === null;
    this.accounts = tellingAccounts(accounts, tell, isGone);
    this.profiles = new StoreProfiles(context.engine.vault);
    this.addressRegister = new StoreAddressRegister(context.engine.vault);
    this.addresses = tellingAddresses(new StoreAddresses(context.engine, (record) => accounts.completed(record)), tell);
    this.defaultLimits = context.defaultLimits;
    this.domainAccess = new StoreDomainAccess(context.engine.vault);
    const auth = authentication?.({
      find: (name) => accounts.login(name),
      normalize: (name) => accounts.normalize(name),
      complete: (id) => accounts.complete(id),
      get: (id) => accounts.byId(id),
      rehash: (login, password) => accounts.rehash(login, password),
      factorsSwitched: (id, before, after) => factorEvents(id, before, after).forEach(tell),
    });
    this.#auth = auth ? tellingAuthentication(auth, tell) : null;
    this.files = new StoreFiles(context);
    this.idempotency = new StoreIdempotency(context.engine.vault);
    this.messageData = new StoreMessageData(context);
    this.maintenance = new StoreMaintenance(context);
    this.recovery = tellingRecovery(new StoreRecovery(context), tell);
    this.traffic = new StoreTraffic(context);
    const made = services?.(this, context);
    this.services = made ? tellingServices(made, tell) : null;
    const kinds = [
      ...[retentionJob(context), sweepJob(this.maintenance), recountJob(context, this.maintenance)],
      ...(this.services?.jobKinds ?? []),
    ];
    this.#jobs = new StoreJobs(context.engine.vault, kinds);
  }

  get auth(): Authentication {
    if (!this.#auth) throw new EiderError('UNSUPPORTED', 'this store lets nobody in');
    return this.#auth;
  }

  get jobs(): Jobs {
    return this.#jobs;
  }

  get maxMessageSize(): number {
    return this.#context.maxMessageSize;
  }

  mailboxes(account: AccountId): Promise<Mailbox[]> {
    return listMailboxes(this.#context, account);
  }

  mailbox(account: AccountId, ref: MailboxRef): Promise<Mailbox> {
    return this.#read(account, (tx) => resolveMailbox(tx, ref));
  }

  async createMailbox(account: AccountId, path: string, options: { specialUse?: SpecialUse } = {}): Promise<Mailbox> {
    return createMailbox(this.#context, account, path, options.specialUse ?? null);
  }

  async renameMailbox(account: AccountId, from: string, to: string): Promise<void> {
    return renameMailbox(this.#context, account, from, to);
  }

  async deleteMailbox(account: AccountId, ref: MailboxRef): Promise<void> {
    return deleteMailbox(this.#context, account, ref);
  }

  async hideMailbox(account: AccountId, ref: MailboxRef, hidden: boolean): Promise<void> {
    return hideMailbox(this.#context, account, ref, hidden);
  }

  subscriptions(account: AccountId): Promise<string[]> {
    return this.#read(account, (tx) => tx.subscriptions());
  }

  async subscribe(account: AccountId, path: string, subscribed: boolean): Promise<void> {
    return subscribeMailbox(this.#context, account, path, subscribed);
  }

  async annotations(account: AccountId, ref: MailboxRef | null, query?: AnnotationQuery): Promise<Annotation[]> {
    return readAnnotations(this.#context, account, ref, query);
  }

  async mailboxAnnotations(account: AccountId, query?: AnnotationQuery): Promise<Map<MailboxId, Annotation[]>> {
    return readMailboxAnnotations(this.#context, account, query);
  }

  async setAnnotations(
    account: AccountId,
    ref: MailboxRef | null,
    values: AnnotationValues,
  ): Promise<SetAnnotationsResult> {
    return setAnnotations(this.#context, account, ref, values);
  }

  prepare(source: MessageSource, options: PrepareOptions = {}): Promise<PreparedMessage> {
    return prepareMessage(this.#context, source, options);
  }

  append(account: AccountId, ref: MailboxRef, source: MessageSource, options?: AppendOptions): Promise<AppendResult> {
    const message: AppendMessage = { account, messages: 1, octets: null };
    return traced('eider:store.append', message, async (told) => {
      const result = await appendMessage(this.#context, account, ref, source, options);
      told.octets = result.size;
      return result;
    });
  }

  appendPrepared(account: AccountId, ref: MailboxRef, messages: readonly PreparedAppend[]): Promise<AppendResult[]> {
    const octets = messages.reduce((sum, { message }) => sum + message.content.size, 0);
    const message: AppendMessage = { account, messages: messages.length, octets };
    return traced('eider:store.append', message, () => appendPrepared(this.#context, account, ref, messages));
  }

  replace(
    account: AccountId,
    place: { mailbox: MailboxRef; uid: Uid },
    to: MailboxRef,
    message: PreparedAppend,
  ): Promise<AppendResult | null> {
    const told: AppendMessage = { account, messages: 1, octets: message.message.content.size };
    return traced('eider:store.append', told, () => replaceMessage(this.#context, account, place, to, message));
  }

  openMailbox(account: AccountId, ref: MailboxRef): Promise<OpenedMailbox> {
    return this.#read(account, async (tx) => {
      const mailbox = await resolveMailbox(tx, ref);
      const { modSeq } = await tx.state();
      return { mailbox, modSeq, uids: await tx.uids(mailbox.id), keywords: await tx.keywords(mailbox.id) };
    });
  }

  uids(account: AccountId, ref: MailboxRef): Promise<Uint32Array> {
    return this.#read(account, async (tx) => tx.uids((await resolveMailbox(tx, ref)).id));
  }

  flags(account: AccountId, ref: MailboxRef, uids?: UidSet): Promise<FlagColumns> {
    return this.#read(account, async (tx) => tx.flags((await resolveMailbox(tx, ref)).id, uids));
  }

  fetch(account: AccountId, ref: MailboxRef, uids: UidSet, fields?: FetchFields): AsyncIterable<FetchedMessage> {
    return fetchMessages(this.#context, account, ref, uids, fields);
  }

  fetchPages(
    account: AccountId,
    ref: MailboxRef,
    uids: UidSet,
    fields?: FetchFields,
  ): AsyncIterable<readonly FetchedMessage[]> {
    return fetchPages(this.#context, account, ref, uids, fields);
  }

  async storeFlags(account: AccountId, ref: MailboxRef, uids: UidSet, change: FlagsRequest): Promise<StoreFlagsResult> {
    return storeFlags(this.#context, account, ref, uids, change);
  }

  copy(account: AccountId, from: MailboxRef, uids: UidSet, to: MailboxRef): Promise<CopyResult> {
    return copyMessages(this.#context, account, from, uids, to);
  }

  move(account: AccountId, from: MailboxRef, uids: UidSet, to: MailboxRef): Promise<CopyResult> {
    return moveMessages(this.#context, account, from, uids, to);
  }

  expunge(account: AccountId, ref: MailboxRef, uids?: UidSet, options: { any?: boolean } = {}): Promise<ExpungeResult> {
    return expungeMessages(this.#context, account, ref, uids, options.any ?? false);
  }

  threadPlaces(account: AccountId, threadIds: readonly ThreadId[]): Promise<ThreadPlace[]> {
    return readThreadPlaces(this.#context, account, threadIds);
  }

  countThreads(account: AccountId, ref: MailboxRef, options?: { readonly unseen?: boolean }): Promise<number> {
    return countThreads(this.#context, account, ref, options);
  }

  labels(account: AccountId, ref: MailboxRef, uids: UidSet): Promise<ReadonlyMap<Uid, readonly Mailbox[]>> {
    return readLabels(this.#context, account, ref, uids);
  }

  async changeLabels(account: AccountId, ref: MailboxRef, uids: UidSet, change: LabelsChange): Promise<LabelsResult> {
    return changeLabels(this.#context, account, ref, uids, change);
  }

  search(account: AccountId, ref: MailboxRef, query: SearchQuery): Promise<Uint32Array> {
    return this.#read(account, async (tx) => tx.search((await resolveMailbox(tx, ref)).id, query));
  }

  async quota(account: AccountId): Promise<{ limits: AccountLimits; usage: Usage }> {
    const { limits } = await accountSettings(this.#context, account);
    const usage = await this.#read(account, async (tx) => visibleUsage(tx, await tx.state()));
    return { limits, usage };
  }

  async modSeq(account: AccountId): Promise<ModSeq> {
    return (await this.#read(account, (tx) => tx.state())).modSeq;
  }

  mailboxChanges(account: AccountId, ref: MailboxRef, since: ModSeq): Promise<MailboxChanges> {
    return mailboxChanges(this.#context, account, ref, since);
  }

  async changesSince(account: AccountId, since: ModSeq): Promise<ChangePage> {
    return changesSince(this.#context, account, since);
  }

  changes(account: AccountId, options: { since?: ModSeq; signal?: AbortSignal } = {}): AsyncIterable<Change> {
    const closing = this.#closing.signal;
    const signal = AbortSignal.any(options.signal ? [options.signal, closing] : [closing]);
    return followChanges(this.#context, account, options.since, signal);
  }

  events(options: EventsOptions = {}): AsyncIterable<StoreEvent> {
    const closing = this.#closing.signal;
    return this.#events.follow(options, AbortSignal.any(options.signal ? [options.signal, closing] : [closing]));
  }

  async eventPosition(): Promise<string> {
    return this.#events.position();
  }

  watch(account: AccountId, listener: (modSeq: ModSeq) => void): () => void {
    return this.#context.engine.subscribe(account, listener);
  }

  close(): Promise<void> {
    this.#closing.abort();
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #read<T>(account: AccountId, work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    if (this.#closed) throw new EiderError('STORE_CLOSED', 'the store is closed');
    return this.#context.engine.read(account, work);
  }

  async #close(): Promise<void> {
    await this.#jobs.close();
    await this.services?.close();
    await this.#auth?.close();
    await this.traffic.close();
    await this.#events.close();
    await this.#context.engine.close();
    await this.#context.blobs.close();
  }
}
