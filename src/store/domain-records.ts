/** What the vault keeps of a domain: its alias, whether dots count, its patterns; all of it by one listing. */

import { createHash } from 'node:crypto';
import type { Vault, VaultEntry, VaultPlace } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import { normalizeDomain } from '../model/address.ts';
import { comparePatterns } from '../model/address-pattern.ts';
import type { AccountId } from '../model/ids.ts';

/** Most patterns of one domain. */
export const MAX_DOMAIN_PATTERNS = 500;
/** Some more than there may be: processes that add patterns at the same time do not wait for each other. */
const MAX_RECORDS = 2 * MAX_DOMAIN_PATTERNS;
const MAX_OWNER = 128;
const PAGE = 500;

/** Owner of the list of domains; no domain is empty. */
const ALL_DOMAINS = '@';
/** Stands for any domain. */
const ANY = '*';
const KIND = 'domain';
const ALIAS = 'alias';
const DOTS = 'dots';
const PATTERN = 'pattern ';

/** Whose a pattern is: an account's, or that of a forwarding address, by the name of its record. */
export type Holder = { readonly account: AccountId } | { readonly forward: string };

/** A pattern of a domain. */
export interface HeldPattern {
  readonly localpart: string;
  readonly holder: Holder;
}

/** While `preparing`, new addresses are compared without dots, but mail does not yet find its way so. */
export type DotsState = 'count' | 'preparing' | 'ignored';

/** A domain. */
export interface DomainRecord {
  /** The domain that this one is an alias of. */
  readonly alias: string | null;
  readonly dots: DotsState;
  /** In the order in which they are tried. */
  readonly patterns: readonly HeldPattern[];
}

/** The domains of a store. Their names are in normal form; `null` is any domain. */
export class DomainRecords {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  async read(domain: string): Promise<DomainRecord> {
    const entries = await this.#vault.list({ owner: ownerOf(domain), kind: KIND }, { limit: MAX_RECORDS });
    const told = (wanted: string) => entries.find(({ key }) => key === wanted)?.value;
    const patterns = entries.filter(({ key }) => key.startsWith(PATTERN)).map(readPattern);
    return {
      alias: told(ALIAS) ?? null,
      dots: (told(DOTS) as DotsState | undefined) ?? 'count',
      patterns: patterns.sort((a, b) => comparePatterns(a.localpart, b.localpart)),
    };
  }

  async alias(domain: string): Promise<string | null> {
    return (await this.#vault.get(placeOf(domain, ALIAS)))?.value ?? null;
  }

  /** Makes it an alias; `false` when it is one. */
  async createAlias(alias: string, domain: string): Promise<boolean> {
    await this.note(alias);
    return this.#vault.create(placeOf(alias, ALIAS), { value: domain });
  }

  /** Resolves with what it was an alias of. */
  async takeAlias(alias: string): Promise<string | null> {
    return (await this.#vault.take(placeOf(alias, ALIAS)))?.value ?? null;
  }

  async dots(domain: string): Promise<DotsState> {
    return ((await this.#vault.get(placeOf(domain, DOTS)))?.value as DotsState | undefined) ?? 'count';
  }

  /** Says how it is with dots, when it was `from` until now; `false`, and nothing happened, when it was not. */
  async changeDots(domain: string, from: DotsState, to: DotsState): Promise<boolean> {
    await this.note(domain);
    const place = placeOf(domain, DOTS);
    const entry = await this.#vault.get(place);
    if ((entry?.value ?? 'count') !== from) return false;
    const content = { value: to };
    return entry ? this.#vault.update(place, entry.version, content) : this.#vault.create(place, content);
  }

  /** Whose a pattern is; `null` for nobody's. */
  async holder(domain: string | null, localpart: string): Promise<(HeldPattern & { readonly version: number }) | null> {
    const entry = await this.#vault.get(placeOf(domain, PATTERN + localpart));
    return entry && { ...readPattern(entry), version: entry.version };
  }

  /** Gives a pattern to somebody, when it is nobody's, or is of that version; `false` when it is not. */
  async hold(domain: string | null, localpart: string, holder: Holder, version: number | null): Promise<boolean> {
    if (domain !== null) await this.note(domain);
    const place = placeOf(domain, PATTERN + localpart);
    const content = { value: JSON.stringify(holder) };
    return version === null ? this.#vault.create(place, content) : this.#vault.update(place, version, content);
  }

  /** Takes a pattern from its holder, when it is of that version. */
  async drop(domain: string | null, localpart: string, version: number): Promise<boolean> {
    // What has ended is as if it were not there, and goes with the next sweep.
    return this.#vault.update(placeOf(domain, PATTERN + localpart), version, { value: '', expires: 0 });
  }

  /** Patterns for any domain. */
  async *patternsOfAny(): AsyncGenerator<HeldPattern, void, undefined> {
    for await (const entry of entriesOf(this.#vault, ownerOf(null), KIND)) yield readPattern(entry);
  }

  /** Puts a domain on the list of those that have anything. */
  async note(domain: string): Promise<void> {
    await this.#vault.create({ owner: ALL_DOMAINS, kind: KIND, key: domain }, { value: '' });
  }

  /** Domains that have, or had, anything, in order. */
  async *all(): AsyncGenerator<string, void, undefined> {
    for await (const { key } of entriesOf(this.#vault, ALL_DOMAINS, KIND)) yield key;
  }
}

/** Who owns the records of a domain, or of any (`null`). No account's id has an `@`. */
export function ownerOf(domain: string | null): string {
  const owner = `@${domain ?? ANY}`;
  if (owner.length <= MAX_OWNER) return owner;
  // No label of a domain is as long as this.
  return `@${createHash('sha256')
    .update(domain ?? ANY)
    .digest('hex')}`;
}

/** All records of a kind, read in pages. */
export async function* entriesOf(
  vault: Vault,
  owner: string,
  kind: string,
): AsyncGenerator<VaultEntry, void, undefined> {
  for (let after: string | undefined; ; ) {
    const page: VaultEntry[] = await vault.list(
      { owner, kind },
      { ...(after !== undefined && { after }), limit: PAGE },
    );
    yield* page;
    after = page.at(-1)?.key;
    if (page.length < PAGE || after === undefined) return;
  }
}

/** The normal form of a domain. @throws `DOMAIN_INVALID`. */
export function requireDomain(domain: string): string {
  try {
    if (!domain.startsWith('[')) return normalizeDomain(domain);
  } catch (error) {
    throw new EiderError('DOMAIN_INVALID', (error as Error).message, { cause: error });
  }
  throw new EiderError('DOMAIN_INVALID', 'an address literal is no domain');
}

function placeOf(domain: string | null, key: string): VaultPlace {
  return { owner: ownerOf(domain), kind: KIND, key };
}

function readPattern({ key, value }: VaultEntry): HeldPattern {
  return { localpart: key.slice(PATTERN.length), holder: JSON.parse(value) as Holder };
}
