/** Mail on its way in, the same for every way in. */

import { EiderError } from '../errors.ts';
import { MAX_ADDRESS_OCTETS } from '../model/address.ts';
import type {
  Deliveries,
  DeliverOptions,
  DeliveryOutcome,
  MailTransaction,
  MailTransactionOptions,
} from '../model/mail-transaction.ts';
import type { ArrivalSource } from './arrival.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { failedOutcome } from './outcome.ts';
import { NOT_OF_ONE_LINE } from './trace-fields.ts';
import { Transaction } from './transaction.ts';

const MAX_TRANSACTION_ID = 256;
/** Not {@link MAX_ADDRESS_OCTETS}: what a mail transfer agent has taken, it has taken. */
const MAX_REVERSE_PATH_OCTETS = 4 * MAX_ADDRESS_OCTETS;

/** Deliveries to the accounts of a store. */
export class StoreDeliveries implements Deliveries {
  readonly #context: DeliveryContext;

  constructor(context: DeliveryContext) {
    this.#context = context;
  }

  begin(options: MailTransactionOptions = {}): MailTransaction {
    const { from = '', transactionId } = options;
    if (NOT_OF_ONE_LINE.test(from) || Buffer.byteLength(from) > MAX_REVERSE_PATH_OCTETS) {
      throw new EiderError('ADDRESS_INVALID', 'the reverse path is too long, or has a control character');
    }
    if (transactionId !== undefined && !isTransactionId(transactionId)) {
      throw new EiderError('INVALID_ARGUMENT', `a transaction has a name of 1 to ${MAX_TRANSACTION_ID} characters`);
    }
    return new Transaction(this.#context, options);
  }

  /** All of a transaction at once. Recipients that are refused have outcomes too. */
  async deliver(source: ArrivalSource, options: DeliverOptions): Promise<readonly DeliveryOutcome[]> {
    const transaction = this.begin(options);
    const refused = new Map<number, DeliveryOutcome>();
    for (const [index, recipient] of options.recipients.entries()) {
      try {
        await transaction.accept(recipient);
      } catch (error) {
        refused.set(index, failedOutcome(recipient, null, error));
      }
    }
    const { signal } = options;
    const accepted = (await transaction.deliver(source, { ...(signal && { signal }) })).values();
    return options.recipients.map((_, index) => refused.get(index) ?? (accepted.next().value as DeliveryOutcome));
  }
}

function isTransactionId(id: string): boolean {
  return id.length > 0 && id.length <= MAX_TRANSACTION_ID && !NOT_OF_ONE_LINE.test(id);
}
