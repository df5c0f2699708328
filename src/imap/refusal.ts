/** What a command that fails is answered: one table from errors to response codes. RFC 5530, RFC 9051 section 7.1. */

import { EiderError, type ErrorCode, isEiderError } from '../errors.ts';
import { MAX_ANNOTATION_OCTETS } from '../model/annotation.ts';
import { normalizePath } from '../model/mailbox.ts';
import { ImapSyntaxError } from './wire/imap-syntax-error.ts';

/** A command's refusal: `tag NO [code] text`, or BAD. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: 'NO' | 'BAD';
  /** Response code without brackets, or `null`. */
  readonly code: string | null;

  constructor(status: 'NO' | 'BAD', message: string, code: string | null = null) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

type Answer = readonly [status: 'NO' | 'BAD', code: string | null, text: string];

const ANSWERS: Readonly<Record<ErrorCode, Answer>> = {
  ABORTED: ['NO', 'UNAVAILABLE', 'The operation was stopped'],
  ACCOUNT_DISABLED: ['NO', 'UNAVAILABLE', 'The account is switched off'],
  ACCOUNT_EXISTS: ['NO', 'ALREADYEXISTS', 'The account exists already'],
  ACCOUNT_NAME_INVALID: ['NO', 'CANNOT', 'The account name is not allowed'],
  ACCOUNT_NOT_FOUND: ['NO', 'UNAVAILABLE', 'The account is gone'],
  ADDRESS_EXISTS: ['NO', 'ALREADYEXISTS', 'The address is taken'],
  ADDRESS_INVALID: ['NO', 'CANNOT', 'The address is not allowed'],
  ADDRESS_NOT_FOUND: ['NO', 'NONEXISTENT', 'There is no such address'],
  ADDRESS_PROTECTED: ['NO', 'CANNOT', 'The main address stays'],
  // RFC 5464 sections 3.2 and 4.3.
  ANNOTATION_INVALID: ['BAD', null, 'That cannot be the name of an annotation'],
  ANNOTATION_LIMIT: ['NO', 'METADATA TOOMANY', 'Too many annotations'],
  ANNOTATION_TOO_LARGE: ['NO', `METADATA MAXSIZE ${MAX_ANNOTATION_OCTETS}`, 'The value is too large'],
  AUTHENTICATION_FAILED: ['NO', 'AUTHENTICATIONFAILED', 'Invalid credentials'],
  BLOB_CORRUPT: ['NO', 'CORRUPTION', 'A part of a message is damaged'],
  BLOB_MISSING: ['NO', 'UNAVAILABLE', 'A part of a message cannot be read at present'],
  BUSY: ['NO', 'UNAVAILABLE', 'The account is busy, try again'],
  DELIVERY_REFUSED: ['NO', 'CANNOT', 'The message was refused'],
  DISK_FULL: ['NO', 'UNAVAILABLE', 'The server has no room left'],
  DKIM_KEY_INVALID: ['NO', 'CANNOT', 'The key cannot be used'],
  DOMAIN_INVALID: ['NO', 'CANNOT', 'The domain is not allowed'],
  ENCRYPTION_FAILED: ['NO', 'UNAVAILABLE', 'The message could not be encrypted'],
  EXPORT_INVALID: ['NO', 'CANNOT', 'The file cannot be used'],
  FILTER_INVALID: ['NO', 'CANNOT', 'The filter is not allowed'],
  FLAG_INVALID: ['BAD', null, 'That is no flag'],
  FLAG_LIMIT: ['NO', 'LIMIT', 'Too many or too long keywords'],
  INVALID_ARGUMENT: ['BAD', 'CLIENTBUG', 'An argument is out of range'],
  KEY_INVALID: ['NO', 'CANNOT', 'The key cannot be used'],
  LIMIT_EXCEEDED: ['NO', 'LIMIT', 'That is over a limit'],
  MAILBOX_EXISTS: ['NO', 'ALREADYEXISTS', 'The mailbox exists already'],
  MAILBOX_HAS_CHILDREN: ['NO', 'HASCHILDREN', 'The mailbox has mailboxes below it'],
  MAILBOX_LIMIT: ['NO', 'LIMIT', 'Too many mailboxes, or too deep'],
  MAILBOX_NAME_INVALID: ['NO', 'CANNOT', 'The mailbox name is not allowed'],
  MAILBOX_NOT_FOUND: ['NO', 'NONEXISTENT', 'There is no such mailbox'],
  MAILBOX_PROTECTED: ['NO', 'CANNOT', 'INBOX cannot be deleted'],
  MAIL_LOOP: ['NO', 'CANNOT', 'The message runs in a circle'],
  MESSAGE_TOO_LARGE: ['NO', 'TOOBIG', 'The message is too large'],
  PASSWORD_REFUSED: ['NO', 'CANNOT', 'The password is not allowed'],
  QUOTA_EXCEEDED: ['NO', 'OVERQUOTA', 'The account is over its quota'],
  RATE_LIMITED: ['NO', 'LIMIT', 'Too much at once, try again later'],
  RECIPIENT_UNKNOWN: ['NO', 'NONEXISTENT', 'Nobody has that address'],
  SCHEMA_TOO_NEW: ['NO', 'UNAVAILABLE', 'The store is of a newer version'],
  SENDER_REFUSED: ['NO', 'NOPERM', 'The account may not send from this address'],
  STORE_CLOSED: ['NO', 'UNAVAILABLE', 'The server is shutting down'],
  STORE_CORRUPT: ['NO', 'CORRUPTION', 'The store is damaged'],
  STORE_UNSUITABLE: ['NO', 'UNAVAILABLE', 'The store cannot be used'],
  UNAVAILABLE: ['NO', 'UNAVAILABLE', 'The server cannot reach its store at present, try again'],
  UNSUPPORTED: ['NO', 'CANNOT', 'That is not supported'],
};

/** The answer to an error. Anything that is not an expected kind of error is the server's fault, and says no more. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof ImapSyntaxError) return new Refusal(error.status, error.message, error.code);
  if (error instanceof EiderError) {
    const [status, code, text] = ANSWERS[error.code];
    return new Refusal(status, text, code);
  }
  return new Refusal('NO', 'Internal error', 'SERVERBUG');
}

/**
 * For commands to whose target mailbox messages go: asks the client to create it, unless no mailbox can have the name.
 * RFC 9051 sections 6.4.7 and 7.1, TRYCREATE.
 */
export function tryCreate(error: unknown, path: string): unknown {
  if (!isEiderError(error, 'MAILBOX_NOT_FOUND')) return error;
  try {
    normalizePath(path);
  } catch (invalid) {
    return invalid;
  }
  return new Refusal('NO', 'There is no such mailbox', 'TRYCREATE');
}
