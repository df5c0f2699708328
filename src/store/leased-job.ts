/** A job that this process works on, as long as it says so. */

import { EiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';
import type { JobRun } from '../model/job.ts';
import type { JobRecords, StoredJob, VersionedJob } from './job-records.ts';

/** After so long without a word the next one may take it over, in milliseconds. */
const LEASE_MS = 60_000;
const RENEW_MS = 20_000;

/** A job under a lease. */
export class LeasedJob implements JobRun {
  readonly account: AccountId | null;
  readonly params: unknown;
  readonly state: unknown;
  readonly signal: AbortSignal;
  readonly #records: JobRecords;
  readonly #holder: string;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #current: VersionedJob;
  /** Changes of the record, one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(records: JobRecords, current: VersionedJob, holder: string, signal: AbortSignal) {
    this.#records = records;
    this.#current = current;
    this.#holder = holder;
    this.account = current.job.account;
    this.params = current.job.params;
    this.state = current.job.progress;
    this.signal = AbortSignal.any([signal, this.#lost.signal]);
    this.#timer = setInterval(() => void this.#change({}).catch(() => {}), RENEW_MS);
    this.#timer.unref();
  }

  /** `null` when it is not due, or others have it. */
  static async take(
    records: JobRecords,
    stored: VersionedJob,
    holder: string,
    signal: AbortSignal,
  ): Promise<LeasedJob | null> {
    const { due, lease } = stored.job;
    const now = Date.now();
    if (due === null || due > now || (lease && lease.until > now)) return null;
    const taken = await records.replace(stored, { state: 'running', lease: { holder, until: now + LEASE_MS } });
    return taken && new LeasedJob(records, taken, holder, signal);
  }

  async progress(done: number, total: number | null, state: unknown): Promise<void> {
    await this.#change({ done, total, progress: state });
    if (this.signal.aborted) throw new EiderError('ABORTED', 'the job was stopped');
  }

  /** Gives the lease back. */
  async end(change: (job: StoredJob) => Partial<StoredJob>): Promise<void> {
    clearInterval(this.#timer);
    await this.#queue.catch(() => {});
    const { job } = this.#current;
    if (this.#lost.signal.aborted && !job.cancelled) return;
    await this.#replace({ ...change(job), lease: null });
  }

  #change(change: Partial<StoredJob>): Promise<void> {
    const done = this.#queue.then(async () => {
      if (this.signal.aborted) throw new EiderError('ABORTED', 'the job was stopped');
      await this.#replace({ ...change, lease: { holder: this.#holder, until: Date.now() + LEASE_MS } });
    });
    this.#queue = done.catch(() => {});
    return done;
  }

  /** Tries again on what others have changed meanwhile, such as that it was cancelled. */
  async #replace(change: Partial<StoredJob>): Promise<void> {
    for (;;) {
      const replaced = await this.#records.replace(this.#current, change);
      if (replaced) {
        this.#current = replaced;
        return;
      }
      const found = await this.#records.find(this.#current.job.id);
      if (found?.job.lease?.holder !== this.#holder) {
        this.#lost.abort(new EiderError('ABORTED', 'the job is another process’s now'));
        throw this.#lost.signal.reason;
      }
      this.#current = found;
      if (found.job.cancelled && !this.#lost.signal.aborted) {
        this.#lost.abort(new EiderError('ABORTED', 'the job was cancelled'));
      }
    }
  }
}
