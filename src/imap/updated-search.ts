/** A search whose result a client is kept up to date about. RFC 5267 section 4.3. */

import type { ModSeq } from '../model/ids.ts';
import type { SearchQuery } from '../model/search-query.ts';
import type { UidSet } from '../model/uid-set.ts';
import type { FetchItem } from './wire/fetch-items.ts';

/** Most of them in one session. */
export const MAX_UPDATED_SEARCHES = 20;

/** A search that goes on. */
export interface UpdatedSearch {
  /** Of the command that began it. */
  readonly tag: string;
  readonly uid: boolean;
  /** With the message numbers of that moment. */
  readonly query: SearchQuery;
  /** Told of new messages. RFC 5465 section 7. */
  readonly items: readonly FetchItem[];
  /** What the client was told. */
  told: UidSet;
  /** What matches now. */
  matching: UidSet;
  /** The position up to which `matching` is right. */
  modSeq: ModSeq;
}
