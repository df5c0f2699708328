/** Takes accounts out of SQLite files, and into them. */

import type {
  AccountTransfer,
  TransferBatch,
  TransferNumbers,
  TransferPlacement,
  TransferProgress,
  TransferState,
  TransferThreadKey,
} from '../engine/account-transfer.ts';
import { formatItems } from '../engine/change-text.ts';
import type { AccountRecord } from '../engine/engine.ts';
import type { AccountId, MailboxId, Uid } from '../model/ids.ts';
import type { AccountFile } from './account-file.ts';
import { lastAnnotation, writeAnnotation } from './annotation-rows.ts';
import type { Database } from './database.ts';
import { insertContent } from './insert-message.ts';

/** What a transfer needs of the engine. */
export interface SqliteTransferParts {
  file(account: AccountId): Promise<AccountFile>;
  release(record: AccountRecord): Promise<void>;
}

/** Transfers of one store. */
export class SqliteTransfer implements AccountTransfer {
  readonly #parts: SqliteTransferParts;

  constructor(parts: SqliteTransferParts) {
    this.#parts = parts;
  }

  numbers(account: AccountId): Promise<TransferNumbers> {
    const sql = 'SELECT nextId, nextUidValidity FROM state';
    return this.#run(account, (db) => db.get<TransferNumbers>(sql) as TransferNumbers);
  }

  placements(account: AccountId, mailboxId: MailboxId, after: Uid, limit: number): Promise<TransferPlacement[]> {
    const sql = `SELECT uid, emailId, contentId, threadId, modSeq, mask, keywords, internalDate, saveDate, size, sentDay
      FROM placement WHERE mailbox = ? AND uid > ? ORDER BY uid LIMIT ?`;
    return this.#run(account, (db) =>
      db.all<TransferPlacement>(sql, mailboxId, after, limit).map((row) => ({ ...row })),
    );
  }

  async threadKeys(account: AccountId, after: string, limit: number): Promise<TransferThreadKey[]> {
    const sql = 'SELECT key, threadId FROM threadKey WHERE key > ? ORDER BY key LIMIT ?';
    const rows = await this.#run(account, (db) =>
      db.all<{ key: Uint8Array; threadId: number }>(sql, Buffer.from(after, 'hex'), limit),
    );
    return rows.map(({ key, threadId }) => ({ key: Buffer.from(key).toString('hex'), threadId }));
  }

  progress(account: AccountId, mailboxes: readonly MailboxId[]): Promise<TransferProgress> {
    return this.#run(account, (db) => {
      const last = (sql: string, ...values: number[]): number | null =>
        db.get<{ n: number | null }>(sql, ...values)?.n ?? null;
      const uids = new Map<MailboxId, Uid>();
      for (const id of mailboxes) {
        const uid = last('SELECT max(uid) AS n FROM placement WHERE mailbox = ?', id);
        if (uid !== null) uids.set(id, uid);
      }
      const key = db.get<{ k: Uint8Array | null }>('SELECT max(key) AS k FROM threadKey')?.k;
      return {
        content: last('SELECT max(id) AS n FROM content') ?? 0,
        uids,
        threadKey: key ? Buffer.from(key).toString('hex') : '',
        annotation: lastAnnotation(db),
        change: last('SELECT max(modSeq) AS n FROM change') ?? 0,
      };
    });
  }

  put(account: AccountId, batch: TransferBatch): Promise<void> {
    return this.#run(account, (db) => putBatch(db, batch));
  }

  putState(account: AccountId, state: TransferState): Promise<void> {
    return this.#run(account, (db) => putState(db, state));
  }

  release(record: AccountRecord): Promise<void> {
    return this.#parts.release(record);
  }

  async #run<T>(account: AccountId, work: (db: Database) => T): Promise<T> {
    return (await this.#parts.file(account)).transfer(work);
  }
}

function putBatch(db: Database, batch: TransferBatch): void {
  if (batch.kind === 'contents') {
    for (const { contentId, content } of batch.contents) {
      db.run('DELETE FROM content WHERE id = ?', contentId);
      db.run('DELETE FROM blobReference WHERE contentId = ?', contentId);
      db.run('DELETE FROM pendingTerms WHERE contentId = ?', contentId);
      insertContent(db, contentId, content);
    }
  }
  if (batch.kind === 'placements')
    for (const placement of batch.placements) putPlacement(db, batch.mailboxId, placement);
  if (batch.kind === 'threadKeys') {
    const sql = 'INSERT OR REPLACE INTO threadKey VALUES (?, ?)';
    for (const { key, threadId } of batch.keys) db.run(sql, Buffer.from(key, 'hex'), threadId);
  }
  if (batch.kind === 'annotations') {
    for (const { mailboxId, name, value } of batch.annotations) writeAnnotation(db, mailboxId, name, value);
  }
  if (batch.kind !== 'changes') return;
  for (const { modSeq, time, items } of batch.changes) {
    db.run('INSERT OR REPLACE INTO change VALUES (?, ?, ?)', modSeq, time, formatItems(items));
  }
  for (const { mailboxId, modSeq, uids } of batch.vanished) {
    db.run('INSERT OR REPLACE INTO vanished VALUES (?, ?, ?)', mailboxId, modSeq, uids.toString());
  }
}

function putPlacement(db: Database, mailboxId: MailboxId, placement: TransferPlacement): void {
  db.run(
    'INSERT OR REPLACE INTO placement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    mailboxId,
    placement.uid,
    placement.emailId,
    placement.contentId,
    placement.threadId,
    placement.modSeq,
    placement.mask,
    placement.keywords,
    placement.internalDate,
    placement.saveDate,
    placement.sentDay,
    placement.size,
  );
}

function putState(db: Database, state: TransferState): void {
  db.run(
    `UPDATE state SET modSeq = ?, octets = ?, messages = ?, nextId = ?, nextUidValidity = ?, changesExpired = ?,
       labels = EXISTS (SELECT 1 FROM placement GROUP BY contentId HAVING count(*) > 1)`,
    state.modSeq,
    state.octets,
    state.messages,
    state.nextId,
    state.nextUidValidity,
    state.changesExpired,
  );
  db.run('DELETE FROM mailbox');
  for (const mailbox of state.mailboxes) {
    db.run(
      'INSERT INTO mailbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      mailbox.id,
      mailbox.path,
      mailbox.uidValidity,
      mailbox.uidNext,
      mailbox.specialUse,
      mailbox.messages,
      mailbox.unseen,
      mailbox.deleted,
      mailbox.octets,
      mailbox.createdModSeq,
      mailbox.highestModSeq,
    );
  }
  db.run('DELETE FROM subscription');
  for (const path of state.subscriptions) db.run('INSERT INTO subscription VALUES (?)', path);
}
