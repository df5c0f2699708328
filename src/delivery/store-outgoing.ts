/** Mail that the store sends: what waits, and sending it. */

import { EiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';
import type { Outgoing, SendMail, WaitingMail } from '../model/outgoing-mail.ts';
import type { Outbox } from '../store/outbox.ts';
import { OutboxRunner } from './outbox-runner.ts';

/** Over the outboxes of all accounts. */
export class StoreOutgoing implements Outgoing {
  readonly #outbox: Outbox;
  readonly #runner: OutboxRunner | null;
  readonly #stops = new Set<() => Promise<void>>();

  constructor(outbox: Outbox, send: SendMail | null) {
    this.#outbox = outbox;
    this.#runner = send && new OutboxRunner({ store: outbox, send, now: () => Date.now() });
  }

  list(account: AccountId): Promise<WaitingMail[]> {
    return this.#outbox.list(account);
  }

  async runDue(options: { readonly signal?: AbortSignal } = {}): Promise<number> {
    const counts = await this.#required().runDue(options);
    return counts.sent;
  }

  start(options: { readonly everyMs?: number } = {}): () => Promise<void> {
    const end = this.#required().start(options);
    const stop = async (): Promise<void> => {
      this.#stops.delete(stop);
      await end();
    };
    this.#stops.add(stop);
    return stop;
  }

  /** Lets what is being sent end. */
  async close(): Promise<void> {
    await Promise.all([...this.#stops].map((stop) => stop()));
  }

  #required(): OutboxRunner {
    if (!this.#runner) throw new EiderError('UNSUPPORTED', 'the store was opened without a way to send mail');
    return this.#runner;
  }
}
