/** What `word:value` means in a query typed by people. */

import { FLAGGED, SEEN } from './flags.ts';
import type { Mailbox, SpecialUse } from './mailbox.ts';
import { queryDay, queryOctets, querySeconds } from './query-values.ts';
import type { SearchQuery } from './search-query.ts';

/** What names and dates are understood by. */
export interface QueryTextContext {
  /** All mailboxes of the account: `in:` and `label:` name them. */
  readonly mailboxes: readonly Mailbox[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Reads the value of an operator; `null` when it makes no sense: then the whole is text to be looked for. */
export type QueryOperator = (value: string, context: QueryTextContext) => SearchQuery | null;

/** Every message. */
export const EVERYTHING: SearchQuery = { key: 'all' };
/** No message. */
export const NOTHING: SearchQuery = { key: 'not', of: EVERYTHING };

const IMPORTANT = '$Important';

const flagged = (mask: number, set: boolean): SearchQuery => ({ key: 'flag', mask, set });
const important: SearchQuery = { key: 'keyword', keyword: IMPORTANT, set: true };

/** The names that people give to mailboxes of a special use. */
const USE_NAMES: ReadonlyMap<string, SpecialUse> = new Map([
  ['sent', '\\Sent'],
  ['draft', '\\Drafts'],
  ['drafts', '\\Drafts'],
  ['trash', '\\Trash'],
  ['bin', '\\Trash'],
  ['spam', '\\Junk'],
  ['junk', '\\Junk'],
  ['archive', '\\Archive'],
]);

const header =
  (field: string): QueryOperator =>
  (value) => ({ key: 'header', field, text: value });

const day =
  (bound: 'from' | 'before'): QueryOperator =>
  (value, { now }) => {
    const at = queryDay(value);
    if (at === null) return null;
    if ('day' in at) return { key: 'internalDay', [bound]: at.day };
    const seconds = Math.max(0, Math.floor(now / 1000) - at.second);
    return { key: bound === 'from' ? 'younger' : 'older', seconds };
  };

const age =
  (key: 'younger' | 'older'): QueryOperator =>
  (value) => {
    const seconds = querySeconds(value);
    return seconds === null ? null : { key, seconds };
  };

const size =
  (key: 'larger' | 'smaller'): QueryOperator =>
  (value) => {
    const octets = queryOctets(value);
    return octets === null ? null : { key, octets };
  };

const recipient: QueryOperator = (text) => ({
  key: 'or',
  of: [
    { key: 'to', text },
    { key: 'cc', text },
    { key: 'bcc', text },
  ],
});

/** The operators, by name. */
export const QUERY_OPERATORS: ReadonlyMap<string, QueryOperator> = new Map<string, QueryOperator>([
  ['from', (text) => ({ key: 'from', text })],
  ['to', recipient],
  ['cc', (text) => ({ key: 'cc', text })],
  ['bcc', (text) => ({ key: 'bcc', text })],
  ['subject', (text) => ({ key: 'subject', text })],
  ['list', header('list-id')],
  ['deliveredto', header('delivered-to')],
  ['rfc822msgid', (value) => ({ key: 'header', field: 'message-id', text: value.replace(/^<|>$/g, '') })],
  ['filename', (text) => ({ key: 'attachment', text })],
  ['in', inMailbox],
  ['label', inMailbox],
  ['is', state],
  ['has', feature],
  ['after', day('from')],
  ['newer', day('from')],
  ['before', day('before')],
  ['older', day('before')],
  ['newer_than', age('younger')],
  ['older_than', age('older')],
  ['larger', size('larger')],
  ['size', size('larger')],
  ['smaller', size('smaller')],
  // Mail is not sorted into tabs here: all of it is in the first.
  ['category', (value) => (value.toLowerCase() === 'primary' ? EVERYTHING : NOTHING)],
]);

function inMailbox(value: string, context: QueryTextContext): SearchQuery {
  const name = value.toLowerCase();
  if (name === 'anywhere' || name === 'all') return EVERYTHING;
  if (name === 'starred') return flagged(FLAGGED, true);
  if (name === 'important') return important;
  const found = findMailbox(name, context.mailboxes);
  return found ? { key: 'mailbox', id: found.id } : NOTHING;
}

/** The mailbox that a name means: the name itself, or its special use, or the name with `-` for spaces and levels. */
function findMailbox(name: string, mailboxes: readonly Mailbox[]): Mailbox | undefined {
  const use = USE_NAMES.get(name);
  const plain = (text: string): string => text.normalize('NFC').toLowerCase().replace(/[\s/]/g, '-');
  return (
    mailboxes.find(({ path }) => path.toLowerCase() === name) ??
    mailboxes.find(({ specialUse }) => use !== undefined && specialUse === use) ??
    mailboxes.find(({ path }) => plain(path) === plain(name))
  );
}

function state(value: string): SearchQuery {
  switch (value.toLowerCase()) {
    case 'read':
      return flagged(SEEN, true);
    case 'unread':
      return flagged(SEEN, false);
    case 'starred':
    case 'flagged':
      return flagged(FLAGGED, true);
    case 'important':
      return important;
    default:
      return NOTHING;
  }
}

function feature(value: string, { mailboxes }: QueryTextContext): SearchQuery {
  const own: SearchQuery = {
    key: 'or',
    of: mailboxes
      .filter(({ path, specialUse }) => path !== 'INBOX' && specialUse === null)
      .map(({ id }): SearchQuery => ({ key: 'mailbox', id })),
  };
  switch (value.toLowerCase()) {
    case 'attachment':
      return { key: 'attachment', text: '' };
    case 'userlabels':
      return own;
    case 'nouserlabels':
      return { key: 'not', of: own };
    default:
      return /-(star|bang|guillemet|check|info|question)$/i.test(value) ? flagged(FLAGGED, true) : NOTHING;
  }
}
