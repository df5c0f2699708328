/** What was expunged or deleted, as long as it can be brought back. */

import type { Account } from './account.ts';
import type { AccountId, MailboxId, Uid } from './ids.ts';
import type { MailboxRef } from './mailbox.ts';
import type { UidSet } from './uid-set.ts';

/** A mailbox from which messages were expunged, or that was deleted. */
export interface RestorableMailbox {
  /** Of the mailbox in which they were: never given to another. */
  readonly mailboxId: MailboxId;
  /** Where it is, or was when it was deleted; `null` when nobody knows. */
  readonly path: string | null;
  readonly deleted: boolean;
  /** How many messages can be brought back. */
  readonly messages: number;
  /** Sum of their sizes. */
  readonly octets: number;
}

/** A message that can be brought back. */
export interface RestorableMessage {
  /** Names it among those of its mailbox, in the order in which they were expunged. Not its UID of before. */
  readonly key: Uid;
  /** When it was expunged, milliseconds since 1970. */
  readonly expunged: number;
  /** Milliseconds since 1970. */
  readonly internalDate: number;
  /** Octets. */
  readonly size: number;
  /** Flags and keywords. */
  readonly flags: readonly string[];
  /** IMAP ENVELOPE; octets in a string. */
  readonly envelope: string;
  readonly preview: string;
}

/** Which messages to bring back: those of a set of keys, or expunged in a time, or both; all, where nothing is said. */
export interface RestoreFilter {
  readonly keys?: UidSet;
  /** Milliseconds since 1970, inclusive. */
  readonly from?: number;
  /** Milliseconds since 1970, exclusive. */
  readonly before?: number;
}

/** What was brought back. */
export interface RestoreResult {
  /** Where they are now. */
  readonly mailboxId: MailboxId;
  readonly path: string;
  readonly uids: UidSet;
}

/** An account that was removed and can be brought back. */
export interface RestorableAccount {
  /** As it was. */
  readonly account: Account;
  /** Milliseconds since 1970. */
  readonly removed: number;
}

/** Days after which messages of a mailbox are expunged; then they can be brought back for a while. */
export interface MailboxRetention {
  readonly mailboxId: MailboxId;
  readonly path: string;
  /** `null` for never. */
  readonly days: number | null;
  /** Whether it is the store's choice for mailboxes of such a use, and not the account's. */
  readonly isDefault: boolean;
}

/** A time of which nothing of an account may be lost. */
export interface LegalHold {
  /** 1 to 64 of `[a-z0-9-]`. */
  readonly id: string;
  /** Internal dates, milliseconds since 1970, inclusive; `null` for all that there is. */
  readonly from: number | null;
  /** Exclusive; `null` for all that will come. */
  readonly before: number | null;
  /** When it ends by itself, milliseconds since 1970; `null` for when it is ended. */
  readonly expires: number | null;
  /** For people. */
  readonly note: string;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** A message of the time of a hold. */
export interface HeldMessage {
  /** Of its mailbox; `null` when nobody knows. */
  readonly path: string | null;
  /** When it was expunged, milliseconds since 1970; `null` for one that is there. */
  readonly expunged: number | null;
  /** Milliseconds since 1970. */
  readonly internalDate: number;
  /** Octets. */
  readonly size: number;
  /** The octets of the message. */
  read(): AsyncIterable<Buffer>;
}

/** Bringing back what was expunged or deleted, and how long things are kept. */
export interface Recovery {
  /** Mailboxes of which something can be brought back, by path. */
  mailboxes(account: AccountId): Promise<RestorableMailbox[]>;
  /** What can be brought back of one, in the order in which it was expunged. */
  messages(
    account: AccountId,
    mailboxId: MailboxId,
    options?: { readonly after?: Uid; readonly limit?: number },
  ): Promise<RestorableMessage[]>;
  /**
   * Brings messages back to their mailbox, which is made again when it is gone, with their flags (but `\Deleted`), dates
   * and threads; all or none. They get new UIDs, as IMAP wants it.
   *
   * @param to another mailbox
   * @throws `MAILBOX_NOT_FOUND` when there is nothing of that mailbox, or no `to`; `QUOTA_EXCEEDED`; `MAILBOX_LIMIT`.
   */
  restore(account: AccountId, mailboxId: MailboxId, filter?: RestoreFilter, to?: MailboxRef): Promise<RestoreResult>;
  /** Removes for good what could be brought back, in all mailboxes or in one; how many messages. @throws `UNSUPPORTED` during a legal hold. */
  purge(account: AccountId, options?: { readonly mailboxId?: MailboxId; readonly before?: number }): Promise<number>;

  /** Accounts that were removed and can be brought back. */
  accounts(): AsyncIterable<RestorableAccount>;
  /**
   * Brings an account back as it was, with its mail. By id, name or address.
   *
   * @throws `ACCOUNT_NOT_FOUND`; `ACCOUNT_EXISTS`, `ADDRESS_EXISTS` when others have its name, addresses or patterns now.
   */
  restoreAccount(ref: string): Promise<Account>;

  /** How long messages stay in each mailbox. */
  retention(account: AccountId): Promise<MailboxRetention[]>;
  /**
   * Sets it; messages that have been there for longer (RFC 8514 SAVEDATE) are expunged by the next run of the job.
   *
   * @param days 1 to 36,500; `null` for never, `undefined` for the store's choice (30 for Trash and Junk)
   * @throws `MAILBOX_NOT_FOUND`, `INVALID_ARGUMENT`.
   */
  setRetention(account: AccountId, mailbox: MailboxRef, days: number | null | undefined): Promise<void>;

  /** Times of which nothing is lost at present. */
  holds(account: AccountId): Promise<LegalHold[]>;
  /** One by its id alone; `null` for none, and for one that was made by an earlier version. */
  findHold(id: string): Promise<{ readonly account: AccountId; readonly hold: LegalHold } | null>;
  /**
   * From now on nothing of that time is removed for good, whatever the account or its retention does: what is expunged
   * can be brought back until the hold has ended. What was lost before is lost.
   *
   * @throws `INVALID_ARGUMENT`, `LIMIT_EXCEEDED` over 100 holds.
   */
  addHold(
    account: AccountId,
    hold?: Partial<Pick<LegalHold, 'from' | 'before' | 'expires' | 'note'>>,
  ): Promise<LegalHold>;
  /** `false` when there is none of that id. */
  removeHold(account: AccountId, id: string): Promise<boolean>;
  /** The messages of a hold, each once, those of the mailboxes before those expunged from them. @throws `INVALID_ARGUMENT` when there is no such hold. */
  held(account: AccountId, id: string): AsyncIterable<HeldMessage>;
}
