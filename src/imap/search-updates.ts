/** Searches whose results a client is kept up to date about. RFC 5267 section 4.3, RFC 5465 section 7. */

import type { Uid } from '../model/ids.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { UidSet } from '../model/uid-set.ts';
import { fetchUnasked } from './fetch-pages.ts';
import type { SearchOutcome } from './find-messages.ts';
import type { MailboxView } from './mailbox-view.ts';
import { Refusal } from './refusal.ts';
import type { Session } from './session.ts';
import { MAX_UPDATED_SEARCHES, type UpdatedSearch } from './updated-search.ts';
import { quoted } from './wire/write-string.ts';

/** RFC 5267 section 4.3: a tag names one search only. @throws Refusal */
export function requireFreshTag(view: MailboxView, tag: string, update: boolean): void {
  if (update && view.updates.has(tag)) throw new Refusal('BAD', 'A search of that tag is kept up to date already');
}

/** RFC 5267 section 4.3.1: there may be too many. */
export function keepUpToDate(
  session: Session,
  view: MailboxView,
  { query, found }: SearchOutcome,
  { tag, uid, modSeq, items }: Pick<UpdatedSearch, 'tag' | 'uid' | 'modSeq' | 'items'>,
): void {
  if (view.updates.size >= MAX_UPDATED_SEARCHES) {
    session.out.write(`* NO [NOUPDATE ${quoted(tag)}] Too many searches are kept up to date\r\n`);
    return;
  }
  const told = UidSet.fromSorted(found);
  view.updates.set(tag, { tag, uid, query, items, told, matching: told, modSeq });
}

/** Finds out what has changed of the results. Call before the changes of the mailbox are told. */
export async function refreshUpdates(session: Session, view: MailboxView): Promise<void> {
  const { accountId, store } = session;
  for (const search of view.updates.values()) {
    if (search.modSeq >= view.shared.modSeq) continue;
    const changes = await store.mailboxChanges(accountId, view.shared.id, search.modSeq);
    const changed = changes.vanished && UidSet.fromSorted(changes.changed.uids);
    const query: SearchQuery = changed
      ? { key: 'and', of: [{ key: 'uid', set: changed }, search.query] }
      : search.query;
    const matching = UidSet.fromSorted(await store.search(accountId, view.shared.id, query));
    search.matching = changed
      ? search.matching.difference(changed).difference(changes.vanished).union(matching)
      : matching;
    search.modSeq = changes.modSeq;
  }
}

/** Tells what matches no more, while the messages have their numbers still. */
export function writeRemoved(session: Session, view: MailboxView): void {
  for (const search of view.updates.values()) {
    const removed = search.told.difference(search.matching);
    if (removed.isEmpty) continue;
    write(session, view, search, 'REMOVEFROM', removed);
    search.told = search.told.difference(removed);
  }
}

/**
 * Tells what matches now, of the messages that the client has numbers for.
 *
 * @param last the UID behind which messages are new to the client
 */
export async function writeAdded(session: Session, view: MailboxView, last: Uid): Promise<void> {
  for (const search of view.updates.values()) {
    const added = knownTo(view, search.matching.difference(search.told));
    if (added.isEmpty) continue;
    if (search.items.length > 0) {
      await fetchUnasked(session, view, added.intersection(UidSet.range(last + 1, 0xffffffff)), search.items);
    }
    write(session, view, search, 'ADDTO', added);
    search.told = search.told.union(added);
  }
}

function write(session: Session, view: MailboxView, search: UpdatedSearch, item: string, uids: UidSet): void {
  const { tag, uid } = search;
  session.out.write(`* ESEARCH (TAG ${quoted(tag)})${uid ? ' UID' : ''} ${item} (0 ${view.numbers(uids, uid)})\r\n`);
}

function knownTo({ map }: MailboxView, uids: UidSet): UidSet {
  const known: Uid[] = [];
  for (const [start, end] of map.indexRanges(uids)) for (let i = start; i < end; i++) known.push(map.uids[i] as Uid);
  return UidSet.fromSorted(known);
}
