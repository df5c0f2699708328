/** Encryption at rest: who gets his mail encrypted, with which keys, and what stays readable. */

import type { AccountId, MailboxId } from './ids.ts';
import type { MailboxRef } from './mailbox.ts';

/** A public key of an account: an OpenPGP key (RFC 9580), or an S/MIME certificate (RFC 8551). */
export interface EncryptionKey {
  /** Fingerprint in lower-case hex: of the OpenPGP key, or SHA-256 of the certificate. */
  readonly id: string;
  readonly type: 'openpgp' | 'smime';
  /** Version of an OpenPGP key, 4 or 6; `null` of a certificate. */
  readonly version: number | null;
  /** Such as `x25519`, `rsa3072`, `p256`. */
  readonly algorithm: string;
  /** User IDs, or the certificate's subject and addresses. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly created: number;
  /** When it cannot be used any more, milliseconds since 1970; `null` for never. */
  readonly expires: number | null;
  /** When it was given to the store, milliseconds since 1970. */
  readonly added: number;
  /** The key itself, ASCII armor or PEM. */
  readonly text: string;
}

/** What is encrypted. */
export interface EncryptionSettings {
  /** Every message that comes in, whatever the mailbox. */
  readonly enabled: boolean;
  /** Whether Subject stays readable outside, or is `[...]` there (RFC 9788 section 3.2.1). From, To, Date, Message-ID and references stay readable. */
  readonly subject: 'clear' | 'hidden';
}

/** Encryption at rest as a store has it. */
export interface Encryption {
  settings(account: AccountId): Promise<EncryptionSettings>;
  /** @throws `ACCOUNT_NOT_FOUND`; `KEY_INVALID` when it is switched on and no key can be used. */
  configure(account: AccountId, settings: Partial<EncryptionSettings>): Promise<EncryptionSettings>;
  /** Mailboxes of which it was said that what comes into them is encrypted, though the account's other mail may not be. */
  mailboxes(account: AccountId): Promise<MailboxId[]>;
  /**
   * Whether what comes into a mailbox is encrypted, to the account's keys. It holds of the mailbox, whatever its name
   * becomes, and of none below it; what is there already stays as it is.
   *
   * @throws `ACCOUNT_NOT_FOUND`, `MAILBOX_NOT_FOUND`; `KEY_INVALID` when it is switched on and no key can be used;
   *   `LIMIT_EXCEEDED` over 1,000 mailboxes.
   */
  configureMailbox(account: AccountId, mailbox: MailboxRef, enabled: boolean): Promise<void>;
  /** Refuses when nothing can be encrypted to the account now. @throws `KEY_INVALID`. */
  requireKey(account: AccountId): Promise<void>;
  keys(account: AccountId): Promise<EncryptionKey[]>;
  /**
   * Adds a key: armored or binary OpenPGP, PEM or DER certificate. A secret key is refused: it has no place here.
   *
   * @throws `ACCOUNT_NOT_FOUND`; `KEY_INVALID` with a reason for people (no key, more than one, a secret one, expired,
   *   revoked, too weak, nothing in it that encrypts); `LIMIT_EXCEEDED` over 16 keys or 32 KB.
   */
  addKey(account: AccountId, key: string | Uint8Array): Promise<EncryptionKey>;
  /** `false` when there is none of that id. @throws `KEY_INVALID` for the last one that can be used while encryption is on, be it of one mailbox. */
  removeKey(account: AccountId, id: string): Promise<boolean>;
}
