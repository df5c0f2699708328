/** Jobs over the vault: whoever finds one due takes a lease on it, and loses it when he falls silent. */

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Vault } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';
import type { Job, JobKind, Jobs } from '../model/job.ts';
import type { JobRunMessage } from '../tracing/messages.ts';
import { traced, tracedError } from '../tracing/traced.ts';
import { JobRecords, type StoredJob } from './job-records.ts';
import { LeasedJob } from './leased-job.ts';

const EVERY_MS = 5_000;
/** Failures after which a job is given up, unless it comes again anyway. */
const MAX_FAILURES = 10;
const FIRST_RETRY_MS = 10_000;
const LAST_RETRY_MS = 3_600_000;

/** The jobs of a store. */
export class StoreJobs implements Jobs {
  readonly #records: JobRecords;
  readonly #kinds: ReadonlyMap<string, JobKind>;
  readonly #closing = new AbortController();
  readonly #holder = randomBytes(9).toString('base64url');
  readonly #running = new Set<Promise<unknown>>();

  constructor(vault: Vault, kinds: readonly JobKind[]) {
    this.#records = new JobRecords(vault);
    this.#kinds = new Map(kinds.map((kind) => [kind.kind, kind]));
  }

  async add(kind: string, account: AccountId | null, params: unknown = null): Promise<Job> {
    if (!this.#kinds.has(kind)) throw new EiderError('UNSUPPORTED', `there are no jobs of kind ${kind}`);
    return this.#records.create(`${kind.toLowerCase()}-${randomBytes(8).toString('hex')}`, kind, account, params);
  }

  async list(account?: AccountId | null): Promise<Job[]> {
    const jobs = (await this.#records.all()).map(({ job }) => job);
    return account === undefined ? jobs : jobs.filter((job) => job.account === account);
  }

  get(id: string): Promise<Job | null> {
    return this.#records.get(id);
  }

  async cancel(id: string): Promise<boolean> {
    const kind = (await this.#records.get(id))?.kind;
    return this.#records.cancel(id, (job) => afterCancel(this.#kinds.get(kind ?? '')?.everyMs ?? null, job));
  }

  runDue(options: { readonly signal?: AbortSignal } = {}): Promise<number> {
    const signals = [this.#closing.signal, ...(options.signal ? [options.signal] : [])];
    const run = this.#runDue(AbortSignal.any(signals)).finally(() => this.#running.delete(run));
    this.#running.add(run);
    return run;
  }

  start(options: { readonly everyMs?: number } = {}): () => Promise<void> {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#closing.signal]);
    const loop = async (): Promise<void> => {
      while (!signal.aborted) {
        // What goes wrong with the store as a whole, such as a cluster that is away, is tried again like all else.
        await this.runDue({ signal }).catch(() => {});
        await delay(options.everyMs ?? EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
      }
    };
    const running = loop();
    return async () => {
      stop.abort();
      await running;
    };
  }

  /** Lets what runs come to its next point. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running);
  }

  async #runDue(signal: AbortSignal): Promise<number> {
    for (const { kind, everyMs } of this.#kinds.values()) {
      if (everyMs !== null) await this.#records.ensure(kind.toLowerCase(), kind);
    }
    let count = 0;
    for (const stored of await this.#records.all()) {
      if (signal.aborted) break;
      const kind = this.#kinds.get(stored.job.kind);
      // Who was to stop it has died.
      if (kind && (await this.#records.endCancelled(stored, (job) => afterCancel(kind.everyMs, job)))) continue;
      const leased = kind && (await LeasedJob.take(this.#records, stored, this.#holder, signal));
      if (!leased) continue;
      count++;
      await this.#run(leased, stored.job, kind);
    }
    return count;
  }

  #run(leased: LeasedJob, { kind, id }: StoredJob, how: JobKind): Promise<void> {
    const message: JobRunMessage = { id, kind, account: leased.account, state: null };
    return traced('eider:job.run', message, async (told) => {
      const end = (change: (job: StoredJob) => Partial<StoredJob>): Promise<void> =>
        leased.end((job) => {
          const changed = change(job);
          told.state = changed.state ?? null;
          return changed;
        });
      try {
        await how.run(leased);
        await end((job) => ended(job, how));
      } catch (error) {
        if (!leased.signal.aborted) told.error = tracedError(error);
        await end((job) => afterFailure(job, how, error, leased.signal.aborted)).catch(() => {});
      }
    });
  }
}

/** What comes again and again has only one run cancelled. */
function afterCancel(everyMs: number | null, { failures }: StoredJob): Partial<StoredJob> {
  if (everyMs === null) return { state: 'cancelled', due: null };
  return { state: 'waiting', due: Date.now() + everyMs, cancelled: false, failures };
}

function ended(job: StoredJob, { everyMs }: JobKind): Partial<StoredJob> {
  if (job.cancelled) return afterCancel(everyMs, job);
  const over = { progress: null, failures: 0, error: null };
  if (everyMs === null) return { ...over, state: 'done', due: null };
  return { ...over, state: 'waiting', due: Date.now() + everyMs, done: job.done };
}

/** What was only interrupted is due again at once. */
function afterFailure(job: StoredJob, { everyMs }: JobKind, error: unknown, interrupted: boolean): Partial<StoredJob> {
  if (job.cancelled) return afterCancel(everyMs, job);
  if (interrupted) return { state: 'waiting', due: Date.now() };
  const failures = job.failures + 1;
  const text = error instanceof Error ? error.message : String(error);
  const note = { failures, error: text.slice(0, 1_000) };
  if (failures >= MAX_FAILURES && everyMs === null) return { ...note, state: 'failed', due: null };
  const wait = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS);
  return { ...note, state: 'waiting', due: Date.now() + wait };
}
