/** Messages that are in several mailboxes. */

import type { OtherPlace } from '../engine/records.ts';
import type { MailboxId } from '../model/ids.ts';
import type { UidSet } from '../model/uid-set.ts';
import type { Database } from './database.ts';
import type { SqlRow } from './driver.ts';

/** Whether any message of the account is, or was, in two mailboxes. */
export function hasLabels(db: Database): boolean {
  return db.get<{ labels: number }>('SELECT labels FROM state')?.labels !== 0;
}

/** Where else messages of a mailbox are. */
export function otherPlaces(db: Database, mailboxId: MailboxId, uids: UidSet): OtherPlace[] {
  if (!hasLabels(db)) return [];
  const sql = `SELECT p.uid, o.mailbox AS mailboxId, o.uid AS at
    FROM placement p CROSS JOIN placement o ON o.contentId = p.contentId AND o.emailId = p.emailId
    WHERE p.mailbox = ?1 AND p.uid BETWEEN ?2 AND ?3 AND o.mailbox <> ?1 ORDER BY p.uid, o.mailbox`;
  return uids.ranges.flatMap(([first, last]) =>
    db.all<OtherPlace & SqlRow>(sql, mailboxId, first, last).map((row) => ({ ...row })),
  );
}
