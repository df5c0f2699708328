/** COPY and MOVE: new placements made inside the database, a statement for each range. */

import type { CopiedMessage } from '../engine/records.ts';
import type { CopyMode } from '../model/account.ts';
import { DELETED, SEEN } from '../model/flags.ts';
import type { MailboxId } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { ChangeRecorder } from './change-recorder.ts';
import { parseLines } from './columns.ts';
import type { Database } from './database.ts';

/** What goes where. `move` keeps the message's id: its old placement goes away next. */
export interface CopyRequest {
  readonly from: MailboxId;
  readonly uids: UidSet;
  readonly to: MailboxId;
  readonly mode: CopyMode | 'move';
}

interface Totals {
  readonly uids: number[];
  unseen: number;
  deleted: number;
  octets: number;
}

/** Makes placements in `to`, in ascending order of UID. */
export function copyPlacements(tx: ChangeRecorder, db: Database, request: CopyRequest): CopiedMessage[] {
  const { from, to, mode } = request;
  const totals = readTotals(db, request);
  const count = totals.uids.length;
  if (count === 0) return [];
  const firstUid = tx.takeUids(to, count);
  const firstId = tx.takeIds(count);
  const sql = insertStatement(mode);
  const now = Date.now();
  let taken = 0;
  for (const [first, last] of UidSet.fromSorted(totals.uids).ranges) {
    db.run(sql, tx.modSeq, now, firstUid + taken, firstId + taken, from, first, last, to);
    taken += last - first + 1;
  }
  // From now on a change of flags may concern other mailboxes too.
  if (mode === 'label') db.run('UPDATE state SET labels = 1');
  tx.count(to, { messages: count, unseen: totals.unseen, deleted: totals.deleted, octets: totals.octets });
  tx.record({ type: 'added', mailboxId: to, uids: UidSet.range(firstUid, firstUid + count - 1) });
  return totals.uids.map((uid, index) => ({ from: uid, to: firstUid + index }));
}

function readTotals(db: Database, { from, uids }: CopyRequest): Totals {
  const totals: Totals = { uids: [], unseen: 0, deleted: 0, octets: 0 };
  for (const [first, last] of uids.ranges) {
    const row = db.get<{ t: string | null }>(
      `SELECT group_concat(uid || ' ' || mask || ' ' || size || ' ' || char(10), '') AS t
       FROM (SELECT uid, mask, size FROM placement WHERE mailbox = ? AND uid BETWEEN ? AND ? ORDER BY uid)`,
      from,
      first,
      last,
    );
    parseLines(row?.t ?? null, 3, (numbers) => {
      totals.uids.push(numbers[0] as number);
      totals.unseen += (numbers[1] as number) & SEEN ? 0 : 1;
      totals.deleted += (numbers[1] as number) & DELETED ? 1 : 0;
      totals.octets += numbers[2] as number;
    });
  }
  return totals;
}

/**
 * (modSeq, now, first uid, first id, from, first, last, to). A message that `to` has already gets an id of its own, but
 * not when it has it only until the move is done.
 */
function insertStatement(mode: CopyRequest['mode']): string {
  const number = 'row_number() OVER (ORDER BY uid) - 1';
  const has =
    'EXISTS (SELECT 1 FROM placement o WHERE o.contentId = p.contentId AND o.emailId = p.emailId AND o.mailbox = ?8)';
  const stays = mode === 'move' ? `${has} AND ?8 <> ?5` : has;
  const id = mode === 'separate' ? `?4 + ${number}` : `CASE WHEN ${stays} THEN ?4 + ${number} ELSE emailId END`;
  return `INSERT INTO placement
    SELECT ?8, ?3 + ${number}, ${id}, contentId, threadId, ?1, mask, keywords, internalDate, ?2, sentDay, size
    FROM placement p WHERE mailbox = ?5 AND uid BETWEEN ?6 AND ?7 ORDER BY uid`;
}
