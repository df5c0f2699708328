/** The messages of threads. */

import type { ThreadPlace } from '../engine/records.ts';
import { SEEN } from '../model/flags.ts';
import type { MailboxId, ThreadId } from '../model/ids.ts';
import { parseLines } from './columns.ts';
import type { Database } from './database.ts';

/** All places of messages of threads, a statement for each thread. */
export function threadPlaces(db: Database, threadIds: readonly ThreadId[]): ThreadPlace[] {
  const places: ThreadPlace[] = [];
  for (const threadId of [...new Set(threadIds)].sort((a, b) => a - b)) {
    const row = db.get<{ t: string | null }>(
      `SELECT group_concat(mailbox || ' ' || uid || ' ' || emailId || ' ' || mask || ' ' || char(10), '') AS t
       FROM (SELECT mailbox, uid, emailId, mask FROM placement INDEXED BY placementThread WHERE threadId = ?
         ORDER BY mailbox, uid)`,
      threadId,
    );
    parseLines(row?.t ?? null, 4, ([mailboxId = 0, uid = 0, emailId = 0, mask = 0]) => {
      places.push({ threadId, mailboxId, uid, emailId, mask });
    });
  }
  return places;
}

/** Of how many threads a mailbox has messages. */
export function countThreads(db: Database, mailboxId: MailboxId, unseen: boolean): number {
  const sql = `SELECT count(DISTINCT threadId) AS n FROM placement WHERE mailbox = ?${unseen ? ` AND mask & ${SEEN} = 0` : ''}`;
  return db.get<{ n: number }>(sql, mailboxId)?.n ?? 0;
}
