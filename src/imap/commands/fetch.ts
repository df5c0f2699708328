/** FETCH. RFC 9051 section 6.4.5, RFC 7162 sections 3.1.4 and 3.2.6. */

import { formatFlags, SEEN } from '../../model/flags.ts';
import type { Mailbox } from '../../model/mailbox.ts';
import { UidSet } from '../../model/uid-set.ts';
import type { FetchedMessage } from '../../store/message-store.ts';
import type { CommandHandler, Completion } from '../command.ts';
import { writeFlagLines } from '../fetch-flags.ts';
import { writeMessage } from '../fetch-message.ts';
import { type FetchPlan, planFetch } from '../fetch-plan.ts';
import type { MailboxView } from '../mailbox-view.ts';
import { Refusal, refusalOf } from '../refusal.ts';
import { writeVanished } from '../resync.ts';
import type { Session } from '../session.ts';
import { parseFetch } from '../wire/fetch-items.ts';
import type { SequenceSet } from '../wire/sequence-set.ts';
import { BrokenLiteral } from '../write-octets.ts';

/** Up to so many messages, all flags are read at once to answer from memory. */
const FLAGS_LOOKUP = 20_000;

/** Sends data of messages. */
export const fetch: CommandHandler = {
  name: 'FETCH',
  state: 'selected',
  uid: true,
  keepsNumbers: true,
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
    return completion(view, uids, uid, await fetchPages(session, view, uids, plan));
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

/** Writes messages page by page. Resolves with what could not be read, or `null`. */
async function fetchPages(session: Session, view: MailboxView, uids: UidSet, plan: FetchPlan): Promise<unknown> {
  let failure: unknown = null;
  let seq = 1;
  for await (const page of session.store.fetchPages(session.accountId, view.shared.id, uids, plan.fields)) {
    if (session.condstore) noteModSeqs(session, page);
    const seen = plan.setsSeen && !view.readOnly ? await markSeen(session, view, page) : null;
    const labels = plan.labels ? await labelsOf(session, view, page) : null;
    for (const message of page) {
      const found = view.map.seq(message.uid, seq);
      if (found === 0) continue;
      seq = found;
      const current = seen?.get(message.uid) ?? message;
      const extra = current === message ? '' : flagItems(session, plan, current);
      const planned = labels ? { ...current, labels: labels.get(message.uid) ?? [] } : current;
      const problem = await writeMessage(session, plan, seq, planned, extra).catch((error: unknown) => {
        if (error instanceof BrokenLiteral) session.abort();
        throw error;
      });
      failure ??= problem;
      if (problem && !(problem instanceof Refusal))
        session.context.logger?.error({ ...session.info, uid: message.uid, err: problem }, 'unreadable');
      if (session.out.full) await session.out.drain();
      if (session.connection.closed) return failure;
    }
  }
  return failure;
}

function labelsOf(
  session: Session,
  view: MailboxView,
  page: readonly FetchedMessage[],
): Promise<ReadonlyMap<number, readonly Mailbox[]>> {
  const uids = UidSet.fromSorted(page.map(({ uid }) => uid));
  return session.store.labels(session.accountId, view.shared.id, uids);
}

/** What is told of a message that became seen, beside what was asked for. RFC 7162 section 3.2.4. */
function flagItems({ condstore, uidOnly }: Session, { kinds }: FetchPlan, message: FetchedMessage): string {
  const uid = condstore && !uidOnly && !kinds.has('uid') ? ` UID ${message.uid}` : '';
  const flags = kinds.has('flags') ? '' : ` FLAGS (${formatFlags(message.mask, message.keywords)})`;
  const modSeq = condstore && !kinds.has('modSeq') ? ` MODSEQ (${message.modSeq})` : '';
  return uid + flags + modSeq;
}

/** What was told may be newer than what is known of the mailbox; the end of the command catches up with it. */
function noteModSeqs(session: Session, page: readonly FetchedMessage[]): void {
  let highest = 0;
  for (const { modSeq } of page) highest = Math.max(highest, modSeq);
  session.watch?.notice(highest);
}

/** Sets `\Seen` on the messages of a page, as reading them without PEEK does; the changed ones as they are then. */
async function markSeen(
  session: Session,
  view: MailboxView,
  page: readonly FetchedMessage[],
): Promise<Map<number, FetchedMessage>> {
  const unseen = new Map(page.filter(({ mask }) => (mask & SEEN) === 0).map((message) => [message.uid, message]));
  const marked = new Map<number, FetchedMessage>();
  if (unseen.size === 0) return marked;
  try {
    const change = { mode: 'add', flags: { mask: SEEN, keywords: '' } } as const;
    const uids = UidSet.fromSorted([...unseen.keys()]);
    const result = await session.store.storeFlags(session.accountId, view.shared.id, uids, change);
    if (result.changed.length === 0) return marked;
    view.shared.applyStored(result);
    view.own(result.modSeq);
    for (const changed of result.changed) {
      const message = unseen.get(changed.uid);
      if (message) marked.set(changed.uid, { ...message, ...changed });
    }
  } catch (error) {
    // Mail can be read when nothing can be written, on a full disk for instance.
    session.context.logger?.warn({ ...session.info, err: error }, 'messages could not be marked as seen');
  }
  return marked;
}
