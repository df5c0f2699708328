/** The mailboxes that sessions of this process have open, or had open lately. */

import { EiderError } from '../errors.ts';
import type { AccountId, MailboxId, ModSeq } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import type { MessageStore } from '../store/message-store.ts';
import { SharedMailbox } from './shared-mailbox.ts';

/** What the sessions of one account share. */
class AccountHub {
  /** The greatest position of the account that anybody here has heard of. */
  modSeq: ModSeq = 0;
  readonly listeners: Set<() => void> = new Set();
  readonly stop: () => void;
  sessions = 0;

  constructor(store: MessageStore, account: AccountId) {
    this.stop = store.watch(account, (modSeq) => this.notice(modSeq));
  }

  notice(modSeq: ModSeq): void {
    if (modSeq <= this.modSeq) return;
    this.modSeq = modSeq;
    for (const listener of this.listeners) listener();
  }
}

/** An account as one session sees it. {@link AccountWatch.end} it with the session. */
export class AccountWatch {
  readonly account: AccountId;
  readonly #hub: AccountHub;
  readonly #end: () => void;
  readonly #listeners = new Set<() => void>();
  #ended = false;

  constructor(account: AccountId, hub: AccountHub, end: () => void) {
    this.account = account;
    this.#hub = hub;
    this.#end = end;
  }

  /** Sessions of the account in this process. */
  get sessions(): number {
    return this.#hub.sessions;
  }

  /** The greatest position of the account that anybody here has heard of. */
  get modSeq(): ModSeq {
    return this.#hub.modSeq;
  }

  /** Tells the other sessions of this process that the account is at `modSeq`. */
  notice(modSeq: ModSeq): void {
    this.#hub.notice(modSeq);
  }

  /** Calls `listener` on each change of the account, until the function that it returns is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#hub.listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      this.#hub.listeners.delete(listener);
    };
  }

  /** Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const listener of this.#listeners) this.#hub.listeners.delete(listener);
    this.#end();
  }
}

/** Holds {@link SharedMailbox}es: all that are open, and of the others the latest ones up to a bound of memory. */
export class MailboxCache {
  readonly #store: MessageStore;
  readonly #maxOctets: number;
  readonly #hubs = new Map<AccountId, AccountHub>();
  readonly #open = new Map<string, { readonly shared: SharedMailbox; views: number }>();
  /** Nobody has them open; the longest unused first. */
  readonly #unused = new Map<string, { readonly shared: SharedMailbox; readonly octets: number }>();
  readonly #opening = new Map<string, Promise<SharedMailbox>>();
  #unusedOctets = 0;

  /** @param maxOctets of the mailboxes that nobody has open */
  constructor(store: MessageStore, maxOctets: number) {
    this.#store = store;
    this.#maxOctets = maxOctets;
  }

  /** Begins to follow an account. */
  watch(account: AccountId): AccountWatch {
    let hub = this.#hubs.get(account);
    if (!hub) {
      hub = new AccountHub(this.#store, account);
      this.#hubs.set(account, hub);
    }
    const followed = hub;
    followed.sessions++;
    return new AccountWatch(account, followed, () => {
      if (--followed.sessions > 0) return;
      followed.stop();
      this.#hubs.delete(account);
    });
  }

  /** The sessions of an account in this process. */
  sessions(account: AccountId): number {
    return this.#hubs.get(account)?.sessions ?? 0;
  }

  /**
   * Opens a mailbox that was read just now. Whoever gets it must {@link MailboxCache.release} it.
   *
   * @throws `MAILBOX_NOT_FOUND` when it was deleted in between.
   */
  async acquire(account: AccountId, mailbox: Mailbox): Promise<SharedMailbox> {
    const key = keyOf(account, mailbox.id);
    const shared =
      this.#open.get(key)?.shared ?? this.#unused.get(key)?.shared ?? (await this.#load(key, account, mailbox.id));
    this.#use(key, shared);
    // Another process may have changed it; what the store said a moment ago tells.
    if (shared.isCurrent(mailbox)) return shared;
    try {
      await shared.refresh();
      if (shared.gone) throw new EiderError('MAILBOX_NOT_FOUND', 'the mailbox was deleted');
    } catch (error) {
      this.release(shared);
      throw error;
    }
    return shared;
  }

  /** Ends one use. */
  release(shared: SharedMailbox): void {
    const key = keyOf(shared.account, shared.id);
    const entry = this.#open.get(key);
    if (!entry || --entry.views > 0) return;
    this.#open.delete(key);
    if (shared.gone) return;
    const { octets } = shared;
    this.#unused.set(key, { shared, octets });
    this.#unusedOctets += octets;
    for (const [oldKey, old] of this.#unused) {
      if (this.#unusedOctets <= this.#maxOctets) break;
      this.#unused.delete(oldKey);
      this.#unusedOctets -= old.octets;
    }
  }

  #use(key: string, shared: SharedMailbox): void {
    this.#unusedOctets -= this.#unused.get(key)?.octets ?? 0;
    this.#unused.delete(key);
    const entry = this.#open.get(key);
    if (entry) entry.views++;
    else this.#open.set(key, { shared, views: 1 });
  }

  #load(key: string, account: AccountId, id: MailboxId): Promise<SharedMailbox> {
    let opening = this.#opening.get(key);
    if (!opening) {
      opening = this.#store
        .openMailbox(account, id)
        .then((opened) => this.#open.get(key)?.shared ?? new SharedMailbox(this.#store, account, opened))
        .finally(() => this.#opening.delete(key));
      this.#opening.set(key, opening);
    }
    return opening;
  }
}

function keyOf(account: AccountId, id: MailboxId): string {
  return `${account} ${id}`;
}
