/** Domains whose addresses are those of another one. */

import type { Vault } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import type { DomainAlias } from '../model/addresses.ts';
import { type DomainRecords, entriesOf, ownerOf, requireDomain } from './domain-records.ts';

/** Names an alias at the domain that it leads to; counts only while the alias says the same. */
const KIND = 'aliasOf';

/** The aliases of a store. One step is followed and no more, so a chain that two processes make at once leads nowhere. */
export class DomainAliases {
  readonly #vault: Vault;
  readonly #domains: DomainRecords;

  constructor(vault: Vault, domains: DomainRecords) {
    this.#vault = vault;
    this.#domains = domains;
  }

  /** @throws `DOMAIN_INVALID`, `ADDRESS_EXISTS`. */
  async create(aliasText: string, domainText: string): Promise<DomainAlias> {
    const [alias, domain] = [requireDomain(aliasText), requireDomain(domainText)];
    if (alias === domain) throw invalid('a domain is no alias of itself');
    await this.#requireNoChain(alias, domain);
    await this.#vault.put({ owner: ownerOf(domain), kind: KIND, key: alias }, { value: '' });
    if (!(await this.#domains.createAlias(alias, domain))) {
      throw new EiderError('ADDRESS_EXISTS', `${alias} is an alias already`);
    }
    try {
      // Once more: what another process has made meanwhile is seen here, or there.
      await this.#requireNoChain(alias, domain);
    } catch (error) {
      await this.remove(alias);
      throw error;
    }
    return { alias, domain };
  }

  async find(alias: string): Promise<string | null> {
    return this.#domains.alias(requireDomain(alias));
  }

  /** All, or those of a domain, ordered by alias. */
  async list(domain?: string): Promise<DomainAlias[]> {
    const found: DomainAlias[] = [];
    if (domain !== undefined) {
      for await (const alias of this.#leadingTo(requireDomain(domain))) found.push(alias);
      return found;
    }
    for await (const alias of this.#domains.all()) {
      const target = await this.#domains.alias(alias);
      if (target !== null) found.push({ alias, domain: target });
    }
    return found;
  }

  async remove(aliasText: string): Promise<boolean> {
    const alias = requireDomain(aliasText);
    const domain = await this.#domains.takeAlias(alias);
    if (domain === null) return false;
    const place = { owner: ownerOf(domain), kind: KIND, key: alias };
    await this.#vault.take(place);
    // Another process may have made it again meanwhile.
    if ((await this.#domains.alias(alias)) === domain) await this.#vault.put(place, { value: '' });
    return true;
  }

  async *#leadingTo(domain: string): AsyncGenerator<DomainAlias, void, undefined> {
    for await (const { key: alias } of entriesOf(this.#vault, ownerOf(domain), KIND)) {
      if ((await this.#domains.alias(alias)) === domain) yield { alias, domain };
    }
  }

  async #requireNoChain(alias: string, domain: string): Promise<void> {
    if ((await this.#domains.alias(domain)) !== null) throw invalid(`${domain} is an alias itself`);
    for await (const { alias: other } of this.#leadingTo(alias)) throw invalid(`${other} is an alias of ${alias}`);
  }
}

function invalid(message: string): EiderError {
  return new EiderError('DOMAIN_INVALID', message);
}
