/** The mailboxes of an account that a filter is about. RFC 5465 section 6, RFC 7377 section 2.2. */

import { isBelow, type Mailbox, parentPath } from '../model/mailbox.ts';
import type { MailboxFilter } from './wire/mailbox-filter.ts';

/** Whether a filter, other than those for the selected mailbox, is about a mailbox of a path. */
export function isInFilter(filter: MailboxFilter, path: string, subscribed: boolean): boolean {
  switch (filter.kind) {
    case 'selected':
    case 'selected-delayed':
      return false;
    case 'inboxes':
      // RFC 5465 section 6.3: where mail is delivered to.
      return path === 'INBOX';
    case 'personal':
      return true;
    case 'subscribed':
      return subscribed;
    case 'mailboxes':
      return filter.paths.includes(path);
    case 'subtree':
      return filter.paths.some((top) => path === top || isBelow(path, top));
    case 'subtree-one':
      return filter.paths.some((top) => path === top || parentPath(path) === top);
  }
}

/** Mailboxes that one of the filters is about, each once, in their order. */
export function filterMailboxes(
  filters: readonly MailboxFilter[],
  mailboxes: readonly Mailbox[],
  subscriptions: readonly string[],
): Mailbox[] {
  const subscribed = new Set(subscriptions);
  return mailboxes.filter(({ path }) => filters.some((filter) => isInFilter(filter, path, subscribed.has(path))));
}
