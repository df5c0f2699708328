/** Files that an account keeps to attach them to messages. */

import type { AccountId } from './ids.ts';

/** Most files of an account. */
export const MAX_STORED_FILES = 1_000;
/** Most octets of all files of an account, as they are stored: 256 MB. */
export const MAX_STORED_FILE_OCTETS: number = 256 * 1024 * 1024;

/** A file. */
export interface StoredFile {
  /** Names it within its account. */
  readonly id: number;
  readonly name: string;
  /** Such as `image/png`. */
  readonly contentType: string;
  /** Content-ID for HTML, without angle brackets; `''` for none. */
  readonly cid: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** Files as a store has them; they count in no quota, and have a limit of their own. */
export interface StoredFiles {
  /** @throws `LIMIT_EXCEEDED`, `MESSAGE_TOO_LARGE`, `INVALID_ARGUMENT` for a name or type that is none. */
  add(
    account: AccountId,
    file: Pick<StoredFile, 'name' | 'contentType'> & { readonly cid?: string },
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<StoredFile>;
  /** The newest first. */
  list(account: AccountId): Promise<StoredFile[]>;
  get(account: AccountId, id: number): Promise<(StoredFile & { read(): AsyncIterable<Uint8Array> }) | null>;
  /** `false` when it is not there. */
  remove(account: AccountId, id: number): Promise<boolean>;
}
