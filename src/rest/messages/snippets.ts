/** Where the words of a query stand in a text. */

import { foldText, words } from '../../model/tokens.ts';

/** Most words that are marked. */
const MAX_WORDS = 50;

/** The text as HTML, with `<mark>` around what begins with a word of the query. */
export function highlight(text: string, query: string): string {
  const wanted = words(query.replace(/\b[a-z]+:\S*/gi, ' ')).slice(0, MAX_WORDS);
  return text.replace(/[\p{L}\p{N}\p{M}]+|[^\p{L}\p{N}\p{M}]+/gu, (piece) => {
    const escaped = piece.replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);
    const folded = foldText(piece);
    return folded !== '' && wanted.some((word) => folded.startsWith(word)) ? `<mark>${escaped}</mark>` : escaped;
  });
}
