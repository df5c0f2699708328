/** FETCH. RFC 9051 section 6.4.5, RFC 7162 sections 3.1.4 and 3.2.6. */

import { UidSet } from '../../model/uid-set.ts';
import type { CommandHandler, Completion } from '../command.ts';
import { writeFlagLines } from '../fetch-flags.ts';
import { fetchPages } from '../fetch-pages.ts';
import { planFetch } from '../fetch-plan.ts';
import type { MailboxView } from '../mailbox-view.ts';
import { Refusal, refusalOf } from '../refusal.ts';
import { writeVanished } from '../resync.ts';
import { parseFetch } from '../wire/fetch-items.ts';
import type { SequenceSet } from '../wire/sequence-set.ts';

/** Up to so many messages, all flags are read at once to answer from memory. */
const FLAGS_LOOKUP = 20_000;

/** Sends data of messages. */
export const fetch: CommandHandler = {
  name: 'FETCH',
  state: 'selected',
  uid: true,
  keepsNumbers: true,
  downloads: true,
  async run(session, { scanner, uid }) {
    const args = parseFetch(scanner);
    const view = session.selected;
    // RFC 7162 section 3.2.6.
    if (args.vanished && !session.qresync) throw new Refusal('BAD', 'QRESYNC is not enabled');
    if (args.vanished && !uid) throw new Refusal('BAD', 'VANISHED goes with UID FETCH only');
    const modSeq = args.changedSince !== null;
    const plan = planFetch(args.items, { uid: uid && !session.uidOnly, modSeq, utf8: session.utf8 });
    let uids = view.resolve(args.set, uid);
    if (modSeq || args.items.some((item) => item.kind === 'modSeq')) session.enableCondstore();
    if (args.changedSince !== null) {
      if (args.vanished) await writeVanished(session, view, args.changedSince, vanishedSet(view, args.set));
      uids = await changedSince(view, uids, args.changedSince);
    }
    if (args.partial) uids = view.slice(uids, args.partial);
    if (uids.isEmpty) return { text: 'Nothing to fetch' };
    if (plan.fromMemory && (await haveFlags(view, uids))) {
      view.announceKeywords(session.out);
      await writeFlagLines(session, view, uids, { ...args, uid, modSeq, uidOnly: session.uidOnly });
      return completion(view, uids, uid, null);
    }
    const { failure, found } = await fetchPages(session, view, uids, plan);
    // What is not in the store any more may have gone unheard of.
    if (found < view.count(uids) && !session.closing) await view.shared.refresh();
    return completion(view, uids, uid, failure);
  },
};

function completion(view: MailboxView, uids: UidSet, uid: boolean, failure: unknown): Completion {
  if (failure) {
    const { message, code } = refusalOf(failure);
    return { status: 'NO', text: message, code };
  }
  // RFC 5530 section 3: somebody else has removed some of them.
  return { text: 'Fetched', code: !uid && view.someGone(uids) ? 'EXPUNGEISSUED' : null };
}

/** The UIDs asked for, those of messages that went included: `*` is the last that there ever was. */
function vanishedSet(view: MailboxView, set: SequenceSet): UidSet {
  return set.saved ? view.saved : set.resolve(view.shared.uidNext - 1);
}

async function changedSince(view: MailboxView, uids: UidSet, since: number): Promise<UidSet> {
  const { shared } = view;
  await shared.loadFlags();
  if (view.stale) await shared.refresh();
  const changed = shared.flags.changedSince(shared.map, since);
  return UidSet.fromSorted(changed.map(({ uid }) => uid)).intersection(uids);
}

/** Whether flags are in memory, or worth being put there for this. */
async function haveFlags(view: MailboxView, uids: UidSet): Promise<boolean> {
  const { shared } = view;
  const { count } = shared.map;
  if (!shared.flags.table && (count <= FLAGS_LOOKUP || view.count(uids) * 8 > count)) await shared.loadFlags();
  if (view.stale) await shared.refresh();
  return shared.flags.table !== null;
}
