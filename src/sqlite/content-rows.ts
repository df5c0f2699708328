/** Messages and contents out of their rows. */

import type { FetchOptions, StoredContent } from '../engine/engine.ts';
import type { FetchedRecord } from '../engine/records.ts';
import type { Segment, StoredBody } from '../model/content.ts';
import type { MailboxId } from '../model/ids.ts';
import type { MimePart } from '../model/mime-part.ts';
import type { UidSet } from '../model/uid-set.ts';
import type { Database } from './database.ts';
import { inflateText } from './text-compression.ts';

interface Row {
  uid: number;
  emailId: number;
  contentId: number;
  threadId: number;
  modSeq: number;
  mask: number;
  keywords: string;
  internalDate: number;
  saveDate: number;
  size: number;
  envelope?: string;
  bodyStructure?: string;
  preview?: string;
  header?: Uint8Array;
  tree?: string | MimePart;
  segments?: string;
  text?: Uint8Array;
  body?: StoredBody;
}

const PLACEMENT =
  'p.uid, p.emailId, p.contentId, p.threadId, p.modSeq, p.mask, p.keywords, p.internalDate, p.saveDate, p.size';

/** Rows read by one statement, so that none holds up the event loop for long. */
const ROWS = 500;

/** Messages of ascending UID with the fields asked for. */
export function fetchRecords(db: Database, mailboxId: MailboxId, uids: UidSet, options: FetchOptions): FetchedRecord[] {
  const sql = statement(options);
  const found: FetchedRecord[] = [];
  let octets = 0;
  for (const [first, last] of uids.ranges) {
    let from = first;
    while (from <= last) {
      const wanted = Math.min(options.limit - found.length, options.body ? bodyRows(options, octets) : ROWS);
      const rows = db.all<Row>(sql, mailboxId, from, last, wanted);
      for (const row of rows) {
        found.push(toRecord(row, options));
        if (options.body) octets += (row.body as StoredBody).text.length + (row.body as StoredBody).header.length;
        if (options.bodyLimit !== undefined && octets >= options.bodyLimit) return found;
      }
      if (found.length >= options.limit) return found;
      if (rows.length < wanted) break;
      from = (rows.at(-1) as Row).uid + 1;
    }
  }
  return found;
}

/** Bodies are read a few at a time, as a limit in octets is known only after each. */
function bodyRows(options: FetchOptions, octets: number): number {
  return options.bodyLimit === undefined
    ? ROWS
    : Math.max(1, Math.min(20, Math.floor((options.bodyLimit - octets) / 20_000)));
}

function statement(options: FetchOptions): string {
  const fields: string[] = [];
  if (options.envelope) fields.push('c.envelope');
  if (options.bodyStructure) fields.push('c.bodyStructure');
  if (options.preview) fields.push('c.preview');
  if (options.header || options.body) fields.push('c.header');
  if (options.tree || options.body) fields.push('c.tree');
  if (options.body) fields.push('c.segments', 'c.text');
  if (fields.length === 0) {
    return `SELECT ${PLACEMENT} FROM placement p WHERE p.mailbox = ? AND p.uid BETWEEN ? AND ? ORDER BY p.uid LIMIT ?`;
  }
  return `SELECT ${PLACEMENT}, ${fields.join(', ')} FROM placement p CROSS JOIN content c ON c.id = p.contentId
    WHERE p.mailbox = ? AND p.uid BETWEEN ? AND ? ORDER BY p.uid LIMIT ?`;
}

function toRecord(row: Row, options: FetchOptions): FetchedRecord {
  if (options.body) {
    row.body = storedBody(row.header as Uint8Array, row.text as Uint8Array, row.segments as string, row.size);
    row.tree = JSON.parse(row.tree as string) as MimePart;
    delete row.segments;
    delete row.text;
    if (!options.header) delete row.header;
  } else if (options.tree) {
    row.tree = JSON.parse(row.tree as string) as MimePart;
  }
  return row as FetchedRecord;
}

/** Contents by id order, up to 20 MB of text at once. */
export function readContents(db: Database, after: number, limit: number): StoredContent[] {
  const rows = db.all<{
    id: number;
    size: number;
    digest: Uint8Array;
    header: Uint8Array;
    tree: string;
    segments: string;
    text: Uint8Array;
  }>(
    'SELECT id, size, digest, header, tree, segments, text FROM content WHERE id > ? ORDER BY id LIMIT ?',
    after,
    Math.min(limit, 20),
  );
  return rows.map((row) => ({
    contentId: row.id,
    digest: Buffer.from(row.digest).toString('hex'),
    body: storedBody(row.header, row.text, row.segments, row.size),
    tree: JSON.parse(row.tree) as MimePart,
  }));
}

/** A body out of its columns. */
export function storedBody(header: Uint8Array, text: Uint8Array, segments: string, size: number): StoredBody {
  const octets = inflateText(text);
  return {
    header,
    text: octets,
    // Most messages are one run of text; its length goes without saying.
    segments: segments === '' ? [{ kind: 'text', length: octets.length }] : (JSON.parse(segments) as Segment[]),
    size,
  };
}
