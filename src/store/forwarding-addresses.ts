/** Addresses that no account has: mail for them goes on to others. */

import { randomUUID } from 'node:crypto';
import type { Directory } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import { normalizeAddress, splitAddress } from '../model/address.ts';
import { type AddressPattern, isPattern, parsePattern } from '../model/address-pattern.ts';
import type { AddressFilter, ForwardingAddress, ForwardingOptions } from '../model/addresses.ts';
import { changedDetails, detailsOf, hasTag, NO_DETAILS } from './address-details.ts';
import type { AddressPatterns } from './address-patterns.ts';
import { type DomainRecords, type HeldPattern, requireDomain } from './domain-records.ts';
import type { ForwardingPlace, ForwardingRecords, StoredForwarding } from './forwarding-records.ts';
import type { OptionalDots } from './optional-dots.ts';

/** Most addresses that one address forwards to. */
export const MAX_FORWARDING_TARGETS = 100;
const MAX_PER_DAY = 1_000_000_000;

/** The parts of an address that is no pattern. */
interface ExactAddress {
  readonly address: string;
  readonly domain: string;
  readonly localpart: string;
}

/** The forwarding addresses of a store. */
export class ForwardingAddresses {
  readonly #directory: Directory;
  readonly #domains: DomainRecords;
  readonly #records: ForwardingRecords;
  readonly #patterns: AddressPatterns;
  readonly #dots: OptionalDots;

  constructor(
    directory: Directory,
    domains: DomainRecords,
    records: ForwardingRecords,
    patterns: AddressPatterns,
    dots: OptionalDots,
  ) {
    this.#directory = directory;
    this.#domains = domains;
    this.#records = records;
    this.#patterns = patterns;
    this.#dots = dots;
  }

  async create(
    text: string,
    options: ForwardingOptions & { readonly targets: readonly string[] },
  ): Promise<ForwardingAddress> {
    const target = isPattern(text) ? parsePattern(text) : exactAddress(text);
    const beginning = { ...NO_DETAILS, targets: [], forwardsPerDay: null };
    const forwarding = changedForwarding(target.address, beginning, options);
    if (target.domain !== null) await this.#domains.note(target.domain);
    if (isPattern(target.address)) await this.#createPattern(target, forwarding);
    else await this.#createExact(target as ExactAddress, forwarding);
    return shown(target.address, forwarding);
  }

  async get(text: string): Promise<ForwardingAddress | null> {
    const found = await this.#find(text);
    const forwarding = found && (await this.#records.get(found.place));
    return forwarding && shown(found.address, forwarding);
  }

  async *list({ domain, tag }: AddressFilter = {}): AsyncGenerator<ForwardingAddress, void, undefined> {
    if (domain !== undefined) {
      yield* this.#listOf(requireDomain(domain), tag);
      return;
    }
    for await (const one of this.#domains.all()) yield* this.#listOf(one, tag);
    for await (const pattern of this.#domains.patternsOfAny()) yield* this.#listPattern(null, pattern, tag);
  }

  async update(text: string, options: ForwardingOptions): Promise<ForwardingAddress> {
    const found = await this.#find(text);
    const after =
      found && (await this.#records.change(found.place, (before) => changedForwarding(found.address, before, options)));
    if (!after) throw new EiderError('ADDRESS_NOT_FOUND', 'no such forwarding address');
    return shown(found.address, after);
  }

  async remove(text: string): Promise<boolean> {
    const found = await this.#find(text);
    if (!found) return false;
    if (found.pattern) {
      // First what leads to it; what is left when this is cut short leads nowhere, and is in nobody's way.
      if (!(await this.#patterns.release(found.pattern, { forward: found.place.name }))) return false;
    }
    return this.#records.remove(found.place);
  }

  async #createExact({ address, domain, localpart }: ExactAddress, forwarding: StoredForwarding): Promise<void> {
    const place = { domain, name: localpart, ofPattern: false };
    await this.#requireFree(address, domain, localpart);
    if (!(await this.#records.create(place, forwarding))) throw taken(address);
    try {
      // Once more: an account may have got it meanwhile.
      if (await this.#directory.find(address)) throw taken(address);
      if ((await this.#domains.dots(domain)) === 'count') return;
      const other = await this.#dots.claim(domain, localpart, { forward: true });
      if (other !== null) throw taken(address, other);
    } catch (error) {
      await this.#records.remove(place);
      throw error;
    }
  }

  async #requireFree(address: string, domain: string, localpart: string): Promise<void> {
    if (await this.#directory.find(address)) throw taken(address);
    if ((await this.#domains.dots(domain)) === 'count') return;
    const other = await this.#dots.find(domain, localpart);
    if (other) throw taken(address, other.matched);
  }

  /** The record comes first, under a name that is its own: of several that want a pattern, one is led to. */
  async #createPattern(pattern: AddressPattern, forwarding: StoredForwarding): Promise<void> {
    const place = { domain: pattern.domain, name: randomUUID(), ofPattern: true };
    await this.#records.create(place, forwarding);
    try {
      await this.#patterns.hold(pattern, { forward: place.name });
    } catch (error) {
      await this.#records.remove(place);
      throw error;
    }
  }

  async #find(
    text: string,
  ): Promise<{ address: string; place: ForwardingPlace; pattern: AddressPattern | null } | null> {
    if (!isPattern(text)) {
      const { address, domain, localpart } = exactAddress(text);
      return { address, place: { domain, name: localpart, ofPattern: false }, pattern: null };
    }
    const pattern = parsePattern(text);
    const holder = await this.#patterns.holder(pattern);
    if (!holder || !('forward' in holder)) return null;
    const place = { domain: pattern.domain, name: holder.forward, ofPattern: true };
    return { address: pattern.address, place, pattern };
  }

  async *#listOf(domain: string, tag: string | undefined): AsyncGenerator<ForwardingAddress, void, undefined> {
    for await (const { localpart, ...forwarding } of this.#records.list(domain)) {
      if (hasTag(forwarding, tag)) yield shown(`${localpart}@${domain}`, forwarding);
    }
    for (const pattern of (await this.#domains.read(domain)).patterns) yield* this.#listPattern(domain, pattern, tag);
  }

  async *#listPattern(
    domain: string | null,
    { localpart, holder }: HeldPattern,
    tag: string | undefined,
  ): AsyncGenerator<ForwardingAddress, void, undefined> {
    if (!('forward' in holder)) return;
    const forwarding = await this.#records.get({ domain, name: holder.forward, ofPattern: true });
    if (forwarding && hasTag(forwarding, tag)) yield shown(`${localpart}@${domain ?? '*'}`, forwarding);
  }
}

/** @throws `ADDRESS_INVALID`. */
function exactAddress(text: string): ExactAddress {
  const address = normalizeAddress(text);
  return { address, ...(splitAddress(address) as Omit<ExactAddress, 'address'>) };
}

function changedForwarding(address: string, before: StoredForwarding, options: ForwardingOptions): StoredForwarding {
  const { targets, forwardsPerDay } = options;
  return {
    ...changedDetails(before, options),
    targets: targets === undefined ? before.targets : checkedTargets(address, targets),
    forwardsPerDay: forwardsPerDay === undefined ? before.forwardsPerDay : checkedLimit(forwardsPerDay),
  };
}

function checkedTargets(address: string, targets: readonly string[]): string[] {
  const unique = targets.length <= MAX_FORWARDING_TARGETS ? [...new Set(targets.map(normalizeAddress))] : [];
  if (unique.length === 0) {
    throw new EiderError('INVALID_ARGUMENT', `a forwarding address has 1 to ${MAX_FORWARDING_TARGETS} targets`);
  }
  if (unique.includes(address)) throw new EiderError('INVALID_ARGUMENT', 'an address cannot forward to itself');
  return unique;
}

function checkedLimit(forwardsPerDay: number | null): number | null {
  if (forwardsPerDay === null) return null;
  if (Number.isSafeInteger(forwardsPerDay) && forwardsPerDay >= 0 && forwardsPerDay <= MAX_PER_DAY)
    return forwardsPerDay;
  throw new EiderError('INVALID_ARGUMENT', `a daily limit is a whole number from 0 to ${MAX_PER_DAY}, or null`);
}

function shown(address: string, forwarding: StoredForwarding): ForwardingAddress {
  const { targets, forwardsPerDay } = forwarding;
  return { address, isPattern: isPattern(address), targets, forwardsPerDay, ...detailsOf(forwarding) };
}

function taken(address: string, other?: string): EiderError {
  const why = other === undefined ? 'is taken' : `is the same as ${other} without dots`;
  return new EiderError('ADDRESS_EXISTS', `the address ${address} ${why}`);
}
