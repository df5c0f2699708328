/** The arguments of SEARCH. RFC 9051 section 6.4.4, RFC 3501 section 6.4.4, RFC 4731, RFC 5032, RFC 7162, RFC 8474, RFC 8514. */

import type { SearchQuery } from '../../model/search-query.ts';
import type { UidSet } from '../../model/uid-set.ts';
import type { Scanner } from './scanner.ts';
import type { SequenceSet } from './sequence-set.ts';

/** A search key. Sets are still as the client wrote them; {@link resolveSearchKey} makes a `SearchQuery`. */
export type SearchKey =
  | Exclude<SearchQuery, { readonly key: 'and' | 'or' | 'not' | 'uid' }>
  | { readonly key: 'and' | 'or'; readonly of: readonly SearchKey[] }
  | { readonly key: 'not'; readonly of: SearchKey }
  /** Message sequence numbers. */
  | { readonly key: 'seq'; readonly set: SequenceSet }
  /** `UID set`; the set may be `$` too. */
  | { readonly key: 'uid'; readonly set: SequenceSet }
  /** `$`. RFC 5182. */
  | { readonly key: 'savedResult' };

/** RETURN options. RFC 4731, RFC 5182. `RETURN ()` is `all`. */
export interface SearchReturn {
  readonly min: boolean;
  readonly max: boolean;
  readonly all: boolean;
  readonly count: boolean;
  readonly save: boolean;
}

/** Arguments of SEARCH and UID SEARCH. */
export interface SearchArguments {
  /** `null`: the old form, answered by `* SEARCH`. */
  readonly returns: SearchReturn | null;
  readonly key: SearchKey;
  /** A MODSEQ key was used, so that the answer carries one. RFC 7162 section 3.1.5. */
  readonly modSeq: boolean;
}

/** How {@link resolveSearchKey} learns the numbers. */
export interface SearchSets {
  /** UIDs of message sequence numbers. */
  seq(set: SequenceSet): UidSet;
  uid(set: SequenceSet): UidSet;
  saved(): UidSet;
}

/** From the space before the first argument to the end. @throws ImapSyntaxError, with code `BADCHARSET` for an unknown charset */
export declare function parseSearch(scanner: Scanner): SearchArguments;
/** Replaces sets by UIDs. */
export declare function resolveSearchKey(key: SearchKey, sets: SearchSets): SearchQuery;
/** Writes a key as a client would, octets in a string. */
export declare function formatSearchKey(key: SearchKey): string;
