/** Sends what waits in an outbox: each mail by one runner at a time, and never again once it may have been sent. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { OutboxResult, OutgoingMail, SendMail } from '../model/outgoing-mail.ts';
import type { OutboxSendMessage } from '../tracing/messages.ts';
import { traced, tracedError } from '../tracing/traced.ts';
import { nextTry } from './outbox-retries.ts';
import type { ClaimedMail, OutboxStore } from './outbox-store.ts';
import { isPermanent } from './send-error.ts';

/**
 * News of a mail.
 *
 * - `sent`: taken over. `delayed`: tried again at `next`. `failed`: tried no more.
 * - `interrupted`: the runner that had it died before it could say what became of it, so it is tried no more.
 * - `lost`: it was tried, and the store could not be told, or had given the claim away: it may be found interrupted
 *   later, and `error` says what became of it, `null` that it was sent.
 */
export interface OutboxNews {
  readonly id: string;
  readonly result: OutboxResult;
  /** `null` for what was interrupted. */
  readonly mail: OutgoingMail | null;
  readonly error: unknown;
  /** Milliseconds since 1970; `null` unless it was delayed. */
  readonly next: number | null;
}

/** How a runner works. */
export interface OutboxRunnerOptions {
  readonly store: OutboxStore;
  readonly send: SendMail;
  /** Mails at once. @defaultValue 4 */
  readonly concurrency?: number;
  /** How often the store is told that a claim is still worked on, in milliseconds. @defaultValue 30000 */
  readonly keepMs?: number;
  /** What is being sent when the runner is stopped has as long to end, in milliseconds. @defaultValue 10000 */
  readonly graceMs?: number;
  /** First wait before the store is told again, in milliseconds; doubled each time. @defaultValue 200 */
  readonly tellAgainMs?: number;
  /** Told of each mail. What it throws is ignored. */
  readonly onNews?: (news: OutboxNews) => void;
  readonly now?: () => number;
}

/** How many mails came to what. */
export type OutboxCounts = Readonly<Record<OutboxResult, number>>;

const PAGE = 100;
const TELLS = 5;
const MAX_ERROR = 500;

/** Sends what is due, again and again. Any number of runners may share a store. */
export class OutboxRunner {
  readonly #options: Required<Omit<OutboxRunnerOptions, 'onNews'>> & Pick<OutboxRunnerOptions, 'onNews'>;

  constructor(options: OutboxRunnerOptions) {
    this.#options = { concurrency: 4, keepMs: 30_000, graceMs: 10_000, tellAgainMs: 200, now: Date.now, ...options };
  }

  /**
   * Tries what is due, and resolves when nothing is any more. When it is stopped it begins with no more, and ends what is
   * being sent after the time of grace.
   *
   * @throws what the store throws when it is asked what is due.
   */
  async runDue({ signal }: { readonly signal?: AbortSignal } = {}): Promise<OutboxCounts> {
    const counts: Record<OutboxResult, number> = { sent: 0, delayed: 0, failed: 0, interrupted: 0, lost: 0 };
    const { store, concurrency, now, onNews } = this.#options;
    // What others take, and what the store was not told of, may be due still: it must not be met for ever.
    const passed = new Set<string>();
    const cut = this.#cutAfterGrace(signal);
    try {
      for (;;) {
        const due = (await store.due(now(), PAGE + passed.size)).filter(({ id }) => !passed.has(id));
        if (due.length === 0 || signal?.aborted) return counts;
        const queue = due.values();
        const work = async (): Promise<void> => {
          for (const { id, interrupted } of queue) {
            if (signal?.aborted) return;
            const news = await (interrupted ? this.#abandon(id) : this.#try(id, cut.signal));
            if (!news || news.result === 'lost') passed.add(id);
            if (!news) continue;
            counts[news.result]++;
            tell(onNews, news);
          }
        };
        await Promise.all(Array.from({ length: Math.min(concurrency, due.length) }, work));
      }
    } finally {
      cut.forget();
    }
  }

  /**
   * Runs every `everyMs` (default 5,000), until the function that it returns has been called; that resolves when the
   * last run has ended. A run that fails is told to `onError`, and followed by the next.
   */
  start(options: { readonly everyMs?: number; readonly onError?: (error: unknown) => void } = {}): () => Promise<void> {
    const { everyMs = 5_000, onError } = options;
    const stop = new AbortController();
    const running = (async () => {
      while (!stop.signal.aborted) {
        await this.runDue({ signal: stop.signal }).catch((error: unknown) => onError?.(error));
        await sleep(everyMs, undefined, { signal: stop.signal }).catch(() => {});
      }
    })();
    return () => {
      stop.abort();
      return running;
    };
  }

  /** One try of a mail; `null` when it is not ours. */
  async #try(id: string, signal: AbortSignal): Promise<OutboxNews | null> {
    const claimed = await this.#options.store.begin(id).catch(() => null);
    if (!claimed) return null;
    const { mail, failures } = claimed;
    const message = { id, kind: mail.kind, account: mail.account, attempt: failures + 1, result: null };
    return traced('eider:outbox.send', message, async (told) => tellNews(told, await this.#send(id, claimed, signal)));
  }

  async #send(id: string, claimed: ClaimedMail, signal: AbortSignal): Promise<OutboxNews> {
    const claim = this.#keep(id, signal);
    let error: unknown = null;
    try {
      await this.#options.send(claimed.mail, claim.signal);
    } catch (reason) {
      error = reason ?? new Error('sending failed without a reason');
    } finally {
      claim.forget();
    }
    return error === null ? this.#sent(id, claimed) : this.#refused(id, claimed, error);
  }

  async #sent(id: string, { mail }: ClaimedMail): Promise<OutboxNews> {
    const told = await this.#tell(() => this.#options.store.done(id));
    return { id, result: told ? 'sent' : 'lost', mail, error: null, next: null };
  }

  async #refused(id: string, { mail, created, failures }: ClaimedMail, error: unknown): Promise<OutboxNews> {
    const { store, now } = this.#options;
    const next = isPermanent(error) ? null : nextTry(failures, created, now());
    const told = await this.#tell(() =>
      next === null ? store.fail(id, textOf(error)) : store.retry(id, next, textOf(error)),
    );
    if (!told) return { id, result: 'lost', mail, error, next: null };
    return { id, result: next === null ? 'failed' : 'delayed', mail, error, next };
  }

  /** It may have been sent: who sends it again may do it twice. */
  async #abandon(id: string): Promise<OutboxNews | null> {
    const error = new Error('interrupted while it was sent');
    const done = await this.#options.store.fail(id, error.message).catch(() => false);
    if (!done) return null;
    const news: OutboxNews = { id, result: 'interrupted', mail: null, error, next: null };
    const message = { id, kind: null, account: null, attempt: 0, result: null };
    return traced('eider:outbox.send', message, async (told) => tellNews(told, news));
  }

  /** What became of a mail that was sent must not get lost for a short fault of the store. */
  async #tell(tell: () => Promise<boolean>): Promise<boolean> {
    for (let tries = 1, wait = this.#options.tellAgainMs; ; tries++, wait *= 2) {
      try {
        return await tell();
      } catch {
        if (tries === TELLS) return false;
        await sleep(wait);
      }
    }
  }

  /** Keeps a claim while it is worked on; the signal is aborted when it is lost, or the runner has to end. */
  #keep(id: string, cut: AbortSignal): { readonly signal: AbortSignal; forget(): void } {
    const lost = new AbortController();
    const timer = setInterval(() => {
      // A store that cannot be reached is no reason to stop: the mail may be taken over any moment.
      this.#options.store.keep(id).then(
        (kept) => kept || lost.abort(),
        () => {},
      );
    }, this.#options.keepMs);
    return { signal: AbortSignal.any([cut, lost.signal]), forget: () => clearInterval(timer) };
  }

  /** Aborted some time after `signal` is. */
  #cutAfterGrace(signal: AbortSignal | undefined): { readonly signal: AbortSignal; forget(): void } {
    const cut = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      timer = setTimeout(() => cut.abort(), this.#options.graceMs);
    };
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
    return {
      signal: cut.signal,
      forget: () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
      },
    };
  }
}

function tell(onNews: OutboxRunnerOptions['onNews'], news: OutboxNews): void {
  try {
    onNews?.(news);
  } catch {
    // It is told, not asked.
  }
}

/** What was not sent is told as a send that failed. */
function tellNews(told: OutboxSendMessage, news: OutboxNews): OutboxNews {
  told.result = news.result;
  if (news.error !== null) told.error = tracedError(news.error);
  return news;
}

function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/[\p{Cc}\p{Cs}]+/gu, ' ').slice(0, MAX_ERROR);
}
