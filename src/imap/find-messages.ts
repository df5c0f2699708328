/** What SEARCH, SORT and THREAD look for. RFC 9051 section 6.4.4. */

import { parseQueryText } from '../model/query-text.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { isFlagSearch, searchFlags } from './flag-search.ts';
import { labelQuery } from './gmail-labels.ts';
import type { MailboxView } from './mailbox-view.ts';
import { Refusal } from './refusal.ts';
import type { Session } from './session.ts';
import { namesMailboxes, resolveSearchKey, type SearchArguments } from './wire/search-program.ts';

/** Up to so many messages, flags are read at once to answer from memory. */
const FLAGS_LOOKUP = 20_000;

/** UIDs of matching messages that the client has numbers for, ascending. */
export async function findMessages(
  session: Session,
  view: MailboxView,
  { key }: Pick<SearchArguments, 'key'>,
): Promise<number[]> {
  const mailboxes = namesMailboxes(key) ? await session.store.mailboxes(session.accountId) : [];
  const query = resolveSearchKey(key, {
    // Unlike other commands, SEARCH takes numbers that no message has: they match nothing.
    seq: (set) => {
      if (session.uidOnly) throw new Refusal('BAD', 'Message numbers were given up by ENABLE UIDONLY', 'UIDREQUIRED');
      return view.map.uidsOf(set.resolve(view.map.count));
    },
    uid: (set) => view.resolveUids(set),
    saved: () => view.saved,
    label: (label) => labelQuery(label, mailboxes),
    queryText: (text) => parseQueryText(text, { mailboxes, now: Date.now() }),
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
  return known;
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
