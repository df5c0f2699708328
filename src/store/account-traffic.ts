/** The traffic of one account in this process: what is known of the day, what was not written down yet, who is there. */

import type { Vault } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import type { AccountLimits } from '../model/account-limits.ts';
import type { AccountId } from '../model/ids.ts';
import type { ProtocolUse, TrafficDirection, TrafficProtocol, TrafficUse } from '../model/traffic.ts';

/** What was counted is written down so often, and limits and what others have counted are asked for. */
export const TRAFFIC_FLUSH_MS = 30_000;
/** And as soon as it comes to so many octets. */
const FLUSH_OCTETS = 16_777_216;
/** For so long the sessions of a process that has ended without a word count. */
const SESSIONS_KEPT_MS = 90_000;
const DAY_MS = 86_400_000;

const KIND = 'traffic';
const SESSIONS_KIND = 'sessions';
const MAX_PROCESSES = 1_000;
const DIRECTIONS: readonly TrafficDirection[] = ['download', 'upload'];

const LIMITS = {
  imap: { download: 'imapDownloadOctetsPerDay', upload: 'imapUploadOctetsPerDay', sessions: 'imapSessions' },
  pop3: { download: 'pop3DownloadOctetsPerDay', upload: null, sessions: null },
} as const satisfies Record<TrafficProtocol, Record<string, keyof AccountLimits | null>>;

/** What an account's traffic is counted by. */
export interface TrafficParts {
  readonly vault: Vault;
  /** This process, among those that have sessions. */
  readonly process: string;
  /** Those of the account with those of all. */
  readonly limitsOf: (account: AccountId) => Promise<AccountLimits>;
}

interface Counter {
  /** Written down by whatever process, as it was last heard. */
  known: number;
  /** When that begins anew, in milliseconds since 1970. */
  until: number;
  /** Not written yet. */
  pending: number;
}

/** One account and one protocol. */
export class AccountTraffic {
  readonly #parts: TrafficParts;
  readonly #account: AccountId;
  readonly #protocol: TrafficProtocol;
  readonly #counters: Readonly<Record<TrafficDirection, Counter>> = {
    download: { known: 0, until: 0, pending: 0 },
    upload: { known: 0, until: 0, pending: 0 },
  };
  /** Open in this process. */
  sessions = 0;
  #limits: AccountLimits;
  /** When the store was last asked. */
  #asked = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | null = null;
  #flushing: Promise<void> | null = null;
  #flushes = 0;
  /** Other processes are told how many sessions there are here. */
  #told = false;
  #telling: Promise<unknown> = Promise.resolve();

  constructor(parts: TrafficParts, account: AccountId, protocol: TrafficProtocol, limits: AccountLimits) {
    this.#parts = parts;
    this.#account = account;
    this.#protocol = protocol;
    this.#limits = limits;
  }

  /** Whether there is nothing that would be lost with it. */
  get idle(): boolean {
    return this.sessions === 0 && !this.#told && DIRECTIONS.every((one) => this.#counters[one].pending === 0);
  }

  /** @throws `LIMIT_EXCEEDED`; there is no session more then. */
  async begin(limits: AccountLimits, mostHere: number): Promise<void> {
    this.#limits = limits;
    const most = this.#sessionLimit;
    this.sessions++;
    try {
      if (most === null ? this.sessions > mostHere : (await this.#sessionsOfAll()) > most) {
        throw new EiderError('LIMIT_EXCEEDED', 'the account has as many sessions as it may');
      }
    } catch (error) {
      this.end();
      throw error;
    }
  }

  end(): void {
    this.sessions--;
    if (this.#told) this.#tell().catch(() => {});
  }

  add(direction: TrafficDirection, octets: number): void {
    const counter = this.#counters[direction];
    counter.pending += octets;
    if (counter.pending >= FLUSH_OCTETS) void this.flush();
  }

  isOver(direction: TrafficDirection): boolean {
    return this.#leftOf(direction) <= 0;
  }

  async waitMs(direction: TrafficDirection, octets: number): Promise<number> {
    if (performance.now() - this.#asked >= TRAFFIC_FLUSH_MS) {
      this.#asking ??= this.#ask().finally(() => {
        this.#asking = null;
      });
      await this.#asking;
    }
    if (this.#leftOf(direction) >= octets) return 0;
    // For when the day ends.
    await this.flush();
    if (this.#leftOf(direction) >= octets) return 0;
    const left = this.#counters[direction].until - Date.now();
    // A day that has not begun would begin with these octets.
    return left > 0 ? left : DAY_MS;
  }

  async use(): Promise<ProtocolUse> {
    await this.flush();
    await Promise.all(DIRECTIONS.map((direction) => this.#read(direction)));
    const of = (direction: TrafficDirection): TrafficUse => {
      const { known, until, pending } = this.#counters[direction];
      return until > Date.now() ? { used: known + pending, until } : { used: pending, until: null };
    };
    await this.#telling;
    const untold = this.#told ? 0 : this.sessions;
    return { download: of('download'), upload: of('upload'), sessions: untold + (await this.#toldSessions()) };
  }

  /** Writes down what was counted; what cannot be is kept for the next time. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  /** Keeps the sessions of this process from being taken for those of one that is gone. */
  async refresh(): Promise<void> {
    if (this.#told || (this.sessions > 0 && this.#sessionLimit !== null)) await this.#tell().catch(() => {});
  }

  /** Tells that there are no sessions any more. */
  async leave(): Promise<void> {
    this.sessions = 0;
    if (this.#told) await this.#tell().catch(() => {});
  }

  get #sessionLimit(): number | null {
    const name = LIMITS[this.#protocol].sessions;
    return name === null ? null : (this.#limits[name] ?? null);
  }

  #leftOf(direction: TrafficDirection): number {
    const name = LIMITS[this.#protocol][direction];
    const limit = name === null ? null : (this.#limits[name] ?? null);
    if (limit === null) return Number.POSITIVE_INFINITY;
    const { known, until, pending } = this.#counters[direction];
    return limit - pending - (until > Date.now() ? known : 0);
  }

  async #ask(): Promise<void> {
    this.#limits = await this.#parts.limitsOf(this.#account);
    await this.refresh();
    const limited = DIRECTIONS.filter((direction) => this.#leftOf(direction) < Number.POSITIVE_INFINITY);
    await Promise.all(limited.map((direction) => this.#read(direction)));
    this.#asked = performance.now();
  }

  async #read(direction: TrafficDirection): Promise<void> {
    await this.#flushing;
    const before = this.#flushes;
    const entry = await this.#parts.vault.get(this.#place(direction));
    // What was written meanwhile has told the newer number.
    if (this.#flushes !== before) return;
    const counter = this.#counters[direction];
    counter.known = Number(entry?.value ?? 0);
    counter.until = entry?.expires ?? 0;
  }

  async #flush(): Promise<void> {
    this.#flushes++;
    for (const direction of DIRECTIONS) {
      const counter = this.#counters[direction];
      const octets = counter.pending;
      if (octets === 0) continue;
      try {
        const { count, expires } = await this.#parts.vault.count(this.#place(direction), octets, Date.now() + DAY_MS);
        counter.pending -= octets;
        counter.known = count;
        counter.until = expires;
      } catch {
        return;
      }
    }
  }

  #place(direction: TrafficDirection): { owner: string; kind: string; key: string } {
    return { owner: this.#account, kind: KIND, key: `${this.#protocol} ${direction}` };
  }

  /** All processes' sessions, this one's told before: of two that come at once, each or the later one sees both. */
  async #sessionsOfAll(): Promise<number> {
    await this.#tell();
    return this.#toldSessions();
  }

  async #toldSessions(): Promise<number> {
    const prefix = `${this.#protocol} `;
    const place = { owner: this.#account, kind: SESSIONS_KIND };
    const entries = await this.#parts.vault.list(place, { after: prefix, limit: MAX_PROCESSES });
    const counts = entries.filter(({ key }) => key.startsWith(prefix)).map(({ value }) => Number(value));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** One after the other, each with the number of its moment. */
  #tell(): Promise<void> {
    const { vault, process } = this.#parts;
    const place = { owner: this.#account, kind: SESSIONS_KIND, key: `${this.#protocol} ${process}` };
    const told = this.#telling.then(async () => {
      this.#told = true;
      if (this.sessions > 0) {
        return vault.put(place, { value: String(this.sessions), expires: Date.now() + SESSIONS_KEPT_MS });
      }
      await vault.take(place);
      this.#told = this.sessions > 0;
    });
    this.#telling = told.catch(() => {});
    return told;
  }
}
