/** The arguments of SORT and THREAD. RFC 5256 section 5, RFC 5267 section 3, RFC 5957 section 5, RFC 6203. */

import { ImapSyntaxError } from './imap-syntax-error.ts';
import type { Scanner } from './scanner.ts';
import { type ParsedKeys, parseSearchKeys } from './search-key.ts';
import { decoderOf, type SearchArguments, withReturn } from './search-program.ts';
import { parseReturn } from './search-return.ts';

const SORT_KEYS = [
  'ARRIVAL',
  'CC',
  'DATE',
  'FROM',
  'SIZE',
  'SUBJECT',
  'TO',
  'DISPLAYFROM',
  'DISPLAYTO',
  'RELEVANCY',
] as const;
const THREAD_ALGORITHMS = ['ORDEREDSUBJECT', 'REFERENCES'] as const;

/** What messages are sorted by. */
export type SortKey = (typeof SORT_KEYS)[number];

/** How messages are threaded. */
export type ThreadAlgorithm = (typeof THREAD_ALGORITHMS)[number];

/** One criterion of SORT. */
export interface SortCriterion {
  readonly key: SortKey;
  readonly reverse: boolean;
}

/** Arguments of SORT and UID SORT. */
export interface SortArguments extends SearchArguments {
  /** At least one, and of each key the first: where it does not decide, no other of that key does. */
  readonly criteria: readonly SortCriterion[];
}

/** Arguments of THREAD and UID THREAD. */
export interface ThreadArguments extends SearchArguments {
  readonly algorithm: ThreadAlgorithm;
}

/** Reads from the space before the first argument to the end. @throws ImapSyntaxError */
export function parseSort(scanner: Scanner): SortArguments {
  scanner.space();
  const returns = parseReturn(scanner);
  const typed = scanner.list(() => parseCriterion(scanner));
  const criteria = typed.filter(({ key }, index) => typed.findIndex((other) => other.key === key) === index);
  const args = withReturn(returns, parseCriteria(scanner));
  // RFC 6203 section 6.
  if (!args.fuzzy && criteria.some(({ key }) => key === 'RELEVANCY')) {
    throw new ImapSyntaxError('RELEVANCY goes with FUZZY only');
  }
  return { ...args, criteria };
}

/** Reads from the space before the first argument to the end. @throws ImapSyntaxError */
export function parseThread(scanner: Scanner): ThreadArguments {
  scanner.space();
  const word = scanner.word();
  const algorithm = THREAD_ALGORITHMS.find((known) => known === word);
  if (algorithm === undefined) throw new ImapSyntaxError(`unknown algorithm ${word.slice(0, 32)}`);
  return { returns: null, algorithm, ...parseCriteria(scanner) };
}

function parseCriterion(scanner: Scanner): SortCriterion {
  const reverse = scanner.tryWord('REVERSE');
  if (reverse) scanner.space();
  const word = scanner.word();
  const key = SORT_KEYS.find((known) => known === word);
  if (key === undefined) throw new ImapSyntaxError(`unknown criterion ${word.slice(0, 32)}`);
  return { key, reverse };
}

/** Charset and search keys. */
function parseCriteria(scanner: Scanner): ParsedKeys {
  scanner.space();
  const decode = decoderOf(scanner.astring());
  scanner.space();
  return parseSearchKeys(scanner, decode);
}
