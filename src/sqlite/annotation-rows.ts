/** Annotations as rows. */

import type { AnnotationFilter } from '../engine/engine.ts';
import type { AnnotationRecord } from '../engine/records.ts';
import type { MailboxId } from '../model/ids.ts';
import type { Database } from './database.ts';

/** What `mailbox` is for annotations of the account itself: no mailbox has the number. */
const ACCOUNT = 0;

interface AnnotationRow {
  readonly mailbox: number;
  readonly name: string;
  readonly value: Uint8Array;
}

/** Annotations in the order of the contract. */
export function readAnnotations(db: Database, { mailboxId, names }: AnnotationFilter): AnnotationRecord[] {
  const conditions = ['TRUE'];
  const values: (number | string)[] = [];
  if (mailboxId !== undefined) {
    conditions.push('mailbox = ?');
    values.push(mailboxId ?? ACCOUNT);
  }
  if (names) {
    conditions.push('name IN (SELECT value FROM json_each(?))');
    values.push(JSON.stringify(names));
  }
  return db
    .all<AnnotationRow>(
      `SELECT mailbox, name, value FROM annotation WHERE ${conditions.join(' AND ')} ORDER BY mailbox, name`,
      ...values,
    )
    .map(({ mailbox, name, value }) => ({ mailboxId: mailbox === ACCOUNT ? null : mailbox, name, value }));
}

/** Octets of names, which are ASCII, and values. */
export function annotationOctets(db: Database): number {
  const sql = 'SELECT coalesce(sum(length(name) + length(value)), 0) AS n FROM annotation';
  return db.get<{ n: number }>(sql)?.n ?? 0;
}

/** Sets an annotation, or removes it. */
export function writeAnnotation(
  db: Database,
  mailboxId: MailboxId | null,
  name: string,
  value: Uint8Array | null,
): void {
  const mailbox = mailboxId ?? ACCOUNT;
  if (value === null) db.run('DELETE FROM annotation WHERE mailbox = ? AND name = ?', mailbox, name);
  else db.run('INSERT OR REPLACE INTO annotation VALUES (?, ?, ?)', mailbox, name, value);
}

/** The last one in the order of the contract. */
export function lastAnnotation(db: Database): Pick<AnnotationRecord, 'mailboxId' | 'name'> | null {
  const sql = 'SELECT mailbox, name FROM annotation ORDER BY mailbox DESC, name DESC LIMIT 1';
  const row = db.get<Pick<AnnotationRow, 'mailbox' | 'name'>>(sql);
  return row ? { mailboxId: row.mailbox === ACCOUNT ? null : row.mailbox, name: row.name } : null;
}
