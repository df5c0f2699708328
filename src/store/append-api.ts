/** What a message that is to be stored is given as, and where it went. */

import type { JsonObject } from '../model/account-profile.ts';
import type { Content } from '../model/content.ts';
import type { AccountId, EmailId, MailboxId, ModSeq, ThreadId, Uid } from '../model/ids.ts';
import type { MailboxRef } from '../model/mailbox.ts';

/** Octets of a message: all at once, or in chunks of any size. */
export type MessageSource = Uint8Array | string | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** A message whose parts are in the blob store already; can be appended to several mailboxes and accounts. */
export interface PreparedMessage {
  readonly content: Content;
}

/** How a message arrives. */
export interface AppendOptions {
  /** System flags and keywords, such as `['\\Seen', '$Forwarded']`. @defaultValue none */
  readonly flags?: readonly string[];
  /** @defaultValue now */
  readonly internalDate?: Date;
  /** See `MessageStore.messageData`. @defaultValue none */
  readonly data?: JsonObject;
  /** Stops reading `source`; nothing is stored then. */
  readonly signal?: AbortSignal;
  /**
   * Whether it is encrypted where the account, or the mailbox, is: a draft (`\\Draft`) never is, and what is encrypted
   * already stays as it is. With `false` it is stored as it was written. @defaultValue `true`
   */
  readonly encrypt?: boolean;
}

/** How a message is prepared. */
export interface PrepareOptions {
  /** Stops reading. */
  readonly signal?: AbortSignal;
  /**
   * Where it is going to, with which flags: it is encrypted then as it has to be there, before anything of it touches a
   * disk. Without, that is done when it is appended, and large parts have been in the blob store in the clear.
   *
   * @throws `MAILBOX_NOT_FOUND`, `FLAG_INVALID`, `ENCRYPTION_FAILED`.
   */
  readonly into?: { readonly account: AccountId; readonly mailbox: MailboxRef; readonly flags?: readonly string[] };
}

/** One message of `MessageStore.appendPrepared`. */
export interface PreparedAppend {
  readonly message: PreparedMessage;
  readonly flags?: readonly string[];
  readonly internalDate?: Date;
  /** As of {@link AppendOptions}. @defaultValue `true` */
  readonly encrypt?: boolean;
  readonly data?: JsonObject;
}

/** Where a message went. */
export interface AppendResult {
  readonly mailboxId: MailboxId;
  readonly uidValidity: number;
  readonly uid: Uid;
  readonly modSeq: ModSeq;
  readonly emailId: EmailId;
  readonly threadId: ThreadId;
  /** Octets. */
  readonly size: number;
}
