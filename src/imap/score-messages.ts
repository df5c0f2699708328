/** How relevant the messages are that a fuzzy search found. RFC 6203 section 4. */

import type { MailboxId, Uid } from '../model/ids.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { UidSet } from '../model/uid-set.ts';
import type { Session } from './session.ts';
import { type TextQuery, textWords, wordBeginning } from './wire/fuzzy-query.ts';
import type { SearchKey } from './wire/search-key.ts';

/** Something that speaks for a message. */
interface Sign {
  readonly query: SearchQuery;
  readonly points: number;
}

/** A word that is there as it was typed counts thrice what a word of the same beginning does. */
const BEGINNING = 1;
const EXACT = 2;
/** A word of the text that is in the subject too. */
const IN_SUBJECT = 1;
/** Signs that are looked for. */
const MAX_SIGNS = 60;

/** Scores from 1 to 100 of messages, ascending by UID: 100 is all words exactly, and in the subject. */
export async function scoreMessages(
  { accountId, store }: Session,
  mailbox: MailboxId,
  key: SearchKey,
  uids: readonly Uid[],
): Promise<ReadonlyMap<Uid, number>> {
  const signs = fuzzyTexts(key, false).flatMap(signsOf).slice(0, MAX_SIGNS);
  const most = signs.reduce((sum, { points }) => sum + points, 0);
  const points = new Map<Uid, number>(uids.map((uid) => [uid, 0]));
  const among: SearchQuery = { key: 'uid', set: UidSet.fromSorted(uids) };
  for (const { query, points: more } of signs) {
    for (const uid of await store.search(accountId, mailbox, { key: 'and', of: [among, query] })) {
      const had = points.get(uid);
      if (had !== undefined) points.set(uid, had + more);
    }
  }
  // A search for nothing but flags and the like matches all alike.
  return new Map(
    [...points].map(([uid, sum]) => [uid, most === 0 ? 100 : Math.max(1, Math.round((100 * sum) / most))]),
  );
}

function fuzzyTexts(key: SearchKey, under: boolean): TextQuery[] {
  switch (key.key) {
    case 'and':
    case 'or':
      return key.of.flatMap((of) => fuzzyTexts(of, under));
    case 'fuzzy':
      return fuzzyTexts(key.of, true);
    case 'not':
    case 'queryText':
      return [];
    default:
      return under && 'text' in key ? [key] : [];
  }
}

function signsOf(query: TextQuery): Sign[] {
  return textWords(query).flatMap((word): Sign[] => {
    const signs: Sign[] = [
      { query: { ...query, text: wordBeginning(word) }, points: BEGINNING },
      { query: { ...query, text: word }, points: EXACT },
    ];
    if (query.key === 'text' || query.key === 'body') {
      signs.push({ query: { key: 'subject', text: word }, points: IN_SUBJECT });
    }
    return signs;
  });
}
