/**
 * Small records beside the mail that all processes share: credentials, tokens, tickets, counters, the log of logins.
 *
 * Each has an owner (an account's id, or any other string, such as a network), a kind and a key. An engine that is
 * spread over machines keeps what one owner has together. What an account owns goes when the account is deleted.
 */

/** A record. */
export interface VaultEntry {
  readonly key: string;
  /** Opaque to the engine; of a counter, its count in decimal digits. */
  readonly value: string;
  /** Differs after each change, also from those of records of the same place that are gone. */
  readonly version: number;
  /** Milliseconds since 1970, from when on it is as if it were not there; `null` for never. */
  readonly expires: number | null;
}

/** A record of {@link Vault.all}. */
export interface OwnedVaultEntry extends VaultEntry {
  readonly kind: string;
}

/** Where a record is. Owner and key are well-formed Unicode without control characters. */
export interface VaultPlace {
  /** 1 to 128 UTF-16 code units. */
  readonly owner: string;
  /** What sort of record it is: 1 to 32 of `[a-zA-Z]`. */
  readonly kind: string;
  /** 1 to 256 UTF-16 code units. */
  readonly key: string;
}

/** What a record is to hold. */
export interface VaultContent {
  /** Well-formed Unicode, at most 65,536 octets in UTF-8. */
  readonly value: string;
  /** Whole milliseconds since 1970. @defaultValue `null`, never */
  readonly expires?: number | null;
}

/** A counter after it was raised. */
export interface VaultCount {
  readonly count: number;
  /** When it begins anew. */
  readonly expires: number;
}

/**
 * The records. Each call is a transaction of its own, durable when it resolves but for {@link Vault.count}. Keys and
 * kinds are in the order of their UTF-8 octets. Every call that is given a place, an owner or a content over a bound
 * rejects with `INVALID_ARGUMENT`, and nothing happened.
 */
export interface Vault {
  get(place: VaultPlace): Promise<VaultEntry | null>;
  /** Records of one kind, ascending by key; `after` continues a listing. */
  list(
    place: Omit<VaultPlace, 'key'>,
    options: { readonly after?: string; readonly limit: number },
  ): Promise<VaultEntry[]>;
  /** Makes or replaces a record. */
  put(place: VaultPlace, content: VaultContent): Promise<void>;
  /** Makes a record; `false`, and nothing happened, when there is one. */
  create(place: VaultPlace, content: VaultContent): Promise<boolean>;
  /** Replaces a record of that version; `false`, and nothing happened, when it is another, or gone. */
  update(place: VaultPlace, version: number, content: VaultContent): Promise<boolean>;
  /** Removes a record and gives it: of several who ask, one gets it. */
  take(place: VaultPlace): Promise<VaultEntry | null>;
  /**
   * Adds to a counter and gives what it comes to; one that has expired, or was not there, begins at 0, and so does a
   * record that is no counter. Not synced to the disk: after a power cut it may have forgotten the last seconds.
   *
   * @param amount a whole number; 0 tells how it stands
   * @param expires when a counter that begins with this call ends
   */
  count(place: VaultPlace, amount: number, expires: number): Promise<VaultCount>;
  /** All that an owner has but counters, ascending by kind and key; for moving it elsewhere. */
  all(
    owner: string,
    options: { readonly after?: Omit<VaultPlace, 'owner'>; readonly limit: number },
  ): Promise<OwnedVaultEntry[]>;
  /** Removes all that an owner has, of one kind or of any. */
  clear(owner: string, kind?: string): Promise<void>;
  /** Removes what has expired, of all owners; resolves with how much that was, or with `dryRun` would be. */
  sweep(options?: { readonly dryRun?: boolean }): Promise<number>;
}
