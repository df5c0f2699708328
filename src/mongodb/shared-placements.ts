/** Messages that are in several mailboxes. */

import type { OtherPlace } from '../engine/records.ts';
import type { EmailId, MailboxId } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { PlacementDocument } from './documents.ts';
import { mailboxOf } from './keys.ts';
import type { MailReader } from './mail-reader.ts';
import { keyLists, uidFilter } from './uid-filter.ts';

const SHARED = { shared: { $exists: true } };

/** All placements of contents that have, or had, several. */
export async function findSharing(reader: MailReader, contents: readonly string[]): Promise<PlacementDocument[]> {
  const lists: PlacementDocument[][] = [];
  // The statement brings no state along.
  if (!reader.pinned) reader.doubt();
  for (const list of keyLists([...new Set(contents)])) {
    const filter = { account: reader.account, shared: { $in: list } };
    const cursor = reader.collections.mail.find(filter, { ...reader.options, batchSize: 5000 });
    lists.push((await cursor.toArray()) as unknown as PlacementDocument[]);
  }
  return lists.flat();
}

/** Where else messages of a mailbox are. @throws StaleState. */
export async function otherPlaces(reader: MailReader, mailboxId: MailboxId, uids: UidSet): Promise<OtherPlace[]> {
  const { keys, loose } = uidFilter(reader.account, mailboxId, uids);
  const found = await reader.find<PlacementDocument>(keys, { where: SHARED, fields: ['uid', 'emailId', 'shared'] });
  const rows = new Map(found.filter((row) => !loose || uids.has(row.uid)).map((row) => [row.emailId, row]));
  if (rows.size === 0) return [];
  const sharing = await findSharing(
    reader,
    [...rows.values()].map((row) => row.shared as string),
  );
  return sharing
    .flatMap(({ _id, emailId, uid: at }): OtherPlace[] => {
      const row = rows.get(emailId);
      const other = mailboxOf(_id);
      return row && other !== mailboxId ? [{ uid: row.uid, mailboxId: other, at }] : [];
    })
    .sort((a, b) => a.uid - b.uid || a.mailboxId - b.mailboxId);
}

/** The messages of a mailbox that are, or were, in others too. @throws StaleState. */
export async function sharedMessages(reader: MailReader, mailboxId: MailboxId): Promise<Set<EmailId>> {
  const { keys } = uidFilter(reader.account, mailboxId, UidSet.range(1, 0xffffffff));
  const rows = await reader.find<PlacementDocument>(keys, { where: SHARED, fields: ['emailId'] });
  return new Set(rows.map((row) => row.emailId));
}
