/** What is told of threads: where their messages are, and how many a mailbox has. */

import type { ThreadPlace } from '../engine/records.ts';
import type { AccountId, ThreadId } from '../model/ids.ts';
import { resolveMailbox, type StoreContext } from './context.ts';
import { visibleMailboxes } from './hidden-mailboxes.ts';
import type { MailboxRef } from './message-store.ts';

/** Where the messages of threads are, but for the store's own mailboxes. */
export function readThreadPlaces(
  { engine }: StoreContext,
  account: AccountId,
  threadIds: readonly ThreadId[],
): Promise<ThreadPlace[]> {
  return engine.read(account, async (tx) => {
    const visible = new Set((await visibleMailboxes(tx)).map(({ id }) => id));
    return (await tx.threadPlaces(threadIds)).filter(({ mailboxId }) => visible.has(mailboxId));
  });
}

/** Of how many threads a mailbox has messages. */
export function countThreads(
  { engine }: StoreContext,
  account: AccountId,
  ref: MailboxRef,
  options: { readonly unseen?: boolean } = {},
): Promise<number> {
  return engine.read(account, async (tx) => tx.countThreads((await resolveMailbox(tx, ref)).id, options));
}
