/** Removes messages from a mailbox, and contents that no mailbox has any more. */

import type { Document } from 'mongodb';
import { DELETED, SEEN } from '../model/flags.ts';
import type { MailboxId } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { PlacementDocument } from './documents.ts';
import { below } from './keys.ts';
import type { MailWriter } from './mail-writer.ts';
import { findSharing } from './shared-placements.ts';
import { exactFilters, keyLists, uidFilter } from './uid-filter.ts';

type Row = Pick<PlacementDocument, '_id' | 'uid' | 'mask' | 'size' | 'content' | 'shared' | 'large'>;

const FIELDS = ['uid', 'mask', 'size', 'content', 'shared', 'large'];
/** Contents whose pieces are removed by one statement. */
const PIECED = 500;

/** Removes placements; the UIDs that were there. */
export async function removePlacements(writer: MailWriter, mailboxId: MailboxId, uids: UidSet): Promise<UidSet> {
  const { keys, loose } = uidFilter(writer.reader.account, mailboxId, uids);
  const found = await writer.reader.find<Row>(keys, { fields: FIELDS });
  const rows = loose ? found.filter((row) => uids.has(row.uid)) : found;
  if (rows.length === 0) return UidSet.empty;
  const removed = deletePlacements(writer, mailboxId, rows);
  await removeOrphans(writer, rows);
  return removed;
}

/** Removes placements that were read, and counts and records that; their contents stay. */
export function deletePlacements(
  writer: MailWriter,
  mailboxId: MailboxId,
  rows: readonly Pick<Row, 'uid' | 'mask' | 'size'>[],
): UidSet {
  const removed = UidSet.fromSorted(rows.map((row) => row.uid));
  for (const { keys } of exactFilters(writer.reader.account, mailboxId, removed)) writer.batch.delete(keys);
  const totals = { messages: -rows.length, unseen: 0, deleted: 0, octets: 0 };
  for (const row of rows) {
    totals.unseen -= row.mask & SEEN ? 0 : 1;
    totals.deleted -= row.mask & DELETED ? 1 : 0;
    totals.octets -= row.size;
  }
  writer.draft.count(mailboxId, totals);
  writer.vanish(mailboxId, removed);
  writer.record({ type: 'expunged', mailboxId, uids: removed });
  return removed;
}

/** Drops the contents of removed placements that were their only ones. */
async function removeOrphans(writer: MailWriter, rows: readonly Row[]): Promise<void> {
  const candidates = new Map(rows.map((row) => [row.content, row.large ?? false]));
  const shared = rows.flatMap((row) => row.shared ?? []);
  if (shared.length > 0) {
    await writer.flush();
    for (const other of await findSharing(writer.reader, shared)) candidates.delete(other.content);
  }
  await removeContents(writer, [...candidates.keys()], (content) => candidates.get(content) ?? false);
}

/** Removes contents, and the pieces of those that have any. */
export async function removeContents(
  writer: MailWriter,
  contents: readonly string[],
  isLarge: (content: string) => boolean,
): Promise<void> {
  if (contents.length === 0) return;
  const { account, collections } = writer.reader;
  const session = await writer.flush();
  for (const list of keyLists(contents)) {
    await collections.contents.deleteMany({ account, _id: { $in: list } }, { session });
  }
  const large = contents.filter(isLarge);
  for (let at = 0; at < large.length; at += PIECED) {
    const pieces: Document[] = large.slice(at, at + PIECED).map((content) => ({ _id: below(content) }));
    await collections.pieces.deleteMany({ account, $or: pieces }, { session });
  }
}
