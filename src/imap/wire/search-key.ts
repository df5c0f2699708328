/** The keys of SEARCH. RFC 9051 and RFC 3501 section 6.4.4, RFC 5032, RFC 7162, RFC 8474, RFC 8514, X-GM-EXT-1. */

import { ANSWERED, DELETED, DRAFT, FLAGGED, SEEN } from '../../model/flags.ts';
import { formatEmailId, formatThreadId } from '../../model/ids.ts';
import type { SearchQuery } from '../../model/search-query.ts';
import { ImapSyntaxError, overLimit } from './imap-syntax-error.ts';
import type { Scanner } from './scanner.ts';
import type { SequenceSet } from './sequence-set.ts';

/** A search key. Sets are still as the client wrote them; `resolveSearchKey` makes a `SearchQuery`. */
export type SearchKey =
  | Exclude<SearchQuery, { readonly key: 'and' | 'or' | 'not' | 'uid' }>
  | { readonly key: 'and' | 'or'; readonly of: readonly SearchKey[] }
  | { readonly key: 'not'; readonly of: SearchKey }
  /** Message sequence numbers. */
  | { readonly key: 'seq'; readonly set: SequenceSet }
  /** `UID set`; the set may be `$` too. */
  | { readonly key: 'uid'; readonly set: SequenceSet }
  /** Need not match exactly. RFC 6203. */
  | { readonly key: 'fuzzy'; readonly of: SearchKey }
  /** A label as typed. X-GM-EXT-1. */
  | { readonly key: 'label'; readonly label: string }
  /** A query in the language of Gmail's search box. X-GM-EXT-1. */
  | { readonly key: 'queryText'; readonly text: string }
  /** `$`. RFC 5182. */
  | { readonly key: 'savedResult' };

/** Octets to Unicode, or `null` when they are not in the charset. */
export type TextDecode = (octets: string) => string | null;

/** What the keys of a program came to. */
export interface ParsedKeys {
  readonly key: SearchKey;
  /** MODSEQ was among them. */
  readonly modSeq: boolean;
  /** FUZZY was. */
  readonly fuzzy: boolean;
}

/** Most levels of NOT, OR and parentheses. */
const MAX_DEPTH = 50;
/** Most keys of one program. */
const MAX_KEYS = 1_000;

const ALL: SearchKey = { key: 'all' };
const NOTHING: SearchKey = { key: 'not', of: ALL };

/** State of one program. */
interface Program {
  readonly scanner: Scanner;
  readonly decode: TextDecode;
  keys: number;
  modSeq: boolean;
  fuzzy: boolean;
}

/** Reads the keys up to the end of the command, joined by AND. @throws ImapSyntaxError */
export function parseSearchKeys(scanner: Scanner, decode: TextDecode): ParsedKeys {
  const program: Program = { scanner, decode, keys: 0, modSeq: false, fuzzy: false };
  const key = parseAll(program, 0);
  scanner.end();
  return { key, modSeq: program.modSeq, fuzzy: program.fuzzy };
}

function parseAll(program: Program, depth: number): SearchKey {
  const keys: SearchKey[] = [];
  do keys.push(parseKey(program, depth));
  while (program.scanner.trySpace());
  return keys.length === 1 ? (keys[0] as SearchKey) : { key: 'and', of: keys };
}

function parseKey(program: Program, depth: number): SearchKey {
  const { scanner } = program;
  if (depth > MAX_DEPTH) throw overLimit(`the search is nested more than ${MAX_DEPTH} deep`);
  if (++program.keys > MAX_KEYS) throw overLimit(`the search has more than ${MAX_KEYS} keys`);
  const next = scanner.peek();
  if (next === '(') {
    scanner.expect('(');
    const key = parseAll(program, depth + 1);
    scanner.expect(')');
    return key;
  }
  if ((next >= '0' && next <= '9') || next === '*' || next === '$') {
    const set = scanner.sequenceSet();
    return set.saved ? { key: 'savedResult' } : { key: 'seq', set };
  }
  const word = scanner.name();
  if (word === 'OR') return parseOr(program, depth);
  if (word === 'NOT') {
    scanner.space();
    return { key: 'not', of: parseKey(program, depth + 1) };
  }
  if (word === 'FUZZY') {
    program.fuzzy = true;
    scanner.space();
    return { key: 'fuzzy', of: parseKey(program, depth + 1) };
  }
  const simple = SIMPLE_KEYS.get(word);
  if (simple !== undefined) return simple;
  const withArgument = ARGUMENT_KEYS.get(word);
  if (withArgument === undefined) throw new ImapSyntaxError(`unknown search key ${word}`);
  scanner.space();
  return withArgument(program);
}

/** A chain `OR a OR b c` is one list: clients write long ones, and they shall not count as nesting. */
function parseOr(program: Program, depth: number): SearchKey {
  const { scanner } = program;
  const of: SearchKey[] = [];
  do {
    if (++program.keys > MAX_KEYS) throw overLimit(`the search has more than ${MAX_KEYS} keys`);
    scanner.space();
    of.push(parseKey(program, depth + 1));
    scanner.space();
  } while (scanner.tryWord('OR'));
  of.push(parseKey(program, depth + 1));
  return { key: 'or', of };
}

const flag = (mask: number, set: boolean): SearchKey => ({ key: 'flag', mask, set });

const SIMPLE_KEYS: ReadonlyMap<string, SearchKey> = new Map<string, SearchKey>([
  ['ALL', ALL],
  ['ANSWERED', flag(ANSWERED, true)],
  ['DELETED', flag(DELETED, true)],
  ['DRAFT', flag(DRAFT, true)],
  ['FLAGGED', flag(FLAGGED, true)],
  ['SEEN', flag(SEEN, true)],
  ['UNANSWERED', flag(ANSWERED, false)],
  ['UNDELETED', flag(DELETED, false)],
  ['UNDRAFT', flag(DRAFT, false)],
  ['UNFLAGGED', flag(FLAGGED, false)],
  ['UNSEEN', flag(SEEN, false)],
  // RFC 9051 has no \Recent, and no message ever gets it.
  ['NEW', NOTHING],
  ['RECENT', NOTHING],
  ['OLD', ALL],
  // RFC 8514 section 4.3: all messages of a mailbox that keeps save dates.
  ['SAVEDATESUPPORTED', ALL],
]);

const ARGUMENT_KEYS: ReadonlyMap<string, (program: Program) => SearchKey> = new Map([
  ['FROM', (p: Program): SearchKey => ({ key: 'from', text: text(p) })],
  ['TO', (p): SearchKey => ({ key: 'to', text: text(p) })],
  ['CC', (p): SearchKey => ({ key: 'cc', text: text(p) })],
  ['BCC', (p): SearchKey => ({ key: 'bcc', text: text(p) })],
  ['SUBJECT', (p): SearchKey => ({ key: 'subject', text: text(p) })],
  ['BODY', (p): SearchKey => ({ key: 'body', text: text(p) })],
  ['TEXT', (p): SearchKey => ({ key: 'text', text: text(p) })],
  ['HEADER', parseHeader],
  ['KEYWORD', (p): SearchKey => ({ key: 'keyword', keyword: p.scanner.atom(), set: true })],
  ['UNKEYWORD', (p): SearchKey => ({ key: 'keyword', keyword: p.scanner.atom(), set: false })],
  ['LARGER', (p): SearchKey => ({ key: 'larger', octets: p.scanner.number64() })],
  ['SMALLER', (p): SearchKey => ({ key: 'smaller', octets: p.scanner.number64() })],
  ['BEFORE', (p): SearchKey => ({ key: 'internalDay', before: p.scanner.date() })],
  ['ON', (p): SearchKey => ({ key: 'internalDay', ...oneDay(p) })],
  ['SINCE', (p): SearchKey => ({ key: 'internalDay', from: p.scanner.date() })],
  ['SENTBEFORE', (p): SearchKey => ({ key: 'sentDay', before: p.scanner.date() })],
  ['SENTON', (p): SearchKey => ({ key: 'sentDay', ...oneDay(p) })],
  ['SENTSINCE', (p): SearchKey => ({ key: 'sentDay', from: p.scanner.date() })],
  ['SAVEDBEFORE', (p): SearchKey => ({ key: 'saveDay', before: p.scanner.date() })],
  ['SAVEDON', (p): SearchKey => ({ key: 'saveDay', ...oneDay(p) })],
  ['SAVEDSINCE', (p): SearchKey => ({ key: 'saveDay', from: p.scanner.date() })],
  ['OLDER', (p): SearchKey => ({ key: 'older', seconds: p.scanner.nzNumber() })],
  ['YOUNGER', (p): SearchKey => ({ key: 'younger', seconds: p.scanner.nzNumber() })],
  ['UID', (p): SearchKey => ({ key: 'uid', set: p.scanner.sequenceSet() })],
  ['MODSEQ', parseModSeq],
  ['EMAILID', (p): SearchKey => parseId(p, 'contentId', formatEmailId)],
  ['X-GM-MSGID', (p): SearchKey => ({ key: 'emailId', id: p.scanner.number64() })],
  ['X-GM-THRID', (p): SearchKey => ({ key: 'threadId', id: p.scanner.number64() })],
  ['X-GM-LABELS', (p): SearchKey => ({ key: 'label', label: p.scanner.label() })],
  ['X-GM-RAW', (p): SearchKey => ({ key: 'queryText', text: text(p) })],
  ['THREADID', (p): SearchKey => parseId(p, 'threadId', formatThreadId)],
]);

function text({ scanner, decode }: Program): string {
  const decoded = decode(scanner.astring());
  if (decoded === null) throw new ImapSyntaxError('the text is not in the charset');
  return decoded;
}

function oneDay({ scanner }: Program): { readonly from: number; readonly before: number } {
  const day = scanner.date();
  return { from: day, before: day + 1 };
}

function parseHeader(program: Program): SearchKey {
  const field = program.scanner.astring();
  program.scanner.space();
  return { key: 'header', field, text: text(program) };
}

/** RFC 7162 section 3.1.5: without mod-sequences of single flags, the flag asked for is to be ignored. */
function parseModSeq(program: Program): SearchKey {
  const { scanner } = program;
  program.modSeq = true;
  if (scanner.peek() === '"') {
    scanner.string();
    scanner.space();
    const type = scanner.word();
    if (!['PRIV', 'SHARED', 'ALL'].includes(type)) throw new ImapSyntaxError('expected priv, shared or all');
    scanner.space();
  }
  return { key: 'modSeq', from: scanner.number64() };
}

/** An id that is none of ours names no message. */
function parseId({ scanner }: Program, key: 'contentId' | 'threadId', format: (id: number) => string): SearchKey {
  const typed = scanner.astring();
  const id = Number.parseInt(typed.slice(1), 36);
  return Number.isSafeInteger(id) && format(id) === typed ? { key, id } : NOTHING;
}
