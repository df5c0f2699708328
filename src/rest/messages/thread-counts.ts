/** How many threads a mailbox has: counted once for each of its states, as the count looks at all of its messages. */

import type { AccountId } from '../../model/ids.ts';
import type { Mailbox } from '../../model/mailbox.ts';
import type { MessageStore } from '../../store/message-store.ts';

/** Counts that are remembered. */
const MAX_COUNTS = 1_000;

const counts = new WeakMap<MessageStore, Map<string, number>>();

/** Of how many threads the mailbox has messages, all or unseen ones. */
export async function countThreads(
  store: MessageStore,
  account: AccountId,
  { id, highestModSeq, uidValidity }: Mailbox,
  unseen: boolean,
): Promise<number> {
  const known = counts.get(store) ?? new Map<string, number>();
  counts.set(store, known);
  const key = `${account} ${id} ${uidValidity} ${highestModSeq} ${unseen}`;
  const found = known.get(key) ?? (await store.countThreads(account, id, { unseen }));
  // The one that was asked for last is the last to go.
  known.delete(key);
  known.set(key, found);
  if (known.size > MAX_COUNTS) known.delete(known.keys().next().value as string);
  return found;
}
