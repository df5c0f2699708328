/**
 * Ids as the API shows them: 24 lower-case hex digits, as WildDuck's. A mailbox and a thread, which the store numbers
 * within their account, have 12 digits that tell the account and 12 that are the number.
 */

import { createHash } from 'node:crypto';
import type { AccountId, MailboxId, ThreadId } from './ids.ts';

/** What an id looks like. */
export const OBJECT_ID: RegExp = /^[0-9a-f]{24}$/;

const DIGITS = 12;

/** Accounts' prefixes that were made lately: one is needed for each message that is listed. */
const prefixes = new Map<string, string>();
const MAX_PREFIXES = 10_000;

/** A mailbox of an account. */
export function mailboxObjectId(account: AccountId, id: MailboxId): string {
  return prefixOf('mailbox', account) + id.toString(16).padStart(DIGITS, '0');
}

/** A conversation of an account. */
export function threadObjectId(account: AccountId, id: ThreadId): string {
  return prefixOf('thread', account) + id.toString(16).padStart(DIGITS, '0');
}

/** The mailbox that an id names; `null` for one of another account, or of none. */
export function mailboxIdOf(account: AccountId, text: string): MailboxId | null {
  return numberIn('mailbox', account, text);
}

/** The thread that an id names; `null` for one of another account, or of none. */
export function parseThreadId(account: AccountId, text: string): ThreadId | null {
  return numberIn('thread', account, text);
}

/** A file of an account. */
export function fileObjectId(account: AccountId, uid: number): string {
  return prefixOf('file', account) + uid.toString(16).padStart(DIGITS, '0');
}

/** The file that an id names; `null` for one of another account, or of none. */
export function parseFileId(account: AccountId, text: string): number | null {
  return numberIn('file', account, text);
}

/** An id of what is named by a text, such as an address within the store. It cannot be turned back. */
export function objectIdOf(kind: string, name: string): string {
  return createHash('sha256')
    .update(`${kind} ${name}`)
    .digest('hex')
    .slice(0, 2 * DIGITS);
}

/** An address, of an account or one that only forwards. */
export function addressObjectId(address: string): string {
  return objectIdOf('address', address);
}

/** A domain whose addresses are those of another. */
export function aliasObjectId(alias: string): string {
  return objectIdOf('alias', alias);
}

/** A key that a domain signs with. */
export function dkimObjectId(domain: string, selector: string): string {
  return objectIdOf('dkim', `${domain} ${selector}`);
}

function numberIn(kind: string, account: AccountId, text: string): number | null {
  if (!OBJECT_ID.test(text) || !text.startsWith(prefixOf(kind, account))) return null;
  return Number.parseInt(text.slice(DIGITS), 16);
}

function prefixOf(kind: string, account: AccountId): string {
  const key = `${kind} ${account}`;
  const known = prefixes.get(key);
  if (known !== undefined) return known;
  if (prefixes.size >= MAX_PREFIXES) prefixes.clear();
  const prefix = objectIdOf(kind, account).slice(0, DIGITS);
  prefixes.set(key, prefix);
  return prefix;
}
