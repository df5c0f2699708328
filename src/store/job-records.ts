/** What is kept of jobs. */

import type { Vault, VaultContent, VaultEntry, VaultPlace } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';

/** How long a job that has ended is kept, in milliseconds. */
const KEEP_MS = 7 * 86_400_000;
const MAX_PARAMS_OCTETS = 16_384;
/** Of what a job keeps to go on from. */
const MAX_STATE_OCTETS = 32_768;
const TRIES = 20;
const PAGE = 200;
const ID = /^[a-z0-9-]{1,64}$/;

/** A job with what nobody is told. */
export interface StoredJob extends Job {
  /** Where to go on. */
  readonly progress: unknown;
  /** Who works on it, until when, milliseconds since 1970. */
  readonly lease: { readonly holder: string; readonly until: number } | null;
  readonly cancelled: boolean;
}

/** A job and its version. */
export interface VersionedJob {
  readonly job: StoredJob;
  readonly version: number;
}

/** The records of all jobs. */
export class JobRecords {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** @throws `INVALID_ARGUMENT` for too much to be told. */
  async create(id: string, kind: string, account: AccountId | null, params: unknown): Promise<Job> {
    const text = JSON.stringify(params ?? null);
    if (Buffer.byteLength(text) > MAX_PARAMS_OCTETS) {
      throw new EiderError('INVALID_ARGUMENT', `a job is told at most ${MAX_PARAMS_OCTETS} octets`);
    }
    const now = Date.now();
    const job: StoredJob = {
      ...{ id, kind, account, state: 'waiting', params: JSON.parse(text), done: 0, total: null, created: now },
      ...{ updated: now, due: now, failures: 0, error: null, progress: null, lease: null, cancelled: false },
    };
    await this.#vault.create(placeOf(id), contentOf(job));
    return told(job);
  }

  /** Makes a job that comes again and again, unless it is there. */
  async ensure(id: string, kind: string): Promise<void> {
    if (!(await this.#vault.get(placeOf(id)))) await this.create(id, kind, null, null);
  }

  async get(id: string): Promise<Job | null> {
    const found = await this.find(id);
    return found && told(found.job);
  }

  async find(id: string): Promise<VersionedJob | null> {
    const entry = ID.test(id) ? await this.#vault.get(placeOf(id)) : null;
    return entry && versioned(entry);
  }

  /** The oldest first. */
  async all(): Promise<VersionedJob[]> {
    const jobs: VersionedJob[] = [];
    for (let after: string | undefined; ; ) {
      const page = await this.#vault.list({ owner: OWNER, kind: KIND }, { ...(after && { after }), limit: PAGE });
      jobs.push(...page.map(versioned));
      after = page.at(-1)?.key;
      if (page.length < PAGE) return jobs.sort((a, b) => a.job.created - b.job.created);
    }
  }

  /** Replaces a job of that version; `null`, and nothing happened, when it is another. */
  async replace({ job, version }: VersionedJob, change: Partial<StoredJob>): Promise<VersionedJob | null> {
    const changed = { ...job, ...change, updated: Date.now() };
    if (Buffer.byteLength(JSON.stringify(changed.progress)) > MAX_STATE_OCTETS) {
      throw new EiderError('INVALID_ARGUMENT', `a job keeps at most ${MAX_STATE_OCTETS} octets to go on from`);
    }
    if (!(await this.#vault.update(placeOf(job.id), version, contentOf(changed)))) return null;
    return this.find(job.id);
  }

  /** Ends a job that was cancelled and that nobody works on; whether it is one. */
  async endCancelled(stored: VersionedJob, outcome: (job: StoredJob) => Partial<StoredJob>): Promise<boolean> {
    const { job } = stored;
    if (!job.cancelled || job.due === null || (job.lease && job.lease.until > Date.now())) return false;
    await this.replace(stored, { ...outcome(job), lease: null });
    return true;
  }

  /** @param outcome what becomes of one that does not run */
  async cancel(id: string, outcome: (job: StoredJob) => Partial<StoredJob>): Promise<boolean> {
    for (let tries = 0; tries < TRIES; tries++) {
      const found = await this.find(id);
      if (!found || found.job.due === null) return false;
      const runs = found.job.lease !== null && found.job.lease.until > Date.now();
      const end = runs ? {} : { ...outcome(found.job), lease: null };
      if (await this.replace(found, { cancelled: true, ...end })) return true;
    }
    throw new EiderError('BUSY', 'the job is being changed by others');
  }
}

const OWNER = 'jobs';
const KIND = 'job';

const placeOf = (id: string): VaultPlace => ({ owner: OWNER, kind: KIND, key: id });

function contentOf(job: StoredJob): VaultContent {
  return { value: JSON.stringify(job), expires: job.due === null ? job.updated + KEEP_MS : null };
}

function versioned({ value, version }: VaultEntry): VersionedJob {
  return { job: JSON.parse(value) as StoredJob, version };
}

function told({ progress: _progress, lease: _lease, cancelled: _cancelled, ...job }: StoredJob): Job {
  return job;
}
