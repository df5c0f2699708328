/** Removes messages from a mailbox, and contents that no mailbox has any more. */

import { DELETED, SEEN } from '../model/flags.ts';
import type { MailboxId } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { ChangeRecorder } from './change-recorder.ts';
import { parseLines } from './columns.ts';
import type { Database } from './database.ts';
import { addRemoved } from './search-index.ts';

/** Removes placements; the UIDs that were there. */
export function removePlacements(tx: ChangeRecorder, db: Database, mailboxId: MailboxId, uids: UidSet): UidSet {
  const found: number[] = [];
  const contents = new Set<number>();
  const totals = { unseen: 0, deleted: 0, octets: 0 };
  for (const [first, last] of uids.ranges) {
    const row = db.get<{ t: string | null }>(
      `SELECT group_concat(uid || ' ' || mask || ' ' || size || ' ' || contentId || ' ' || char(10), '') AS t
       FROM (SELECT uid, mask, size, contentId FROM placement WHERE mailbox = ? AND uid BETWEEN ? AND ? ORDER BY uid)`,
      mailboxId,
      first,
      last,
    );
    parseLines(row?.t ?? null, 4, ([uid, mask, size, contentId]) => {
      found.push(uid as number);
      contents.add(contentId as number);
      totals.unseen += (mask as number) & SEEN ? 0 : 1;
      totals.deleted += (mask as number) & DELETED ? 1 : 0;
      totals.octets += size as number;
    });
    db.run('DELETE FROM placement WHERE mailbox = ? AND uid BETWEEN ? AND ?', mailboxId, first, last);
  }
  if (found.length === 0) return UidSet.empty;
  const removed = UidSet.fromSorted(found);
  removeContents(db, contents);
  db.run(
    `INSERT INTO vanished VALUES (?1, ?2, ?3)
     ON CONFLICT (mailbox, modSeq) DO UPDATE SET uids = uids || ',' || excluded.uids`,
    mailboxId,
    tx.modSeq,
    removed.toString(),
  );
  tx.count(mailboxId, {
    messages: -found.length,
    unseen: -totals.unseen,
    deleted: -totals.deleted,
    octets: -totals.octets,
  });
  tx.record({ type: 'expunged', mailboxId, uids: removed });
  return removed;
}

/** Drops those contents that no placement has. */
export function removeContents(db: Database, candidates: Iterable<number>): void {
  const orphans: number[] = [];
  for (const id of candidates) {
    if (db.get('SELECT 1 FROM placement WHERE contentId = ? LIMIT 1', id) === undefined) orphans.push(id);
  }
  for (const id of orphans) {
    db.run('DELETE FROM content WHERE id = ?', id);
    db.run('DELETE FROM blobReference WHERE contentId = ?', id);
  }
  addRemoved(db, orphans);
}
