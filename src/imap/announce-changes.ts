/** Tells a client what happened: in the selected mailbox, and where it asked for more by NOTIFY. */

import { UidSet } from '../model/uid-set.ts';
import { fetchUnasked } from './fetch-pages.ts';
import type { MailboxView } from './mailbox-view.ts';
import type { Notifier } from './notifier.ts';
import { refreshUpdates, writeAdded, writeRemoved } from './search-updates.ts';
import type { Session } from './session.ts';

/** What may be told, and what to do before. */
export interface AnnounceChanges {
  /** Messages that went, so that numbers change. */
  readonly expunge: boolean;
  /** Asks the store first, even if nothing was heard of. */
  readonly poll: boolean;
}

/** Tells what happened in the selected mailbox, and to annotations. */
export async function announceChanges(session: Session, options: AnnounceChanges): Promise<void> {
  await session.metadataNews?.tell(options.poll);
  const { view, notifier } = session;
  if (!view) return;
  if (options.poll || view.stale) await view.shared.refresh();
  if (view.shared.gone) {
    // RFC 2180 section 3.3: a mailbox that was deleted while somebody has it selected.
    session.unselect();
    session.bye('The selected mailbox was deleted');
    return;
  }
  const updates = view.updates.size > 0;
  if (updates) {
    await refreshUpdates(session, view);
    writeRemoved(session, view);
  }
  const { last } = view.map;
  view.announce(session.out, {
    expunge: options.expunge,
    counts: notifier?.selected.counts ?? true,
    flags: notifier?.selected.flags ?? true,
    modSeq: session.condstore,
    vanished: session.qresync || session.uidOnly,
    uidOnly: session.uidOnly,
  });
  if (updates) await writeAdded(session, view, last);
  if (notifier) await fetchNew(session, view, notifier, last);
  if (session.out.full) await session.out.drain();
}

/** RFC 5465 section 5.2: what a client wants to know of each message that others brought. */
async function fetchNew(session: Session, view: MailboxView, notifier: Notifier, last: number): Promise<void> {
  const { map, shared } = view;
  if (map.last <= last) return;
  const own = notifier.ownMessages.get(shared.id);
  notifier.ownMessages.delete(shared.id);
  if (notifier.selected.fetch.length === 0) return;
  const added = map.uids.subarray(map.indexOf(last + 1), map.count).filter((uid) => !own?.has(uid));
  await fetchUnasked(session, view, UidSet.fromSorted(added), notifier.selected.fetch);
}
