/** What the vault keeps of addresses that only forward. */

import type { Vault, VaultPlace } from '../engine/vault.ts';
import type { AddressDetails } from '../model/addresses.ts';
import { changeRecord } from './change-record.ts';
import { entriesOf, ownerOf } from './domain-records.ts';

/** One by its localpart in normal form. */
const KIND = 'forward';
/** One that has a pattern, by the name that the pattern's record tells. */
const PATTERN_KIND = 'forwardPattern';

/** Where mail goes on to, and what is kept beside. */
export interface StoredForwarding extends AddressDetails {
  readonly targets: readonly string[];
  readonly forwardsPerDay: number | null;
}

/** A record of {@link ForwardingRecords}, by its localpart, or by the name that a pattern's holder has. */
export interface ForwardingPlace {
  /** `null` for any. */
  readonly domain: string | null;
  readonly name: string;
  readonly ofPattern: boolean;
}

/** The records of all domains. */
export class ForwardingRecords {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  async get(place: ForwardingPlace): Promise<StoredForwarding | null> {
    const entry = await this.#vault.get(vaultPlace(place));
    return entry && (JSON.parse(entry.value) as StoredForwarding);
  }

  /** `false`, and nothing happened, when there is one. */
  create(place: ForwardingPlace, forwarding: StoredForwarding): Promise<boolean> {
    return this.#vault.create(vaultPlace(place), { value: JSON.stringify(forwarding) });
  }

  /** Changes what is there; `null` when nothing is. @throws `BUSY`. */
  change(
    place: ForwardingPlace,
    change: (before: StoredForwarding) => StoredForwarding,
  ): Promise<StoredForwarding | null> {
    return changeRecord<StoredForwarding>(this.#vault, vaultPlace(place), (before) => before && change(before));
  }

  /** Resolves with whether it was there. */
  async remove(place: ForwardingPlace): Promise<boolean> {
    return (await this.#vault.take(vaultPlace(place))) !== null;
  }

  /** Those of a domain that are no patterns, ordered by localpart. */
  async *list(domain: string): AsyncGenerator<StoredForwarding & { readonly localpart: string }, void, undefined> {
    for await (const { key, value } of entriesOf(this.#vault, ownerOf(domain), KIND)) {
      yield { localpart: key, ...(JSON.parse(value) as StoredForwarding) };
    }
  }
}

function vaultPlace({ domain, name, ofPattern }: ForwardingPlace): VaultPlace {
  return { owner: ownerOf(domain), kind: ofPattern ? PATTERN_KIND : KIND, key: name };
}
