/** The job that does to mail which is there what a filter says. */

import { EiderError } from '../errors.ts';
import type { Filter, Filters } from '../model/filter.ts';
import type { AccountId, ContentId, MailboxId, Uid } from '../model/ids.ts';
import type { JobKind, JobRun } from '../model/job.ts';
import type { Mailbox } from '../model/mailbox.ts';
import { UidSet } from '../model/uid-set.ts';
import type { FetchedMessage, MessageStore } from '../store/message-store.ts';
import { matchStored } from './filter-stored.ts';
import type { SpamTrust } from './spam-verdict.ts';

/** Messages that are looked at and changed together. */
const PAGE = 100;

/** What the job is told. */
export interface ApplyFilterParams {
  /** Id of a filter. */
  readonly filter: string;
  readonly mailbox: MailboxId;
}

/** Where the job is. */
export interface ApplyFilterState {
  /** The last UID that was done. */
  readonly after: Uid;
  /** The last UID that is looked at: what came later was filtered when it came. */
  readonly end: Uid;
  readonly examined: number;
  readonly matched: number;
  /** Messages in the beginning. */
  readonly total: number;
}

/** What the job works with. */
export interface ApplyFilterContext {
  readonly store: MessageStore;
  readonly filters: Pick<Filters, 'get'>;
  readonly trust: SpamTrust;
}

/**
 * Goes through a mailbox in the order of UIDs, a page at a time. What is done to a message is done only where it is not
 * done yet, and what takes it out of the mailbox comes last: cut off anywhere, it goes on from the last page.
 */
export function applyFilterJob(context: ApplyFilterContext): JobKind {
  return { kind: 'applyFilter', everyMs: null, run: (job) => runApply(context, job) };
}

async function runApply(context: ApplyFilterContext, job: JobRun): Promise<void> {
  const { filter: id, mailbox } = readParams(job.params);
  const account = job.account as AccountId;
  const filter = await context.filters.get(account, id);
  if (!filter) throw new EiderError('FILTER_INVALID', 'there is no filter of that id');
  const { store, trust } = context;
  const opened = await store.openMailbox(account, mailbox);
  const changes = await MailChanges.of(context.store, account, opened.mailbox, filter);
  let state = (job.state as ApplyFilterState | null) ?? {
    after: 0,
    end: opened.uids.at(-1) ?? 0,
    examined: 0,
    matched: 0,
    total: opened.uids.length,
  };
  const { after, end } = state;
  const uids = opened.uids.filter((uid) => uid > after && uid <= end);
  for (let start = 0; start < uids.length; start += PAGE) {
    if (job.signal.aborted) throw new EiderError('ABORTED', 'the job was stopped', { cause: job.signal.reason });
    const page = uids.subarray(start, start + PAGE);
    const matched: FetchedMessage[] = [];
    let examined = 0;
    const mail = { store, account, mailbox: opened.mailbox.id, trust };
    for await (const one of matchStored(mail, UidSet.fromSorted(page), filter)) {
      examined++;
      if (one.matches) matched.push(one.message);
    }
    if (matched.length > 0) await changes.make(matched);
    state = {
      ...state,
      after: page.at(-1) as Uid,
      examined: state.examined + examined,
      matched: state.matched + matched.length,
    };
    await job.progress(state.examined, state.total, state);
  }
  if (uids.length === 0) await job.progress(state.examined, state.total, state);
}

function readParams(params: unknown): ApplyFilterParams {
  const { filter, mailbox } = (params ?? {}) as Partial<ApplyFilterParams>;
  if (typeof filter !== 'string' || typeof mailbox !== 'number') {
    throw new EiderError('INVALID_ARGUMENT', 'the job needs the ids of a filter and a mailbox');
  }
  return { filter, mailbox };
}

/** What a filter does to messages of one mailbox. */
class MailChanges {
  readonly #store: MessageStore;
  readonly #account: AccountId;
  readonly #mailbox: MailboxId;
  readonly #flags: readonly string[];
  readonly #labels: readonly Mailbox[];
  readonly #target: Mailbox | null;
  /** Of the account's mailboxes. */
  readonly #encrypted: ReadonlySet<MailboxId>;
  /** By mailbox, what is in it already; of accounts whose copies are messages of their own. */
  readonly #copied: ReadonlyMap<MailboxId, Set<ContentId>> | null;

  private constructor(
    store: MessageStore,
    account: AccountId,
    mailbox: Mailbox,
    plan: {
      readonly flags: readonly string[];
      readonly labels: readonly Mailbox[];
      readonly target: Mailbox | null;
      readonly encrypted: ReadonlySet<MailboxId>;
      readonly copied: ReadonlyMap<MailboxId, Set<ContentId>> | null;
    },
  ) {
    this.#store = store;
    this.#account = account;
    this.#mailbox = mailbox.id;
    this.#flags = plan.flags;
    this.#labels = plan.labels;
    this.#target = plan.target;
    this.#encrypted = plan.encrypted;
    this.#copied = plan.copied;
  }

  /** @throws `MAILBOX_NOT_FOUND`: mail that lies somewhere stays there rather than go to INBOX. */
  static async of(store: MessageStore, account: AccountId, mailbox: Mailbox, filter: Filter): Promise<MailChanges> {
    const mailboxes = await store.mailboxes(account);
    const { seen, flag, keywords = [], labels = [] } = filter.actions;
    const named = labels.map((id) =>
      required(
        mailboxes.find((one) => one.id === id),
        'a label of the filter',
      ),
    );
    const target = targetOf(filter, mailbox, mailboxes);
    const { copies } = await store.accounts.get(account);
    const isLabelled = named.some((one) => one.id === mailbox.id);
    // What has its mailbox as a label too is copied to the other one.
    const moves = target !== null && (!isLabelled || isAlone(target));
    const others = [...named, ...(target && !moves ? [target] : [])].filter((one) => one.id !== mailbox.id);
    return new MailChanges(store, account, mailbox, {
      flags: [...(seen ? ['\\Seen'] : []), ...(flag ? ['\\Flagged'] : []), ...keywords],
      labels: others.filter((one) => !moves || one.id !== target.id),
      target: moves && target.id !== mailbox.id ? target : null,
      encrypted: new Set(await store.encryption.mailboxes(account)),
      copied: copies === 'separate' ? await contentsOf(store, account, others) : null,
    });
  }

  async make(messages: readonly FetchedMessage[]): Promise<void> {
    const uids = UidSet.from(messages.map(({ uid }) => uid));
    if (this.#flags.length > 0) {
      await this.#store.storeFlags(this.#account, this.#mailbox, uids, { mode: 'add', flags: this.#flags });
    }
    let left = uids;
    for (const label of this.#labels) left = await this.#copyTo(label, messages, left);
    if (this.#target) await this.#moveTo(this.#target, left);
  }

  /** The UIDs of the messages then: what is encrypted because of the label has another. */
  async #copyTo(label: Mailbox, messages: readonly FetchedMessage[], uids: UidSet): Promise<UidSet> {
    const contents = this.#copied?.get(label.id);
    const missing = contents
      ? UidSet.from(messages.filter(({ contentId }) => !contents.has(contentId)).map(({ uid }) => uid))
      : uids.difference(await this.#alreadyIn(label, uids));
    if (missing.isEmpty) return uids;
    if (!contents && this.#encrypted.has(label.id)) {
      const change = { mode: 'add', labels: [label.path] } as const;
      const { left } = await this.#store.changeLabels(this.#account, this.#mailbox, missing, change);
      return uids.difference(missing).union(left);
    }
    await this.#store.copy(this.#account, this.#mailbox, missing, label.id);
    for (const { contentId } of messages) contents?.add(contentId);
    return uids;
  }

  /** What goes to Trash or Junk goes there alone; one that is in the target already only leaves this mailbox. */
  async #moveTo(target: Mailbox, uids: UidSet): Promise<void> {
    if (isAlone(target) && this.#copied === null) {
      await this.#store.changeLabels(this.#account, this.#mailbox, uids, { mode: 'add', labels: [target.path] });
      return;
    }
    const there = await this.#alreadyIn(target, uids);
    if (!there.isEmpty) await this.#store.expunge(this.#account, this.#mailbox, there, { any: true });
    const missing = uids.difference(there);
    if (!missing.isEmpty) await this.#store.move(this.#account, this.#mailbox, missing, target.id);
  }

  async #alreadyIn(label: Mailbox, uids: UidSet): Promise<UidSet> {
    const labels = await this.#store.labels(this.#account, this.#mailbox, uids);
    return UidSet.from([...labels].filter(([, all]) => all.some(({ id }) => id === label.id)).map(([uid]) => uid));
  }
}

/** Whether what is there is nowhere else. */
function isAlone({ specialUse }: Mailbox): boolean {
  return specialUse === '\\Trash' || specialUse === '\\Junk';
}

/** Where the messages go; `null` when they stay. */
function targetOf({ actions }: Filter, from: Mailbox, mailboxes: readonly Mailbox[]): Mailbox | null {
  const use = (specialUse: Mailbox['specialUse']): Mailbox =>
    required(
      mailboxes.find((one) => one.specialUse === specialUse),
      `the mailbox of special use ${specialUse}`,
    );
  if (actions.delete) return use('\\Trash');
  if (actions.mailbox !== undefined) {
    return required(
      mailboxes.find((one) => one.id === actions.mailbox),
      'the mailbox of the filter',
    );
  }
  if (actions.junk) return use('\\Junk');
  const isRescue = actions.junk === false && from.specialUse === '\\Junk';
  return isRescue ? (mailboxes.find(({ path }) => path === 'INBOX') ?? null) : null;
}

function required(mailbox: Mailbox | undefined, what: string): Mailbox {
  if (!mailbox) throw new EiderError('MAILBOX_NOT_FOUND', `${what} is there no more`);
  return mailbox;
}

async function contentsOf(
  store: MessageStore,
  account: AccountId,
  mailboxes: readonly Mailbox[],
): Promise<ReadonlyMap<MailboxId, Set<ContentId>>> {
  const contents = new Map<MailboxId, Set<ContentId>>();
  for (const { id, uidNext } of mailboxes) {
    const ids = new Set<ContentId>();
    for await (const { contentId } of store.fetch(account, id, UidSet.range(1, uidNext))) ids.add(contentId);
    contents.set(id, ids);
  }
  return contents;
}
