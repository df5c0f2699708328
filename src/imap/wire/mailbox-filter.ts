/** Which mailboxes a NOTIFY or an ESEARCH is about. RFC 5465 section 6, RFC 7377 section 2.2. */

import { ImapSyntaxError } from './imap-syntax-error.ts';
import type { Scanner } from './scanner.ts';

/** Mailboxes, by what they are or by name. */
export type MailboxFilter =
  | { readonly kind: 'selected' | 'selected-delayed' | 'inboxes' | 'personal' | 'subscribed' }
  | { readonly kind: 'subtree' | 'subtree-one' | 'mailboxes'; readonly paths: readonly string[] };

/** Most names of one filter. */
const MAX_PATHS = 1_000;

/** Reads one filter. @throws ImapSyntaxError */
export function parseMailboxFilter(scanner: Scanner): MailboxFilter {
  const word = scanner.word();
  switch (word) {
    case 'SELECTED':
    case 'SELECTED-DELAYED':
    case 'INBOXES':
    case 'PERSONAL':
    case 'SUBSCRIBED':
      return { kind: word.toLowerCase() as 'selected' };
    case 'SUBTREE':
    case 'SUBTREE-ONE':
    case 'MAILBOXES':
      scanner.space();
      return { kind: word.toLowerCase() as 'subtree', paths: parsePaths(scanner) };
    default:
      throw new ImapSyntaxError(`unknown mailbox filter ${word.slice(0, 32)}`);
  }
}

function parsePaths(scanner: Scanner): string[] {
  const paths = scanner.peek() === '(' ? scanner.list(() => scanner.mailbox()) : [scanner.mailbox()];
  if (paths.length > MAX_PATHS) throw new ImapSyntaxError(`more than ${MAX_PATHS} mailboxes`);
  return paths;
}
