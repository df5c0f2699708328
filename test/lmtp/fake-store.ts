/** As much of a store as an LMTP server uses, in memory, with faults to order. */

import { EiderError, type ErrorCode, isEiderError } from '../../src/errors.ts';
import type { Account } from '../../src/model/account.ts';
import type { DeliveryOutcome, MailTransaction, MailTransactionOptions } from '../../src/model/mail-transaction.ts';
import type { Route } from '../../src/model/route.ts';
import type { MessageStore } from '../../src/store/message-store.ts';

/** What was stored for whom. */
export interface Stored {
  readonly account: string;
  readonly octets: Buffer;
}

/** Every name that does not begin with `no` is an account; `x@y` leads to the account `x`. */
export class FakeStore {
  readonly stored: Stored[] = [];
  readonly maxMessageSize: number;
  /** What was said of each transaction. */
  readonly begun: MailTransactionOptions[] = [];
  prepared = 0;
  /** How many `prepare` are reading. */
  preparing = 0;
  /** Octets that the last `prepare` took. */
  taken = 0;
  /** Errors of `appendPrepared` by account. */
  readonly failures = new Map<string, ErrorCode>();
  prepareFailure: ErrorCode | null = null;
  lookupFailure: ErrorCode | null = null;
  /** Appends wait for it. */
  gate: Promise<void> = Promise.resolve();
  appending = 0;

  constructor(maxMessageSize = 10_000_000) {
    this.maxMessageSize = maxMessageSize;
  }

  get store(): MessageStore {
    return this as unknown as MessageStore;
  }

  readonly deliveries = {
    begin: (options: MailTransactionOptions = {}): MailTransaction => {
      this.begun.push(options);
      const recipients: string[] = [];
      return {
        accept: async (address): Promise<Route> => {
          if (this.lookupFailure) throw new EiderError(this.lookupFailure, 'lookup failed');
          if (address.startsWith('no')) throw new EiderError('RECIPIENT_UNKNOWN', 'nobody');
          recipients.push(address);
          return { type: 'account', account: {} as Account, matched: address, detail: null };
        },
        deliver: (source) => this.#deliver(source as AsyncIterable<Uint8Array>, recipients.splice(0)),
      };
    },
  };

  async #deliver(source: AsyncIterable<Uint8Array>, recipients: readonly string[]): Promise<DeliveryOutcome[]> {
    const outcomes = new Map<string, Promise<Pick<DeliveryOutcome, 'result' | 'stored' | 'error'>>>();
    const octets = await this.#take(source).catch((error: unknown) =>
      isEiderError(error) ? error : new EiderError('UNAVAILABLE', 'the source ended', { cause: error }),
    );
    return Promise.all(
      recipients.map(async (recipient) => {
        const account = recipient.split('@')[0] as string;
        const known = outcomes.get(account) ?? this.#append(account, octets);
        outcomes.set(account, known);
        return { recipient, account, ...(await known) };
      }),
    );
  }

  async #take(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
    this.preparing++;
    this.taken = 0;
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of source) {
        chunks.push(Buffer.from(chunk));
        this.taken += chunk.length;
        if (this.taken > this.maxMessageSize) throw new EiderError('MESSAGE_TOO_LARGE', 'too large');
        if (this.prepareFailure) throw new EiderError(this.prepareFailure, 'prepare failed');
      }
    } finally {
      this.preparing--;
    }
    this.prepared++;
    return Buffer.concat(chunks);
  }

  async #append(
    account: string,
    octets: Buffer | EiderError,
  ): Promise<Pick<DeliveryOutcome, 'result' | 'stored' | 'error'>> {
    const failed = (error: EiderError) => ({ result: 'failed', stored: null, error }) as const;
    if (octets instanceof EiderError) return failed(octets);
    this.appending++;
    try {
      await this.gate;
    } finally {
      this.appending--;
    }
    const code = this.failures.get(account);
    if (code) return failed(new EiderError(code, 'append failed'));
    this.stored.push({ account, octets });
    const uid = this.stored.filter((stored) => stored.account === account).length;
    return { result: 'stored', stored: { mailboxId: 1, uid, emailId: uid }, error: null };
  }
}
