/** Reads what a filter looks for in the text of messages: words, quoted phrases, alternatives. */

import { foldText, oneSpaced } from '../model/tokens.ts';

/** White space and commas separate; a quote that is never closed is a character as others. */
const TOKEN = /"([^"]*)"|[^\s,]+/g;

/**
 * The alternatives, each a list of texts that must all be there, folded as {@link foldText} does. Empty where there is
 * no word.
 */
export function parseTextQuery(query: string): readonly (readonly string[])[] {
  const alternatives: string[][] = [[]];
  for (const [token, quoted] of query.matchAll(TOKEN)) {
    if (token === 'OR') {
      alternatives.push([]);
      continue;
    }
    const text = oneSpaced(foldText(quoted ?? token)).trim();
    if (text !== '') alternatives.at(-1)?.push(text);
  }
  return alternatives.filter((terms) => terms.length > 0);
}
