/** Gives a stored message other octets: a new message in all places of the old one, which is gone for good. */

import type { Content } from '../model/content.ts';
import type { AccountId, EmailId, MailboxId, Uid } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import { accountSettings, type StoreContext } from './context.ts';
import { readData, writeData } from './message-data.ts';

/**
 * Puts a message with the flags, dates, thread and mailboxes of another in its place, in one transaction; `null` when
 * that one is gone. It gets new UIDs, as IMAP wants it of other octets; that in `mailboxId` is told.
 */
export async function replaceContent(
  context: StoreContext,
  account: AccountId,
  mailboxId: MailboxId,
  uid: Uid,
  content: Content,
): Promise<Uid | null> {
  const { copies } = await accountSettings(context, account);
  return context.engine.write(account, async (tx) => {
    const [old] = await tx.fetch(mailboxId, UidSet.of(uid), { limit: 1 });
    if (!old) return null;
    const places = await tx.otherPlaces(mailboxId, UidSet.of(uid));
    const { mask, keywords, internalDate, threadId } = old;
    const message = { content, flags: { mask, keywords }, internalDate, threadId };
    const [added] = await tx.add(mailboxId, [message]);
    const { uid: now, emailId } = added as { uid: Uid; emailId: EmailId };
    const data = (await readData(tx, [old.emailId])).get(old.emailId);
    if (data !== undefined) {
      const moved: [EmailId, string | null][] = [
        [old.emailId, null],
        [emailId, data],
      ];
      await writeData(tx, new Map(moved));
    }
    for (const place of places) {
      await tx.copy(mailboxId, UidSet.of(now), place.mailboxId, copies);
      await tx.expunge(place.mailboxId, UidSet.of(place.at));
    }
    await tx.expunge(mailboxId, UidSet.of(uid));
    return now;
  });
}
