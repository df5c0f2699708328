/** The addresses of a store: each method is one of its parts'. */

import type { AccountRecord, Engine } from '../engine/engine.ts';
import type { Account } from '../model/account.ts';
import type {
  AccountAddress,
  Addresses,
  AddressFilter,
  AddressOptions,
  DomainAlias,
  ForwardingAddress,
  ForwardingOptions,
  RenamedDomain,
} from '../model/addresses.ts';
import type { AccountId } from '../model/ids.ts';
import type { Route } from '../model/route.ts';
import { AccountAddresses } from './account-addresses.ts';
import { type AddressParts, addressParts } from './address-parts.ts';
import { detailIn } from './address-resolver.ts';
import { DomainAliases } from './domain-aliases.ts';
import { requireDomain } from './domain-records.ts';
import { ForwardingAddresses } from './forwarding-addresses.ts';
import { renameDomain } from './rename-domain.ts';

/** Addresses over an engine. `complete` makes an account of what the directory has. */
export class StoreAddresses implements Addresses {
  readonly #engine: Engine;
  readonly #parts: AddressParts;
  readonly #complete: (record: AccountRecord) => Promise<Account>;
  readonly #accounts: AccountAddresses;
  readonly #forwardings: ForwardingAddresses;
  readonly #aliases: DomainAliases;

  constructor(engine: Engine, complete: (record: AccountRecord) => Promise<Account>) {
    const parts = addressParts(engine);
    const { domains, forwardings, patterns, dots } = parts;
    this.#engine = engine;
    this.#parts = parts;
    this.#complete = complete;
    this.#accounts = new AccountAddresses(engine.directory, parts);
    this.#forwardings = new ForwardingAddresses(engine.directory, domains, forwardings, patterns, dots);
    this.#aliases = new DomainAliases(engine.vault, domains);
  }

  async resolve(address: string): Promise<Route | null> {
    const found = await this.#parts.resolver.resolve(address);
    if (!found) return null;
    const { matched } = found;
    if ('record' in found) {
      return { type: 'account', account: await this.#complete(found.record), matched, detail: detailIn(address) };
    }
    const { targets, forwardsPerDay } = found.forwarding;
    return { type: 'forward', matched, targets, forwardsPerDay };
  }

  list(account: AccountId, filter?: AddressFilter): Promise<AccountAddress[]> {
    return this.#accounts.list(account, filter);
  }

  all(filter?: AddressFilter): AsyncIterable<AccountAddress & { readonly account: AccountId }> {
    return this.#accounts.all(filter);
  }

  add(
    account: AccountId,
    address: string,
    options?: AddressOptions & { readonly main?: boolean },
  ): Promise<AccountAddress> {
    return this.#accounts.add(account, address, options);
  }

  update(account: AccountId, address: string, options: AddressOptions): Promise<AccountAddress> {
    return this.#accounts.update(account, address, options);
  }

  makeMain(account: AccountId, address: string): Promise<void> {
    return this.#accounts.makeMain(account, address);
  }

  remove(account: AccountId, address: string): Promise<boolean> {
    return this.#accounts.remove(account, address);
  }

  createForwardingAddress(
    address: string,
    options: ForwardingOptions & { readonly targets: readonly string[] },
  ): Promise<ForwardingAddress> {
    return this.#forwardings.create(address, options);
  }

  forwardingAddress(address: string): Promise<ForwardingAddress | null> {
    return this.#forwardings.get(address);
  }

  forwardingAddresses(filter?: AddressFilter): AsyncIterable<ForwardingAddress> {
    return this.#forwardings.list(filter);
  }

  updateForwardingAddress(address: string, options: ForwardingOptions): Promise<ForwardingAddress> {
    return this.#forwardings.update(address, options);
  }

  removeForwardingAddress(address: string): Promise<boolean> {
    return this.#forwardings.remove(address);
  }

  createDomainAlias(alias: string, domain: string): Promise<DomainAlias> {
    return this.#aliases.create(alias, domain);
  }

  async domainAlias(alias: string): Promise<string | null> {
    return this.#aliases.find(alias);
  }

  domainAliases(domain?: string): Promise<DomainAlias[]> {
    return this.#aliases.list(domain);
  }

  removeDomainAlias(alias: string): Promise<boolean> {
    return this.#aliases.remove(alias);
  }

  /** Domains that have, or had, anything, in order. */
  domains(): AsyncIterable<string> {
    return this.#parts.domains.all();
  }

  async ignoresDots(domain: string): Promise<boolean> {
    return (await this.#parts.domains.dots(requireDomain(domain))) === 'ignored';
  }

  async ignoreDots(domain: string, ignore: boolean): Promise<void> {
    const { dots } = this.#parts;
    const normal = requireDomain(domain);
    await (ignore ? dots.ignore(normal) : dots.count(normal));
  }

  renameDomain(from: string, to: string): Promise<RenamedDomain> {
    const tools = { engine: this.#engine, parts: this.#parts, accounts: this.#accounts };
    return renameDomain({ ...tools, forwardings: this.#forwardings, aliases: this.#aliases }, from, to);
  }
}
