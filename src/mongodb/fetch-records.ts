/** Messages with the fields asked for: one statement for a screen, two for long lists. */

import type { Document } from 'mongodb';
import type { FetchOptions } from '../engine/engine.ts';
import type { FetchedRecord, Placement } from '../engine/records.ts';
import type { MailboxId, Uid } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import { BODY_FIELDS, joinPieces, storedBody, treeOf } from './content-documents.ts';
import type { ContentDocument, LongField, PieceDocument, PlacementDocument } from './documents.ts';
import { below, numberOf } from './keys.ts';
import type { MailReader } from './mail-reader.ts';
import { uidFilter } from './uid-filter.ts';

/** Up to so many messages the database joins their contents; beyond, a list of keys is cheaper. */
const MAX_JOINED = 100;
/** Messages whose bodies are read at once, as a limit in octets is known only after each. */
const MAX_BODIES = 20;
/** Messages without bodies read at once. */
const MAX_RECORDS = 1000;

type Joined = PlacementDocument & { readonly found?: readonly ContentDocument[] };

/** Messages of ascending UID with the fields asked for. */
export async function fetchRecords(
  reader: MailReader,
  mailboxId: MailboxId,
  uids: UidSet,
  options: FetchOptions,
): Promise<FetchedRecord[]> {
  const fields = contentFields(options);
  const records: FetchedRecord[] = [];
  let left = uids;
  let octets = 0;
  while (!left.isEmpty && records.length < options.limit) {
    const page = Math.min(options.limit - records.length, pageSize(options, octets), left.size);
    const { rows, next } = await readRows(reader, mailboxId, left, page, fields);
    await joinPieces(contentsOf(rows), fields, (prefixes) => readPieces(reader, prefixes));
    for (const row of rows) {
      const record = toRecord(row, options, fields.length > 0);
      if (!record) continue;
      records.push(record);
      if (record.body) octets += record.body.text.length + record.body.header.length;
      if (options.bodyLimit !== undefined && octets >= options.bodyLimit) return records;
    }
    if (next === null) break;
    left = left.intersection(UidSet.range(next, 0xffffffff));
  }
  return records;
}

function pageSize(options: FetchOptions, octets: number): number {
  if (!options.body) return MAX_RECORDS;
  if (options.bodyLimit === undefined) return MAX_BODIES;
  return Math.max(1, Math.min(MAX_BODIES, Math.floor((options.bodyLimit - octets) / 20_000)));
}

function contentFields(options: FetchOptions): LongField[] {
  const fields = new Set<LongField>();
  if (options.envelope) fields.add('envelope');
  if (options.bodyStructure) fields.add('bodyStructure');
  if (options.header) fields.add('header');
  if (options.tree) fields.add('tree');
  if (options.body) for (const field of BODY_FIELDS) fields.add(field);
  // The preview is short and in every document; its name here only says that contents are needed.
  if (options.preview && fields.size === 0) fields.add('envelope');
  return [...fields];
}

interface Rows {
  readonly rows: readonly Joined[];
  /** The UID to go on from; `null` when there are no more. */
  readonly next: Uid | null;
}

async function readRows(
  reader: MailReader,
  mailboxId: MailboxId,
  uids: UidSet,
  limit: number,
  fields: readonly string[],
): Promise<Rows> {
  const { keys, loose } = uidFilter(reader.account, mailboxId, uids);
  // A join inside a transaction on a sharded cluster is refused by versions before 8.
  if (fields.length > 0 && limit <= MAX_JOINED && !reader.pinned && !loose) {
    const rows = await reader.aggregate<Joined>(keys, [{ $limit: limit + 1 }, ...join(reader, fields)]);
    return { rows, next: nextOf(rows, limit) };
  }
  const found = await reader.find<Joined>(keys, { limit });
  const rows = loose ? found.filter((row) => uids.has(row.uid)) : found;
  if (fields.length > 0) {
    const contents = await reader.contents(
      rows.map((row) => row.content),
      [...fields, 'preview', 'size', 'pieces'],
    );
    for (const row of rows) {
      const content = contents.get(row.content);
      if (content) Object.assign(row, { found: [content] });
    }
  }
  // What was passed over counts as read.
  return { rows, next: nextOf(found, limit) };
}

function nextOf(found: readonly Joined[], limit: number): Uid | null {
  return found.length < limit ? null : (found.at(-1) as Joined).uid + 1;
}

/** Fields of a message's place that its record is made of. */
const PLACEMENT_FIELDS = [
  'uid',
  'emailId',
  'content',
  'threadId',
  'modSeq',
  'mask',
  'keywords',
  'internalDate',
  'saveDate',
  'size',
] satisfies readonly (keyof PlacementDocument)[];

function join(reader: MailReader, fields: readonly string[]): Document[] {
  const wanted = ['_id', ...fields, 'preview', 'size', 'pieces'].map((field) => `found.${field}`);
  return [
    {
      $lookup: {
        from: reader.collections.contents.collectionName,
        localField: 'content',
        foreignField: '_id',
        // The account sends the look-up to the one shard that has it.
        pipeline: [{ $match: { account: reader.account } }],
        as: 'found',
      },
    },
    // Here and not within: once for all of them costs less than for each.
    { $project: Object.fromEntries([...PLACEMENT_FIELDS, ...wanted].map((field) => [field, 1])) },
  ];
}

const contentsOf = (rows: readonly Joined[]): ContentDocument[] => rows.flatMap((row) => row.found?.slice(0, 1) ?? []);

/** A message's place, as the contract tells it. */
export function placementOf(row: PlacementDocument): Placement {
  return {
    uid: row.uid,
    emailId: row.emailId,
    contentId: numberOf(row.content),
    threadId: row.threadId,
    modSeq: row.modSeq,
    mask: row.mask,
    keywords: row.keywords,
    internalDate: row.internalDate,
    saveDate: row.saveDate,
    size: row.size,
  };
}

/** Pieces by the beginnings of their keys, in order. */
export function readPieces(reader: MailReader, prefixes: readonly string[]): Promise<PieceDocument[]> {
  // They bring no state along, and go with their message.
  reader.doubt();
  const keys: Document[] = prefixes.map((prefix) => ({ _id: below(prefix) }));
  return reader.collections.pieces
    .find(
      { account: reader.account, ...(keys.length === 1 ? keys[0] : { $or: keys }) },
      { ...reader.options, sort: { _id: 1 }, batchSize: 64 },
    )
    .toArray();
}

/** `null` for a message that has lost its content, when fields of that are asked for. */
function toRecord(row: Joined, options: FetchOptions, needsContent: boolean): FetchedRecord | null {
  const content = row.found?.[0];
  if (needsContent && !content) return null;
  return {
    ...placementOf(row),
    ...(content && {
      ...(options.envelope && { envelope: content.envelope as string }),
      ...(options.bodyStructure && { bodyStructure: content.bodyStructure as string }),
      ...(options.header && { header: content.header as Uint8Array }),
      ...(options.preview && { preview: content.preview }),
      ...((options.tree || options.body) && { tree: treeOf(content) }),
      ...(options.body && { body: storedBody(content) }),
    }),
  };
}
