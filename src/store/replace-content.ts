/** Gives a stored message other octets: a new message in all places of the old one, which is gone for good. */

import type { Content } from '../model/content.ts';
import type { AccountId, MailboxId, Uid } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import { accountSettings, type StoreContext } from './context.ts';
import { readData, writeData } from './message-data.ts';

/**
 * Puts a message with the flags, dates, thread and mailboxes of another in its place, in one transaction; `false` when
 * that one is gone. It gets new UIDs, as IMAP wants it of other octets.
 */
export async function replaceContent(
  context: StoreContext,
  account: AccountId,
  mailboxId: MailboxId,
  uid: Uid,
  content: Content,
): Promise<boolean> {
  const { copies } = await accountSettings(context, account);
  return context.engine.write(account, async (tx) => {
    const [old] = await tx.fetch(mailboxId, UidSet.of(uid), { limit: 1 });
    if (!old) return false;
    const places = await tx.otherPlaces(mailboxId, UidSet.of(uid));
    const { mask, keywords, internalDate, threadId } = old;
    const message = { content, flags: { mask, keywords }, internalDate, threadId };
    const [added] = await tx.add(mailboxId, [message]);
    const data = (await readData(tx, [old.emailId])).get(old.emailId);
    if (data !== undefined && added)
      await writeData(
        tx,
        new Map([
          [old.emailId, null],
          [added.emailId, data],
        ]),
      );
    for (const place of places) {
      await tx.copy(mailboxId, UidSet.of((added as { uid: Uid }).uid), place.mailboxId, copies);
      await tx.expunge(place.mailboxId, UidSet.of(place.at));
    }
    await tx.expunge(mailboxId, UidSet.of(uid));
    return true;
  });
}
