/** Search queries as SQL: one statement whatever is combined. */

import { EiderError } from '../errors.ts';
import { DELETED } from '../model/flags.ts';
import type { MailboxId } from '../model/ids.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { foldText, oneSpaced, words } from '../model/tokens.ts';
import { parseNumbers } from './columns.ts';
import type { Database } from './database.ts';
import type { SqlValue } from './driver.ts';
import { ATTACHMENT_FUNCTION, HEADER_FUNCTION } from './search-functions.ts';

/** A condition on `placement p`, with the values for its question marks. */
interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

const DAY = 86_400_000;
const FIELD_COLUMN = { from: 'sender', to: 'recipient', cc: 'cc', bcc: 'bcc', subject: 'subject' } as const;
/** SQLite's limits are 1,000 levels of an expression and 32,766 values. */
const MAX_NESTING = 200;
const MAX_VALUES = 30_000;
const ALL: Condition = { sql: '1', values: [] };
const NONE: Condition = { sql: '0', values: [] };

/**
 * UIDs of a mailbox's messages that match, ascending. All terms must be in the index.
 *
 * @throws `LIMIT_EXCEEDED` when conditions nest deeper than 200 levels, or compare with more than 30,000 values.
 */
export function searchPlacements(db: Database, mailboxId: MailboxId, query: SearchQuery): Uint32Array {
  const { sql, values } = compile(query, MAX_NESTING);
  if (values.length > MAX_VALUES) throw new EiderError('LIMIT_EXCEEDED', 'the search has too many conditions');
  // Without statistics the planner would go through the whole mailbox. The index is named where nothing else stands, as
  // SQLite refuses to use it beside a condition that can never hold.
  const deleted = wantsDeleted(query);
  const among = deleted
    ? 'p.uid IN (SELECT uid FROM placement INDEXED BY placementDeleted WHERE mask & 16 AND mailbox = ?) AND'
    : '';
  const row = db.get<{ n: string | null }>(
    `SELECT group_concat(uid) AS n FROM (SELECT uid FROM placement p WHERE mailbox = ? AND ${among} ${sql} ORDER BY uid)`,
    mailboxId,
    ...(deleted ? [mailboxId] : []),
    ...values,
  );
  return parseNumbers(row?.n ?? null);
}

/** Whether only messages with `\Deleted` can match. */
function wantsDeleted(query: SearchQuery): boolean {
  if (query.key === 'and') return query.of.some(wantsDeleted);
  return query.key === 'flag' && query.set && (query.mask & DELETED) !== 0;
}

function compile(query: SearchQuery, levels: number): Condition {
  if (levels === 0) throw new EiderError('LIMIT_EXCEEDED', 'the search nests too deep');
  switch (query.key) {
    case 'all':
      return ALL;
    case 'and':
      return join(
        query.of.map((part) => compile(part, levels - 1)),
        ' AND ',
        ALL,
      );
    case 'or':
      return join(
        query.of.map((part) => compile(part, levels - 1)),
        ' OR ',
        NONE,
      );
    case 'not': {
      const { sql, values } = compile(query.of, levels - 1);
      return { sql: `NOT (${sql})`, values };
    }
    case 'uid':
      return uidCondition(query.set.ranges);
    case 'flag':
      return { sql: `(p.mask & ?) ${query.set ? '=' : '<>'} ?`, values: [query.mask, query.mask] };
    case 'keyword':
      return {
        sql: `(' ' || lower(p.keywords) || ' ') ${query.set ? '' : 'NOT '}LIKE ? ESCAPE '\\'`,
        values: [`% ${query.keyword.toLowerCase().replace(/[\\%_]/g, '\\$&')} %`],
      };
    case 'from':
    case 'to':
    case 'cc':
    case 'bcc':
    case 'subject':
      return fieldCondition(query.key, query.text);
    case 'header':
      return headerCondition(query.field, query.text);
    case 'attachment':
      return attachmentCondition(query.text);
    case 'mailbox':
      return {
        sql: '(p.mailbox = ? OR EXISTS (SELECT 1 FROM placement o WHERE o.contentId = p.contentId AND o.emailId = p.emailId AND o.mailbox = ?))',
        values: [query.id, query.id],
      };
    case 'body':
    case 'text':
      return wordCondition(query.key, query.text);
    case 'larger':
      return { sql: 'p.size > ?', values: [query.octets] };
    case 'smaller':
      return { sql: 'p.size < ?', values: [query.octets] };
    case 'internalDay':
      return span('p.internalDate', scaled(query.from), scaled(query.before));
    case 'saveDay':
      return span('p.saveDate', scaled(query.from), scaled(query.before));
    case 'sentDay':
      return span('p.sentDay', query.from, query.before);
    case 'younger':
      return { sql: 'p.internalDate >= ?', values: [Date.now() - query.seconds * 1000] };
    case 'older':
      return { sql: 'p.internalDate <= ?', values: [Date.now() - query.seconds * 1000] };
    case 'modSeq':
      return { sql: 'p.modSeq >= ?', values: [query.from] };
    case 'emailId':
      return { sql: 'p.emailId = ?', values: [query.id] };
    case 'contentId':
      return { sql: 'p.contentId = ?', values: [query.id] };
    case 'threadId':
      return { sql: 'p.threadId = ?', values: [query.id] };
  }
}

function join(parts: readonly Condition[], by: string, none: Condition): Condition {
  if (parts.length === 0) return none;
  return { sql: joinSql(parts, by), values: parts.flatMap((part) => part.values) };
}

/** Halves within halves, as a plain row of a thousand would be an expression a thousand levels deep. */
function joinSql(parts: readonly Condition[], by: string): string {
  if (parts.length <= 8) return `(${parts.map((part) => part.sql).join(by)})`;
  const middle = parts.length >> 1;
  return `(${joinSql(parts.slice(0, middle), by)}${by}${joinSql(parts.slice(middle), by)})`;
}

function uidCondition(ranges: readonly (readonly [number, number])[]): Condition {
  if (ranges.length === 0) return NONE;
  if (ranges.length <= 20) {
    const sql = ranges.map(() => 'p.uid BETWEEN ? AND ?').join(' OR ');
    return { sql: `(${sql})`, values: ranges.flat() };
  }
  // A long list is one value: SQLite has limits on a statement's length and on its values.
  return {
    sql: `EXISTS (SELECT 1 FROM json_each(?) r WHERE p.uid BETWEEN r.value ->> 0 AND r.value ->> 1)`,
    values: [JSON.stringify(ranges)],
  };
}

const scaled = (day: number | undefined): number | undefined => (day === undefined ? undefined : day * DAY);

function span(column: string, from: number | undefined, before: number | undefined): Condition {
  const parts: Condition[] = [];
  if (from !== undefined) parts.push({ sql: `${column} >= ?`, values: [from] });
  if (before !== undefined) parts.push({ sql: `${column} < ?`, values: [before] });
  return join(parts, ' AND ', ALL);
}

/** Substring of an indexed header field: its trigrams in a row. Under three characters there are none to look up. */
function fieldCondition(key: keyof typeof FIELD_COLUMN, text: string): Condition {
  const folded = oneSpaced(foldText(text));
  if ([...folded].length < 3) return headerCondition(key, text);
  return {
    sql: 'p.contentId IN (SELECT rowid FROM search.field WHERE field MATCH ?)',
    values: [`{${FIELD_COLUMN[key]}} : ${quote(folded)}`],
  };
}

function headerCondition(field: string, text: string): Condition {
  return {
    sql: `(SELECT ${HEADER_FUNCTION}(c.header, ?, ?) FROM content c WHERE c.id = p.contentId)`,
    values: [field.toLowerCase(), oneSpaced(foldText(text))],
  };
}

function attachmentCondition(text: string): Condition {
  return {
    sql: `(SELECT ${ATTACHMENT_FUNCTION}(c.tree, ?) FROM content c WHERE c.id = p.contentId)`,
    values: [oneSpaced(foldText(text))],
  };
}

/** All words, each as a prefix. A text without any word (but not empty) is in no index, so it finds nothing. */
function wordCondition(key: 'body' | 'text', text: string): Condition {
  if (text === '') return ALL;
  const terms = words(text);
  if (terms.length === 0) return NONE;
  const match = terms.map((term) => `${quote(term)}*`).join(' AND ');
  return {
    sql: 'p.contentId IN (SELECT rowid FROM search.word WHERE word MATCH ?)',
    values: [key === 'body' ? `{body} : (${match})` : match],
  };
}

const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
