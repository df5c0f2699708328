/** How often a password may be guessed: by address, by account, and by both, counted for all processes together. */

import type { Vault } from '../engine/vault.ts';
import type { AccountId } from '../model/ids.ts';
import { NetworkList, networkOf, siteOf } from '../model/networks.ts';
import type { LoginTarget } from './login-target.ts';

/** Most failures within a window, for each of the three; who is over one is counted by no further one. Times in milliseconds. */
export interface LoginLimitOptions {
  /** Of one IPv4 address or IPv6 /64, whatever accounts it tries; ten times as many of an IPv6 /48. @defaultValue 50 in 15 minutes */
  readonly address?: LoginLimit;
  /** Of one address with one account. @defaultValue 10 in 15 minutes */
  readonly addressAndAccount?: LoginLimit;
  /** With one account, from all addresses that it was never logged in from within 30 days. @defaultValue 100 in an hour */
  readonly account?: LoginLimit;
  /** Networks that are not limited, such as a webmail's, which has limits of its own. @defaultValue none */
  readonly trusted?: readonly string[];
}

/** So many failures in so many milliseconds. */
export interface LoginLimit {
  readonly failures: number;
  readonly windowMs: number;
}

const DEFAULTS = {
  address: { failures: 50, windowMs: 900_000 },
  addressAndAccount: { failures: 10, windowMs: 900_000 },
  account: { failures: 100, windowMs: 3_600_000 },
} as const;

/** A failure from here on is answered later and later, up to a second limit. */
const SLOW_FROM = 3;
const SLOWEST_MS = 4_000;
const KNOWN_MS = 30 * 86_400_000;

/** Of all networks of one site together, times what one of them may. */
const SITE_FACTOR = 10;

const CALM_MS = 600_000;
const MAX_CALM = 10_000;

const KIND = 'failures';
const KNOWN_KIND = 'knownAddress';

/** One attempt that is being counted. */
export interface LoginAttempt {
  /** Above 0: it is one too many, and no password may be compared. */
  readonly retryAfterMs: number;
  /** How long to wait before a refusal is told. */
  readonly slowMs: number;
  /** Takes the attempt back: the password was right. */
  forgive(): Promise<void>;
  /** Knows the address as the account's from now on: somebody was let in, by all that the account asks for. */
  remember(): Promise<void>;
}

interface Counter {
  readonly owner: string;
  readonly key: string;
  readonly limit: LoginLimit;
}

/** Counts attempts before they are made, so that many at once are not many more than allowed. */
export class LoginLimits {
  readonly #vault: Vault;
  readonly #options: LoginLimitOptions;
  readonly #trusted: NetworkList;
  readonly #now: () => number;
  /** Accounts with networks that were let in lately, since nobody failed here: by when that is forgotten. */
  readonly #calm = new Map<string, number>();

  /** @throws `INVALID_ARGUMENT` when something trusted is no network. */
  constructor(vault: Vault, options: LoginLimitOptions, now: () => number) {
    this.#vault = vault;
    this.#options = options;
    this.#trusted = new NetworkList(options.trusted ?? []);
    this.#now = now;
  }

  /** @param target `null` where no account is named: the address counts alone */
  async begin(target: LoginTarget | null, address: string): Promise<LoginAttempt> {
    if (this.#trusted.has(address)) return FREE;
    const network = networkOf(address);
    this.#calm.clear();
    const account = target?.account ?? null;
    const counted: Counter[] = [];
    let retryAfterMs = 0;
    let most = 0;
    // One after the other: an address that is refused must neither lock others out of the account nor leave records of
    // all names that it tries.
    for (const counter of await this.#counters(target?.owner ?? null, address)) {
      const { count, expires } = await this.#add(counter, 1);
      counted.push(counter);
      if (counter.owner === target?.owner) most = Math.max(most, count);
      if (count <= counter.limit.failures) continue;
      retryAfterMs = Math.max(1, expires - this.#now());
      break;
    }
    return {
      retryAfterMs,
      slowMs: most <= SLOW_FROM ? 0 : Math.min(SLOWEST_MS, 250 * 2 ** Math.min(10, most - SLOW_FROM - 1)),
      // Only what this attempt has added: what others from elsewhere have failed is theirs.
      forgive: async () => {
        await Promise.all(counted.map((counter) => this.#add(counter, -1)));
        if (this.#calm.size >= MAX_CALM) this.#calm.clear();
        this.#calm.set(`${account} ${network}`, this.#now() + CALM_MS);
      },
      remember: async () => {
        if (account !== null) await this.#remember(account, network);
      },
    };
  }

  /** Above 0: too many have failed for anybody to be let in without being counted. Counts nothing. */
  async retryAfterMs(account: AccountId | null, address: string): Promise<number> {
    if (this.#trusted.has(address)) return 0;
    const network = networkOf(address);
    // Nobody can have learned anything here by failing: the first who does ends it.
    if ((this.#calm.get(`${account} ${network}`) ?? 0) > this.#now()) return 0;
    const counters = await this.#counters(account, address);
    const now = this.#now();
    const waits = await Promise.all(
      counters.map(async ({ owner, key, limit }) => {
        const entry = await this.#vault.get({ owner, kind: KIND, key });
        return entry && Number(entry.value) >= limit.failures ? (entry.expires ?? now) - now : 0;
      }),
    );
    return Math.max(0, ...waits);
  }

  /** In the order in which they are raised. */
  async #counters(target: string | null, address: string): Promise<Counter[]> {
    const network = networkOf(address);
    const site = siteOf(address);
    const limit = (name: keyof typeof DEFAULTS): LoginLimit => this.#options[name] ?? DEFAULTS[name];
    const counters: Counter[] = [{ owner: `net:${network}`, key: 'all', limit: limit('address') }];
    if (site !== null) {
      const { failures, windowMs } = limit('address');
      counters.push({ owner: `net:${site}`, key: 'all', limit: { failures: failures * SITE_FACTOR, windowMs } });
    }
    if (target === null) return counters;
    counters.push({ owner: target, key: network, limit: limit('addressAndAccount') });
    // Whoever guesses from elsewhere must not lock out the owner at home.
    const known = await this.#vault.get({ owner: target, kind: KNOWN_KIND, key: network });
    if (!known) counters.push({ owner: target, key: 'all', limit: limit('account') });
    return counters;
  }

  #add({ owner, key, limit }: Counter, amount: number): Promise<{ count: number; expires: number }> {
    return this.#vault.count({ owner, kind: KIND, key }, amount, this.#now() + limit.windowMs);
  }

  async #remember(account: AccountId, network: string): Promise<void> {
    const place = { owner: account, kind: KNOWN_KIND, key: network };
    const known = await this.#vault.get(place);
    const expires = this.#now() + KNOWN_MS;
    // Once a day is often enough.
    if (known?.expires && known.expires > expires - 86_400_000) return;
    await this.#vault.put(place, { value: '{}', expires });
  }
}

const nothing = (): Promise<void> => Promise.resolve();
const FREE: LoginAttempt = { retryAfterMs: 0, slowMs: 0, forgive: nothing, remember: nothing };
