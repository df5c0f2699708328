/** One message for its recipients: each is asked about, then the message comes once and goes to all. */

import { EiderError } from '../errors.ts';
import type { Account } from '../model/account.ts';
import { effectiveLimits } from '../model/account-limits.ts';
import { NO_FLAGS } from '../model/flags.ts';
import type { AccountId } from '../model/ids.ts';
import type { DeliveryOutcome, MailTransaction, MailTransactionOptions } from '../model/mail-transaction.ts';
import type { AccountRoute, Route } from '../model/route.ts';
import { storeArriving } from '../store/deliver.ts';
import { Arrival, type ArrivalSource } from './arrival.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { failedOutcome } from './outcome.ts';
import { traceFields } from './trace-fields.ts';

/** Accounts at once; each may open a database. */
const CONCURRENCY = 16;
const HOUR_MS = 3_600_000;
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/** A recipient that was accepted. */
interface Recipient {
  /** As it was given. */
  readonly address: string;
  readonly route: AccountRoute;
}

/** What is to be done for one account. */
interface Task {
  readonly account: AccountId;
  readonly recipient: Recipient;
  readonly prefix: Buffer;
}

/** A transaction of {@link Deliveries.begin}. */
export class Transaction implements MailTransaction {
  readonly #context: DeliveryContext;
  readonly #options: MailTransactionOptions;
  #recipients: Recipient[] = [];

  constructor(context: DeliveryContext, options: MailTransactionOptions) {
    this.#context = context;
    this.#options = options;
  }

  async accept(recipient: string): Promise<Route> {
    // It comes to stand in a header.
    if (CONTROL.test(recipient)) throw new EiderError('ADDRESS_INVALID', 'the address has a control character');
    const account = await this.#context.resolve(recipient);
    if (!account) throw new EiderError('RECIPIENT_UNKNOWN', 'nobody has that address');
    if (!(await this.#context.takesMail(account.id))) {
      throw new EiderError('ACCOUNT_DISABLED', 'the account is switched off');
    }
    await this.#takeTurn(account);
    const route: AccountRoute = { type: 'account', account, matched: account.name, detail: null };
    this.#recipients.push({ address: recipient, route });
    return route;
  }

  async deliver(
    source: ArrivalSource,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<readonly DeliveryOutcome[]> {
    const recipients = this.#recipients;
    this.#recipients = [];
    const outcomes = await this.#deliverAll(this.#tasks(recipients), source, options.signal);
    return recipients.map(({ address, route }) => ({
      ...(outcomes.get(route.account.id) as DeliveryOutcome),
      recipient: address,
    }));
  }

  /** One for each account, whatever number of addresses leads to it. */
  #tasks(recipients: readonly Recipient[]): Task[] {
    const tasks = new Map<AccountId, Task>();
    for (const recipient of recipients) {
      const account = recipient.route.account.id;
      if (tasks.has(account)) continue;
      tasks.set(account, { account, recipient, prefix: this.#prefix(recipient) });
    }
    return [...tasks.values()];
  }

  /** Counts a delivery to the account. */
  async #takeTurn({ id, limits }: Account): Promise<void> {
    const { engine, defaultLimits } = this.#context.store;
    const { deliveriesPerHour: most } = effectiveLimits(limits, defaultLimits);
    if (most === null || most === undefined) return;
    const place = { owner: id, kind: 'rate', key: 'deliveries' };
    const { count } = await engine.vault.count(place, 1, Date.now() + HOUR_MS);
    if (count > most) throw new EiderError('RATE_LIMITED', 'the account gets more than it may at present');
  }

  #prefix({ address }: Recipient): Buffer {
    const { from = '', traceFields: wanted = true } = this.#options;
    return wanted ? traceFields(from, address) : Buffer.alloc(0);
  }

  async #deliverAll(
    tasks: readonly Task[],
    source: ArrivalSource,
    signal: AbortSignal | undefined,
  ): Promise<Map<AccountId, DeliveryOutcome>> {
    const outcomes = new Map<AccountId, DeliveryOutcome>();
    const fail = (task: Task, error: unknown): void => {
      outcomes.set(task.account, failedOutcome(task.recipient.address, task.account, error));
    };
    let arrival: Arrival;
    try {
      const prefixes = tasks.map(({ prefix }) => prefix);
      arrival = await Arrival.read(this.#context.store, source, prefixes, signal);
    } catch (error) {
      for (const task of tasks) fail(task, error);
      return outcomes;
    }
    const time = Date.now();
    const queue = tasks.values();
    const work = async (): Promise<void> => {
      for (const task of queue) {
        try {
          outcomes.set(task.account, await this.#store(task, arrival, time));
        } catch (error) {
          fail(task, error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, tasks.length) }, work));
    return outcomes;
  }

  async #store({ account, recipient, prefix }: Task, arrival: Arrival, time: number): Promise<DeliveryOutcome> {
    const { transactionId } = this.#options;
    const stored = await storeArriving(this.#context.store, account, {
      content: arrival.withPrefix(prefix),
      mailbox: 'INBOX',
      flags: NO_FLAGS,
      internalDate: time,
      // Of the octets too: a queue gives its ids again after a while.
      transaction: transactionId === undefined ? null : `${transactionId} ${arrival.content.digest}`,
    });
    const result = stored ? 'stored' : 'duplicate';
    return { recipient: recipient.address, result, account, stored, error: null };
  }
}
