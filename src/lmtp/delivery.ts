/** Brings one message to its recipients, and says for each what became of it. */

import { isEiderError } from '../errors.ts';
import type { Account } from '../model/account.ts';
import type { AccountId } from '../model/ids.ts';
import type { MessageStore, PreparedMessage } from '../store/message-store.ts';
import type { LmtpServerOptions } from './options.ts';
import { errorReply, type Reply } from './reply.ts';

/** Appends at once; each may open an account's database. */
const CONCURRENCY = 16;

/** A recipient that was accepted. */
export interface Recipient {
  /** As the client wrote it. */
  readonly address: string;
  readonly account: Account;
}

/** What {@link deliver} needs of a server. */
export interface DeliveryContext {
  readonly store: MessageStore;
  readonly options: Pick<LmtpServerOptions, 'overQuota' | 'logger'>;
}

/**
 * Stores a message in the INBOX of each recipient's account, once for an account that several addresses lead to.
 * Resolves with a reply for each recipient, in their order (RFC 2033 section 4.2); never rejects. An accepted message
 * is durable.
 */
export async function deliver(
  context: DeliveryContext,
  source: AsyncIterable<Uint8Array>,
  recipients: readonly Recipient[],
): Promise<Reply[]> {
  let message: PreparedMessage;
  try {
    message = await context.store.prepare(source);
  } catch (error) {
    return recipients.map(() => failed(context, error, null));
  }
  const outcomes = await appendToAll(context, message, [...new Set(recipients.map(({ account }) => account.id))]);
  return recipients.map(({ account }) => outcomes.get(account.id) as Reply);
}

async function appendToAll(
  context: DeliveryContext,
  message: PreparedMessage,
  accounts: readonly AccountId[],
): Promise<Map<AccountId, Reply>> {
  const outcomes = new Map<AccountId, Reply>();
  const internalDate = new Date();
  const queue = accounts.values();
  const work = async (): Promise<void> => {
    for (const account of queue) outcomes.set(account, await appendTo(context, message, account, internalDate));
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, accounts.length) }, work));
  return outcomes;
}

async function appendTo(
  context: DeliveryContext,
  message: PreparedMessage,
  account: AccountId,
  internalDate: Date,
): Promise<Reply> {
  try {
    const [result] = await context.store.appendPrepared(account, 'INBOX', [{ message, internalDate }]);
    return { code: 250, text: `Stored, uid ${result?.uid}` };
  } catch (error) {
    return failed(context, error, account);
  }
}

function failed({ options }: DeliveryContext, error: unknown, account: AccountId | null): Reply {
  const expected = isEiderError(error, 'QUOTA_EXCEEDED', 'MESSAGE_TOO_LARGE');
  options.logger?.[expected ? 'info' : 'error']({ account, err: error }, 'message not delivered');
  return errorReply(error, options.overQuota ?? 'refuse');
}
