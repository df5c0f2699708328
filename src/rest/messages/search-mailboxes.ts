/** Messages of several mailboxes that match, the newest first, in pages. */

import type { AccountId, MailboxId, ThreadId, Uid } from '../../model/ids.ts';
import type { Mailbox } from '../../model/mailbox.ts';
import { UidSet } from '../../model/uid-set.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { type Page, type PagePlace, pageOfSorted } from '../paging.ts';
import type { MessageSearch } from './search-query.ts';

/** Messages looked at before others have their turn. */
const BATCH = 1_000;

/** A message that was found. */
export interface FoundMessage {
  readonly mailbox: MailboxId;
  readonly uid: Uid;
  readonly threadId: ThreadId;
  /** When it came, then which it is: what they are ordered by. */
  readonly key: string;
}

/** Which page. */
export interface SearchPage {
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  /** One message of each thread. */
  readonly collapseThreads: boolean;
}

/**
 * A page of what was found, and how many there are. A message in several mailboxes is found once, in the first of them.
 * Looks at the date of each that was found, and keeps no more of them than that.
 */
export async function searchMailboxes(
  store: MessageStore,
  account: AccountId,
  mailboxes: readonly Mailbox[],
  { query, mailboxes: only }: MessageSearch,
  place: PagePlace<string>,
  { limit, order, collapseThreads }: SearchPage,
): Promise<{ page: Page<FoundMessage, string>; total: number }> {
  let found: FoundMessage[] = [];
  const seen = new Set<number>();
  for (const { id: mailbox } of mailboxes) {
    if (only && !only.has(mailbox)) continue;
    const uids = await store.search(account, mailbox, query);
    for (let at = 0; at < uids.length; at += BATCH) {
      for await (const page of store.fetchPages(account, mailbox, UidSet.fromSorted(uids.subarray(at, at + BATCH)))) {
        for (const { uid, emailId, threadId, internalDate } of page) {
          if (seen.has(emailId)) continue;
          seen.add(emailId);
          found.push({ mailbox, uid, threadId, key: keyOf(internalDate, emailId) });
        }
      }
    }
  }
  if (collapseThreads) found = firstOfThreads(found, order);
  return { total: found.length, page: pageOfSorted(found, order, place, limit) };
}

/** Of each thread the message that is the first in the order. */
function firstOfThreads(found: readonly FoundMessage[], order: 'asc' | 'desc'): FoundMessage[] {
  const first = new Map<ThreadId, FoundMessage>();
  for (const one of found) {
    const other = first.get(one.threadId);
    if (!other || (order === 'desc' ? one.key > other.key : one.key < other.key)) first.set(one.threadId, one);
  }
  return [...first.values()];
}

/** In the order of which texts compare as the numbers do. */
function keyOf(date: number, emailId: number): string {
  return `${(date + 2 ** 50).toString(16).padStart(14, '0')}${emailId.toString(16).padStart(12, '0')}`;
}

/** A key of an order, as a cursor has it. */
export function isSearchKey(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{26}$/.test(value);
}
