/**
 * Small records beside the mail that all processes share: credentials, tokens, tickets, counters, the log of logins.
 *
 * Each has an owner (an account's id, or any other string of 1 to 128 characters, such as a network), a kind and a key.
 * An engine that is spread over machines keeps what one owner has together.
 */

/** A record. */
export interface VaultEntry {
  readonly key: string;
  /** Opaque to the engine. */
  readonly value: string;
  /** Differs after each change. */
  readonly version: number;
  /** Milliseconds since 1970, from when on it is as if it were not there; `null` for never. */
  readonly expires: number | null;
}

/** Where a record is. */
export interface VaultPlace {
  readonly owner: string;
  /** What sort of record it is: 1 to 32 of `[a-zA-Z]`. */
  readonly kind: string;
  /** 1 to 256 characters. */
  readonly key: string;
}

/** What a record is to hold. */
export interface VaultContent {
  /** At most 65,536 octets in UTF-8. */
  readonly value: string;
  /** @defaultValue `null` */
  readonly expires?: number | null;
}

/** A counter after it was raised. */
export interface VaultCount {
  readonly count: number;
  /** When it begins anew. */
  readonly expires: number;
}

/** The records. Each call is a transaction of its own, durable when it resolves but for {@link Vault.count}. */
export interface Vault {
  get(place: VaultPlace): Promise<VaultEntry | null>;
  /** Records of one kind, ascending by key in code unit order; `after` continues a listing. */
  list(
    place: Omit<VaultPlace, 'key'>,
    options: { readonly after?: string; readonly limit: number },
  ): Promise<VaultEntry[]>;
  /** Makes or replaces a record. @throws `INVALID_ARGUMENT` when it is over a bound. */
  put(place: VaultPlace, content: VaultContent): Promise<void>;
  /** Makes a record; `false`, and nothing happened, when there is one. @throws `INVALID_ARGUMENT`. */
  create(place: VaultPlace, content: VaultContent): Promise<boolean>;
  /** Replaces a record of that version; `false`, and nothing happened, when it is another, or gone. @throws `INVALID_ARGUMENT`. */
  update(place: VaultPlace, version: number, content: VaultContent): Promise<boolean>;
  /** Removes a record and gives it: of several who ask, one gets it. */
  take(place: VaultPlace): Promise<VaultEntry | null>;
  /**
   * Adds to a counter and gives what it comes to; one that has expired, or was not there, begins at 0. Not synced to the
   * disk: after a power cut it may have forgotten the last seconds.
   *
   * @param expires when a counter that begins with this call ends
   */
  count(place: VaultPlace, amount: number, expires: number): Promise<VaultCount>;
  /** All that an owner has, ascending by kind and key; for moving it elsewhere. */
  all(
    owner: string,
    options: { readonly after?: Omit<VaultPlace, 'owner'>; readonly limit: number },
  ): Promise<(VaultEntry & { readonly kind: string })[]>;
  /** Removes all that an owner has, of one kind or of any. */
  clear(owner: string, kind?: string): Promise<void>;
  /** Removes what has expired; resolves with how much that was. */
  sweep(): Promise<number>;
}
