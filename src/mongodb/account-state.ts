/** An account's state as a transaction sees and changes it, in memory until it is written. */

import type { AccountState } from '../engine/records.ts';
import { EiderError } from '../errors.ts';
import type { MailboxId, ModSeq, Uid } from '../model/ids.ts';
import type { Mailbox, SpecialUse } from '../model/mailbox.ts';
import type { StateDocument } from './documents.ts';

/**
 * Octets up to which names may be added to the state. A document has room for 16 MB: what is left is for numbers that
 * grow, so that no delivery finds the document full.
 */
const MAX_NAMES = 12 * 1024 * 1024;
/** Octets of a mailbox beside its name, and of a subscription. */
const MAILBOX_OCTETS = 320;
const SUBSCRIPTION_OCTETS = 16;
/** UIDNEXT is a UID too. */
const MAX_UID_NEXT = 0xffffffff;

/** Changes of a mailbox's counters. */
export interface CounterChange {
  readonly messages: number;
  readonly unseen: number;
  readonly deleted: number;
  readonly octets: number;
}

/** The state that a new account has. */
export function newState(account: string): StateDocument {
  return {
    _id: account,
    account,
    modSeq: 1,
    octets: 0,
    messages: 0,
    nextId: 1,
    nextUidValidity: Math.floor(Date.now() / 1000),
    changesExpired: 0,
    mailboxes: [],
    subscriptions: [],
    writer: '',
  };
}

/** Mailboxes ordered by path. */
export function sortedMailboxes(state: StateDocument): Mailbox[] {
  return [...state.mailboxes].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** What the contract tells of a state. */
export function accountState({ modSeq, octets, messages, changesExpired }: StateDocument): AccountState {
  return { modSeq, octets, messages, changesExpired };
}

type Draft = { -readonly [K in keyof StateDocument]: StateDocument[K] };

/** A state that is being changed. */
export class StateDraft {
  readonly base: StateDocument;
  readonly #draft: Draft;
  #changed = false;

  constructor(base: StateDocument, writer: string) {
    this.base = base;
    this.#draft = { ...base, modSeq: base.modSeq + 1, writer };
  }

  /** Whether there is anything to write. */
  get changed(): boolean {
    return this.#changed;
  }

  /** The state as it is to be. */
  get now(): StateDocument {
    return this.#draft;
  }

  /** A change that no field of the state shows. */
  touch(): void {
    this.#changed = true;
  }

  /** Takes `count` numbers that name new things; the first of them. */
  takeIds(count: number): number {
    this.#changed = true;
    const first = this.#draft.nextId;
    this.#draft.nextId += count;
    return first;
  }

  /** Sees to it that no number below `next` is given. */
  skipIds(next: number): void {
    this.#changed = true;
    this.#draft.nextId = Math.max(this.#draft.nextId, next);
  }

  /** Takes `count` UIDs of a mailbox; the first of them. @throws `MAILBOX_NOT_FOUND`, `LIMIT_EXCEEDED`. */
  takeUids(id: MailboxId, count: number): Uid {
    const { uidNext } = this.mailbox(id);
    // RFC 9051 section 2.3.1.1: a UID has 32 bits.
    if (uidNext + count > MAX_UID_NEXT) throw new EiderError('LIMIT_EXCEEDED', 'the mailbox has no UID left');
    this.patchMailbox(id, { uidNext: uidNext + count });
    return uidNext;
  }

  /** Adds to the counters of a mailbox and of the account, and stamps the mailbox. */
  count(id: MailboxId, change: CounterChange): void {
    const { messages, unseen, deleted, octets } = this.mailbox(id);
    this.patchMailbox(id, {
      messages: messages + change.messages,
      unseen: unseen + change.unseen,
      deleted: deleted + change.deleted,
      octets: octets + change.octets,
      highestModSeq: this.#draft.modSeq,
    });
    this.#draft.messages += change.messages;
    if (change.messages !== 0) this.#draft.octets += change.octets;
  }

  /** @throws `MAILBOX_NOT_FOUND`. */
  mailbox(id: MailboxId): Mailbox {
    const found = this.#draft.mailboxes.find((mailbox) => mailbox.id === id);
    if (!found) throw new EiderError('MAILBOX_NOT_FOUND', 'no such mailbox');
    return found;
  }

  /** @throws `MAILBOX_LIMIT`. */
  addMailbox(path: string, specialUse: SpecialUse | null): Mailbox {
    const mailbox: Mailbox = {
      id: this.takeIds(1),
      path,
      uidValidity: this.#draft.nextUidValidity++,
      uidNext: 1,
      specialUse,
      messages: 0,
      unseen: 0,
      deleted: 0,
      octets: 0,
      createdModSeq: this.#draft.modSeq,
      highestModSeq: this.#draft.modSeq,
    };
    this.#draft.mailboxes = [...this.#draft.mailboxes, mailbox];
    this.#requireRoom();
    return mailbox;
  }

  /** @throws `MAILBOX_LIMIT`. */
  renameMailbox(id: MailboxId, path: string): void {
    this.patchMailbox(id, { path });
    this.#requireRoom();
  }

  patchMailbox(id: MailboxId, patch: Partial<Mailbox>): void {
    this.#changed = true;
    this.#draft.mailboxes = this.#draft.mailboxes.map((mailbox) =>
      mailbox.id === id ? { ...mailbox, ...patch } : mailbox,
    );
  }

  removeMailbox(id: MailboxId): void {
    this.#changed = true;
    this.#draft.mailboxes = this.#draft.mailboxes.filter((mailbox) => mailbox.id !== id);
  }

  /** @throws `MAILBOX_LIMIT`. */
  setSubscribed(path: string, subscribed: boolean): void {
    this.#changed = true;
    const others = this.#draft.subscriptions.filter((other) => other !== path);
    this.#draft.subscriptions = subscribed ? [...others, path] : others;
    if (subscribed) this.#requireRoom();
  }

  #requireRoom(): void {
    const { mailboxes, subscriptions } = this.#draft;
    let octets = mailboxes.length * MAILBOX_OCTETS + subscriptions.length * SUBSCRIPTION_OCTETS;
    for (const { path } of mailboxes) octets += Buffer.byteLength(path);
    for (const path of subscriptions) octets += Buffer.byteLength(path);
    if (octets > MAX_NAMES) throw new EiderError('MAILBOX_LIMIT', "the account's mailbox names are too long in all");
  }

  setUsage(usage: { readonly messages: number; readonly octets: number }): void {
    this.#changed = true;
    Object.assign(this.#draft, usage);
  }

  expireChanges(upTo: ModSeq): void {
    this.#changed = true;
    this.#draft.changesExpired = Math.max(this.#draft.changesExpired, upTo);
  }

  /** The fields that differ from the base, as an update of its document: a mailbox is written alone where it can be. */
  difference(): Record<string, unknown> {
    const set: Record<string, unknown> = {};
    for (const key of Object.keys(this.#draft) as (keyof StateDocument)[]) {
      if (key === 'mailboxes' || this.#draft[key] === this.base[key]) continue;
      set[key] = this.#draft[key];
    }
    const before = this.base.mailboxes;
    const after = this.#draft.mailboxes;
    if (before.length !== after.length) return { ...set, mailboxes: after };
    for (const [index, mailbox] of after.entries()) {
      if (mailbox !== before[index]) set[`mailboxes.${index}`] = mailbox;
    }
    return set;
  }
}
