/** Brings one message to its recipients, and says for each what became of it. */

import type { DeliveryOutcome, MailTransaction } from '../model/mail-transaction.ts';
import type { MessageStore } from '../store/message-store.ts';
import type { LmtpServerOptions } from './options.ts';
import { errorReply, outcomeReply, type Reply } from './reply.ts';

/** Errors that say what they should: nobody has to look after the server. */
const EXPECTED: ReadonlySet<string> = new Set(['QUOTA_EXCEEDED', 'MESSAGE_TOO_LARGE', 'DELIVERY_REFUSED', 'MAIL_LOOP']);

/** What {@link deliver} needs of a server. */
export interface DeliveryContext {
  readonly store: MessageStore;
  readonly options: Pick<LmtpServerOptions, 'overQuota' | 'traceFields' | 'logger'>;
}

/**
 * Delivers to the recipients of a transaction. Resolves with a reply for each, in their order (RFC 2033 section 4.2);
 * never rejects. An accepted message is durable.
 */
export async function deliver(
  { options }: DeliveryContext,
  transaction: MailTransaction,
  source: AsyncIterable<Uint8Array>,
): Promise<Reply[]> {
  const outcomes = await transaction.deliver(source);
  return outcomes.map((outcome) => {
    logFailure(outcome, options.logger);
    return outcome.error ? errorReply(outcome.error, options.overQuota ?? 'refuse') : outcomeReply(outcome);
  });
}

function logFailure({ account, error }: DeliveryOutcome, logger: LmtpServerOptions['logger']): void {
  if (!error) return;
  logger?.[EXPECTED.has(error.code) ? 'info' : 'error']({ account, err: error }, 'message not delivered');
}
