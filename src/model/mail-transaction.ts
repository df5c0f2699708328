/** Mail on its way in: one message for one or several recipients. RFC 5321 section 3.3. */

import type { EiderError } from '../errors.ts';
import type { AccountId, EmailId, MailboxId, Uid } from './ids.ts';
import type { Route } from './route.ts';

/** Where a message comes from. */
export interface MailOrigin {
  readonly protocol: 'lmtp' | 'submission' | 'rest' | 'program';
  /** IP address of the client that the mail transfer agent spoke with, when it is known. */
  readonly address?: string;
  /** What that client called itself. */
  readonly helo?: string;
}

/** What is known before a message comes. */
export interface MailTransactionOptions {
  /** Reverse path; `''` for none (RFC 5321 section 4.5.5). @defaultValue `''` */
  readonly from?: string;
  /**
   * Names the transaction where it was begun, such as a queue's id: when it comes again with the same octets, an account
   * that has it says so and does not store it again. At most 256 characters. @defaultValue none: it is always another one
   */
  readonly transactionId?: string;
  /** Whether Return-Path and Delivered-To are put before the message. RFC 5321 section 4.4. @defaultValue `true` */
  readonly traceFields?: boolean;
  /** @defaultValue a program */
  readonly origin?: MailOrigin;
}

/**
 * What became of a message for one recipient.
 *
 * - `stored`: it is in a mailbox, durable.
 * - `duplicate`: the same transaction was stored before.
 * - `discarded`: a filter of the account removed it.
 * - `forwarded`: it is in no mailbox here, and on its way to others.
 * - `failed`: nothing of it was kept; `error` says why, and whether it makes sense to try again.
 */
export type DeliveryResult = 'stored' | 'duplicate' | 'discarded' | 'forwarded' | 'failed';

/** The outcome for one recipient. */
export interface DeliveryOutcome {
  /** As it was given. */
  readonly recipient: string;
  readonly result: DeliveryResult;
  /** `null` for an address that only forwards, and where the recipient is unknown. */
  readonly account: AccountId | null;
  /** Of what was stored now. */
  readonly stored: { readonly mailboxId: MailboxId; readonly uid: Uid; readonly emailId: EmailId } | null;
  /** Of what failed. An error that is no {@link EiderError} was logged, and is told as `UNAVAILABLE`. */
  readonly error: EiderError | null;
}

/** A message that comes to recipients which were asked about one by one, as SMTP and LMTP do it. */
export interface MailTransaction {
  /**
   * Adds a recipient. One that was given before is one more, with an outcome of its own; an account that several lead
   * to gets the message once.
   *
   * @throws `ADDRESS_INVALID`; `RECIPIENT_UNKNOWN`; `ACCOUNT_DISABLED`; `RATE_LIMITED` for an account that gets more
   *   than it may at present; `UNAVAILABLE`, `BUSY`. The transaction goes on without that recipient.
   */
  accept(recipient: string): Promise<Route>;
  /**
   * Brings the message to all recipients that were accepted, each on its own: one that fails changes nothing for the
   * others. Resolves with an outcome for each, in their order, when all that was stored is durable. Never rejects: what
   * is wrong with `source` fails all of them. The transaction is over then.
   */
  deliver(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | Uint8Array | string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly DeliveryOutcome[]>;
}

/** A message on its way to one account, as a hook sees it. */
export interface ArrivingMail {
  readonly account: AccountId;
  /** As it was given. */
  readonly recipient: string;
  /** Reverse path; `''` for none. */
  readonly from: string;
  readonly origin: MailOrigin;
  /** The raw header, as it was sent. */
  readonly header: Uint8Array;
  /** Octets of the message, as it was sent. */
  readonly size: number;
  /** The octets, as they were sent. */
  read(): AsyncIterable<Uint8Array>;
}

/** What a hook wants; what is absent is left to the account. */
export interface ArrivalDecision {
  /** Refuses the message for good, with a reason for people. */
  readonly refuse?: string;
  /** Puts it into this mailbox; INBOX when there is none of that path. */
  readonly mailbox?: string;
  /** Flags and keywords that it gets besides. */
  readonly flags?: readonly string[];
  /**
   * Header fields to put before it: names and values without line ends. None that the message says of itself: From, To,
   * Subject, Date, Message-ID, fields of MIME and the like.
   */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** What a program does with mail on its way in. */
export interface DeliveryHooks {
  /** Asked for each account before anything is stored. What it throws puts the message off. */
  onAccept?(mail: ArrivingMail): Promise<ArrivalDecision | undefined> | ArrivalDecision | undefined;
  /** Told of each outcome, when it is durable. What it throws is ignored. */
  onStored?(outcome: DeliveryOutcome): Promise<void> | void;
}

/** A message for recipients that are known from the start. */
export interface DeliverOptions extends MailTransactionOptions {
  /** Addresses, or bare names of accounts. */
  readonly recipients: readonly string[];
  /** Stops reading the message; nothing is stored then. */
  readonly signal?: AbortSignal;
}

/** Delivery as a store has it. */
export interface Deliveries {
  /**
   * Begins a transaction.
   *
   * @throws `ADDRESS_INVALID` for a reverse path that cannot stand in a header; `INVALID_ARGUMENT` for the name of a
   *   transaction that is empty, too long, or has control characters.
   */
  begin(options?: MailTransactionOptions): MailTransaction;
}
