/** What the vault keeps of domains that are allowed or blocked by tag. */

import { createHash } from 'node:crypto';
import type { Vault, VaultEntry, VaultPlace } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import { type DomainAccess, type DomainAction, type DomainRule, MAX_TAG_DOMAINS } from '../model/domain-access.ts';
import { changeRecord } from './change-record.ts';
import { entriesOf, requireDomain } from './domain-records.ts';

const KIND = 'domainAccess';
/** Owner of the rules' ids; the owner of a tag's rules has more behind it, and no account's id has a `#`. */
const IDS = '#access';
const MAX_TAG_LENGTH = 128;
/** How long it is believed that a tag has no list, in milliseconds. */
const KNOWN_MS = 10_000;
const MAX_KNOWN = 10_000;

/** A rule as it lies below its tag, by its domain. */
type StoredRule = Pick<DomainRule, 'tag' | 'action'>;
/** Where the rule of an id is. */
type RulePlace = Pick<DomainRule, 'tag' | 'domain'>;

/** The lists of a store. */
export class StoreDomainAccess implements DomainAccess {
  readonly #vault: Vault;
  readonly #now: () => number;
  /** Until when tags are believed to have no list. */
  readonly #empty = new Map<string, number>();

  constructor(vault: Vault, now: () => number = Date.now) {
    this.#vault = vault;
    this.#now = now;
  }

  async list(tag: string, action?: DomainAction): Promise<DomainRule[]> {
    const owner = ownerOf(requireTag(tag));
    const rules: DomainRule[] = [];
    for await (const entry of entriesOf(this.#vault, owner, KIND)) {
      const rule = readRule(entry);
      if (action === undefined || rule.action === action) rules.push(rule);
    }
    return rules.sort((a, b) => (a.domain < b.domain ? -1 : 1));
  }

  async set(tag: string, domain: string, action: DomainAction): Promise<DomainRule> {
    const name = requireTag(tag);
    if (action !== 'allow' && action !== 'block') {
      throw new EiderError('INVALID_ARGUMENT', 'a domain is allowed or blocked');
    }
    const key = requireDomain(domain.trim());
    const place = placeOf(name, key);
    if (!(await this.#vault.get(place))) await this.#requireRoom(name);
    const id = idOf(name, key);
    const named = { value: JSON.stringify({ tag: name, domain: key } satisfies RulePlace) };
    // Before, so that a crash leaves no rule without an id; and after, as who removes it may have come in between.
    await this.#vault.create(idPlace(id), named);
    const stored = await changeRecord<StoredRule>(this.#vault, place, (before) => ({
      tag: before?.tag ?? name,
      action,
    }));
    await this.#vault.create(idPlace(id), named);
    this.#empty.delete(keyOf(name));
    return { id, domain: key, ...(stored as StoredRule) };
  }

  async get(id: string): Promise<DomainRule | null> {
    const named = await this.#vault.get(idPlace(id));
    if (!named) return null;
    const { tag, domain } = JSON.parse(named.value) as RulePlace;
    const entry = await this.#vault.get(placeOf(tag, domain));
    return entry && readRule(entry);
  }

  async remove(id: string): Promise<boolean> {
    const named = await this.#vault.get(idPlace(id));
    if (!named) return false;
    const { tag, domain } = JSON.parse(named.value) as RulePlace;
    const wasThere = (await this.#vault.take(placeOf(tag, domain))) !== null;
    // Last, so that one that was cut off can be done again.
    await this.#vault.take(idPlace(id));
    return wasThere;
  }

  async *all(): AsyncGenerator<DomainRule, void, undefined> {
    for await (const { key } of entriesOf(this.#vault, IDS, KIND)) {
      const rule = await this.get(key);
      if (rule) yield rule;
    }
  }

  async decide(tags: readonly string[], domain: string): Promise<DomainAction | null> {
    const asked = await Promise.all(tags.map((tag) => this.#ask(tag, domain)));
    if (asked.includes('block')) return 'block';
    return asked.includes('allow') ? 'allow' : null;
  }

  async #ask(tag: string, domain: string): Promise<DomainAction | null> {
    const key = keyOf(tag);
    const now = this.#now();
    if ((this.#empty.get(key) ?? 0) > now) return null;
    const entry = await this.#vault.get(placeOf(tag, domain));
    if (entry) return readRule(entry).action;
    if ((await this.#vault.list({ owner: ownerOf(tag), kind: KIND }, { limit: 1 })).length > 0) return null;
    if (this.#empty.size >= MAX_KNOWN) this.#empty.clear();
    this.#empty.set(key, now + KNOWN_MS);
    return null;
  }

  /** Processes that add at the same time do not wait for each other: a few more may come in. */
  async #requireRoom(tag: string): Promise<void> {
    let count = 0;
    for await (const _ of entriesOf(this.#vault, ownerOf(tag), KIND)) count++;
    if (count < MAX_TAG_DOMAINS) return;
    throw new EiderError('LIMIT_EXCEEDED', `a tag has at most ${MAX_TAG_DOMAINS} domains`);
  }
}

function requireTag(tag: string): string {
  const name = tag.trim().normalize('NFC');
  if (name !== '' && name.length <= MAX_TAG_LENGTH && !/[\p{Cc}\p{Cs}]/u.test(name)) return name;
  throw new EiderError('INVALID_ARGUMENT', `a tag has 1 to ${MAX_TAG_LENGTH} characters, none of control`);
}

/** A tag as it is compared. */
const keyOf = (tag: string): string => tag.trim().normalize('NFC').toLowerCase();

const ownerOf = (tag: string): string => `${IDS} ${createHash('sha256').update(keyOf(tag)).digest('hex')}`;

const placeOf = (tag: string, domain: string): VaultPlace => ({ owner: ownerOf(tag), kind: KIND, key: domain });

const idPlace = (id: string): VaultPlace => ({ owner: IDS, kind: KIND, key: id });

function idOf(tag: string, domain: string): string {
  return createHash('sha256')
    .update(`access ${keyOf(tag)}\n${domain}`)
    .digest('hex')
    .slice(0, 24);
}

function readRule({ key, value }: VaultEntry): DomainRule {
  const { tag, action } = JSON.parse(value) as StoredRule;
  return { id: idOf(tag, key), tag, domain: key, action };
}
