/** Changes of whole threads: what is named, and the other messages of its threads in the same mailbox. */

import { z } from 'zod';
import type { AccountId, MailboxId, ThreadId, Uid } from '../../model/ids.ts';
import { UidSet } from '../../model/uid-set.ts';
import type { MessageStore } from '../../store/message-store.ts';
import type { OptionalFlag } from '../fields.ts';
import { ApiError } from '../problems.ts';

/** Threads that are looked up at once. */
const BATCH = 1_000;
/** What is said of one message, and not of a thread. */
const OF_ONE = ['metaData', 'expires', 'draft'] as const;

/** Whether a change is of whole threads. */
export const updateThreadField: OptionalFlag = z
  .boolean()
  .optional()
  .meta({ description: 'Whether all messages of the same threads in the mailbox are changed too' });

/** The messages to be changed. @throws {@link ApiError} `InputValidationError` for what cannot be said of a thread. */
export async function withThreads(
  store: MessageStore,
  account: AccountId,
  mailbox: MailboxId,
  uids: UidSet,
  change: { readonly updateThread?: boolean | undefined; readonly [name: string]: unknown },
): Promise<UidSet> {
  if (!change.updateThread) return uids;
  const wrong = OF_ONE.find((name) => change[name] !== undefined);
  if (wrong) {
    const reason = 'is of one message, and not of a thread';
    throw new ApiError('InputValidationError', `"${wrong}": ${reason}`, { details: { [wrong]: reason } });
  }
  const threads = new Set<ThreadId>();
  for await (const page of store.fetchPages(account, mailbox, uids)) {
    for (const { threadId } of page) threads.add(threadId);
  }
  const all = [...threads];
  const found: Uid[] = [];
  for (let at = 0; at < all.length; at += BATCH) {
    for (const place of await store.threadPlaces(account, all.slice(at, at + BATCH))) {
      if (place.mailboxId === mailbox) found.push(place.uid);
    }
  }
  return UidSet.from(found);
}
