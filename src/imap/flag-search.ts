/** Searches that need nothing but numbers and flags, answered from memory. */

import type { SearchQuery } from '../model/search-query.ts';
import type { FlagTable } from './flag-cache.ts';
import type { UidMap } from './uid-map.ts';

type Test = (index: number, uid: number) => boolean;

/** UIDs that match, ascending; `null` when the query asks for more than numbers, flags and modification sequences. */
export function searchFlags(map: UidMap, table: FlagTable, query: SearchQuery): Uint32Array | null {
  const test = testOf(query, table);
  if (!test) return null;
  const { uids, count } = map;
  const found = new Uint32Array(count);
  let size = 0;
  for (let index = 0; index < count; index++) {
    const uid = uids[index] as number;
    if (test(index, uid)) found[size++] = uid;
  }
  return found.subarray(0, size);
}

/** Whether {@link searchFlags} can answer. */
export function isFlagSearch(query: SearchQuery): boolean {
  switch (query.key) {
    case 'all':
    case 'uid':
    case 'flag':
    case 'keyword':
    case 'modSeq':
      return true;
    case 'and':
    case 'or':
      return query.of.every(isFlagSearch);
    case 'not':
      return isFlagSearch(query.of);
    default:
      return false;
  }
}

function testOf(query: SearchQuery, table: FlagTable): Test | null {
  const { masks, modSeqs } = table;
  switch (query.key) {
    case 'all':
      return () => true;
    case 'uid':
      return (_, uid) => query.set.has(uid);
    case 'flag': {
      const { mask, set } = query;
      const wanted = set ? mask : 0;
      return (index) => ((masks[index] as number) & mask) === wanted;
    }
    case 'keyword':
      return keywordTest(query.keyword, query.set, table);
    case 'modSeq':
      return (index) => (modSeqs[index] as number) >= query.from;
    case 'and':
    case 'or':
      return combined(query.of, query.key === 'or', table);
    case 'not': {
      const inner = testOf(query.of, table);
      return inner && ((index, uid) => !inner(index, uid));
    }
    default:
      return null;
  }
}

function combined(queries: readonly SearchQuery[], any: boolean, table: FlagTable): Test | null {
  const tests: Test[] = [];
  for (const query of queries) {
    const test = testOf(query, table);
    if (!test) return null;
    tests.push(test);
  }
  if (tests.length === 1) return tests[0] as Test;
  return any
    ? (index, uid) => tests.some((test) => test(index, uid))
    : (index, uid) => tests.every((test) => test(index, uid));
}

function keywordTest(keyword: string, set: boolean, { keywords }: FlagTable): Test {
  const wanted = keyword.toLowerCase();
  return (_, uid) => {
    const text = keywords.get(uid);
    return (text?.toLowerCase().split(' ').includes(wanted) ?? false) === set;
  };
}
