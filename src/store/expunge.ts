/** Removing messages so that they can be brought back for a while. */

import type { WriteTransaction } from '../engine/engine.ts';
import type { MailboxId } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import { UidSet } from '../model/uid-set.ts';
import type { StoreContext } from './context.ts';
import { deletedMailboxPath, expungedMailbox, isHeld } from './hidden-mailboxes.ts';
import { expungeForGood } from './message-data.ts';

/** Removes messages; those that were there. They are kept apart as long as the store, or a hold, wants it. */
export async function removeMessages(
  { restorableMs }: Pick<StoreContext, 'restorableMs'>,
  tx: WriteTransaction,
  mailboxId: MailboxId,
  uids: UidSet,
): Promise<UidSet> {
  if (uids.isEmpty) return UidSet.empty;
  if (restorableMs === 0 && !(await isHeld(tx))) return expungeForGood(tx, mailboxId, uids);
  const moved = await tx.move(mailboxId, uids, (await expungedMailbox(tx, mailboxId)).id);
  return UidSet.fromSorted(moved.map(({ from }) => from));
}

/** Deletes a mailbox. Its messages, also those that were expunged before, go with it to where they can be found. */
export async function removeMailbox(
  context: Pick<StoreContext, 'restorableMs'>,
  tx: WriteTransaction,
  mailbox: Mailbox,
): Promise<void> {
  if (context.restorableMs > 0 || (await isHeld(tx))) {
    const kept = await expungedMailbox(tx, mailbox.id);
    const moved = mailbox.messages > 0 ? await tx.move(mailbox.id, UidSet.range(1, mailbox.uidNext), kept.id) : [];
    if (kept.messages + moved.length > 0) await tx.renameMailbox(kept.id, deletedMailboxPath(mailbox));
    else await tx.deleteMailbox(kept.id);
  } else await expungeForGood(tx, mailbox.id, UidSet.range(1, mailbox.uidNext));
  await tx.deleteMailbox(mailbox.id);
}
