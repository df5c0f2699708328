/** Patterns of addresses: whose each is, given to one holder only, taken over from who is gone. */

import type { AccountRecord, Engine } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import { type AddressPattern, withoutDots } from '../model/address-pattern.ts';
import { type DomainRecords, type HeldPattern, type Holder, MAX_DOMAIN_PATTERNS } from './domain-records.ts';
import type { ForwardingRecords, StoredForwarding } from './forwarding-records.ts';
import { isAbsent } from './removed-accounts.ts';

const TRIES = 100;

/** Who holds a pattern, as he is now. */
export type LiveHolder = { readonly record: AccountRecord } | { readonly forwarding: StoredForwarding };

/** The patterns of a store. */
export class AddressPatterns {
  readonly #engine: Engine;
  readonly #domains: DomainRecords;
  readonly #forwardings: ForwardingRecords;

  constructor(engine: Engine, domains: DomainRecords, forwardings: ForwardingRecords) {
    this.#engine = engine;
    this.#domains = domains;
    this.#forwardings = forwardings;
  }

  /** `null` for one that is gone. */
  async live(domain: string | null, holder: Holder): Promise<LiveHolder | null> {
    if ('forward' in holder) {
      const forwarding = await this.#forwardings.get({ domain, name: holder.forward, ofPattern: true });
      return forwarding && { forwarding };
    }
    const record = await this.#engine.directory.get(holder.account);
    return record && !isAbsent(record) ? { record } : null;
  }

  /**
   * Gives a pattern to `holder`; resolves with whether he has not had it before.
   *
   * @throws `ADDRESS_EXISTS`, `LIMIT_EXCEEDED`.
   */
  async hold({ address, domain, localpart }: AddressPattern, holder: Holder): Promise<boolean> {
    for (let left = TRIES; left > 0; left--) {
      const found = await this.#domains.holder(domain, localpart);
      if (found && isSame(found.holder, holder)) return false;
      if (found && (await this.live(domain, found.holder))) throw taken(address);
      if (domain !== null) await this.#requireRoom(domain, localpart, holder);
      if (await this.#domains.hold(domain, localpart, holder, found?.version ?? null)) return true;
    }
    throw new EiderError('BUSY', 'the pattern is being changed by others');
  }

  /** @throws `ADDRESS_EXISTS` when somebody else has it. */
  async requireFree({ address, domain, localpart }: AddressPattern, holder: Holder): Promise<void> {
    const found = await this.#domains.holder(domain, localpart);
    if (found && !isSame(found.holder, holder) && (await this.live(domain, found.holder))) throw taken(address);
  }

  /** Whose it is; `null` for nobody's, or for who is gone. */
  async holder({ domain, localpart }: AddressPattern): Promise<Holder | null> {
    const found = await this.#domains.holder(domain, localpart);
    return found && (await this.live(domain, found.holder)) ? found.holder : null;
  }

  /** Takes it from `holder`; resolves with whether he had it. */
  async release({ domain, localpart }: Omit<AddressPattern, 'address'>, holder: Holder): Promise<boolean> {
    const found = await this.#domains.holder(domain, localpart);
    if (!found || !isSame(found.holder, holder)) return false;
    return this.#domains.drop(domain, localpart, found.version);
  }

  /** Patterns of different holders that would be one if dots did not count. */
  async equalWithoutDots(domain: string): Promise<[string, string][]> {
    const pairs: [string, string][] = [];
    const first = new Map<string, HeldPattern>();
    for (const pattern of (await this.#domains.read(domain)).patterns) {
      const key = withoutDots(pattern.localpart);
      const other = first.get(key);
      if (!other) first.set(key, pattern);
      else if (!isSame(other.holder, pattern.holder) && (await this.#areLive(domain, other, pattern))) {
        pairs.push([other.localpart, pattern.localpart]);
      }
    }
    return pairs;
  }

  async #areLive(domain: string, ...patterns: readonly HeldPattern[]): Promise<boolean> {
    for (const { holder } of patterns) if (!(await this.live(domain, holder))) return false;
    return true;
  }

  /** Makes room, where those have patterns who are gone; resolves with whether there were any. */
  async #dropDead(domain: string, patterns: readonly HeldPattern[]): Promise<boolean> {
    const holders = new Map(patterns.map(({ holder }) => [JSON.stringify(holder), holder]));
    for (const [key, holder] of holders) if (await this.live(domain, holder)) holders.delete(key);
    const dead = patterns.filter(({ holder }) => holders.has(JSON.stringify(holder)));
    const dropped = dead.map(({ localpart, holder }) => this.release({ domain, localpart }, holder));
    return (await Promise.all(dropped)).includes(true);
  }

  async #requireRoom(domain: string, localpart: string, holder: Holder): Promise<void> {
    const { dots, patterns } = await this.#domains.read(domain);
    const others = patterns.filter((one) => one.localpart !== localpart);
    if (others.length >= MAX_DOMAIN_PATTERNS && !(await this.#dropDead(domain, others))) {
      throw new EiderError('LIMIT_EXCEEDED', `a domain has at most ${MAX_DOMAIN_PATTERNS} patterns`);
    }
    if (dots === 'count') return;
    for (const other of others) {
      if (withoutDots(other.localpart) !== withoutDots(localpart) || isSame(other.holder, holder)) continue;
      if (!(await this.live(domain, other.holder))) continue;
      throw new EiderError('ADDRESS_EXISTS', `without dots it is the same as ${other.localpart}@${domain}`);
    }
  }
}

function isSame(a: Holder, b: Holder): boolean {
  if ('account' in a) return 'account' in b && a.account === b.account;
  return 'forward' in b && a.forward === b.forward;
}

function taken(address: string): EiderError {
  return new EiderError('ADDRESS_EXISTS', `the pattern ${address} is taken`);
}
