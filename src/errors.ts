/** What goes wrong, as one class with a closed list of codes. */

/**
 * Every code an {@link EiderError} can carry. Codes are part of the API and follow semantic versioning; messages are
 * for people and may change.
 *
 * - `ACCOUNT_EXISTS`, `ACCOUNT_NOT_FOUND`, `ACCOUNT_NAME_INVALID`, `ADDRESS_EXISTS`, `ADDRESS_INVALID`,
 *   `ADDRESS_NOT_FOUND`, `ADDRESS_PROTECTED` (the main one cannot be removed): the directory.
 * - `ANNOTATION_INVALID` (a name that none can have), `ANNOTATION_LIMIT` (too many, or too much in all),
 *   `ANNOTATION_TOO_LARGE` (one value); nothing was changed.
 * - `AUTHENTICATION_FAILED`: unknown account or wrong password; never says which.
 * - `ACCOUNT_DISABLED`, `RECIPIENT_UNKNOWN`, `RATE_LIMITED`, `DELIVERY_REFUSED` (by a hook of the program's),
 *   `MAIL_LOOP`: a recipient that gets nothing.
 * - `DKIM_KEY_INVALID`, `DOMAIN_INVALID`, `FILTER_INVALID`, `KEY_INVALID` (for encryption): what was given cannot be
 *   used; the message says why.
 * - `ENCRYPTION_FAILED`: nothing was stored, in the clear or otherwise; try again, or look after the account's keys.
 * - `EXPORT_INVALID`: a file of accounts that breaks off, is damaged, or is none; the message says why.
 * - `SENDER_REFUSED`: an address that the account may not send from.
 * - `PASSWORD_REFUSED`: the policy for new passwords; the message says why.
 * - `MAILBOX_EXISTS`, `MAILBOX_NOT_FOUND`, `MAILBOX_NAME_INVALID`, `MAILBOX_PROTECTED` (INBOX cannot be deleted),
 *   `MAILBOX_HAS_CHILDREN`, `MAILBOX_LIMIT` (too many, or too deep).
 * - `MESSAGE_TOO_LARGE`, `FLAG_INVALID`, `FLAG_LIMIT`.
 * - `QUOTA_EXCEEDED`: nothing was stored.
 * - `BLOB_MISSING`, `BLOB_CORRUPT`: a part of a stored message cannot be read; other messages can.
 * - `DISK_FULL`: nothing was stored; the store stays usable.
 * - `BUSY`: another process held the account for too long; try again.
 * - `SCHEMA_TOO_NEW`: a newer version of eider wrote this store.
 * - `STORE_CORRUPT`: the database refuses to be read.
 * - `STORE_CLOSED`, `STORE_UNSUITABLE` (the folder or the database is not a store, or cannot be used as one).
 * - `UNAVAILABLE`: the database cannot be reached at present; nothing was acknowledged; try again.
 * - `INVALID_ARGUMENT`, `LIMIT_EXCEEDED`, `ABORTED`, `UNSUPPORTED`.
 */
export type ErrorCode =
  | 'ABORTED'
  | 'ACCOUNT_DISABLED'
  | 'ACCOUNT_EXISTS'
  | 'ACCOUNT_NAME_INVALID'
  | 'ACCOUNT_NOT_FOUND'
  | 'ADDRESS_EXISTS'
  | 'ADDRESS_INVALID'
  | 'ADDRESS_NOT_FOUND'
  | 'ADDRESS_PROTECTED'
  | 'ANNOTATION_INVALID'
  | 'ANNOTATION_LIMIT'
  | 'ANNOTATION_TOO_LARGE'
  | 'AUTHENTICATION_FAILED'
  | 'BLOB_CORRUPT'
  | 'BLOB_MISSING'
  | 'BUSY'
  | 'DELIVERY_REFUSED'
  | 'DISK_FULL'
  | 'DKIM_KEY_INVALID'
  | 'DOMAIN_INVALID'
  | 'ENCRYPTION_FAILED'
  | 'EXPORT_INVALID'
  | 'FILTER_INVALID'
  | 'FLAG_INVALID'
  | 'FLAG_LIMIT'
  | 'INVALID_ARGUMENT'
  | 'KEY_INVALID'
  | 'LIMIT_EXCEEDED'
  | 'MAILBOX_EXISTS'
  | 'MAILBOX_HAS_CHILDREN'
  | 'MAILBOX_LIMIT'
  | 'MAILBOX_NAME_INVALID'
  | 'MAILBOX_NOT_FOUND'
  | 'MAILBOX_PROTECTED'
  | 'MAIL_LOOP'
  | 'MESSAGE_TOO_LARGE'
  | 'PASSWORD_REFUSED'
  | 'QUOTA_EXCEEDED'
  | 'RATE_LIMITED'
  | 'RECIPIENT_UNKNOWN'
  | 'SCHEMA_TOO_NEW'
  | 'SENDER_REFUSED'
  | 'STORE_CLOSED'
  | 'STORE_CORRUPT'
  | 'STORE_UNSUITABLE'
  | 'UNAVAILABLE'
  | 'UNSUPPORTED';

/** An error of eider's own. Anything else that a call rejects with is a defect or an error of the caller's stream. */
export class EiderError extends Error {
  override readonly name = 'EiderError';
  /** Which error it is; see {@link ErrorCode}. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whether `error` is an {@link EiderError}, of one of `codes` when any are given. */
export function isEiderError(error: unknown, ...codes: readonly ErrorCode[]): error is EiderError {
  return error instanceof EiderError && (codes.length === 0 || codes.includes(error.code));
}
