/**
 * Queries in the language of WildDuck's search: words of which one is enough, `name:value`, quotation marks, `-` for
 * not, OR, AND, parentheses. What makes no sense is passed over.
 */

import { DELETED, FLAGGED, SEEN } from '../../model/flags.ts';
import type { AccountId, MailboxId } from '../../model/ids.ts';
import type { Mailbox } from '../../model/mailbox.ts';
import { OBJECT_ID, parseThreadId } from '../../model/object-ids.ts';
import type { SearchQuery } from '../../model/search-query.ts';
import { words } from '../../model/tokens.ts';
import { UidSet } from '../../model/uid-set.ts';
import { parseMailboxId } from '../object-ids.ts';

/** What is looked for, and where. */
export interface MessageSearch {
  readonly query: SearchQuery;
  /** Mailboxes that are looked at; `null` for all. */
  readonly mailboxes: ReadonlySet<MailboxId> | null;
}

/** What names are understood by. */
export interface SearchContext {
  readonly account: AccountId;
  readonly mailboxes: readonly Mailbox[];
}

/** Longest query, in characters. */
export const MAX_QUERY = 1_000;
const MAX_DEPTH = 20;

const EVERYTHING: SearchQuery = { key: 'all' };
/** No message. */
export const NOTHING: SearchQuery = { key: 'not', of: EVERYTHING };
const TOKEN = /\s*(\(|\)|-?(?:[a-z]+:)?"[^"]*(?:"|$)|[^\s()"]+)/giy;

/** Reads a query. */
export function parseSearch(text: string, context: SearchContext): MessageSearch {
  return new Reader(text.slice(0, MAX_QUERY), context).read();
}

/** A condition; of plain words one is enough. */
interface Term {
  readonly query: SearchQuery;
  readonly isPlain: boolean;
}

class Reader {
  readonly #tokens: string[] = [];
  readonly #context: SearchContext;
  #at = 0;
  #only: Set<MailboxId> | null = null;
  readonly #never = new Set<MailboxId>();

  constructor(text: string, context: SearchContext) {
    this.#context = context;
    TOKEN.lastIndex = 0;
    for (let found = TOKEN.exec(text); found; found = TOKEN.exec(text)) this.#tokens.push(found[1] as string);
  }

  read(): MessageSearch {
    const query = this.#group(0);
    const all = this.#context.mailboxes.map(({ id }) => id);
    if (this.#only === null && this.#never.size === 0) return { query, mailboxes: null };
    const only = this.#only as Set<MailboxId> | null;
    return { query, mailboxes: new Set(all.filter((id) => (only?.has(id) ?? true) && !this.#never.has(id))) };
  }

  /** Up to the end or a closing parenthesis: all conditions, and of the plain words one, or all with AND between. */
  #group(depth: number): SearchQuery {
    const groups: Term[][] = [];
    let isAnd = false;
    let joined = false;
    while (this.#at < this.#tokens.length) {
      const token = this.#tokens[this.#at++] as string;
      if (token === ')' && depth > 0) break;
      if (token === 'AND') isAnd = true;
      if (token === 'OR' || token === 'AND' || token === ')') {
        joined = token === 'OR';
        continue;
      }
      const term = token === '(' ? this.#nested(depth) : this.#term(token);
      const last = groups.at(-1);
      if (term && joined && last) last.push(term);
      else if (term) groups.push([term]);
      joined = false;
    }
    const terms = groups.map((group) => ({
      query: join(
        'or',
        group.map(({ query }) => query),
      ),
      isPlain: group.every(({ isPlain }) => isPlain),
    }));
    const plain = terms.filter(({ isPlain }) => isPlain).map(({ query }) => query);
    const conditions = terms.filter(({ isPlain }) => !isPlain).map(({ query }) => query);
    return join('and', [...conditions, ...(plain.length === 0 ? [] : [join(isAnd ? 'and' : 'or', plain)])]);
  }

  #nested(depth: number): Term | null {
    if (depth >= MAX_DEPTH) return null;
    return { query: this.#group(depth + 1), isPlain: true };
  }

  #term(token: string): Term | null {
    const isNot = token.startsWith('-') && token.length > 1;
    const [, name = '', raw = ''] = /^(?:([a-z]+):)?(.*)$/is.exec(isNot ? token.slice(1) : token) ?? [];
    const value = raw.replace(/^"|"$/g, '').trim();
    const key = name.toLowerCase();
    if (key === 'in' || key === 'mailbox' || key === 'searchable') {
      this.#place(key, value, isNot);
      return null;
    }
    const condition = key === '' ? null : this.#condition(key, value);
    if (condition) return { query: isNot ? { key: 'not', of: condition } : condition, isPlain: false };
    if (key !== '' && KEYWORDS.has(key)) return null;
    const text = key === '' ? value : `${name} ${value}`;
    if (words(text).length === 0) return null;
    const query: SearchQuery = { key: 'text', text };
    return isNot ? { query: { key: 'not', of: query }, isPlain: false } : { query, isPlain: true };
  }

  /** Where to look; a mailbox that there is not, is nowhere. */
  #place(key: string, value: string, isNot: boolean): void {
    const { account, mailboxes } = this.#context;
    if (key === 'searchable') {
      const away = mailboxes.filter(({ specialUse }) => specialUse === '\\Trash' || specialUse === '\\Junk');
      const isAway = isNot !== /^(?:false|no|0)$/i.test(value);
      for (const { id } of mailboxes) if (away.some((one) => one.id === id) !== isAway) this.#never.add(id);
      return;
    }
    const wanted = value.toLowerCase();
    const found = mailboxes.find(
      ({ id, path, specialUse }) =>
        (OBJECT_ID.test(wanted) && isMailbox(account, wanted, id)) ||
        path.toLowerCase() === wanted ||
        specialUse?.slice(1).toLowerCase() === wanted,
    );
    if (isNot) {
      if (found) this.#never.add(found.id);
      return;
    }
    const ids = found ? [found.id] : [];
    const only = this.#only as Set<MailboxId> | null;
    this.#only = new Set(ids.filter((id) => only === null || only.has(id)));
  }

  #condition(key: string, value: string): SearchQuery | null {
    const time = (): number | null => {
      const at = Date.parse(value);
      return Number.isNaN(at) ? null : Math.floor(at / 86_400_000);
    };
    switch (key) {
      case 'to':
        return value === ''
          ? null
          : { key: 'or', of: (['to', 'cc', 'bcc'] as const).map((field) => ({ key: field, text: value })) };
      case 'from':
      case 'cc':
      case 'bcc':
      case 'subject':
        return value === '' ? null : { key, text: value };
      case 'thread': {
        const id = parseThreadId(this.#context.account, value);
        return id === null ? NOTHING : { key: 'threadId', id };
      }
      case 'id':
        return uidCondition(value);
      case 'datestart':
      case 'after':
      case 'newer': {
        const from = time();
        return from === null ? null : { key: 'internalDay', from };
      }
      case 'dateend':
      case 'before':
      case 'older': {
        const before = time();
        return before === null ? null : { key: 'internalDay', before };
      }
      case 'minsize':
      case 'maxsize':
        return sizeCondition(key, value);
      case 'attachments':
      case 'flagged':
      case 'seen':
      case 'unseen':
        return stateCondition(key, !/^(?:false|no|0)$/i.test(value));
      case 'has':
        return /^attachments?$/i.test(value) ? stateCondition('attachments', true) : null;
      case 'is':
        return stateCondition(value.toLowerCase(), true);
      default:
        return null;
    }
  }
}

/** Names whose value may make no sense: then they say nothing. */
const KEYWORDS = new Set([
  ...[
    'from',
    'to',
    'cc',
    'bcc',
    'subject',
    'thread',
    'id',
    'datestart',
    'after',
    'newer',
    'dateend',
    'before',
    'older',
  ],
  ...['minsize', 'maxsize', 'attachments', 'flagged', 'seen', 'unseen', 'has', 'is'],
]);

function uidCondition(value: string): SearchQuery {
  try {
    return { key: 'uid', set: UidSet.parse(value.replaceAll('*', '4294967295')) };
  } catch {
    return NOTHING;
  }
}

/** At least, or at most so many octets. */
export function sizeCondition(key: 'minsize' | 'maxsize', value: string): SearchQuery | null {
  const octets = Number(value);
  if (value === '' || !Number.isSafeInteger(octets) || octets < 0) return null;
  return key === 'minsize' ? { key: 'larger', octets: octets - 1 } : { key: 'smaller', octets: octets + 1 };
}

/** Whether a message is in a state, or not. */
export function stateCondition(state: string, isSo: boolean): SearchQuery | null {
  switch (state) {
    case 'attachments': {
      const has: SearchQuery = { key: 'attachment', text: '' };
      return isSo ? has : { key: 'not', of: has };
    }
    case 'flagged':
    case 'starred':
      return { key: 'flag', mask: FLAGGED, set: isSo };
    case 'seen':
    case 'read':
      return { key: 'flag', mask: SEEN, set: isSo };
    case 'unseen':
    case 'unread':
      return { key: 'flag', mask: SEEN, set: !isSo };
    case 'deleted':
      return { key: 'flag', mask: DELETED, set: isSo };
    default:
      return null;
  }
}

/** Several conditions as one. */
export function join(key: 'and' | 'or', parts: readonly SearchQuery[]): SearchQuery {
  if (parts.length === 0) return EVERYTHING;
  return parts.length === 1 ? (parts[0] as SearchQuery) : { key, of: parts };
}

function isMailbox(account: AccountId, text: string, id: MailboxId): boolean {
  try {
    return parseMailboxId(account, text) === id;
  } catch {
    return false;
  }
}
