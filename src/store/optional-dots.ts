/** Domains in which dots do not count: who has an address, whichever dots it is written with. */

import type { AccountRecord, Engine } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import { splitAddress } from '../model/address.ts';
import { withoutDots } from '../model/address-pattern.ts';
import type { AccountId } from '../model/ids.ts';
import type { AddressPatterns } from './address-patterns.ts';
import { type DomainRecords, ownerOf } from './domain-records.ts';
import type { ForwardingRecords, StoredForwarding } from './forwarding-records.ts';

/** An address by its localpart without dots. What it says counts only while there is such an address. */
const KIND = 'dotless';
const PAGE = 500;
const TRIES = 100;
/** Collisions that are named. */
const MAX_NAMED = 10;

/** Who has an address; an account may have several that are one without dots. */
export type DotlessHolder = { readonly account: AccountId } | { readonly forward: true };
type Entry = DotlessHolder & { readonly localpart: string };

/** What a localpart leads to when dots do not count. */
export type DotlessMatch =
  | { readonly record: AccountRecord; readonly matched: string }
  | { readonly forwarding: StoredForwarding; readonly matched: string };

/** What is written down of the domains in which dots do not count. */
export class OptionalDots {
  readonly #engine: Engine;
  readonly #domains: DomainRecords;
  readonly #forwardings: ForwardingRecords;
  readonly #patterns: AddressPatterns;

  constructor(engine: Engine, domains: DomainRecords, forwardings: ForwardingRecords, patterns: AddressPatterns) {
    this.#engine = engine;
    this.#domains = domains;
    this.#forwardings = forwardings;
    this.#patterns = patterns;
  }

  /** For domains in which dots do not count. */
  async find(domain: string, localpart: string): Promise<DotlessMatch | null> {
    if (localpart.startsWith('"')) return null;
    const key = withoutDots(localpart);
    const found = await this.#engine.vault.get({ owner: ownerOf(domain), kind: KIND, key });
    return found && this.#follow(domain, key, JSON.parse(found.value) as Entry);
  }

  /** Writes an address down that is there already; resolves with the one of somebody else's that is in the way. */
  async claim(domain: string, localpart: string, holder: DotlessHolder): Promise<string | null> {
    if (localpart.startsWith('"')) return null;
    const key = withoutDots(localpart);
    const place = { owner: ownerOf(domain), kind: KIND, key };
    const content = { value: JSON.stringify({ ...holder, localpart } satisfies Entry) };
    for (let left = TRIES; left > 0; left--) {
      if (await this.#engine.vault.create(place, content)) return null;
      const found = await this.#engine.vault.get(place);
      if (!found) continue;
      const entry = JSON.parse(found.value) as Entry;
      if (isSame(entry, { ...holder, localpart })) return null;
      const other = await this.#follow(domain, key, entry);
      if (other) return other.matched;
      if (await this.#engine.vault.update(place, found.version, content)) return null;
    }
    throw new EiderError('BUSY', 'the address is being changed by others');
  }

  /** @throws `ADDRESS_EXISTS`, `BUSY`. */
  async ignore(domain: string): Promise<void> {
    const state = await this.#domains.dots(domain);
    if (state === 'ignored') return;
    // From here on every new address is written down by who makes it. One that `preparing` was left by is taken up.
    if (state === 'count') await this.#change(domain, 'count', 'preparing');
    try {
      await this.#requireNoCollision(domain);
    } catch (error) {
      await this.#domains.changeDots(domain, 'preparing', 'count');
      throw error;
    }
    await this.#change(domain, 'preparing', 'ignored');
  }

  /** What was written down stays: it is asked for no more, and compared with what there is if it is again. */
  async count(domain: string): Promise<void> {
    const state = await this.#domains.dots(domain);
    if (state !== 'count') await this.#change(domain, state, 'count');
  }

  async #change(...change: Parameters<DomainRecords['changeDots']>): Promise<void> {
    if (await this.#domains.changeDots(...change)) return;
    throw new EiderError('BUSY', `another process changes what dots mean in ${change[0]}`);
  }

  /** Writes all addresses of the domain down. */
  async #requireNoCollision(domain: string): Promise<void> {
    const pairs: string[] = [];
    for await (const { localpart, holder } of this.#addressesIn(domain)) {
      const other = await this.claim(domain, localpart, holder);
      if (other !== null) pairs.push(`${other} and ${localpart}@${domain}`);
      if (pairs.length === MAX_NAMED) break;
    }
    for (const [one, other] of await this.#patterns.equalWithoutDots(domain)) {
      pairs.push(`${one}@${domain} and ${other}@${domain}`);
    }
    if (pairs.length === 0) return;
    throw new EiderError('ADDRESS_EXISTS', `without dots these would be one: ${pairs.join('; ')}`);
  }

  async *#addressesIn(domain: string): AsyncGenerator<{ localpart: string; holder: DotlessHolder }, void, undefined> {
    for (let after: AccountId | undefined; ; ) {
      const page = await this.#engine.directory.list({ ...(after !== undefined && { after }), limit: PAGE });
      for (const record of page) {
        for (const localpart of localpartsIn(record, domain)) yield { localpart, holder: { account: record.id } };
      }
      after = page.at(-1)?.id;
      if (after === undefined) break;
    }
    for await (const { localpart } of this.#forwardings.list(domain)) yield { localpart, holder: { forward: true } };
  }

  async #follow(domain: string, key: string, entry: Entry): Promise<DotlessMatch | null> {
    const { localpart } = entry;
    if ('forward' in entry) {
      const forwarding = await this.#forwardings.get({ domain, name: localpart, ofPattern: false });
      return forwarding && { forwarding, matched: `${localpart}@${domain}` };
    }
    const found = await this.#engine.directory.find(`${localpart}@${domain}`);
    if (found) return { record: found, matched: `${localpart}@${domain}` };
    const record = await this.#engine.directory.get(entry.account);
    const other = record && localpartsIn(record, domain).find((one) => withoutDots(one) === key);
    return record && other !== undefined ? { record, matched: `${other}@${domain}` } : null;
  }
}

/** Name and addresses of an account that are of a domain, as localparts. */
function localpartsIn({ name, addresses }: AccountRecord, domain: string): string[] {
  return [...new Set([name, ...addresses])].flatMap((address) => {
    const parts = splitAddress(address);
    return parts?.domain === domain ? [parts.localpart] : [];
  });
}

function isSame(a: Entry, b: Entry): boolean {
  if ('account' in a) return 'account' in b && a.account === b.account;
  return 'forward' in b && a.localpart === b.localpart;
}
