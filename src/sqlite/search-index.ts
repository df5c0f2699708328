/** The search index of an account: a database of its own that follows the account's, and can be made anew from it. */

import type { SearchText, StoredBody } from '../model/content.ts';
import type { ContentId } from '../model/ids.ts';
import type { MimePart } from '../model/mime-part.ts';
import { storedBody } from './content-rows.ts';
import type { Database } from './database.ts';

interface PendingRow {
  readonly contentId: number;
  readonly searchText: string | null;
  readonly header: Uint8Array;
  readonly text: Uint8Array;
  readonly segments: string;
  readonly tree: string;
  readonly size: number;
}

/** Makes the search text of a content all of whose text lies on the fast tier. */
export type SearchTextExtractor = (stored: StoredBody, tree: MimePart) => SearchText;

/** Contents indexed in one transaction. Larger batches cost less in all, smaller ones take less time each. */
const BATCH = 128;
/** Batches end early at so many octets of text. */
const BATCH_OCTETS = 2 << 20;

/** Leaves a content to be indexed; part of the transaction that adds it. */
export function addPending(db: Database, id: ContentId, text: SearchText | null): void {
  db.run('INSERT INTO pendingTerms VALUES (?, ?)', id, text && JSON.stringify(text));
}

/** Whether terms wait to be indexed. */
export function hasPending(db: Database): boolean {
  return db.get('SELECT 1 FROM pendingTerms UNION ALL SELECT 1 FROM removedTerms LIMIT 1') !== undefined;
}

/** Leaves contents that are gone to be dropped from the index; no search finds them meanwhile, as none has a placement. */
export function addRemoved(db: Database, ids: readonly ContentId[]): void {
  for (const id of ids) {
    db.run('DELETE FROM pendingTerms WHERE contentId = ?', id);
    // Also of one that waits to be indexed: it may be so already by somebody who has not come to say it.
    db.run('INSERT OR IGNORE INTO removedTerms VALUES (?)', id);
  }
}

/** What one batch took up, to be dropped from the waiting list once the index is on the disk. */
export interface IndexedBatch {
  readonly added: readonly ContentId[];
  readonly removed: readonly ContentId[];
}

/** Indexes one batch of what waits, in a transaction of the index alone; `null` when nothing waits. */
export function indexBatch(db: Database, extract: SearchTextExtractor): IndexedBatch | null {
  // In one transaction: each statement alone would take and give back the log's locks.
  const { rows, removed } = db.transaction(() => ({ rows: readPending(db), removed: readRemoved(db) }));
  if (rows.length + removed.length === 0) return null;
  const texts = rows.map((row) => searchTextOf(row, extract));
  db.transaction(() => {
    for (const [index, row] of rows.entries()) insertTerms(db, row.contentId, texts[index] as SearchText);
    for (const contentId of removed) {
      db.run('DELETE FROM search.field WHERE rowid = ?', contentId);
      db.run('DELETE FROM search.word WHERE rowid = ?', contentId);
    }
  });
  return { added: rows.map((row) => row.contentId), removed };
}

/**
 * Drops what a batch took up from the waiting list. Only after the index is synced: a crash before leads to the same
 * terms once more, which changes nothing.
 */
export function forgetPending(db: Database, batch: IndexedBatch): void {
  // The terms of a content that went while it was being indexed may have been dropped before they were there.
  const gone = 'INSERT OR IGNORE INTO removedTerms SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM content WHERE id = ?1)';
  db.transaction(() => {
    for (const id of batch.added)
      if (db.run('DELETE FROM pendingTerms WHERE contentId = ?', id) === 0) db.run(gone, id);
    // Another process may have indexed meanwhile what it had read before: then the terms are to be dropped once more.
    const dropped = `DELETE FROM removedTerms
      WHERE contentId = ?1 AND NOT EXISTS (SELECT 1 FROM search.word WHERE rowid = ?1)`;
    for (const id of batch.removed) db.run(dropped, id);
  });
}

function readRemoved(db: Database): ContentId[] {
  const rows = db.all<{ contentId: ContentId }>('SELECT contentId FROM removedTerms LIMIT ?', 4 * BATCH);
  return rows.map((row) => row.contentId);
}

function readPending(db: Database): PendingRow[] {
  const rows: PendingRow[] = [];
  let octets = 0;
  let after = 0;
  while (rows.length < BATCH && octets < BATCH_OCTETS) {
    const row = db.get<PendingRow>(
      `SELECT p.contentId, p.searchText, c.header, c.text, c.segments, c.tree, c.size
       FROM pendingTerms p JOIN content c ON c.id = p.contentId WHERE p.contentId > ? ORDER BY p.contentId LIMIT 1`,
      after,
    );
    if (!row) break;
    rows.push(row);
    octets += row.text.length;
    after = row.contentId;
  }
  return rows;
}

function searchTextOf(row: PendingRow, extract: SearchTextExtractor): SearchText {
  if (row.searchText !== null) return JSON.parse(row.searchText) as SearchText;
  try {
    return extract(storedBody(row.header, row.text, row.segments, row.size), JSON.parse(row.tree) as MimePart);
  } catch {
    // One message that cannot be read must not keep all others from being found, now and for good.
    return NO_TEXT;
  }
}

const NO_TEXT: SearchText = { from: '', to: '', cc: '', bcc: '', subject: '', header: '', body: '' };

function insertTerms(db: Database, id: ContentId, text: SearchText): void {
  db.run(
    'INSERT OR REPLACE INTO search.field(rowid, sender, recipient, cc, bcc, subject) VALUES (?, ?, ?, ?, ?, ?)',
    id,
    text.from,
    text.to,
    text.cc,
    text.bcc,
    text.subject,
  );
  db.run('INSERT OR REPLACE INTO search.word(rowid, header, body) VALUES (?, ?, ?)', id, text.header, text.body);
}
