/** Mail that an account sends. RFC 6409. */

import type { JsonObject } from './account-profile.ts';
import type { AccountId, EmailId, MailboxId, Uid } from './ids.ts';
import type { MailboxRef } from './mailbox.ts';

/** Most recipients of one message. */
export const MAX_SUBMISSION_RECIPIENTS = 1_000;

/** How a message is sent. */
export interface SubmitOptions {
  /** Reverse path: an address of the account, or one that its profile lets it send from; `''` for none. */
  readonly from: string;
  /** 1 to 1,000 addresses; one that comes twice is one. */
  readonly to: readonly string[];
  /** Not before that. @defaultValue at once */
  readonly sendAt?: Date;
  /** Where the account keeps it, seen; `null` for nowhere. @defaultValue the mailbox for sent mail */
  readonly keepIn?: MailboxRef | null;
  /** The draft that it is made of, which goes. */
  readonly draft?: { readonly mailbox: MailboxRef; readonly uid: Uid };
  /** The message that it answers or forwards, which is marked so. */
  readonly reference?: { readonly mailbox: MailboxRef; readonly uid: Uid; readonly action: 'reply' | 'forward' };
  /** Data of the program's own about the copy that is kept, as `messageData.set` takes it. @defaultValue none */
  readonly data?: JsonObject;
  /** Names the submission: one that comes again with the same name is not sent again. At most 256 characters. */
  readonly transactionId?: string;
  /** Stops reading the message; nothing is sent then. */
  readonly signal?: AbortSignal;
}

/** What became of a submission. */
export interface Submitted {
  /** Names it as long as it waits. */
  readonly queueId: string;
  /** As it was found, or made. */
  readonly messageId: string;
  /** The copy that is kept. */
  readonly stored: { readonly mailboxId: MailboxId; readonly uid: Uid; readonly emailId: EmailId } | null;
}

/** Sending as a store has it. */
export interface Submissions {
  /**
   * Puts a message on its way, and its copy into a mailbox, in one transaction. What goes out has no Bcc, and is signed
   * with the active DKIM keys of the author's domain; Date and Message-ID are added where they lack. The copy may go
   * over the quota, as the message has been sent. Who cannot be reached is told of in INBOX.
   *
   * @throws `ACCOUNT_NOT_FOUND`; `SENDER_REFUSED` for an address that the account may not send from; `ADDRESS_INVALID`;
   *   `INVALID_ARGUMENT`, `LIMIT_EXCEEDED` for recipients that are none or too many; `RATE_LIMITED` above the
   *   recipients of a day; `MESSAGE_TOO_LARGE`; `MAILBOX_NOT_FOUND`; `ACCOUNT_DISABLED`. `null` when a submission of
   *   that name was made before.
   */
  submit(
    account: AccountId,
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | Uint8Array | string,
    options: SubmitOptions,
  ): Promise<Submitted | null>;
  /** Takes back what waits; of several recipients, those that it was not sent to. Resolves with how many those were. */
  cancel(account: AccountId, queueId: string): Promise<number>;
  /** The address to send from: the one that is asked for where the account may, else its main one; `null` for none. */
  senderFor(account: AccountId, address: string): Promise<string | null>;
}
