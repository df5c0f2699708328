/** Searches: the database compares what lies in placements, the index and the contents answer for the rest. */

import type { Document } from 'mongodb';
import type { ContentMatchers } from '../engine/content-matchers.ts';
import type { SearchText, StoredBody } from '../model/content.ts';
import type { AccountId, ContentId, EmailId, MailboxId } from '../model/ids.ts';
import type { MimePart } from '../model/mime-part.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { UidSet } from '../model/uid-set.ts';
import type { Collections } from './collections.ts';
import { joinPieces, treeOf } from './content-documents.ts';
import type { ContentDocument, LongField, PlacementDocument } from './documents.ts';
import { readPieces } from './fetch-records.ts';
import { contentKey, numberOf } from './keys.ts';
import type { MailReader } from './mail-reader.ts';
import {
  type ContentQuery,
  conjuncts,
  contentQueries,
  mailboxesOf,
  pushedFilter,
  requireModest,
} from './search-filter.ts';
import { SearchIndex } from './search-index.ts';
import { type ContentCondition, contentCondition, MATCHED_FIELDS, matches, type SearchLook } from './search-match.ts';
import { sharedMessages } from './shared-placements.ts';
import { uidFilter } from './uid-filter.ts';

/** So few contents are asked for by name. */
const FEW_CONTENTS = 1000;
/** Contents read at once. */
const READ_CONTENTS = 500;
/** Messages looked at before others get a turn. */
const TURN = 2000;

/** What searching needs of those who know MIME. */
export interface MailSearchOptions {
  readonly matchers: ContentMatchers;
  readonly extractSearchText: (stored: StoredBody, tree: MimePart) => SearchText;
}

/** Contents that fulfil a condition. */
type Found = ReadonlySet<ContentId>;

/** What was looked up before the messages are gone through. */
interface LookedUp {
  readonly now: number;
  readonly found: ReadonlyMap<string, Found>;
  readonly members: ReadonlyMap<MailboxId, ReadonlySet<EmailId>>;
}

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
    const members = await readMembers(reader, mailboxId, rest);
    const { keys, loose } = uidFilter(reader.account, mailboxId, uids);
    const rows = await reader.find<PlacementDocument>(keys, {
      ...(pushed.length > 0 && { where: pushed.length === 1 ? (pushed[0] as Document) : { $and: pushed } }),
      fields: rest.length > 0 ? MATCHED_FIELDS : ['uid'],
    });
    const candidates = loose ? rows.filter((row) => uids.has(row.uid)) : rows;
    return this.#filter(reader, candidates, rest, { now, found, members });
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
    { now, found, members }: LookedUp,
  ): Promise<Uint32Array> {
    if (rest.length === 0) return Uint32Array.from(rows, (row) => row.uid);
    const conditions = new Map<ContentQuery, ContentCondition>();
    const fields = readFields(rest);
    const page = fields.length > 0 ? READ_CONTENTS : TURN;
    const uids: number[] = [];
    for (let at = 0; at < rows.length; at += page) {
      const some = rows.slice(at, at + page);
      const contents = fields.length > 0 ? await this.#read(reader, some, fields) : new Map<string, ContentDocument>();
      const look: SearchLook = {
        inContent: (content, query) => {
          const condition = conditions.get(query) ?? contentCondition(query);
          conditions.set(query, condition);
          return this.#holds(content, condition, found, contents);
        },
        inMailbox: (row, mailbox) => members.get(mailbox)?.has(row.emailId) ?? true,
      };
      for (const row of some) if (rest.every((part) => matches(row, part, now, look))) uids.push(row.uid);
      if (at + TURN < rows.length) await new Promise((resolve) => setImmediate(resolve));
    }
    return Uint32Array.from(uids);
  }

  #holds(
    content: string,
    condition: ContentCondition,
    found: ReadonlyMap<string, Found>,
    contents: ReadonlyMap<string, ContentDocument>,
  ): boolean {
    const { headerContains, attachmentNamed } = this.#options.matchers;
    const document = contents.get(content);
    switch (condition.kind) {
      case 'always':
      case 'never':
        return condition.kind === 'always';
      case 'header':
        return document?.header !== undefined && headerContains(document.header, condition.field, condition.text);
      case 'attachment':
        return document !== undefined && attachmentNamed(treeOf(document), condition.text);
      default:
        return found.get(keyOf(condition))?.has(numberOf(content)) ?? false;
    }
  }

  async #read(
    reader: MailReader,
    rows: readonly PlacementDocument[],
    fields: readonly LongField[],
  ): Promise<Map<string, ContentDocument>> {
    const contents = await reader.contents(
      rows.map((row) => row.content),
      [...fields, 'pieces'],
    );
    await joinPieces(contents.values(), fields, (prefixes) => readPieces(reader, prefixes));
    return contents;
  }
}

/** Fields of contents without which the conditions cannot be decided. */
function readFields(rest: readonly SearchQuery[]): LongField[] {
  const kinds = new Set(rest.flatMap(contentQueries).map((query) => contentCondition(query).kind));
  return [
    ...(kinds.has('header') ? (['header'] as const) : []),
    ...(kinds.has('attachment') ? (['tree'] as const) : []),
  ];
}

/** The messages of the mailboxes that the conditions name; none of the mailbox that is searched, which has them all. */
async function readMembers(
  reader: MailReader,
  mailboxId: MailboxId,
  rest: readonly SearchQuery[],
): Promise<Map<MailboxId, ReadonlySet<EmailId>>> {
  const members = new Map<MailboxId, ReadonlySet<EmailId>>();
  for (const id of new Set(rest.flatMap(mailboxesOf))) {
    if (id !== mailboxId) members.set(id, await sharedMessages(reader, id));
  }
  return members;
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
