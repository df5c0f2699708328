/** Names and addresses of accounts that are free, not only in the directory: no forwarding address, none that is the same without dots. */

import type { AccountPatch, AccountRecord, Engine } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import { splitAddress } from '../model/address.ts';
import type { AccountId } from '../model/ids.ts';
import type { DomainRecords } from './domain-records.ts';
import type { ForwardingRecords } from './forwarding-records.ts';
import type { OptionalDots } from './optional-dots.ts';

/** A change of an account's addresses. */
export interface AddressChange {
  /** Names and addresses, in normal form, that the account does not have yet. */
  readonly added: readonly string[];
  /** Makes the new addresses of those that are there; may be called more than once. */
  readonly apply: (current: readonly string[]) => readonly string[];
  /** What else changes at the same moment. */
  readonly settings?: Pick<AccountPatch, 'limits' | 'copies'>;
}

/**
 * What one directory cannot promise by itself. It is asked before the directory, so that nothing has to be undone, and
 * after it, when others may have come first.
 */
export class AddressClaims {
  readonly #engine: Engine;
  readonly #domains: DomainRecords;
  readonly #forwardings: ForwardingRecords;
  readonly #dots: OptionalDots;

  constructor(engine: Engine, domains: DomainRecords, forwardings: ForwardingRecords, dots: OptionalDots) {
    this.#engine = engine;
    this.#domains = domains;
    this.#forwardings = forwardings;
    this.#dots = dots;
  }

  /** @throws `ADDRESS_EXISTS`. */
  async create(record: AccountRecord): Promise<void> {
    const names = [record.name, ...record.addresses];
    await this.requireFree(record.id, names);
    await this.#engine.directory.create(record);
    try {
      await this.settle(record.id, names);
    } catch (error) {
      await this.#engine.directory.delete(record.id);
      throw error;
    }
  }

  /** Resolves with the addresses of before. @throws `ACCOUNT_NOT_FOUND`, `ADDRESS_EXISTS`, and what `apply` throws. */
  async change(account: AccountId, { added, apply, settings }: AddressChange): Promise<readonly string[]> {
    await this.requireFree(account, added);
    let [before, after]: (readonly string[])[] = [];
    const addresses = (current: readonly string[]): readonly string[] => {
      before = current;
      after = apply(current);
      return after;
    };
    await this.#engine.directory.update(account, { ...settings, addresses });
    try {
      await this.settle(account, added);
    } catch (error) {
      // Back to what was there, unless others have changed it since.
      const undone = (current: readonly string[]): readonly string[] =>
        before && String(current) === String(after) ? before : current.filter((address) => !added.includes(address));
      await this.#engine.directory.update(account, { addresses: undone });
      throw error;
    }
    return before ?? [];
  }

  /** @throws `ADDRESS_EXISTS`. */
  async requireFree(account: AccountId, names: readonly string[]): Promise<void> {
    await Promise.all(
      partsOf(names).map(async ({ localpart, domain }) => {
        const taken = await this.#forwardings.get({ domain, name: localpart, ofPattern: false });
        if (taken) throw exists(`the address ${localpart}@${domain} is taken`);
      }),
    );
    for (const [domain, localparts] of await this.#withoutDots(names)) {
      for (const localpart of localparts) {
        const other = await this.#dots.find(domain, localpart);
        if (other && !('record' in other && other.record.id === account))
          throw sameWithoutDots(localpart, other.matched);
      }
    }
  }

  /** Writes down what the account has now. @throws `ADDRESS_EXISTS` when another was first. */
  async settle(account: AccountId, names: readonly string[]): Promise<void> {
    for (const [domain, localparts] of await this.#withoutDots(names)) {
      for (const localpart of localparts) {
        const other = await this.#dots.claim(domain, localpart, { account });
        if (other !== null) throw sameWithoutDots(localpart, other);
      }
    }
  }

  /** Localparts by domain, where dots do not count. */
  async #withoutDots(names: readonly string[]): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    for (const { localpart, domain } of partsOf(names)) found.set(domain, [...(found.get(domain) ?? []), localpart]);
    for (const domain of [...found.keys()]) {
      if ((await this.#domains.dots(domain)) === 'count') found.delete(domain);
    }
    return found;
  }
}

function partsOf(names: readonly string[]): { localpart: string; domain: string }[] {
  return [...new Set(names)].flatMap((name) => splitAddress(name) ?? []);
}

function exists(message: string): EiderError {
  return new EiderError('ADDRESS_EXISTS', message);
}

function sameWithoutDots(localpart: string, other: string): EiderError {
  return exists(`without dots ${localpart} is the same as ${other}`);
}
