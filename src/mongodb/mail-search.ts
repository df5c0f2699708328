/** Searches: the database compares what lies in placements, the index and the contents answer for the rest. */

import type { Document } from 'mongodb';
import type { SearchText, StoredBody } from '../model/content.ts';
import type { AccountId, ContentId, MailboxId } from '../model/ids.ts';
import type { MimePart } from '../model/mime-part.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { UidSet } from '../model/uid-set.ts';
import type { Collections } from './collections.ts';
import { joinPieces } from './content-documents.ts';
import type { PlacementDocument } from './documents.ts';
import { readPieces } from './fetch-records.ts';
import { contentKey, numberOf } from './keys.ts';
import type { MailReader } from './mail-reader.ts';
import { type ContentQuery, conjuncts, contentQueries, pushedFilter, requireModest } from './search-filter.ts';
import { SearchIndex } from './search-index.ts';
import { type ContentCondition, contentCondition, MATCHED_FIELDS, matches } from './search-match.ts';
import { uidFilter } from './uid-filter.ts';

/** So few contents are asked for by name. */
const FEW_CONTENTS = 1000;
/** Headers read at once. */
const HEADERS = 500;
/** Messages looked at before others get a turn. */
const TURN = 2000;

/** What searching needs of those who know MIME. */
export interface MailSearchOptions {
  readonly headerContains: (header: Uint8Array, field: string, text: string) => boolean;
  readonly extractSearchText: (stored: StoredBody, tree: MimePart) => SearchText;
}

/** Contents that fulfil a condition. */
type Found = ReadonlySet<ContentId>;

/** Searches accounts, and sees to it that their index follows. */
export class MailSearch {
  readonly #options: MailSearchOptions;
  readonly #index: SearchIndex;

  constructor(options: MailSearchOptions) {
    this.#options = options;
    this.#index = new SearchIndex(options.extractSearchText);
  }

  /** Takes note of a commit: now and then the index is brought up to it. */
  committed(collections: Collections, account: AccountId): void {
    this.#index.committed(collections, account);
  }

  /** Makes what is missing of an account's index, so that its size can be told. */
  async complete({ account, collections, pinned }: MailReader): Promise<void> {
    if (!pinned) await this.#index.complete(collections, account);
  }

  close(): Promise<void> {
    return this.#index.close();
  }

  /** UIDs of a mailbox's messages that match, ascending. @throws `LIMIT_EXCEEDED`, StaleState. */
  async run(reader: MailReader, mailboxId: MailboxId, query: SearchQuery): Promise<Uint32Array> {
    requireModest(query);
    const now = Date.now();
    let uids = UidSet.range(1, 0xffffffff);
    const pushed: Document[] = [];
    const rest: SearchQuery[] = [];
    for (const part of conjuncts(query)) {
      const filter = part.key === 'uid' ? null : pushedFilter(reader.account, part, now);
      if (part.key === 'uid') uids = uids.intersection(part.set);
      else if (filter) pushed.push(filter);
      else if (part.key !== 'all') rest.push(part);
    }
    if (uids.isEmpty) return new Uint32Array(0);
    const found = await this.#lookUp(reader, rest.flatMap(contentQueries));
    const few = fewestOf(rest, found);
    if (few?.size === 0) return new Uint32Array(0);
    if (few && few.size <= FEW_CONTENTS)
      pushed.push({ content: { $in: [...few].map((id) => contentKey(reader.account, id)) } });
    const { keys, loose } = uidFilter(reader.account, mailboxId, uids);
    const rows = await reader.find<PlacementDocument>(keys, {
      ...(pushed.length > 0 && { where: pushed.length === 1 ? (pushed[0] as Document) : { $and: pushed } }),
      fields: rest.length > 0 ? MATCHED_FIELDS : ['uid'],
    });
    const candidates = loose ? rows.filter((row) => uids.has(row.uid)) : rows;
    return this.#filter(reader, candidates, rest, now, found);
  }

  /** Answers the conditions that the index can answer. */
  async #lookUp(reader: MailReader, queries: readonly ContentQuery[]): Promise<Map<string, Found>> {
    const wanted = new Map<string, Extract<ContentCondition, { kind: 'words' | 'field' }>>();
    for (const query of queries) {
      const condition = contentCondition(query);
      if (condition.kind === 'words' || condition.kind === 'field') wanted.set(keyOf(condition), condition);
    }
    return wanted.size === 0 ? new Map() : this.#index.find(reader, wanted);
  }

  async #filter(
    reader: MailReader,
    rows: readonly PlacementDocument[],
    rest: readonly SearchQuery[],
    now: number,
    found: ReadonlyMap<string, Found>,
  ): Promise<Uint32Array> {
    if (rest.length === 0) return Uint32Array.from(rows, (row) => row.uid);
    const conditions = new Map<ContentQuery, ContentCondition>();
    const needHeaders = rest.flatMap(contentQueries).some((query) => contentCondition(query).kind === 'header');
    const uids: number[] = [];
    for (let at = 0; at < rows.length; at += needHeaders ? HEADERS : TURN) {
      const page = rows.slice(at, at + (needHeaders ? HEADERS : TURN));
      const headers = needHeaders ? await this.#headers(reader, page) : new Map<string, Uint8Array>();
      const inContent = (content: string, query: ContentQuery): boolean => {
        const condition = conditions.get(query) ?? contentCondition(query);
        conditions.set(query, condition);
        return this.#holds(content, condition, found, headers);
      };
      for (const row of page) if (rest.every((part) => matches(row, part, now, inContent))) uids.push(row.uid);
      if (at + TURN < rows.length) await new Promise((resolve) => setImmediate(resolve));
    }
    return Uint32Array.from(uids);
  }

  #holds(
    content: string,
    condition: ContentCondition,
    found: ReadonlyMap<string, Found>,
    headers: ReadonlyMap<string, Uint8Array>,
  ): boolean {
    if (condition.kind === 'always' || condition.kind === 'never') return condition.kind === 'always';
    if (condition.kind !== 'header') return found.get(keyOf(condition))?.has(numberOf(content)) ?? false;
    const header = headers.get(content);
    return header !== undefined && this.#options.headerContains(header, condition.field, condition.text);
  }

  async #headers(reader: MailReader, rows: readonly PlacementDocument[]): Promise<Map<string, Uint8Array>> {
    const contents = await reader.contents(
      rows.map((row) => row.content),
      ['header', 'pieces'],
    );
    await joinPieces(contents.values(), ['header'], (prefixes) => readPieces(reader, prefixes));
    return new Map([...contents].map(([key, content]) => [key, content.header as Uint8Array]));
  }
}

/** The text of a condition, made once. */
function keyOf(condition: ContentCondition): string {
  let key = KEYS.get(condition);
  if (key === undefined) {
    key = JSON.stringify(condition);
    KEYS.set(condition, key);
  }
  return key;
}

const KEYS = new WeakMap<ContentCondition, string>();

/** Of the conditions that must hold, the contents of the one that fewest fulfil; `null` when none is of that kind. */
function fewestOf(rest: readonly SearchQuery[], found: ReadonlyMap<string, Found>): Found | null {
  let fewest: Found | null = null;
  for (const part of rest) {
    if (!('text' in part)) continue;
    const condition = contentCondition(part);
    if (condition.kind === 'never') return new Set();
    const contents = found.get(keyOf(condition));
    if (contents && (!fewest || contents.size < fewest.size)) fewest = contents;
  }
  return fewest;
}
