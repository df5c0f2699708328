/** Addresses of accounts as a store has them: patterns, domain aliases, addresses that only forward, and what is kept of each. */

import type { AccountId } from './ids.ts';
import type { Route } from './route.ts';

/** What is kept of an address beside it. */
export interface AddressDetails {
  /** The name of the sender, for people; `null` for none. */
  readonly displayName: string | null;
  /** In the order given; no two are the same but for case. */
  readonly tags: readonly string[];
  /** A JSON object, the program's own; `null` for none. */
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

/** An address of an account. */
export interface AccountAddress extends AddressDetails {
  /** In normal form; a pattern is `*@example.com`, `head*@example.com`, `*tail@example.com` or `user@*`. */
  readonly address: string;
  /** Of all of an account at most one, the first of `Account.addresses`; never a pattern. */
  readonly isMain: boolean;
  readonly isPattern: boolean;
}

/** An address that no account has: mail for it goes on. */
export interface ForwardingAddress extends AddressDetails {
  /** In normal form, or a pattern as in {@link AccountAddress.address}. */
  readonly address: string;
  readonly isPattern: boolean;
  /** Addresses in normal form, 1 to 100. */
  readonly targets: readonly string[];
  /** Messages a day that go on, each target counted; `null` for the store's default. */
  readonly forwardsPerDay: number | null;
}

/** A domain whose addresses are those of another one. */
export interface DomainAlias {
  /** In normal form. */
  readonly alias: string;
  /** In normal form. */
  readonly domain: string;
}

/** What to keep of an address. What is absent stays as it is, or begins as nothing. */
export interface AddressOptions {
  /** At most 256 characters. */
  readonly displayName?: string | null;
  /** At most 20 of 1 to 64 characters. */
  readonly tags?: readonly string[];
  /** At most 4,096 octets as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>> | null;
}

/** What to keep of an address that forwards. */
export interface ForwardingOptions extends AddressOptions {
  /** 1 to 100 addresses; none of them the address itself. */
  readonly targets?: readonly string[];
  /** 0 to 1,000,000,000; `null` for the store's default. @defaultValue `null` */
  readonly forwardsPerDay?: number | null;
}

/** What to list. */
export interface AddressFilter {
  /** Those that have this tag; case does not matter. */
  readonly tag?: string;
  /** Those of this domain; not the `user@*`. */
  readonly domain?: string;
}

/** What became of a domain that was renamed. */
export interface RenamedDomain {
  /** Addresses of accounts, patterns and forwarding addresses that have the new domain now. */
  readonly renamed: number;
}

/**
 * The addresses of all accounts. Names, addresses and forwarding addresses share one room: what one has, no other gets.
 * Wherever an address is given, any of its spellings will do.
 *
 * What others have changed is seen as soon as with `Accounts`: at once, on MongoDB within a second.
 */
export interface Addresses {
  /**
   * Where mail for an address, or for a bare account name, goes; `null` for nowhere. In this order: the address as it
   * is; without `+detail`; with dots where the domain does not count them; the same in the domain that this one is an
   * alias of; patterns of both domains, most characters of fixed text first, `head*` before `*tail`, the domain as
   * written before the other; `user@*`. A name without `@` is an account's name, with or without `+detail`.
   *
   * An address that is there costs one read of the directory. What belongs to an account that is gone does not count.
   */
  resolve(address: string): Promise<Route | null>;

  /** Addresses and patterns of an account, the main one first, patterns last. @throws `ACCOUNT_NOT_FOUND`, `DOMAIN_INVALID`. */
  list(account: AccountId, filter?: AddressFilter): Promise<AccountAddress[]>;
  /** The same of all accounts, ordered by account. @throws `DOMAIN_INVALID`. */
  all(filter?: AddressFilter): AsyncIterable<AccountAddress & { readonly account: AccountId }>;
  /**
   * Gives an account one more address, or a pattern. The first that is no pattern is the main one.
   *
   * @throws `ACCOUNT_NOT_FOUND`; `ADDRESS_EXISTS` when it is taken, also by the account itself, or where dots do not
   *   count is the same as another; `ADDRESS_INVALID`; `INVALID_ARGUMENT`; `LIMIT_EXCEEDED` above 1,000 addresses or
   *   100 patterns of an account, or 500 patterns of a domain.
   */
  add(
    account: AccountId,
    address: string,
    options?: AddressOptions & {
      /** @defaultValue `false` */
      readonly main?: boolean;
    },
  ): Promise<AccountAddress>;
  /** Changes what is kept of an address. @throws `ACCOUNT_NOT_FOUND`, `ADDRESS_NOT_FOUND`, `INVALID_ARGUMENT`. */
  update(account: AccountId, address: string, options: AddressOptions): Promise<AccountAddress>;
  /** Puts an address first. @throws `ACCOUNT_NOT_FOUND`; `ADDRESS_NOT_FOUND`, also for a pattern. */
  makeMain(account: AccountId, address: string): Promise<void>;
  /**
   * Takes an address away; resolves with whether it was there. Mail for an address that is also the account's name
   * goes on to arrive.
   *
   * @throws `ACCOUNT_NOT_FOUND`; `ADDRESS_PROTECTED` for the main one: make another one main before.
   */
  remove(account: AccountId, address: string): Promise<boolean>;

  /**
   * Makes an address that only forwards. Of an account and a forwarding address that are given the same address at the
   * same moment by two processes, both may be made: then the account gets the mail, and the other one waits until the
   * account has given the address up.
   *
   * @throws `ADDRESS_EXISTS`, `ADDRESS_INVALID`, `INVALID_ARGUMENT`, `LIMIT_EXCEEDED` (500 patterns of a domain).
   */
  createForwardingAddress(
    address: string,
    options: ForwardingOptions & { readonly targets: readonly string[] },
  ): Promise<ForwardingAddress>;
  /** One that forwards, by its own address, or `null`. */
  forwardingAddress(address: string): Promise<ForwardingAddress | null>;
  /** All, or those of a domain, ordered by domain, then by localpart, patterns last. @throws `DOMAIN_INVALID`. */
  forwardingAddresses(filter?: AddressFilter): AsyncIterable<ForwardingAddress>;
  /** Changes what is given. @throws `ADDRESS_NOT_FOUND`, `ADDRESS_INVALID`, `INVALID_ARGUMENT`. */
  updateForwardingAddress(address: string, options: ForwardingOptions): Promise<ForwardingAddress>;
  /** Resolves with whether it was there. */
  removeForwardingAddress(address: string): Promise<boolean>;

  /**
   * Makes a domain's addresses those of another one, for mail and for logins. Addresses of its own go before.
   *
   * @throws `DOMAIN_INVALID` for what is no domain, or when one of the two is an alias or has one already in a way that
   *   would make a chain; `ADDRESS_EXISTS` when it is an alias already.
   */
  createDomainAlias(alias: string, domain: string): Promise<DomainAlias>;
  /** The domain that this one is an alias of, or `null`. @throws `DOMAIN_INVALID`. */
  domainAlias(alias: string): Promise<string | null>;
  /** All, or those of a domain, ordered by alias. @throws `DOMAIN_INVALID`. */
  domainAliases(domain?: string): Promise<DomainAlias[]>;
  /** Resolves with whether it was there. @throws `DOMAIN_INVALID`. */
  removeDomainAlias(alias: string): Promise<boolean>;

  /** Whether dots in localparts of a domain do not count: `a.b@…` and `ab@…` are one. @throws `DOMAIN_INVALID`. */
  ignoresDots(domain: string): Promise<boolean>;
  /**
   * Says whether dots count in a domain; they do until it is said. To switch it on reads all accounts.
   *
   * @throws `ADDRESS_EXISTS` when two addresses of different owners would be one: the message names them, and nothing
   *   changes; `BUSY` when another process does the same; `DOMAIN_INVALID`.
   */
  ignoreDots(domain: string, ignore: boolean): Promise<void>;

  /**
   * Gives all addresses, patterns and forwarding addresses of a domain another one; names of accounts and targets of
   * forwarding addresses stay. Not at one moment: what was renamed before an error stays renamed, and may be continued.
   *
   * @throws `ADDRESS_EXISTS` when one of the new addresses is taken; `DOMAIN_INVALID`.
   */
  renameDomain(from: string, to: string): Promise<RenamedDomain>;
}
