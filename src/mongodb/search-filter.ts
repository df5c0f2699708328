/** Search conditions on a message's place in a mailbox, as the database compares them. */

import type { Document } from 'mongodb';
import { EiderError } from '../errors.ts';
import type { AccountId, MailboxId } from '../model/ids.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { contentKey } from './keys.ts';

const DAY = 86_400_000;
/** Levels of conditions. */
const MAX_NESTING = 200;
/** Conditions in all. */
const MAX_CONDITIONS = 30_000;
/** What the database is asked to compare itself stays far below the 100 levels that a document may have. */
const MAX_PUSHED_NESTING = 8;
const MAX_PUSHED_CONDITIONS = 200;

/** A condition on what is in the content: found by the search index, or by reading. */
export type ContentQuery = Extract<SearchQuery, { readonly text: string }>;

/** @throws `LIMIT_EXCEEDED` when conditions nest deeper than 200 levels, or are more than 30,000. */
export function requireModest(query: SearchQuery): void {
  let conditions = 0;
  const visit = (part: SearchQuery, levels: number): void => {
    if (levels === 0) throw new EiderError('LIMIT_EXCEEDED', 'the search nests too deep');
    if (++conditions > MAX_CONDITIONS) throw new EiderError('LIMIT_EXCEEDED', 'the search has too many conditions');
    if (part.key === 'not') visit(part.of, levels - 1);
    if (part.key === 'and' || part.key === 'or') for (const of of part.of) visit(of, levels - 1);
  };
  visit(query, MAX_NESTING);
}

/** The parts that must all hold. */
export function conjuncts(query: SearchQuery): SearchQuery[] {
  return query.key === 'and' ? query.of.flatMap(conjuncts) : [query];
}

/** All conditions on contents, wherever they stand. */
export function contentQueries(query: SearchQuery): ContentQuery[] {
  if (query.key === 'not') return contentQueries(query.of);
  if (query.key === 'and' || query.key === 'or') return query.of.flatMap(contentQueries);
  return 'text' in query ? [query] : [];
}

/** All mailboxes that are asked for, wherever they stand. */
export function mailboxesOf(query: SearchQuery): MailboxId[] {
  if (query.key === 'not') return mailboxesOf(query.of);
  if (query.key === 'and' || query.key === 'or') return query.of.flatMap(mailboxesOf);
  return query.key === 'mailbox' ? [query.id] : [];
}

/** The condition as a filter on placements; `null` when the database cannot decide it, or should not. */
export function pushedFilter(account: AccountId, query: SearchQuery, now: number): Document | null {
  let left = MAX_PUSHED_CONDITIONS;
  const compile = (part: SearchQuery, levels: number): Document | null => {
    if (levels === 0 || left-- === 0) return null;
    if (part.key === 'not') {
      const of = compile(part.of, levels - 1);
      return of && { $nor: [of] };
    }
    if (part.key === 'and' || part.key === 'or') {
      if (part.of.length === 0) return null;
      const parts: Document[] = [];
      for (const of of part.of) {
        const filter = compile(of, levels - 1);
        if (!filter) return null;
        parts.push(filter);
      }
      return part.key === 'and' ? { $and: parts } : { $or: parts };
    }
    return compare(account, part, now);
  };
  return compile(query, MAX_PUSHED_NESTING);
}

function compare(account: AccountId, query: SearchQuery, now: number): Document | null {
  switch (query.key) {
    case 'flag':
      return { mask: query.set ? { $bitsAllSet: query.mask } : { $bitsAnyClear: query.mask } };
    case 'keyword': {
      // Keywords are kept with one space between, in any case.
      const keyword = query.keyword.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
      const has = { keywords: { $regex: `(^| )${keyword}( |$)`, $options: 'i' } };
      return query.set ? has : { $nor: [has] };
    }
    case 'larger':
      return { size: { $gt: query.octets } };
    case 'smaller':
      return { size: { $lt: query.octets } };
    case 'internalDay':
      return span('internalDate', query, DAY);
    case 'saveDay':
      return span('saveDate', query, DAY);
    case 'sentDay':
      return span('sentDay', query, 1);
    case 'younger':
      return { internalDate: { $gte: now - query.seconds * 1000 } };
    case 'older':
      return { internalDate: { $lte: now - query.seconds * 1000 } };
    case 'modSeq':
      return { modSeq: { $gte: query.from } };
    case 'emailId':
      return { emailId: query.id };
    case 'contentId':
      return { content: contentKey(account, query.id) };
    case 'threadId':
      return { threadId: query.id };
    default:
      return null;
  }
}

function span(
  field: string,
  { from, before }: { readonly from?: number; readonly before?: number },
  unit: number,
): Document | null {
  const condition: Document = {};
  if (from !== undefined) condition.$gte = from * unit;
  if (before !== undefined) condition.$lt = before * unit;
  return Object.keys(condition).length === 0 ? null : { [field]: condition };
}
