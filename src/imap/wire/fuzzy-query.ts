/** FUZZY: what a search that need not match exactly looks for. RFC 6203. */

import type { SearchQuery } from '../../model/search-query.ts';
import { words } from '../../model/tokens.ts';

/** A condition on words of a text. */
export type TextQuery = Extract<SearchQuery, { readonly text: string }>;

/** Words that count; a longer text is cut. */
const MAX_WORDS = 12;
/** Beginnings this short would match nearly everything. */
const SHORTEST = 3;

/**
 * Lets texts match by any of their words, and words by their beginnings: endings are what languages change, and most
 * mistakes are not in the first letters. Conditions on anything else, and what is under NOT, stay exact.
 */
export function fuzzyQuery(query: SearchQuery): SearchQuery {
  if (query.key === 'and' || query.key === 'or') return { key: query.key, of: query.of.map(fuzzyQuery) };
  const parts = 'text' in query ? textWords(query) : [];
  if (parts.length === 0) return query;
  return { key: 'or', of: parts.map((word) => ({ ...query, text: wordBeginning(word) }) as SearchQuery) };
}

/** The words of a condition. */
export function textWords(query: TextQuery): readonly string[] {
  return words(query.text).slice(0, MAX_WORDS);
}

/** What a word must begin with to be taken for another: all but its last quarter. */
export function wordBeginning(word: string): string {
  const characters = [...word];
  return characters.slice(0, Math.max(SHORTEST, Math.ceil(characters.length * 0.75))).join('');
}

/** The conditions under a query that matched fuzzily. */
export function fuzzyTexts(query: SearchQuery): TextQuery[] {
  if (query.key === 'and' || query.key === 'or') return query.of.flatMap(fuzzyTexts);
  return 'text' in query && query.text !== '' ? [query] : [];
}
