/** Work in the background: kept in the store, continued after a crash, done by one process at a time. */

import type { AccountId } from './ids.ts';

/** How far a job is. A `failed` one is tried no more. */
export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

/** A job as it stands. */
export interface Job {
  /** 1 to 64 of `[a-z0-9-]`. */
  readonly id: string;
  /** What is done, such as `applyFilter`. */
  readonly kind: string;
  /** `null` for one of the whole store. */
  readonly account: AccountId | null;
  readonly state: JobState;
  /** What it was told; JSON. */
  readonly params: unknown;
  readonly done: number;
  /** `null` while nobody knows. */
  readonly total: number | null;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Milliseconds since 1970. */
  readonly updated: number;
  /** When it is next due, milliseconds since 1970; `null` for one that has ended. */
  readonly due: number | null;
  /** Tries that failed one after the other. */
  readonly failures: number;
  /** Why the last try failed, for people. */
  readonly error: string | null;
}

/** Jobs as a store has them. */
export interface Jobs {
  /** Those of an account, or of the whole store (`null`), or all; ended ones are kept for seven days. */
  list(account?: AccountId | null): Promise<Job[]>;
  get(id: string): Promise<Job | null>;
  /**
   * Makes a job that is due at once: `encryptMail` (of an account whose encryption is on: all mail that it has already),
   * `applyFilter` with `{ filter, mailbox }`, both ids; `recountUsage` of no account: what all use is counted again.
   *
   * @throws `UNSUPPORTED` for a kind that there is not; `INVALID_ARGUMENT` for parameters of over 16 KB.
   */
  add(kind: string, account: AccountId | null, params?: unknown): Promise<Job>;
  /** Lets it end at the next point where it can be continued; `false` when it has ended already, or is not there. */
  cancel(id: string): Promise<boolean>;
  /** Does what is due, one job after the other, and resolves with how many were taken up. What others hold is left to them. */
  runDue(options?: { readonly signal?: AbortSignal }): Promise<number>;
  /** Looks for what is due every `everyMs` (default 5,000) until the function that it returns has been called, or the store is closed. */
  start(options?: { readonly everyMs?: number }): () => Promise<void>;
}

/** A job while it runs. */
export interface JobRun {
  readonly account: AccountId | null;
  readonly params: unknown;
  /** What the last {@link JobRun.progress} of an earlier run left; `null` at the beginning. */
  readonly state: unknown;
  /** Aborted when the job is cancelled, its lease was lost, or the store closes. */
  readonly signal: AbortSignal;
  /** Keeps a point from which to continue (JSON, under 32 KB), and the lease. @throws `ABORTED` as the signal does. */
  progress(done: number, total: number | null, state: unknown): Promise<void>;
}

/** A kind of job. */
export interface JobKind {
  readonly kind: string;
  /** Makes itself due again after that, in milliseconds; `null` for one that ends. */
  readonly everyMs: number | null;
  /** Does it, or goes on with it; may be cut off anywhere, and called again from the last point that was kept. */
  run(job: JobRun): Promise<void>;
}
