/** Mailboxes: their fields, their names, their special uses. */

import { EiderError } from '../errors.ts';
import type { MailboxId, ModSeq, Uid } from './ids.ts';

/** Special-use attributes that one mailbox of an account can have. RFC 6154 section 2. */
export const SPECIAL_USES = [
  '\\Archive',
  '\\Drafts',
  '\\Flagged',
  '\\Junk',
  '\\Sent',
  '\\Trash',
  '\\All',
  '\\Important',
] as const;

/** A special use. RFC 6154 section 2, RFC 8457. */
export type SpecialUse = (typeof SPECIAL_USES)[number];

/** A mailbox as it is after the last transaction. */
export interface Mailbox {
  readonly id: MailboxId;
  /** Full name, NFC, levels separated by `/`; `INBOX` in capitals. */
  readonly path: string;
  /** Never changes, also not by a rename. 1 to 2^32-1. RFC 9051 section 2.3.1.1. */
  readonly uidValidity: number;
  /** The UID that the next message gets. */
  readonly uidNext: Uid;
  /** `null` for a mailbox of no special use. */
  readonly specialUse: SpecialUse | null;
  /** How many messages are in it. */
  readonly messages: number;
  /** How many of them lack `\Seen`. */
  readonly unseen: number;
  /** How many of them have `\Deleted`. */
  readonly deleted: number;
  /** Sum of their sizes, in octets. */
  readonly octets: number;
  /** The transaction that made it. */
  readonly createdModSeq: ModSeq;
  /** The last transaction that changed a message in it, or the mailbox itself. RFC 7162 HIGHESTMODSEQ. */
  readonly highestModSeq: ModSeq;
  /** Whether IMAP does not list it. Told where an account's mailboxes are listed, and only if it is so. */
  readonly hidden?: true;
}

/** A mailbox, by path (any spelling that {@link normalizePath} takes) or by id. */
export type MailboxRef = string | MailboxId;

/** Most octets of a path in UTF-8. */
export const MAX_PATH_OCTETS = 1000;
/** Most levels of a path. */
export const MAX_PATH_LEVELS = 64;
/** Separates the levels of a path. */
export const HIERARCHY_DELIMITER = '/';

/** Mailboxes that are made with an account. */
export const DEFAULT_MAILBOXES: readonly { readonly path: string; readonly specialUse: SpecialUse | null }[] = [
  { path: 'INBOX', specialUse: null },
  { path: 'Sent', specialUse: '\\Sent' },
  { path: 'Drafts', specialUse: '\\Drafts' },
  { path: 'Junk', specialUse: '\\Junk' },
  { path: 'Trash', specialUse: '\\Trash' },
  { path: 'Archive', specialUse: '\\Archive' },
];

/**
 * The form in which a path is stored and compared: NFC, first level `INBOX` in capitals when it is INBOX in any case,
 * one trailing delimiter dropped (RFC 9051 section 6.3.4).
 *
 * @throws {@link EiderError} `MAILBOX_NAME_INVALID` for an empty name or level, a control character, a lone surrogate,
 *   `*` or `%` (they cannot be listed), or more than 1,000 octets; `MAILBOX_LIMIT` for more than 64 levels.
 */
export function normalizePath(path: string): string {
  const name = (path.endsWith(HIERARCHY_DELIMITER) ? path.slice(0, -1) : path).normalize('NFC');
  const levels = name.split(HIERARCHY_DELIMITER);
  if (levels.some((level) => level === ''))
    throw new EiderError('MAILBOX_NAME_INVALID', 'a level of the name is empty');
  // RFC 9051 section 5.1: control characters and the list wildcards have no place in a name.
  if (/[\x00-\x1f\x7f-\x9f\u2028\u2029*%\ufffd]/.test(name) || /\p{Surrogate}/u.test(name)) {
    throw new EiderError('MAILBOX_NAME_INVALID', 'the name has a character that is not allowed');
  }
  if (Buffer.byteLength(name) > MAX_PATH_OCTETS) throw new EiderError('MAILBOX_NAME_INVALID', 'the name is too long');
  if (levels.length > MAX_PATH_LEVELS) throw new EiderError('MAILBOX_LIMIT', 'the name has too many levels');
  if ((levels[0] as string).toUpperCase() === 'INBOX') levels[0] = 'INBOX';
  return levels.join(HIERARCHY_DELIMITER);
}

/** The mailbox that a path or an id names, of those that there are. */
export function findMailbox<M extends Pick<Mailbox, 'id' | 'path'>>(
  mailboxes: readonly M[],
  ref: MailboxRef,
): M | null {
  const path = typeof ref === 'string' ? normalizedOrNothing(ref) : null;
  return mailboxes.find((one) => (path === null ? one.id === ref : one.path === path)) ?? null;
}

/** A name that cannot be a mailbox's names none. */
function normalizedOrNothing(path: string): string {
  try {
    return normalizePath(path);
  } catch {
    return '';
  }
}

/** The path one level up, or `null` at the top. */
export function parentPath(path: string): string | null {
  const at = path.lastIndexOf(HIERARCHY_DELIMITER);
  return at < 0 ? null : path.slice(0, at);
}

/** Whether `path` lies below `ancestor`, at any depth. */
export function isBelow(path: string, ancestor: string): boolean {
  return path.startsWith(ancestor + HIERARCHY_DELIMITER);
}
