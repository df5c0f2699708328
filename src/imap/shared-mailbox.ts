/** One mailbox as all sessions of this process share it: its UIDs, and its flags when somebody asked. */

import { isEiderError } from '../errors.ts';
import type { AccountId, MailboxId, ModSeq, Uid } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import type { UidSet } from '../model/uid-set.ts';
import type { MailboxChanges, MessageStore, OpenedMailbox, StoreFlagsResult } from '../store/message-store.ts';
import { FlagCache, rowsOf } from './flag-cache.ts';
import { UidMap } from './uid-map.ts';

/**
 * A mailbox at a position of its account's history. {@link SharedMailbox.refresh} moves it on; sessions compare their
 * own (older) map with {@link SharedMailbox.map}, so that nobody has to keep a list of events.
 */
export class SharedMailbox {
  readonly account: AccountId;
  readonly id: MailboxId;
  readonly uidValidity: number;
  readonly flags: FlagCache = new FlagCache();
  map: UidMap;
  /** The account's position to which everything here has been brought. */
  modSeq: ModSeq;
  highestModSeq: ModSeq;
  uidNext: Uid;
  /** The last position at which messages went. */
  expungedAt: ModSeq = 0;
  /** The last position at which flags of a message that was there changed. */
  flaggedAt: ModSeq = 0;
  /** The mailbox was deleted. */
  gone = false;
  /** Keywords in use, only ever more. */
  readonly keywords: string[];

  readonly #store: MessageStore;
  readonly #keywordKeys: Set<string>;
  #running: Promise<void> = Promise.resolve();
  #works = 0;
  #waiting: Promise<void> | null = null;

  constructor(store: MessageStore, account: AccountId, opened: OpenedMailbox) {
    this.#store = store;
    this.account = account;
    this.id = opened.mailbox.id;
    this.uidValidity = opened.mailbox.uidValidity;
    this.map = UidMap.from(opened.uids);
    this.modSeq = opened.modSeq;
    this.highestModSeq = opened.mailbox.highestModSeq;
    this.uidNext = opened.mailbox.uidNext;
    this.keywords = [...opened.keywords];
    this.#keywordKeys = new Set(opened.keywords.map((keyword) => keyword.toLowerCase()));
  }

  /** Octets in memory, about. */
  get octets(): number {
    return 512 + this.map.uids.byteLength + this.flags.octets;
  }

  /** Whether `mailbox`, read just now, has nothing that is not known here. */
  isCurrent(mailbox: Mailbox): boolean {
    return !this.gone && mailbox.highestModSeq === this.highestModSeq && mailbox.uidNext === this.uidNext;
  }

  /** Brings everything to the present. Calls that come while it runs share one more run after it. */
  refresh(): Promise<void> {
    // A run that has begun may have read before the change that this caller knows of.
    this.#waiting ??= this.#alone(() => {
      this.#waiting = null;
      return this.#refresh();
    });
    return this.#waiting;
  }

  /** Resolves when the flags of all messages are known. */
  async loadFlags(): Promise<void> {
    if (!this.flags.table) await this.#alone(() => this.#loadFlags());
  }

  /** Takes in what a session of this process did, when nothing else happened in between; else a refresh is due. */
  applyStored(result: StoreFlagsResult): void {
    if (result.changed.length === 0 || !this.#follows(result.modSeq)) return;
    this.flags.change(this.map, result.changed);
    this.noteKeywords(result.changed);
    this.flaggedAt = result.modSeq;
    this.#moveTo(result.modSeq);
  }

  /** The same for messages that a session of this process removed. */
  applyExpunged(uids: UidSet, modSeq: ModSeq): void {
    if (uids.isEmpty || !this.#follows(modSeq)) return;
    this.#remove(uids, modSeq);
    this.#moveTo(modSeq);
  }

  /** Takes in keywords of messages that were read of the store, which may be newer than what is known here. */
  noteKeywords(messages: Iterable<{ readonly keywords: string }>): void {
    for (const { keywords } of messages) if (keywords !== '') this.#noteKeywords(keywords);
  }

  #follows(modSeq: ModSeq): boolean {
    // A transaction's number is one above the account's last: nothing can have happened between the two.
    return modSeq === this.modSeq + 1 && this.#works === 0;
  }

  /** One reading of the store at a time, so that no older answer overwrites a newer one. */
  #alone(work: () => Promise<void>): Promise<void> {
    this.#works++;
    const done = this.#running.then(work).finally(() => {
      this.#works--;
    });
    this.#running = done.catch(() => undefined);
    return done;
  }

  #moveTo(modSeq: ModSeq): void {
    this.modSeq = modSeq;
    this.highestModSeq = Math.max(this.highestModSeq, modSeq);
  }

  async #refresh(): Promise<void> {
    if (this.gone) return;
    const changes = await this.#store.mailboxChanges(this.account, this.id, this.modSeq).catch((error: unknown) => {
      if (isEiderError(error, 'MAILBOX_NOT_FOUND', 'ACCOUNT_NOT_FOUND')) return null;
      throw error;
    });
    if (!changes?.mailbox) {
      this.gone = true;
      return;
    }
    if (changes.vanished === null) await this.#reload();
    else this.#apply(changes, changes.mailbox, changes.vanished);
    if (this.flags.crowded) await this.#loadFlags();
  }

  #apply(changes: MailboxChanges, mailbox: Mailbox, vanished: UidSet): void {
    if (changes.modSeq < this.modSeq) return;
    if (!vanished.isEmpty) this.#remove(vanished, changes.modSeq);
    this.#add(changes);
    this.modSeq = changes.modSeq;
    this.highestModSeq = mailbox.highestModSeq;
    this.uidNext = mailbox.uidNext;
  }

  #add({ changed, modSeq }: MailboxChanges): void {
    const had = this.map;
    let fresh = changed.uids.length;
    while (fresh > 0 && (changed.uids[fresh - 1] as number) > had.last) fresh--;
    if (fresh > 0) this.flaggedAt = modSeq;
    if (fresh < changed.uids.length) {
      this.map = had.append(changed.uids.subarray(fresh));
      this.flags.grow(had.count, this.map.count);
    }
    // New messages' flags are worth keeping only where all flags are.
    if (this.flags.table || fresh > 0) this.flags.change(this.map, rowsOf(changed));
    for (const keywords of changed.keywords.values()) this.#noteKeywords(keywords);
  }

  #remove(uids: UidSet, modSeq: ModSeq): void {
    const indexes: number[] = [];
    for (const [start, end] of this.map.indexRanges(uids)) for (let i = start; i < end; i++) indexes.push(i);
    if (indexes.length === 0) return;
    this.flags.remove(this.map, indexes);
    this.map = this.map.without(indexes);
    this.expungedAt = modSeq;
  }

  /** The records of what went are too old: starts over. */
  async #reload(): Promise<void> {
    const opened = await this.#store.openMailbox(this.account, this.id);
    this.flags.clear();
    this.map = UidMap.from(opened.uids);
    for (const keyword of opened.keywords) this.#noteKeywords(keyword);
    this.modSeq = opened.modSeq;
    this.highestModSeq = opened.mailbox.highestModSeq;
    this.uidNext = opened.mailbox.uidNext;
    this.expungedAt = opened.modSeq;
    this.flaggedAt = opened.modSeq;
    await this.#loadFlags();
  }

  async #loadFlags(): Promise<void> {
    if (this.flags.table) return;
    const columns = await this.#store.flags(this.account, this.id);
    // Read after the map, and perhaps a little newer: what is missing or more here is put right by the next refresh.
    this.flags.load(this.map, columns);
    for (const keywords of columns.keywords.values()) this.#noteKeywords(keywords);
  }

  #noteKeywords(keywords: string): void {
    for (const keyword of keywords.split(' ')) {
      const key = keyword.toLowerCase();
      if (this.#keywordKeys.has(key)) continue;
      this.#keywordKeys.add(key);
      this.keywords.push(keyword);
    }
  }
}
