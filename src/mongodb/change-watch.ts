/** How a process learns of what others commit: the cluster's change stream where it has one, else by looking. */

import type { ChangeStream, Document } from 'mongodb';
import type { AccountId, ModSeq } from '../model/ids.ts';
import type { Collections, KeyedDocument } from './collections.ts';

/** How often states are looked at where there is no change stream, in milliseconds. */
export const DEFAULT_POLL_MS = 1000;
/** How often they are looked at all the same where there is one: a stream may have lost something. */
const SAFETY_MS = 30_000;
/** States asked for by one statement. */
const STATES = 10_000;
/** Until a stream that broke is tried again, in milliseconds. */
const RESTART_MS = 5_000;

/** Options of {@link ChangeWatch}. */
export interface ChangeWatchOptions {
  readonly collections: Collections;
  /** Milliseconds. */
  readonly pollMs: number;
  /** Whether to try the change stream. */
  readonly stream: boolean;
  /** An account stands at a position, by whomever. */
  readonly heard: (account: AccountId, modSeq: ModSeq) => void;
}

/** Tells of commits to the accounts that somebody listens to. A wake-up that is missed costs time, nothing else. */
export class ChangeWatch {
  readonly #options: ChangeWatchOptions;
  readonly #watched = new Map<AccountId, number>();
  #timer: NodeJS.Timeout | null = null;
  #stream: ChangeStream<KeyedDocument, Document> | null = null;
  /** States were looked at since the stream began: what was committed before the server had it open is known. */
  #caughtUp = false;
  /** The server has no change streams. */
  #mustPoll: boolean;
  #polling: Promise<void> | null = null;
  #closed = false;

  constructor(options: ChangeWatchOptions) {
    this.#options = options;
    this.#mustPoll = !options.stream;
  }

  /** Whether the change stream is what wakes. */
  get streaming(): boolean {
    return this.#stream !== null;
  }

  /** Watches an account until the returned function is called. */
  add(account: AccountId): () => void {
    this.#watched.set(account, (this.#watched.get(account) ?? 0) + 1);
    this.#start();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      const left = (this.#watched.get(account) ?? 1) - 1;
      if (left > 0) this.#watched.set(account, left);
      else this.#watched.delete(account);
      if (this.#watched.size === 0) this.#stop();
    };
  }

  /** Looks at one account now: somebody said that it changed. */
  look(account: AccountId): void {
    if (this.#watched.has(account)) void this.#read([account]).catch(() => {});
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watched.clear();
    this.#stop();
    await this.#polling;
  }

  #start(): void {
    if (this.#closed || this.#timer) return;
    if (!this.#mustPoll && !this.#stream) this.#open();
    this.#schedule();
  }

  #stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const stream = this.#stream;
    this.#stream = null;
    void stream?.close().catch(() => {});
  }

  #schedule(): void {
    const wait = this.#stream && this.#caughtUp ? SAFETY_MS : this.#options.pollMs;
    this.#caughtUp = this.#stream !== null;
    this.#timer = setTimeout(() => {
      this.#polling = this.#poll().finally(() => {
        this.#polling = null;
        if (this.#timer) this.#schedule();
      });
    }, wait).unref();
  }

  /** One statement for all accounts that are watched, up to {@link STATES}. */
  async #poll(): Promise<void> {
    const accounts = [...this.#watched.keys()];
    for (let at = 0; at < accounts.length; at += STATES) {
      // A database that is away is asked again by the next round.
      await this.#read(accounts.slice(at, at + STATES)).catch(() => {});
    }
  }

  async #read(accounts: AccountId[]): Promise<void> {
    const states = this.#options.collections.mail.find(
      { account: { $in: accounts }, _id: { $in: accounts } },
      { projection: { account: 1, modSeq: 1 }, batchSize: STATES },
    );
    for await (const state of states) this.#heard(state);
  }

  #open(): void {
    const stages = [
      // Of all that a transaction writes, the account's state tells; its key alone has no point.
      { $match: { operationType: 'update', 'documentKey._id': { $regex: '^[^.]+$' } } },
      { $project: { documentKey: 1, 'updateDescription.updatedFields.modSeq': 1 } },
    ];
    const stream = this.#options.collections.mail.watch(stages);
    this.#stream = stream;
    this.#caughtUp = false;
    stream.on('change', (change: Document) => {
      const modSeq = change.updateDescription?.updatedFields?.modSeq as ModSeq | undefined;
      if (modSeq !== undefined) this.#heard({ account: change.documentKey._id, modSeq });
    });
    stream.on('error', (error: unknown) => this.#broke(stream, error));
    stream.on('close', () => this.#broke(stream, null));
  }

  #broke(stream: ChangeStream<KeyedDocument, Document>, error: unknown): void {
    if (this.#stream !== stream) return;
    this.#stream = null;
    void stream.close().catch(() => {});
    if (isUnsupported(error)) this.#mustPoll = true;
    if (this.#timer) {
      clearTimeout(this.#timer);
      this.#schedule();
    }
    if (this.#mustPoll || this.#closed) return;
    setTimeout(() => {
      if (!this.#stream && this.#watched.size > 0 && !this.#closed) this.#open();
    }, RESTART_MS).unref();
  }

  #heard({ account, modSeq }: Document): void {
    if (this.#watched.has(account as AccountId)) this.#options.heard(account as AccountId, modSeq as ModSeq);
  }
}

/** A server that does not know change streams says so by one of several codes; a passing fault has another. */
function isUnsupported(error: unknown): boolean {
  const { code, codeName } = (error ?? {}) as { code?: unknown; codeName?: unknown };
  return (
    [20, 59, 115, 238, 303, 40324, 40573].includes(Number(code)) ||
    ['CommandNotSupported', 'CommandNotFound', 'IllegalOperation', 'NotImplemented'].includes(String(codeName))
  );
}
