/** What SEARCH, SORT and THREAD look for. RFC 9051 section 6.4.4. */

import type { Mailbox } from '../model/mailbox.ts';
import { parseQueryText } from '../model/query-text.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { UidSet } from '../model/uid-set.ts';
import { isFlagSearch, searchFlags } from './flag-search.ts';
import { labelQuery } from './gmail-labels.ts';
import type { MailboxView } from './mailbox-view.ts';
import { Refusal } from './refusal.ts';
import type { Session } from './session.ts';
import type { SearchKey } from './wire/search-key.ts';
import {
  namesMailboxes,
  resolveSearchKey,
  type SearchArguments,
  type SearchSets,
  usesNumbers,
} from './wire/search-program.ts';

/** Up to so many messages, flags are read at once to answer from memory. */
const FLAGS_LOOKUP = 20_000;

/** UIDs of matching messages that the client has numbers for, ascending. */
export async function findMessages(
  session: Session,
  view: MailboxView,
  args: Pick<SearchArguments, 'key'>,
): Promise<number[]> {
  return (await search(session, view, args)).found;
}

/** A search of the selected mailbox. */
export interface SearchOutcome {
  /** Message numbers of the moment have become UIDs. */
  readonly query: SearchQuery;
  /** UIDs of matching messages that the client has numbers for, ascending. */
  readonly found: number[];
}

/** The same, with what was looked for. */
export async function search(
  session: Session,
  view: MailboxView,
  { key }: Pick<SearchArguments, 'key'>,
): Promise<SearchOutcome> {
  const query = await resolve(session, key, {
    // Unlike other commands, SEARCH takes numbers that no message has: they match nothing.
    seq: (set) => view.map.uidsOf(set.resolve(view.map.count)),
    uid: (set) => view.resolveUids(set),
    saved: () => view.saved,
  });
  const uids = await matching(session, view, query);
  const { map } = view;
  const known: number[] = [];
  let index = 0;
  for (const uid of uids) {
    index = map.indexOf(uid, index);
    if (index >= map.count) break;
    if (map.uids[index] === uid) known.push(uid);
  }
  return { query, found: known };
}

/** A search of a mailbox that is not selected. RFC 7377. */
export async function searchUnselected(
  session: Session,
  mailbox: Mailbox,
  { key }: Pick<SearchArguments, 'key'>,
): Promise<SearchOutcome> {
  const { accountId, store } = session;
  const uids = usesNumbers(key) ? await store.uids(accountId, mailbox.id) : new Uint32Array(0);
  const query = await resolve(session, key, {
    seq: (set) => UidSet.fromSorted(uidsAt(uids, set.resolve(uids.length))),
    uid: (set) => (mailbox.uidNext === 1 ? UidSet.empty : set.resolve(mailbox.uidNext - 1)),
    saved: () => {
      throw new Refusal('BAD', 'The saved result is of the selected mailbox');
    },
  });
  return { query, found: [...(await store.search(accountId, mailbox.id, query))] };
}

/** @throws Refusal */
async function resolve(
  session: Session,
  key: SearchKey,
  sets: Pick<SearchSets, 'seq' | 'uid' | 'saved'>,
): Promise<SearchQuery> {
  const mailboxes = namesMailboxes(key) ? await session.store.mailboxes(session.accountId) : [];
  return resolveSearchKey(key, {
    ...sets,
    seq: (set) => {
      if (session.uidOnly) throw new Refusal('BAD', 'Message numbers were given up by ENABLE UIDONLY', 'UIDREQUIRED');
      return sets.seq(set);
    },
    label: (label) => labelQuery(label, mailboxes),
    queryText: (text) => parseQueryText(text, { mailboxes, now: Date.now() }),
  });
}

function uidsAt(uids: Uint32Array, numbers: UidSet): number[] {
  const found: number[] = [];
  for (const [first, last] of numbers.ranges) {
    for (let number = first; number <= last && number <= uids.length; number++) found.push(uids[number - 1] as number);
  }
  return found;
}

async function matching(session: Session, view: MailboxView, query: SearchQuery): Promise<Uint32Array> {
  const { shared } = view;
  if (query.key === 'all') {
    if (view.stale) await shared.refresh();
    return shared.map.uids.subarray(0, shared.map.count);
  }
  if (isFlagSearch(query)) {
    if (shared.map.count <= FLAGS_LOOKUP) await shared.loadFlags();
    if (view.stale) await shared.refresh();
    const { table } = shared.flags;
    const uids = table && searchFlags(shared.map, table, query);
    if (uids) return uids;
  }
  return session.store.search(session.accountId, shared.id, query);
}
