/** As much of a store as an LMTP server uses, in memory, with faults to order. */

import { EiderError, type ErrorCode } from '../../src/errors.ts';
import type { MessageStore, PreparedMessage } from '../../src/store/message-store.ts';

/** What was stored for whom. */
export interface Stored {
  readonly account: string;
  readonly octets: Buffer;
}

/** Every name that does not begin with `no` is an account; `x@y` leads to the account `x`. */
export class FakeStore {
  readonly stored: Stored[] = [];
  readonly maxMessageSize: number;
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

  readonly auth = { takesMail: async (): Promise<boolean> => true };

  readonly accounts = {
    resolveRecipient: async (address: string): Promise<{ id: string } | null> => {
      if (this.lookupFailure) throw new EiderError(this.lookupFailure, 'lookup failed');
      return address.startsWith('no') ? null : { id: address.split('@')[0] as string };
    },
  };

  async prepare(source: AsyncIterable<Uint8Array>): Promise<PreparedMessage> {
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
    return { content: Buffer.concat(chunks) } as unknown as PreparedMessage;
  }

  async appendPrepared(account: string, mailbox: string, messages: readonly { message: PreparedMessage }[]) {
    this.appending++;
    try {
      await this.gate;
    } finally {
      this.appending--;
    }
    const code = this.failures.get(account);
    if (code) throw new EiderError(code, 'append failed');
    if (mailbox !== 'INBOX') throw new Error('not the INBOX');
    for (const { message } of messages) this.stored.push({ account, octets: message.content as unknown as Buffer });
    return [{ uid: this.stored.filter((stored) => stored.account === account).length }];
  }
}
