/** Changes of flags: read what is there at once, work out what differs, write it with as few statements as can be. */

import type { FlagsChange } from '../engine/engine.ts';
import type { ChangedFlags, FlagsResult } from '../engine/records.ts';
import { changeKeywords, changeMask, DELETED, SEEN } from '../model/flags.ts';
import type { MailboxId, Uid } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { ChangeRecorder } from './change-recorder.ts';
import { parseLines } from './columns.ts';
import type { Database } from './database.ts';
import { hasLabels } from './labels.ts';

interface Difference {
  readonly changed: ChangedFlags[];
  readonly modified: Uid[];
  /** Whether keywords of any message differ. */
  keywords: boolean;
  unseen: number;
  deleted: number;
}

/** Changes flags of messages, and of the same messages in other mailboxes. */
export function changeFlags(
  tx: ChangeRecorder,
  db: Database,
  mailboxId: MailboxId,
  uids: UidSet,
  change: FlagsChange,
): FlagsResult {
  const difference: Difference = { changed: [], modified: [], keywords: false, unseen: 0, deleted: 0 };
  for (const range of uids.ranges) compare(db, tx.modSeq, mailboxId, range, change, difference);
  const { changed } = difference;
  const modified = UidSet.fromSorted(difference.modified);
  if (changed.length === 0) return { changed, modified };
  const set = UidSet.fromSorted(changed.map((item) => item.uid));
  write(db, tx.modSeq, mailboxId, set, difference, change);
  tx.count(mailboxId, { messages: 0, unseen: difference.unseen, deleted: difference.deleted, octets: 0 });
  tx.record({ type: 'flags', mailboxId, uids: set });
  if (hasLabels(db)) spread(tx, db, mailboxId, set);
  return { changed, modified };
}

/** Finds what a change makes different in one range. */
function compare(
  db: Database,
  modSeq: number,
  mailboxId: MailboxId,
  [first, last]: readonly [Uid, Uid],
  { mode, flags, unchangedSince }: FlagsChange,
  into: Difference,
): void {
  const row = db.get<{ t: string | null }>(
    `SELECT group_concat(uid || ' ' || mask || ' ' || modSeq || ' ' || keywords || char(10), '') AS t
     FROM (SELECT * FROM placement WHERE mailbox = ? AND uid BETWEEN ? AND ? ORDER BY uid)`,
    mailboxId,
    first,
    last,
  );
  const sameKeywords = flags.keywords === '' && mode !== 'replace';
  parseLines(row?.t ?? null, 3, (numbers, had) => {
    const uid = numbers[0] as number;
    const before = numbers[1] as number;
    if (unchangedSince !== undefined && (numbers[2] as number) > unchangedSince) {
      into.modified.push(uid);
      return;
    }
    const mask = changeMask(before, mode, flags.mask);
    const keywords = sameKeywords ? had : changeKeywords(had, mode, flags.keywords);
    if (mask === before && keywords === had) return;
    if (keywords !== had) into.keywords = true;
    into.changed.push({ uid, modSeq, mask, keywords });
    into.unseen += (mask & SEEN ? 0 : 1) - (before & SEEN ? 0 : 1);
    into.deleted += (mask & DELETED ? 1 : 0) - (before & DELETED ? 1 : 0);
  });
}

const MASK_SQL = { add: 'mask | ?', remove: 'mask & ~?', replace: '?' } as const;

function write(
  db: Database,
  modSeq: number,
  mailboxId: MailboxId,
  set: UidSet,
  difference: Difference,
  { mode, flags }: FlagsChange,
): void {
  if (difference.keywords) {
    const sql = 'UPDATE placement SET mask = ?, keywords = ?, modSeq = ? WHERE mailbox = ? AND uid = ?';
    for (const item of difference.changed) db.run(sql, item.mask, item.keywords, modSeq, mailboxId, item.uid);
    return;
  }
  const sql = `UPDATE placement SET mask = ${MASK_SQL[mode]}, modSeq = ? WHERE mailbox = ? AND uid BETWEEN ? AND ?`;
  for (const [first, last] of set.ranges) db.run(sql, flags.mask, modSeq, mailboxId, first, last);
}

/** Gives the other placements of the changed messages the same flags, `\Deleted` excepted. */
function spread(tx: ChangeRecorder, db: Database, mailboxId: MailboxId, set: UidSet): void {
  const others = new Map<MailboxId, { uids: Uid[]; unseen: number }>();
  for (const [first, last] of set.ranges) {
    const rows = db.all<{ mailbox: number; uid: number; old: number; mask: number; keywords: string }>(
      `SELECT o.mailbox, o.uid, o.mask AS old, (p.mask & ~16) | (o.mask & 16) AS mask, p.keywords
       FROM placement p CROSS JOIN placement o ON o.contentId = p.contentId AND o.emailId = p.emailId
       WHERE p.mailbox = ?1 AND p.uid BETWEEN ?2 AND ?3 AND o.mailbox <> ?1
         AND (o.mask & ~16 <> p.mask & ~16 OR o.keywords <> p.keywords)`,
      mailboxId,
      first,
      last,
    );
    for (const row of rows) {
      db.run(
        'UPDATE placement SET mask = ?, keywords = ?, modSeq = ? WHERE mailbox = ? AND uid = ?',
        row.mask,
        row.keywords,
        tx.modSeq,
        row.mailbox,
        row.uid,
      );
      const other = others.get(row.mailbox) ?? { uids: [], unseen: 0 };
      other.uids.push(row.uid);
      other.unseen += (row.mask & SEEN ? 0 : 1) - (row.old & SEEN ? 0 : 1);
      others.set(row.mailbox, other);
    }
  }
  for (const [other, { uids, unseen }] of others) {
    tx.count(other, { messages: 0, unseen, deleted: 0, octets: 0 });
    tx.record({ type: 'flags', mailboxId: other, uids: UidSet.from(uids) });
  }
}
