/** A message that arrives: stored once for each transaction that brings it, all in one transaction of the account. */

import { createHash } from 'node:crypto';
import type { WriteTransaction } from '../engine/engine.ts';
import { EiderError, isEiderError } from '../errors.ts';
import type { CopyMode } from '../model/account.ts';
import type { AccountId, MailboxId } from '../model/ids.ts';
import type { Mailbox, MailboxRef } from '../model/mailbox.ts';
import { UidSet } from '../model/uid-set.ts';
import { addMessages, type UnthreadedMessage } from './append.ts';
import { accountSettings, enforceLimits, requireSize, resolveMailbox, type StoreContext } from './context.ts';
import type { AppendResult } from './message-store.ts';
import { addOutgoing, markOutbox, type NewOutgoing } from './outbox.ts';

/** What is to be done with a message that has arrived. */
export interface ArrivingMessage extends UnthreadedMessage {
  /** Where; INBOX when there is no such mailbox any more; `null` for nowhere. */
  readonly mailbox: MailboxRef | null;
  /** More mailboxes; those that are gone are left out. */
  readonly labels: readonly MailboxId[];
  /** What is sent because of it. */
  readonly outgoing: readonly NewOutgoing[];
  /** Names the transaction for this recipient; `null` when it has no name. */
  readonly transaction: string | null;
  /** Mailboxes that are encrypted, where it is not: it comes into none of them. */
  readonly closedTo: ReadonlySet<MailboxId>;
}

/** `stored` is `null` for what is in no mailbox, or was there before. */
export interface Arrived {
  readonly duplicate: boolean;
  readonly stored: AppendResult | null;
}

/**
 * Does all that is to be done, durably, in one transaction; nothing when the same transaction has brought the message
 * before.
 *
 * @throws `QUOTA_EXCEEDED`, `MESSAGE_TOO_LARGE`; `BUSY` when it would come into a mailbox that is closed to it.
 */
export async function storeArriving(
  context: StoreContext,
  account: AccountId,
  message: ArrivingMessage,
): Promise<Arrived> {
  const { limits, copies } = await accountSettings(context, account);
  requireSize(message.content, limits);
  if (message.outgoing.length > 0) await markOutbox(context, account);
  return context.engine.write(account, async (tx) => {
    // A name of the transaction is one more key of the thread: so it is there if, and only if, the message was stored.
    const key = message.transaction === null ? null : deliveryKey(message.transaction);
    if (key !== null && (await tx.threads([key])).length > 0) return { duplicate: true, stored: null };
    const stored = message.mailbox === null ? null : await place(tx, message, message.mailbox, copies);
    await addOutgoing(tx, message.outgoing);
    if (key !== null) await tx.bindThread(stored?.threadId ?? (await tx.newThread()), [key]);
    await enforceLimits(tx, limits);
    return { duplicate: false, stored };
  });
}

async function place(
  tx: WriteTransaction,
  message: ArrivingMessage,
  ref: MailboxRef,
  copies: CopyMode,
): Promise<AppendResult> {
  const mailbox = await mailboxOrInbox(tx, ref);
  // The mailbox that it was meant for is gone since it was asked about.
  if (message.closedTo.has(mailbox.id)) throw new EiderError('BUSY', 'the mailboxes of the account have just changed');
  const [added] = await addMessages(tx, mailbox, [message]);
  const stored = added as AppendResult;
  for (const label of message.labels) {
    if (label === mailbox.id || !(await tx.mailbox(label))) continue;
    await tx.copy(mailbox.id, UidSet.of(stored.uid), label, copies);
  }
  return stored;
}

async function mailboxOrInbox(tx: WriteTransaction, ref: MailboxRef): Promise<Mailbox> {
  try {
    return await resolveMailbox(tx, ref);
  } catch (error) {
    if (!isEiderError(error, 'MAILBOX_NOT_FOUND')) throw error;
    return resolveMailbox(tx, 'INBOX');
  }
}

/** What a transaction of a name is remembered by. No message names its thread so: the keys of messages begin with a message id. */
export function deliveryKey(transaction: string): string {
  return `delivery ${createHash('sha256').update(transaction).digest('hex')}`;
}
