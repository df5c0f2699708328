/** RETURN options of SEARCH, SORT and ESEARCH. RFC 4731, RFC 5182, RFC 5267 section 4, RFC 5465 section 7, RFC 6203 section 4, RFC 9394. */

import { type FetchItem, parseFetchItems } from './fetch-items.ts';
import { ImapSyntaxError } from './imap-syntax-error.ts';
import { type PartialRange, parsePartialRange } from './partial-range.ts';
import type { Scanner } from './scanner.ts';

/** RETURN options. `RETURN ()` is `all`. */
export interface SearchReturn {
  readonly min: boolean;
  readonly max: boolean;
  readonly all: boolean;
  readonly count: boolean;
  readonly save: boolean;
  /** RFC 9394, or `null`. Not together with `all`. */
  readonly partial: PartialRange | null;
  /** A score of each message that is returned. RFC 6203. */
  readonly relevancy: boolean;
  /** Changes of the result are told from now on. RFC 5267 section 4.3. */
  readonly update: boolean;
  /** Told of new messages that come into the result. RFC 5465 section 7. */
  readonly updateItems: readonly FetchItem[];
}

/** `RETURN (ALL)`. */
export const RETURN_ALL: SearchReturn = {
  min: false,
  max: false,
  all: true,
  count: false,
  save: false,
  partial: null,
  relevancy: false,
  update: false,
  updateItems: [],
};

// CONTEXT is a hint that the same is searched again; nothing is kept for that (RFC 5267 section 4.2).
const RETURN_OPTIONS = ['MIN', 'MAX', 'ALL', 'COUNT', 'SAVE', 'PARTIAL', 'RELEVANCY', 'UPDATE', 'CONTEXT'];

/** `RETURN (...) `, or `null` when there is none. @throws ImapSyntaxError */
export function parseReturn(scanner: Scanner): SearchReturn | null {
  if (!scanner.tryWord('RETURN')) return null;
  scanner.space();
  const partials: PartialRange[] = [];
  let updateItems: readonly FetchItem[] = [];
  const options = scanner.list(
    (list) => {
      const word = list.word();
      if (word === 'PARTIAL') {
        list.space();
        partials.push(parsePartialRange(list));
      }
      if (word === 'UPDATE' && list.tryText(' (')) updateItems = parseFetchItems(list);
      return word;
    },
    { empty: true },
  );
  const unknown = options.find((option) => !RETURN_OPTIONS.includes(option));
  if (unknown !== undefined) throw new ImapSyntaxError(`unknown return option ${unknown.slice(0, 32)}`);
  // RFC 9394 section 3.1.
  if (partials.length > 1 || (partials.length > 0 && options.includes('ALL'))) {
    throw new ImapSyntaxError('PARTIAL is there twice, or with ALL');
  }
  scanner.space();
  const has = (option: string): boolean => options.includes(option);
  return {
    min: has('MIN'),
    max: has('MAX'),
    // RFC 4731 section 3.1: an empty list is ALL.
    all: has('ALL') || options.length === 0,
    count: has('COUNT'),
    save: has('SAVE'),
    partial: partials[0] ?? null,
    relevancy: has('RELEVANCY'),
    update: has('UPDATE'),
    updateItems,
  };
}
