/** The numbers and names that identify things, kept apart by type. */

import { randomBytes, randomInt } from 'node:crypto';

declare const brand: unique symbol;

/** Names an account in the store: 1 to 64 of `[a-z0-9-]`, made at creation ({@link newId}), never reused. */
export type AccountId = string & { readonly [brand]?: 'AccountId' };

/** A mailbox of one account. Rises with each mailbox made; kept by a rename; never reused. */
export type MailboxId = number & { readonly [brand]?: 'MailboxId' };

/** A message of one account, whatever mailboxes it is in. Never reused. */
export type EmailId = number & { readonly [brand]?: 'EmailId' };

/** A conversation of one account. RFC 8474 THREADID. */
export type ThreadId = number & { readonly [brand]?: 'ThreadId' };

/** Immutable content of one or several messages of one account. Never reused. RFC 8474 EMAILID, which copies share. */
export type ContentId = number & { readonly [brand]?: 'ContentId' };

/** SHA-256 of a blob's octets, 64 lower-case hex digits. */
export type BlobId = string & { readonly [brand]?: 'BlobId' };

/** A message's number in one mailbox, 1 to 2^32-1, ascending in order of arrival, never reused. RFC 9051 section 2.3.1.1. */
export type Uid = number & { readonly [brand]?: 'Uid' };

/** Position in the account's history of changes, 1 to 2^53-1. RFC 7162 section 3. */
export type ModSeq = number & { readonly [brand]?: 'ModSeq' };

/** The form in which a mailbox id leaves by a protocol. RFC 8474 section 4. */
export const formatMailboxId = (id: MailboxId): string => `F${id.toString(36)}`;

/** The form in which EMAILID leaves by IMAP: it names the content, as all copies must have one. RFC 8474 section 5.1. */
export const formatEmailId = (id: ContentId): string => `M${id.toString(36)}`;

/** The form in which a thread id leaves by a protocol. RFC 8474 section 5.2. */
export const formatThreadId = (id: ThreadId): string => `T${id.toString(36)}`;

/**
 * A name for what has none of its own, such as an account: 24 lower-case hex digits, 94 bits of them random. The first
 * is a letter, so that it does not look like a number.
 */
export function newId(): string {
  return 'abcdef'.charAt(randomInt(6)) + randomBytes(12).toString('hex').slice(1);
}
