/** The log of logins: what is alike within an hour is one record with a count, so that no flood fills the disk. */

import type { Vault } from '../engine/vault.ts';
import type { LoginRecord, LoginSource, UsedCredential } from '../model/authentication.ts';
import type { AccountId } from '../model/ids.ts';
import { publish } from '../tracing/traced.ts';
import { digestOf } from './secrets.ts';

/** How long records are kept, in milliseconds, where nothing else is said. */
export const DEFAULT_LOG_MS: number = 30 * 86_400_000;
/** Records of one account within an hour; what comes from more addresses is counted together. */
export const MAX_RECORDS_PER_HOUR = 200;

const HOUR = 3_600_000;
/** Counts wait so long for more of their kind. */
const FLUSH_MS = 2_000;
const MAX_CLIENT = 256;
/** Records that are known to be there. */
const MAX_KNOWN = 10_000;

const KIND = 'login';
const COUNT_KIND = 'loginCount';
const LATEST_FIRST = 10 ** 9;
/** Whose those are whose name is no account's. */
const NOBODY = 'nobody:';
const OTHERS = 'others';

/** What has happened. */
export interface LoggedAttempt {
  readonly account: AccountId | null;
  readonly source: LoginSource;
  readonly outcome: LoginRecord['outcome'];
  readonly credential: UsedCredential | null;
}

/** The log of all accounts. */
export class LoginLog {
  readonly #vault: Vault;
  readonly #keepMs: number;
  readonly #now: () => number;
  /** By owner and key: how many are to be added. */
  readonly #counts = new Map<string, { owner: string; key: string; count: number }>();
  readonly #known = new Set<string>();
  /** Records made within this hour, by owner and hour. */
  readonly #made = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(vault: Vault, keepMs: number, now: () => number) {
    this.#vault = vault;
    this.#keepMs = keepMs;
    this.#now = now;
  }

  /** Notes an attempt. Does not wait for the disk: the login must not, and a lost count is no lost mail. */
  note(attempt: LoggedAttempt): void {
    publish('eider:auth.attempt', () => ({
      scope: attempt.source.scope,
      outcome: attempt.outcome,
      account: attempt.account,
      address: attempt.source.address,
      credential: attempt.credential?.kind ?? null,
    }));
    const owner = attempt.account ?? NOBODY;
    const hour = Math.floor(this.#now() / HOUR);
    const place = `${owner} ${hour}`;
    let record = this.#recordOf(attempt, false);
    let key = keyOf(owner, hour, record);
    const made = this.#made.get(place) ?? 0;
    if (!this.#known.has(`${owner} ${key}`) && made >= MAX_RECORDS_PER_HOUR && attempt.outcome !== 'granted') {
      record = this.#recordOf(attempt, true);
      key = keyOf(owner, hour, record);
    }
    const name = `${owner} ${key}`;
    if (!this.#known.has(name)) {
      if (made === 0 && this.#made.size >= MAX_KNOWN) this.#made.clear();
      this.#made.set(place, made + 1);
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.add(name);
      const content = { value: JSON.stringify(record), expires: this.#expires() };
      this.#write(() => this.#vault.create({ owner, kind: KIND, key }, content));
    }
    const waiting = this.#counts.get(name) ?? { owner, key, count: 0 };
    waiting.count++;
    this.#counts.set(name, waiting);
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  /** The latest first; `before` is the time of the last one that was seen. */
  async read(account: AccountId | null, { limit, before }: { limit: number; before?: number }): Promise<LoginRecord[]> {
    await this.flush();
    const owner = account ?? NOBODY;
    const after = before === undefined ? undefined : `${LATEST_FIRST - Math.floor(before / HOUR) - 1}.~`;
    const options = { limit: limit + MAX_RECORDS_PER_HOUR, ...(after !== undefined && { after }) };
    const entries = await this.#vault.list({ owner, kind: KIND }, options);
    const records = await Promise.all(
      entries.map(async ({ key, value }) => {
        const { count } = await this.#vault.count({ owner, kind: COUNT_KIND, key }, 0, this.#expires());
        return { ...(JSON.parse(value) as LoginRecord), count: Math.max(1, count) };
      }),
    );
    return records
      .filter(({ time }) => before === undefined || time < before)
      .sort((a, b) => b.time - a.time)
      .slice(0, limit);
  }

  /** Resolves when everything that was noted is written, or has failed to be. */
  async flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const counts = [...this.#counts.values()];
    this.#counts.clear();
    for (const { owner, key, count } of counts) {
      this.#write(() => this.#vault.count({ owner, kind: COUNT_KIND, key }, count, this.#expires()));
    }
    await this.#writing;
  }

  /** @param crowded there are so many that where this one comes from is left out */
  #recordOf({ source, outcome, credential }: LoggedAttempt, crowded: boolean): LoginRecord {
    return {
      time: this.#now(),
      scope: source.scope,
      address: crowded ? OTHERS : source.address,
      client: crowded ? null : (source.client ?? null)?.slice(0, MAX_CLIENT) || null,
      outcome,
      credential,
      count: 1,
    };
  }

  #write(work: () => Promise<unknown>): void {
    this.#writing = this.#writing.then(work).catch(() => {});
  }

  #expires(): number {
    return this.#now() + this.#keepMs;
  }
}

/** One key for all that is alike within an hour. */
function keyOf(owner: string, hour: number, { time: _, count: __, ...alike }: LoginRecord): string {
  return `${LATEST_FIRST - hour}.${digestOf(owner, JSON.stringify(alike)).slice(0, 16)}`;
}
