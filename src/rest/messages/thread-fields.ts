/** What lists tell of the threads of their messages: how long they are, and whether an answer has been begun. */

import { parseEnvelope } from '../../mime/parse-envelope.ts';
import { DRAFT, SEEN } from '../../model/flags.ts';
import type { AccountId, MailboxId, ThreadId, Uid } from '../../model/ids.ts';
import { UidSet } from '../../model/uid-set.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { type Flag, flagField } from '../fields.ts';
import type { Listed } from './listed-messages.ts';
import type { UidOrder, UidSource } from './message-pages.ts';

/** Most drafts of a page's threads that are looked at. */
const MAX_DRAFTS = 1_000;
/** Messages looked at at first to find the heads of threads; then, where these are few, ever more. */
const FIRST_WINDOW = 64;

/** What can be asked of threads. */
export const threadFields: { collapseThreads: Flag; threadCounters: Flag; includeHasDrafts: Flag } = {
  collapseThreads: flagField('Only one message of each thread: the first in the order of the list'),
  threadCounters: flagField('Whether to tell how many messages the thread has, in all mailboxes'),
  includeHasDrafts: flagField(
    'Whether to tell if there is a draft that answers the message, or with `collapseThreads`, a draft in its thread',
  ),
};

/** What is asked of threads. */
export interface ThreadWishes {
  readonly collapseThreads: boolean;
  readonly threadCounters: boolean;
  readonly includeHasDrafts: boolean;
}

/** Whether an answer depends on more than one mailbox. */
export const asksOfThreads = (wishes: ThreadWishes): boolean =>
  wishes.collapseThreads || wishes.threadCounters || wishes.includeHasDrafts;

/** What a list tells of a message's thread. */
export type TellThread = (listed: Listed) => {
  readonly threadMessageCount?: number;
  readonly hasDrafts?: boolean;
};

/** Reads what is asked of the threads of messages: one read for all, and one more for each mailbox with drafts. */
export async function readThreadFields(
  store: MessageStore,
  account: AccountId,
  threadIds: readonly ThreadId[],
  { threadCounters, includeHasDrafts, collapseThreads }: ThreadWishes,
): Promise<TellThread> {
  if (!threadCounters && !includeHasDrafts) return () => ({});
  const places = await store.threadPlaces(account, threadIds);
  const messages = new Map<ThreadId, Set<number>>();
  const drafts = new Map<MailboxId, Uid[]>();
  const withDrafts = new Set<ThreadId>();
  for (const { threadId, emailId, mask, mailboxId, uid } of places) {
    const found = messages.get(threadId);
    // A message in two mailboxes is one.
    if (found) found.add(emailId);
    else messages.set(threadId, new Set([emailId]));
    if ((mask & DRAFT) === 0) continue;
    withDrafts.add(threadId);
    const known = drafts.get(mailboxId);
    if (known) known.push(uid);
    else drafts.set(mailboxId, [uid]);
  }
  const answered = includeHasDrafts && !collapseThreads ? await readAnswered(store, account, drafts) : null;
  return ({ message, shown }) => ({
    ...(threadCounters && { threadMessageCount: messages.get(message.threadId)?.size ?? 1 }),
    ...(includeHasDrafts && {
      hasDrafts: answered ? answered.has(shown.messageId) : withDrafts.has(message.threadId),
    }),
  });
}

/** Whom drafts answer, by Message-ID. References name the whole thread; In-Reply-To the one that is answered. */
async function readAnswered(
  store: MessageStore,
  account: AccountId,
  drafts: ReadonlyMap<MailboxId, readonly Uid[]>,
): Promise<Set<string>> {
  const answered = new Set<string>();
  let left = MAX_DRAFTS;
  for (const [mailbox, uids] of drafts) {
    const some = UidSet.from(uids.slice(0, left));
    left -= some.size;
    for await (const { envelope } of store.fetch(account, mailbox, some, { envelope: true })) {
      const { inReplyTo } = parseEnvelope(envelope ?? '');
      for (const id of inReplyTo.split(/\s+/)) if (id !== '') answered.add(id);
    }
  }
  return answered;
}

/** Of the messages of a source only those that are the first of their thread, in the order of the list. */
export function headsOfThreads(
  store: MessageStore,
  account: AccountId,
  mailbox: MailboxId,
  source: UidSource,
  { order, unseen }: { readonly order: UidOrder; readonly unseen: boolean },
): UidSource {
  /** Of each thread, the UID that stands for it. */
  const heads = async (uids: readonly Uid[]): Promise<Uid[]> => {
    const threads = new Map<Uid, ThreadId>();
    for await (const page of store.fetchPages(account, mailbox, UidSet.from(uids)))
      for (const { uid, threadId } of page) threads.set(uid, threadId);
    const first = new Map<ThreadId, Uid>();
    for (const place of await store.threadPlaces(account, [...new Set(threads.values())])) {
      if (place.mailboxId !== mailbox || (unseen && (place.mask & SEEN) !== 0)) continue;
      // They come by UID.
      if (order === 'desc' || !first.has(place.threadId)) first.set(place.threadId, place.uid);
    }
    return uids.filter((uid) => first.get(threads.get(uid) ?? -1) === uid);
  };
  return {
    async next(from, direction, limit) {
      const found: Uid[] = [];
      let window = Math.max(FIRST_WINDOW, 2 * limit);
      for (let at = from; found.length < limit; window = Math.min(4 * window, 10_000)) {
        const uids = await source.next(at, direction, window);
        const last = uids.at(-1);
        if (last === undefined) break;
        found.push(...(await heads(uids)));
        if (uids.length < window) break;
        at = last;
      }
      return found.slice(0, limit);
    },
  };
}
