/** Finds who an address leads to, step by step, with as few reads as the answer allows. */

import type { AccountRecord, Directory, Engine } from '../engine/engine.ts';
import {
  normalizeAccountName,
  normalizeAddress,
  normalizeLocalpart,
  splitAddress,
  withoutDetail,
} from '../model/address.ts';
import { comparePatterns, MAX_PATTERN_CHARACTERS, matchesLocalpart } from '../model/address-pattern.ts';
import type { AddressPatterns } from './address-patterns.ts';
import type { DomainRecord, DomainRecords, HeldPattern } from './domain-records.ts';
import type { ForwardingRecords, StoredForwarding } from './forwarding-records.ts';
import type { OptionalDots } from './optional-dots.ts';

/** Who gets the mail; `matched` is the address, the pattern or the name by which it was found. */
export type Resolved =
  | { readonly record: AccountRecord; readonly matched: string }
  | { readonly forwarding: StoredForwarding; readonly matched: string };

/** An address that is looked for. */
interface Wanted {
  readonly domain: string;
  /** In normal form. */
  readonly localpart: string;
  /** The same without `+detail`; `null` when it has none. */
  readonly base: string | null;
}

/** A domain, and what is known of it. */
interface Place {
  readonly domain: string;
  readonly record: DomainRecord;
}

/** Looks addresses up, in the order that `Addresses.resolve` promises. */
export class AddressResolver {
  readonly #directory: Directory;
  readonly #domains: DomainRecords;
  readonly #forwardings: ForwardingRecords;
  readonly #patterns: AddressPatterns;
  readonly #dots: OptionalDots;

  constructor(
    engine: Engine,
    domains: DomainRecords,
    forwardings: ForwardingRecords,
    patterns: AddressPatterns,
    dots: OptionalDots,
  ) {
    this.#directory = engine.directory;
    this.#domains = domains;
    this.#forwardings = forwardings;
    this.#patterns = patterns;
    this.#dots = dots;
  }

  async resolve(address: string): Promise<Resolved | null> {
    const wanted = wantedIn(address);
    if (wanted === null) return splitAddress(address) ? null : this.#byName(address);
    const exact = `${wanted.localpart}@${wanted.domain}`;
    const record = await this.#directory.find(exact);
    if (record) return { record, matched: exact };
    const found = await this.#rest(wanted);
    if (found) return found;
    const place = { domain: wanted.domain, record: await this.#domains.read(wanted.domain) };
    return (
      (await this.#withoutDots(wanted, place)) ?? (await this.#byAlias(wanted, place)) ?? (await this.#ofAny(wanted))
    );
  }

  /** Who logs in by an address that no account has as it is: without dots, or by the alias of a domain. */
  async login(address: string): Promise<AccountRecord | null> {
    const wanted = wantedIn(address);
    if (!wanted) return null;
    const whole = { ...wanted, base: null };
    const place = { domain: wanted.domain, record: await this.#domains.read(wanted.domain) };
    const dotless = await this.#withoutDots(whole, place);
    if (dotless) return accountOf(dotless);
    const { alias } = place.record;
    if (alias === null) return null;
    const record = await this.#directory.find(`${wanted.localpart}@${alias}`);
    if (record) return record;
    const target = { domain: alias, record: await this.#domains.read(alias) };
    return accountOf(await this.#withoutDots({ ...whole, domain: alias }, target));
  }

  async #byName(text: string): Promise<Resolved | null> {
    const name = attempt(() => bareName(text));
    if (name === null) return null;
    const base = withoutDetail(name);
    const record = (await this.#directory.find(name)) ?? (base === null ? null : await this.#directory.find(base));
    return record && { record, matched: record.name };
  }

  /** What the address leads to without looking at its domain, when no account has it as it is. */
  async #rest({ localpart, base, domain }: Wanted): Promise<Resolved | null> {
    const [exact, record] = await Promise.all([
      this.#forwarding(domain, localpart),
      base === null ? null : this.#directory.find(`${base}@${domain}`),
    ]);
    if (exact) return exact;
    if (record) return { record, matched: `${base}@${domain}` };
    return base === null ? null : this.#forwarding(domain, base);
  }

  async #withoutDots({ localpart, base }: Wanted, { domain, record }: Place): Promise<Resolved | null> {
    if (record.dots !== 'ignored') return null;
    const exact = await this.#dots.find(domain, localpart);
    return exact ?? (base === null ? null : this.#dots.find(domain, base));
  }

  async #byAlias(wanted: Wanted, place: Place): Promise<Resolved | null> {
    const { alias } = place.record;
    if (alias === null) return this.#byPattern(wanted, [place]);
    const there = { ...wanted, domain: alias };
    const record = await this.#directory.find(`${wanted.localpart}@${alias}`);
    if (record) return { record, matched: `${wanted.localpart}@${alias}` };
    const found = await this.#rest(there);
    if (found) return found;
    const target = { domain: alias, record: await this.#domains.read(alias) };
    return (await this.#withoutDots(there, target)) ?? this.#byPattern(wanted, [place, target]);
  }

  async #byPattern(wanted: Wanted, places: readonly Place[]): Promise<Resolved | null> {
    const found = places.flatMap(({ domain, record: { patterns, dots } }) =>
      patterns
        .filter(({ localpart }) => matches(localpart, wanted, dots === 'ignored'))
        .map((pattern) => ({ domain, pattern })),
    );
    found.sort((a, b) => comparePatterns(a.pattern.localpart, b.pattern.localpart));
    for (const { domain, pattern } of found) {
      const resolved = await this.#held(domain, pattern);
      if (resolved) return resolved;
    }
    return null;
  }

  async #ofAny({ localpart, base }: Wanted): Promise<Resolved | null> {
    const text = base ?? localpart;
    if (text.startsWith('"') || Array.from(text).length > MAX_PATTERN_CHARACTERS) return null;
    const pattern = await this.#domains.holder(null, text);
    return pattern && this.#held(null, pattern);
  }

  async #held(domain: string | null, { localpart, holder }: HeldPattern): Promise<Resolved | null> {
    const live = await this.#patterns.live(domain, holder);
    return live && { ...live, matched: `${localpart}@${domain ?? '*'}` };
  }

  async #forwarding(domain: string, name: string): Promise<Resolved | null> {
    const forwarding = await this.#forwardings.get({ domain, name, ofPattern: false });
    return forwarding && { forwarding, matched: `${name}@${domain}` };
  }
}

/** What follows the first `+` of a localpart, as it is written; `null` for nothing (RFC 5233). */
export function detailIn(address: string): string | null {
  const text = address.trim();
  const localpart = splitAddress(text)?.localpart ?? text;
  const plain = localpart.startsWith('"') ? localpart.slice(1, -1).replace(/\\(.)/g, '$1') : localpart;
  // Where quotes are needed, nothing is taken off.
  if (attempt(() => normalizeLocalpart(localpart))?.startsWith('"') !== false) return null;
  const at = plain.indexOf('+');
  return at <= 0 || at === plain.length - 1 ? null : plain.slice(at + 1);
}

function wantedIn(address: string): Wanted | null {
  // A bare name, and no error is made only to be thrown away.
  if (!address.includes('@')) return null;
  const parts = splitAddress(attempt(() => normalizeAddress(address)) ?? '');
  if (!parts) return null;
  return { ...parts, base: withoutDetail(parts.localpart) };
}

function matches(pattern: string, { localpart, base }: Wanted, ignoreDots: boolean): boolean {
  if (matchesLocalpart(pattern, localpart, ignoreDots)) return true;
  return base !== null && matchesLocalpart(pattern, base, ignoreDots);
}

function accountOf(found: Resolved | null): AccountRecord | null {
  return found && 'record' in found ? found.record : null;
}

/** An account name, perhaps written as a quoted localpart. */
function bareName(text: string): string {
  return normalizeAccountName(text.startsWith('"') ? normalizeLocalpart(text) : text);
}

/** What `normalize` gives, or `null` for what it refuses. */
export function attempt(normalize: () => string): string | null {
  try {
    return normalize();
  } catch {
    return null;
  }
}
