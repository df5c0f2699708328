/** The arguments of NOTIFY. RFC 5465 section 8. */

import { type FetchItem, parseFetchItems } from './fetch-items.ts';
import { ImapSyntaxError } from './imap-syntax-error.ts';
import { type MailboxFilter, parseMailboxFilter } from './mailbox-filter.ts';
import type { Scanner } from './scanner.ts';

/** What a client can be told of. RFC 5465 section 5. */
export const NOTIFY_EVENTS = [
  'MessageNew',
  'MessageExpunge',
  'FlagChange',
  'MailboxName',
  'SubscriptionChange',
  'MailboxMetadataChange',
  'ServerMetadataChange',
] as const;

/** Something that a client can be told of. */
export type NotifyEvent = (typeof NOTIFY_EVENTS)[number];

/** What a client wants to hear of some mailboxes. */
export interface NotifyGroup {
  readonly filter: MailboxFilter;
  /** None for NONE. */
  readonly events: ReadonlySet<NotifyEvent>;
  /** Of new messages in the selected mailbox. */
  readonly fetch: readonly FetchItem[];
}

/** `NOTIFY NONE`, or `NOTIFY SET`. */
export type NotifyArguments = 'none' | { readonly status: boolean; readonly groups: readonly NotifyGroup[] };

const MESSAGE_EVENTS: readonly NotifyEvent[] = ['MessageNew', 'MessageExpunge', 'FlagChange'];
/** Most groups; a client can put as many names into each. */
const MAX_GROUPS = 100;

/**
 * Reads from the space before the first argument to the end.
 *
 * @throws ImapSyntaxError; with `NO` and `BADEVENT` for events that are not told, `NOTIFICATIONOVERFLOW` for too many
 *   groups.
 */
export function parseNotify(scanner: Scanner): NotifyArguments {
  scanner.space();
  if (scanner.tryWord('NONE')) {
    scanner.end();
    return 'none';
  }
  if (!scanner.tryWord('SET')) throw new ImapSyntaxError('expected SET or NONE');
  scanner.space();
  const status = scanner.tryWord('STATUS');
  if (status) scanner.space();
  const groups: NotifyGroup[] = [];
  do groups.push(parseGroup(scanner));
  while (scanner.trySpace());
  scanner.end();
  if (groups.length > MAX_GROUPS) {
    throw new ImapSyntaxError('too many groups', { status: 'NO', code: 'NOTIFICATIONOVERFLOW' });
  }
  if (groups.filter(({ filter }) => isOfSelected(filter)).length > 1) {
    throw new ImapSyntaxError('the selected mailbox is there twice');
  }
  return { status, groups };
}

/** RFC 5465 section 6.1. */
export function isOfSelected({ kind }: MailboxFilter): boolean {
  return kind === 'selected' || kind === 'selected-delayed';
}

function parseGroup(scanner: Scanner): NotifyGroup {
  scanner.expect('(');
  const filter = parseMailboxFilter(scanner);
  if (filter.kind === 'subtree-one') throw new ImapSyntaxError('subtree-one is for ESEARCH');
  scanner.space();
  const events = new Set<NotifyEvent>();
  let fetch: readonly FetchItem[] = [];
  if (!scanner.tryWord('NONE')) {
    scanner.list(() => {
      const event = parseEvent(scanner);
      events.add(event);
      if (event === 'MessageNew' && scanner.tryText(' (')) fetch = parseFetchItems(scanner);
    });
  }
  scanner.expect(')');
  requireSense(filter, events, fetch);
  return { filter, events, fetch };
}

function parseEvent(scanner: Scanner): NotifyEvent {
  const word = scanner.word();
  const event = NOTIFY_EVENTS.find((known) => known.toUpperCase() === word);
  if (event) return event;
  // RFC 5465 section 3.1: NO, not BAD, with the names of all that there are.
  throw new ImapSyntaxError(`there is no event ${word.slice(0, 32)}`, {
    status: 'NO',
    code: `BADEVENT (${NOTIFY_EVENTS.join(' ')})`,
  });
}

/** RFC 5465 sections 5 and 8. @throws ImapSyntaxError */
function requireSense(filter: MailboxFilter, events: ReadonlySet<NotifyEvent>, fetch: readonly FetchItem[]): void {
  if (events.has('MessageNew') !== events.has('MessageExpunge')) {
    throw new ImapSyntaxError('MessageNew and MessageExpunge go together');
  }
  if (events.has('FlagChange') && !events.has('MessageNew')) {
    throw new ImapSyntaxError('FlagChange goes with MessageNew and MessageExpunge');
  }
  if (!isOfSelected(filter)) {
    if (fetch.length > 0) throw new ImapSyntaxError('items are fetched of the selected mailbox only');
  } else if ([...events].some((event) => !MESSAGE_EVENTS.includes(event))) {
    throw new ImapSyntaxError('of the selected mailbox, messages only are told');
  }
}
