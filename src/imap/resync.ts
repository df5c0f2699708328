/** What a client that kept a copy of a mailbox has missed, and up to where it knows all. RFC 7162 section 3.2. */

import type { FlagColumns } from '../engine/engine.ts';
import type { ModSeq } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import { rowsOf } from './flag-cache.ts';
import { flagsFetch, type MailboxView } from './mailbox-view.ts';
import type { Session } from './session.ts';
import type { UidMap } from './uid-map.ts';
import type { QresyncParameters } from './wire/select-args.ts';

/** Brings a client that just opened `view` to the present. RFC 7162 section 3.2.5.1. */
export async function resync(session: Session, view: MailboxView, parameters: QresyncParameters): Promise<void> {
  const { uidValidity, modSeq, knownUids, match } = parameters;
  if (uidValidity !== view.shared.uidValidity) return;
  const known = knownUids ?? UidSet.range(1, view.shared.uidNext - 1);
  const seen = match ? matchedUpTo(view.map, match.seqs, match.uids) : 0;
  const changed = await writeVanished(session, view, modSeq, known, seen);
  view.shared.noteKeywords(rowsOf(changed));
  view.announceKeywords(session.out);
  let seq = 1;
  for (const message of rowsOf(changed)) {
    const found = view.map.seq(message.uid, seq);
    if (found === 0) continue;
    seq = found;
    if (known.has(message.uid))
      session.out.write(flagsFetch(found, message, { modSeq: true, uidOnly: session.uidOnly }));
    if (session.out.full) await session.out.drain();
  }
}

/**
 * Writes VANISHED (EARLIER) for those of `known` that went after `since`; gives the messages that changed after it.
 * Messages that still have a number are left out: they are told when that number goes.
 *
 * @param seen up to this UID the client knows of all that went
 */
export async function writeVanished(
  session: Session,
  view: MailboxView,
  since: ModSeq,
  known: UidSet,
  seen = 0,
): Promise<FlagColumns> {
  const { shared } = view;
  const changes = await session.store.mailboxChanges(session.accountId, shared.id, since);
  // The end of the command catches up with what is told from here on.
  session.watch?.notice(changes.modSeq);
  const asked = known.intersection(UidSet.range(seen + 1, shared.uidNext - 1));
  // RFC 7162 section 3.2.6: when records that old are not kept, all that is not there was expunged.
  const gone = changes.vanished?.intersection(asked) ?? asked.difference(uidsOf(shared.map));
  const vanished = gone.isEmpty ? gone : gone.difference(uidsOf(view.map));
  if (!vanished.isEmpty) session.out.write(`* VANISHED (EARLIER) ${vanished}\r\n`);
  return changes.changed;
}

/**
 * The code of a tagged OK after messages went: `HIGHESTMODSEQ n`, all up to n being told before that OK; `null` when
 * QRESYNC is off, or that cannot be promised. RFC 7162 section 3.2.7.
 */
export async function highestModSeqCode(session: Session, view: MailboxView): Promise<string | null> {
  if (!session.qresync) return null;
  try {
    if (view.stale) await view.shared.refresh();
  } catch {
    return null;
  }
  return view.shared.gone ? null : `HIGHESTMODSEQ ${view.shared.highestModSeq}`;
}

/**
 * The greatest of `uids` that has the message number beside it in `seqs` (sets of one size), 0 when none has: as
 * messages only ever go, none at or below it can have gone without the client knowing. RFC 7162 section 3.2.5.2.
 */
export function matchedUpTo(map: UidMap, seqs: UidSet, uids: UidSet): number {
  let matched = 0;
  let uidRange = 0;
  let used = 0;
  for (const [first, last] of seqs.ranges) {
    for (let seq = first; seq <= last && seq <= map.count; ) {
      const [from, to] = uids.ranges[uidRange] as readonly [number, number];
      const count = Math.min(last - seq + 1, to - from - used + 1);
      const found = lastWithOffset(map, seq, Math.min(seq + count - 1, map.count), from + used - seq);
      if (found > 0) matched = map.uid(found);
      seq += count;
      used += count;
      if (from + used > to) {
        uidRange++;
        used = 0;
      }
    }
    if (last >= map.count) break;
  }
  return matched;
}

/** The greatest number from `first` to `last` whose UID is `offset` above it, or 0. UIDs rise at least as numbers do. */
function lastWithOffset(map: UidMap, first: number, last: number, offset: number): number {
  let low = first;
  let high = last + 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (map.uid(middle) - middle <= offset) low = middle + 1;
    else high = middle;
  }
  const found = low - 1;
  return found >= first && map.uid(found) - found === offset ? found : 0;
}

function uidsOf(map: UidMap): UidSet {
  return UidSet.fromSorted(map.uids.subarray(0, map.count));
}
