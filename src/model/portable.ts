/** Accounts as a file: out of one store, into another. */

import type { AccountId } from './ids.ts';

/** Which accounts go out, and how. */
export interface ExportOptions {
  /** Ids, in the order in which they are written. */
  readonly accounts: Iterable<AccountId> | AsyncIterable<AccountId>;
  /**
   * At least 32 octets. What is sealed under the store's own secret (seeds of one-time passwords, keys of SCRAM) is
   * sealed under this one in the file. @defaultValue it stays sealed under the store's, for stores with the same
   */
  readonly transferSecret?: Uint8Array;
  readonly signal?: AbortSignal;
}

/** How accounts come in. */
export interface ImportOptions {
  /** What the file was made with. */
  readonly transferSecret?: Uint8Array;
  readonly signal?: AbortSignal;
}

/** What became of an account of a file. */
export interface ImportedAccount {
  readonly id: AccountId;
  readonly name: string;
  /** `existing`: an account of that id is there, and was left as it is. `failed`: `reason` says why. */
  readonly outcome: 'imported' | 'existing' | 'failed';
  /** For people; `null` where nothing is wrong. */
  readonly reason: string | null;
  /** Messages, each counted once for each mailbox it is in; 0 of what did not come in. */
  readonly messages: number;
  /** Octets of all messages, counted so. */
  readonly octets: number;
}

/**
 * Accounts with all that they have, as `docs/account-files.md` describes the file. Passwords are in it as hashes, mail
 * as it is kept: whoever has the file has the accounts.
 */
export interface Portable {
  /**
   * Writes accounts, page by page. An account that changes while it is written is begun anew, up to three times.
   *
   * @throws `ACCOUNT_NOT_FOUND`; `BUSY` when an account changed each time; `STORE_CORRUPT`, `BLOB_MISSING`,
   *   `BLOB_CORRUPT`; `INVALID_ARGUMENT` for a short secret; `UNSUPPORTED` when something sealed cannot be opened;
   *   `ABORTED`. What was written until then is a file that breaks off, which no store takes in whole.
   */
  export(options: ExportOptions): AsyncGenerator<Uint8Array, void, undefined>;
  /**
   * Reads accounts, and yields each once it is there or not. Nobody sees one before all of it is there and was
   * compared with the file.
   *
   * @throws `EXPORT_INVALID` for what is no such file, breaks off, or is damaged; `INVALID_ARGUMENT` when something
   *   sealed was sealed under another secret; `UNSUPPORTED` for a store without one; `ABORTED`; and what `octets`
   *   throws. Nothing of the account in which it happens is there; those that were yielded are.
   */
  import(
    octets: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options?: ImportOptions,
  ): AsyncGenerator<ImportedAccount, void, undefined>;
}
