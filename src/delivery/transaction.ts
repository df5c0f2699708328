/** One message for its recipients: each is asked about, then the message comes once and goes to all. */

import { encryptsAny } from '../crypto/encryption-state.ts';
import { EiderError } from '../errors.ts';
import type { Account } from '../model/account.ts';
import { effectiveLimits } from '../model/account-limits.ts';
import { normalizeAddress } from '../model/address.ts';
import type { AccountId } from '../model/ids.ts';
import type { DeliveryOutcome, MailTransaction, MailTransactionOptions } from '../model/mail-transaction.ts';
import type { AccountRoute, ForwardRoute, Route } from '../model/route.ts';
import { attempt } from '../store/address-resolver.ts';
import type { DeliveryMessage } from '../tracing/messages.ts';
import { traced, tracedError } from '../tracing/traced.ts';
import { readAccountRules } from './account-rules.ts';
import { type Arrival, type ArrivalSource, PlainArrival, SealedArrival } from './arrival.ts';
import { type AccountTask, deliverToAccount, type Shared } from './deliver-to-account.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { forwardNow } from './forward-now.ts';
import { factsOfContent } from './message-facts.ts';
import { failedOutcome } from './outcome.ts';
import { withSenderCheck } from './sender-check.ts';
import { readSpamVerdict } from './spam-verdict.ts';
import { NOT_OF_ONE_LINE, prefixOf } from './trace-fields.ts';

/** Accounts at once; each may open a database. */
const CONCURRENCY = 16;
const HOUR_MS = 3_600_000;

/** A recipient that was accepted. */
interface Recipient {
  /** As it was given. */
  readonly address: string;
  readonly route: Route;
}

/** A task, and what it comes to, by account or by forwarding address. */
type Task = AccountTask | { readonly route: ForwardRoute; readonly recipient: string };

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
    if (NOT_OF_ONE_LINE.test(recipient)) throw new EiderError('ADDRESS_INVALID', 'the address has a control character');
    const route = await this.#context.resolve(recipient);
    if (!route) throw new EiderError('RECIPIENT_UNKNOWN', 'nobody has that address');
    if (route.type === 'account') await this.#requireTaking(route);
    this.#recipients.push({ address: recipient, route });
    return route;
  }

  async deliver(
    source: ArrivalSource,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<readonly DeliveryOutcome[]> {
    const recipients = this.#recipients;
    this.#recipients = [];
    const protocol = this.#options.origin?.protocol ?? 'program';
    const message: DeliveryMessage = { protocol, recipients: recipients.length, outcomes: [] };
    const told = await traced('eider:delivery', message, async (told) => {
      const outcomes = await this.#deliverAll(recipients, source, options.signal);
      const all = recipients.map(({ address, route }) => ({
        ...(outcomes.get(keyOf(route)) as DeliveryOutcome),
        recipient: address,
      }));
      told.outcomes = all.map(({ result, account, error }) => ({
        result,
        account,
        error: error && tracedError(error),
      }));
      return all;
    });
    for (const outcome of told) await tell(this.#context, outcome);
    return told;
  }

  async #requireTaking({ account }: AccountRoute): Promise<void> {
    if (!(await this.#context.takesMail(account.id))) {
      throw new EiderError('ACCOUNT_DISABLED', 'the account is switched off');
    }
    await this.#takeTurn(account);
  }

  /** Counts a delivery to the account. */
  async #takeTurn({ id, limits }: Account): Promise<void> {
    const { engine, defaultLimits } = this.#context.store;
    const { deliveriesPerHour: most } = effectiveLimits(limits, await defaultLimits.inForce());
    if (most === null || most === undefined) return;
    const place = { owner: id, kind: 'rate', key: 'deliveries' };
    const { count } = await engine.vault.count(place, 1, Date.now() + HOUR_MS);
    if (count > most) throw new EiderError('RATE_LIMITED', 'the account gets more than it may at present');
  }

  async #deliverAll(
    recipients: readonly Recipient[],
    source: ArrivalSource,
    signal: AbortSignal | undefined,
  ): Promise<Map<string, DeliveryOutcome>> {
    const outcomes = new Map<string, DeliveryOutcome>();
    const fail = (recipient: Recipient, error: unknown): void => {
      const account = recipient.route.type === 'account' ? recipient.route.account.id : null;
      outcomes.set(keyOf(recipient.route), failedOutcome(recipient.address, account, error));
    };
    try {
      const tasks = await this.#tasks(recipients);
      const mayBeEncrypted = (task: Task): boolean => 'rules' in task && encryptsAny(task.rules.encryption);
      const isEncrypted = tasks.some(mayBeEncrypted);
      // What is only sent on need not be written down for that.
      const sealed = tasks.filter((task) => isEncrypted && (mayBeEncrypted(task) || !('rules' in task)));
      const plain = tasks.filter((task) => !sealed.includes(task));
      const prefixes = plain.map(({ recipient }) => prefixOf(this.#options, recipient));
      if (sealed.length === 0) {
        await this.#each(plain, await PlainArrival.of(this.#context.store, source, prefixes, signal), outcomes);
      } else {
        // As soon as one recipient's mail is encrypted, it is not written down before it is known for whom.
        await using arrival = await SealedArrival.of(this.#context.store, source, signal);
        await this.#each(sealed, arrival, outcomes);
        if (plain.length > 0) await this.#each(plain, await arrival.plain(prefixes), outcomes);
      }
    } catch (error) {
      for (const recipient of recipients) if (!outcomes.has(keyOf(recipient.route))) fail(recipient, error);
    }
    return outcomes;
  }

  /** One for each account and each forwarding address, whatever number of addresses leads to it. */
  async #tasks(recipients: readonly Recipient[]): Promise<Task[]> {
    const firsts = new Map<string, Recipient>();
    for (const recipient of recipients) {
      const key = keyOf(recipient.route);
      if (!firsts.has(key)) firsts.set(key, recipient);
    }
    const { vault } = this.#context.store.engine;
    const tasks = Array.from(firsts.values(), async ({ address, route }): Promise<Task> => {
      if (route.type === 'forward') return { route, recipient: address };
      const account: AccountId = route.account.id;
      return { account, route, recipient: address, rules: await readAccountRules(vault, account) };
    });
    return Promise.all(tasks);
  }

  async #each(tasks: readonly Task[], arrival: Arrival, outcomes: Map<string, DeliveryOutcome>): Promise<void> {
    const shared = await this.#shared(arrival);
    const queue = tasks.values();
    const work = async (): Promise<void> => {
      for (const task of queue) {
        const account = 'account' in task ? task.account : null;
        const outcome = await this.#one(task, shared).catch((error: unknown) =>
          failedOutcome(task.recipient, account, error),
        );
        outcomes.set(keyOf(task.route), outcome);
      }
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, tasks.length) }, work));
  }

  #one(task: Task, shared: Shared): Promise<DeliveryOutcome> {
    if ('rules' in task) return deliverToAccount(shared, task);
    return forwardNow(shared.context, shared.arrival, task, shared.options, shared.now);
  }

  /** What all recipients share of a message. */
  async #shared(arrival: Arrival): Promise<Shared> {
    const { trust, checker } = this.#context;
    const { from = '', origin } = this.#options;
    const now = Date.now();
    let spam = readSpamVerdict(arrival.content.header, trust);
    const fields: [string, string][] = [];
    if (checker && origin?.address !== undefined) {
      const { header, size } = arrival.content;
      const read = (start: number): AsyncIterable<Uint8Array> => readFrom(arrival, start);
      const check = await checker.check({ header, size, read }, { ...origin, mailFrom: from });
      spam = withSenderCheck(spam, check);
      const colon = check.field.indexOf(':');
      fields.push([check.field.slice(0, colon), check.field.slice(colon + 1).trim()]);
    }
    const mailFrom = from === '' ? '' : attempt(() => normalizeAddress(from));
    const facts = factsOfContent(arrival.content, arrival.blobs, { mailFrom, time: now, spam });
    return { context: this.#context, options: this.#options, arrival, facts, fields, now };
  }
}

function keyOf(route: Route): string {
  return route.type === 'account' ? route.account.id : `forward ${route.matched}`;
}

async function* readFrom(arrival: Arrival, start: number): AsyncGenerator<Uint8Array> {
  let left = start;
  for await (const octets of arrival.read()) {
    if (octets.length > left) yield octets.subarray(left);
    left = Math.max(0, left - octets.length);
  }
}

async function tell({ options }: DeliveryContext, outcome: DeliveryOutcome): Promise<void> {
  try {
    await options.onStored?.(outcome);
  } catch {
    // It is told, not asked.
  }
}
