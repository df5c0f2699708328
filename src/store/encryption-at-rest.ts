/** Encryption of what comes into mailboxes by other ways than delivery; who opens the store puts it together. */

import type { Content } from '../model/content.ts';
import type { AccountId, MailboxId } from '../model/ids.ts';

/** Encryption as a store needs it. */
export interface EncryptionAtRest {
  /** What an account wants now; `null` where none of its mail is encrypted. */
  of(account: AccountId): Promise<AccountAtRest | null>;
}

/** Encryption of one account, as it stood at a moment. */
export interface AccountAtRest {
  /** Whether what comes into a mailbox is encrypted. */
  covers(mailbox: MailboxId): boolean;
  /**
   * Reads a message and gives what is stored of it; nothing of it touches a disk in the clear.
   *
   * @throws `ENCRYPTION_FAILED`, `MESSAGE_TOO_LARGE`, `DISK_FULL`, `ABORTED`, what `source` throws.
   */
  take(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<Content>;
  /** What is stored of a message that is stored already; `null` when it is encrypted. @throws `ENCRYPTION_FAILED`. */
  encrypted(read: () => AsyncIterable<Uint8Array>): Promise<Content | null>;
}
