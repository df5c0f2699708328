/** Writes FETCH responses of messages, page by page as the store gives them. */

import { formatFlags, SEEN } from '../model/flags.ts';
import type { Mailbox } from '../model/mailbox.ts';
import { UidSet } from '../model/uid-set.ts';
import type { FetchedMessage } from '../store/message-store.ts';
import { writeMessage } from './fetch-message.ts';
import { type FetchPlan, planFetch } from './fetch-plan.ts';
import type { MailboxView } from './mailbox-view.ts';
import { Refusal } from './refusal.ts';
import type { Session } from './session.ts';
import type { FetchItem } from './wire/fetch-items.ts';
import { BrokenLiteral } from './write-octets.ts';

/** Writes items of messages that the client is told of unasked; reading them marks nothing as seen. */
export async function fetchUnasked(
  session: Session,
  view: MailboxView,
  uids: UidSet,
  items: readonly FetchItem[],
): Promise<void> {
  const plan = planFetch(items, { uid: false, modSeq: false, utf8: session.utf8 });
  await fetchPages(session, view, uids, { ...plan, setsSeen: false });
}

/** What became of a FETCH. */
export interface FetchedPages {
  /** What could not be read, or `null`. */
  readonly failure: unknown;
  /** How many messages were there. */
  readonly found: number;
}

/** Writes messages page by page. */
export async function fetchPages(
  session: Session,
  view: MailboxView,
  uids: UidSet,
  plan: FetchPlan,
): Promise<FetchedPages> {
  let failure: unknown = null;
  let messages = 0;
  let seq = 1;
  for await (const page of session.store.fetchPages(session.accountId, view.shared.id, uids, plan.fields)) {
    if (session.condstore) noteModSeqs(session, page);
    const seen = plan.setsSeen && !view.readOnly ? await markSeen(session, view, page) : null;
    if (plan.kinds.has('flags')) view.shared.noteKeywords(page);
    if (seen) view.shared.noteKeywords(seen.values());
    view.announceKeywords(session.out);
    const labels = plan.labels ? await labelsOf(session, view, page) : null;
    for (const message of page) {
      const found = view.map.seq(message.uid, seq);
      if (found === 0) continue;
      messages++;
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
      if (session.connection.closed) return { failure, found: messages };
      session.countTraffic();
      const over = session.isOverDownload ? await session.trafficRefusal('download') : null;
      if (over) return { failure: over, found: messages };
    }
  }
  return { failure, found: messages };
}

/** The labels of the messages of a page. */
export function labelsOf(
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
