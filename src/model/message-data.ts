/** Data of programs about messages: what a webmail, say, wants to remember of one. No mail client sees it. */

import type { JsonObject } from './account-profile.ts';
import type { AccountId, EmailId } from './ids.ts';
import type { MailboxRef } from './mailbox.ts';
import type { UidSet } from './uid-set.ts';

/** Most octets of one message's data as JSON. */
export const MAX_MESSAGE_DATA_OCTETS = 65_536;
/** Most octets of an account's in all. */
export const MAX_ACCOUNT_MESSAGE_DATA_OCTETS: number = 16 * 1024 * 1024;

/** Data of messages as a store has it. */
export interface MessageData {
  /** The data of messages, by their ids; those without any are left out. One read. */
  get(account: AccountId, emailIds: readonly EmailId[]): Promise<ReadonlyMap<EmailId, JsonObject>>;
  /**
   * Sets the data of messages, or with `null` removes it; resolves with those that were there. It belongs to the
   * message: it goes with it to other mailboxes, copies take it along, and it ends when the message cannot be brought
   * back any more. No mailbox's `highestModSeq` rises.
   *
   * @throws `MAILBOX_NOT_FOUND`; `LIMIT_EXCEEDED` above 65,536 octets of JSON for a message or 16 MB for the account,
   *   and nothing is set then.
   */
  set(account: AccountId, mailbox: MailboxRef, uids: UidSet, data: JsonObject | null): Promise<UidSet>;
}
