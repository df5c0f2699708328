/** COPY and MOVE: placements read at once and written at once, however many there are. */

import type { CopiedMessage } from '../engine/records.ts';
import type { CopyMode } from '../model/account.ts';
import { DELETED, SEEN } from '../model/flags.ts';
import type { EmailId, MailboxId } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { PlacementDocument } from './documents.ts';
import { mailboxOf, placementKey } from './keys.ts';
import type { MailWriter } from './mail-writer.ts';
import { deletePlacements } from './remove-placements.ts';
import { findSharing } from './shared-placements.ts';
import { keyLists, uidFilter } from './uid-filter.ts';

/** What goes where. `move` keeps the message's id, and its old placement goes away. */
export interface CopyRequest {
  readonly from: MailboxId;
  readonly uids: UidSet;
  readonly to: MailboxId;
  readonly mode: CopyMode | 'move';
}

/** Makes placements in `to`, in ascending order of UID. */
export async function copyPlacements(writer: MailWriter, request: CopyRequest): Promise<CopiedMessage[]> {
  const { from, uids, to, mode } = request;
  const { account } = writer.reader;
  const { keys, loose } = uidFilter(account, from, uids);
  const found = await writer.reader.find<PlacementDocument>(keys);
  const rows = loose ? found.filter((row) => uids.has(row.uid)) : found;
  if (rows.length === 0) return [];
  const firstUid = writer.draft.takeUids(to, rows.length);
  const firstId = writer.draft.takeIds(rows.length);
  const there = mode === 'separate' ? null : await messagesIn(writer, request, rows);
  const now = Date.now();
  const totals = { messages: rows.length, unseen: 0, deleted: 0, octets: 0 };
  for (const [index, row] of rows.entries()) {
    const uid = firstUid + index;
    writer.batch.insert({
      ...row,
      _id: placementKey(account, to, uid),
      uid,
      emailId: there && !there.has(row.emailId) ? row.emailId : firstId + index,
      ...(mode !== 'move' && { shared: row.content }),
      modSeq: writer.modSeq,
      saveDate: now,
    });
    totals.unseen += row.mask & SEEN ? 0 : 1;
    totals.deleted += row.mask & DELETED ? 1 : 0;
    totals.octets += row.size;
  }
  writer.draft.count(to, totals);
  writer.record({ type: 'added', mailboxId: to, uids: UidSet.range(firstUid, firstUid + rows.length - 1) });
  if (mode === 'move') deletePlacements(writer, from, rows);
  else markShared(writer, rows);
  return rows.map((row, index) => ({ from: row.uid, to: firstUid + index }));
}

/** Messages that `to` has already, so that another placement there has to be another message. */
async function messagesIn(
  writer: MailWriter,
  { from, to, mode }: CopyRequest,
  rows: readonly PlacementDocument[],
): Promise<Set<EmailId>> {
  // A message that is moved within a mailbox is there only until the move is done.
  if (from === to) return new Set(mode === 'move' ? [] : rows.map((row) => row.emailId));
  const shared = rows.flatMap((row) => row.shared ?? []);
  if (shared.length === 0) return new Set();
  const others = await findSharing(writer.reader, shared);
  return new Set(others.filter((other) => mailboxOf(other._id) === to).map((other) => other.emailId));
}

/** From now on the contents have several placements, and each of them can be found from any other. */
function markShared(writer: MailWriter, rows: readonly PlacementDocument[]): void {
  const alone = rows.filter((row) => row.shared === undefined).map((row) => row._id);
  for (const list of keyLists(alone)) {
    writer.batch.update([{ $in: list }], [{ $set: { shared: '$content' } }], list.length);
  }
}
