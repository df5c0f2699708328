/** A message that arrives: stored once for each transaction that brings it, all in one transaction of the account. */

import { createHash } from 'node:crypto';
import type { WriteTransaction } from '../engine/engine.ts';
import type { AccountId } from '../model/ids.ts';
import type { Mailbox, MailboxRef } from '../model/mailbox.ts';
import { addMessages, type UnthreadedMessage } from './append.ts';
import { accountSettings, enforceLimits, requireSize, resolveMailbox, type StoreContext } from './context.ts';
import type { AppendResult } from './message-store.ts';

/** What is to be stored of a delivery. */
export interface ArrivingMessage extends UnthreadedMessage {
  /** Where; INBOX when there is no such mailbox any more. */
  readonly mailbox: MailboxRef;
  /** Names the transaction for this recipient; `null` when it has no name. */
  readonly transaction: string | null;
}

/** Adds the message, durably; `null` when the same transaction has brought it before. @throws `QUOTA_EXCEEDED`. */
export async function storeArriving(
  context: StoreContext,
  account: AccountId,
  message: ArrivingMessage,
): Promise<AppendResult | null> {
  const { limits } = await accountSettings(context, account);
  requireSize(message.content, limits);
  return context.engine.write(account, async (tx) => {
    // A name of the transaction is one more key of the thread: so it is there if, and only if, the message was stored.
    const key = message.transaction === null ? null : deliveryKey(message.transaction);
    if (key !== null && (await tx.threads([key])).length > 0) return null;
    const [result] = await addMessages(tx, await mailboxOrInbox(tx, message.mailbox), [message]);
    if (key !== null) await tx.bindThread((result as AppendResult).threadId, [key]);
    await enforceLimits(tx, limits);
    return result as AppendResult;
  });
}

async function mailboxOrInbox(tx: WriteTransaction, ref: MailboxRef): Promise<Mailbox> {
  try {
    return await resolveMailbox(tx, ref);
  } catch {
    return resolveMailbox(tx, 'INBOX');
  }
}

/** No message names its thread so: the keys of messages begin with a message id. */
function deliveryKey(transaction: string): string {
  return `delivery ${createHash('sha256').update(transaction).digest('hex')}`;
}
