/** What became of a message for a recipient. */

import { EiderError, isEiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';
import type { DeliveryOutcome } from '../model/mail-transaction.ts';

/** Nothing was kept. Whatever went wrong, the caller gets an error of the closed list, with what it was as its cause. */
export function failedOutcome(recipient: string, account: AccountId | null, error: unknown): DeliveryOutcome {
  const known = isEiderError(error)
    ? error
    : new EiderError('UNAVAILABLE', 'the message could not be delivered', { cause: error });
  return { recipient, result: 'failed', account, stored: null, error: known };
}
