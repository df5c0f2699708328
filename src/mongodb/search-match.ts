/** Search conditions looked at message by message, where the database does not decide them. */

import type { SearchText } from '../model/content.ts';
import type { MailboxId } from '../model/ids.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { foldText, oneSpaced, words } from '../model/tokens.ts';
import { cutWord } from '../terms/term.ts';
import type { PlacementDocument } from './documents.ts';
import { numberOf } from './keys.ts';
import type { ContentQuery } from './search-filter.ts';

const DAY = 86_400_000;

/** Fields of a placement that {@link matches} looks at. */
export const MATCHED_FIELDS: readonly (keyof PlacementDocument)[] = [
  'uid',
  'emailId',
  'content',
  'threadId',
  'mask',
  'keywords',
  'internalDate',
  'saveDate',
  'sentDay',
  'size',
];

/** Answers what a placement alone does not tell. */
export interface SearchLook {
  /** Whether a message's content fulfils a condition. */
  readonly inContent: (content: string, query: ContentQuery) => boolean;
  /** Whether a message is in a mailbox. */
  readonly inMailbox: (row: PlacementDocument, mailbox: MailboxId) => boolean;
}

/** Whether a message matches. */
export function matches(row: PlacementDocument, query: SearchQuery, now: number, look: SearchLook): boolean {
  switch (query.key) {
    case 'all':
      return true;
    case 'and':
      return query.of.every((part) => matches(row, part, now, look));
    case 'or':
      return query.of.some((part) => matches(row, part, now, look));
    case 'not':
      return !matches(row, query.of, now, look);
    case 'uid':
      return query.set.has(row.uid);
    case 'flag':
      return ((row.mask & query.mask) === query.mask) === query.set;
    case 'keyword':
      return row.keywords.toLowerCase().split(' ').includes(query.keyword.toLowerCase()) === query.set;
    case 'larger':
      return row.size > query.octets;
    case 'smaller':
      return row.size < query.octets;
    case 'internalDay':
      return within(row.internalDate, query, DAY);
    case 'saveDay':
      return within(row.saveDate, query, DAY);
    case 'sentDay':
      return within(row.sentDay, query, 1);
    case 'younger':
      return row.internalDate >= now - query.seconds * 1000;
    case 'older':
      return row.internalDate <= now - query.seconds * 1000;
    case 'modSeq':
      return row.modSeq >= query.from;
    case 'emailId':
      return row.emailId === query.id;
    case 'contentId':
      return numberOf(row.content) === query.id;
    case 'threadId':
      return row.threadId === query.id;
    case 'mailbox':
      return look.inMailbox(row, query.id);
    default:
      return look.inContent(row.content, query);
  }
}

function within(
  value: number,
  { from, before }: { readonly from?: number; readonly before?: number },
  unit: number,
): boolean {
  return (from === undefined || value >= from * unit) && (before === undefined || value < before * unit);
}

/** How a condition on contents is looked up. */
export type ContentCondition =
  /** Each of the words begins a word, in the body or (`text`) in header or body. */
  | { readonly kind: 'words'; readonly space: 'body' | 'text'; readonly words: readonly string[] }
  /** A field of the search text holds the folded text. */
  | { readonly kind: 'field'; readonly field: 'from' | 'to' | 'cc' | 'bcc' | 'subject'; readonly text: string }
  /** The name of an attachment holds the folded text, or, when it is `''`, there is one. */
  | { readonly kind: 'attachment'; readonly text: string }
  /** A field of the raw header holds the folded text, or, when it is `''`, is there. */
  | { readonly kind: 'header'; readonly field: string; readonly text: string }
  | { readonly kind: 'always' | 'never' };

/** What a condition comes to. */
export function contentCondition(query: ContentQuery): ContentCondition {
  if (query.key === 'body' || query.key === 'text') {
    if (query.text === '') return { kind: 'always' };
    // The index has the beginnings of very long words, and what is not in it is to be found alike.
    const list = words(query.text).map(cutWord);
    // A text without any word is in no index, so it finds nothing.
    return list.length === 0 ? { kind: 'never' } : { kind: 'words', space: query.key, words: list };
  }
  const text = oneSpaced(foldText(query.text));
  if (query.key === 'attachment') return { kind: 'attachment', text };
  if (query.key === 'header') return { kind: 'header', field: query.field.toLowerCase(), text };
  return text === '' ? { kind: 'header', field: query.key, text } : { kind: 'field', field: query.key, text };
}

/** Whether a message's search text has a word that begins with `word`. */
export function hasWord({ header, body }: SearchText, space: 'body' | 'text', word: string): boolean {
  return startsWord(body, word) || (space === 'text' && startsWord(header, word));
}

function startsWord(text: string, word: string): boolean {
  return text.startsWith(word) || text.includes(` ${word}`);
}
