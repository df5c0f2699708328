/** UIDs and flags of whole mailboxes, packed by the database: one document for thousands of messages. */

import type { FlagColumns } from '../engine/engine.ts';
import type { MailboxId, Uid } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import { stateKey } from './keys.ts';
import type { MailReader } from './mail-reader.ts';
import { uidFilter } from './uid-filter.ts';

/** UIDs that share a document: parsing it takes a few milliseconds. */
const SPAN = 10_000;
/** Up to so many messages are not worth packing. */
const FEW = 200;

const EVERY = UidSet.range(1, 0xffffffff);

interface Packed {
  readonly _id: number | string;
  readonly uids: readonly number[];
  readonly masks?: readonly number[];
  readonly modSeqs?: readonly number[];
  readonly keywords: readonly string[];
}

/** All UIDs of a mailbox, ascending, and the keywords that are in use. */
export async function readUids(
  reader: MailReader,
  mailboxId: MailboxId,
): Promise<{ readonly uids: Uint32Array; readonly keywords: readonly string[] }> {
  const { keys } = uidFilter(reader.account, mailboxId, EVERY);
  const packed = await reader.aggregate<Packed>(keys, [
    { $group: { ...group(reader), uids: { $push: '$uid' }, keywords: { $addToSet: '$keywords' } } },
    { $sort: { modSeq: -1, _id: 1 } },
  ]);
  packed.sort(byId);
  const uids = new Uint32Array(packed.reduce((sum, part) => sum + part.uids.length, 0));
  let at = 0;
  for (const part of packed) {
    uids.set(part.uids, at);
    at += part.uids.length;
  }
  return { uids: uids.sort(), keywords: keywordsOf(packed.flatMap((part) => part.keywords)) };
}

/** Flags of messages as columns, ascending by UID. */
export async function readFlags(reader: MailReader, mailboxId: MailboxId, uids: UidSet = EVERY): Promise<FlagColumns> {
  const { keys, loose } = uidFilter(reader.account, mailboxId, uids);
  const rows =
    uids.size <= FEW
      ? await reader.find<FlagRow>(keys, { fields: ['uid', 'mask', 'keywords'] })
      : unpack(
          await reader.aggregate<Packed>(keys, [
            {
              $group: {
                ...group(reader),
                uids: { $push: '$uid' },
                masks: { $push: '$mask' },
                modSeqs: { $push: '$modSeq' },
                keywords: { $push: '$keywords' },
              },
            },
            { $sort: { modSeq: -1, _id: 1 } },
          ]),
        );
  return toColumns(loose ? rows.filter((row) => uids.has(row.uid)) : rows);
}

/** What a session keeps of a message. */
export interface FlagRow {
  readonly uid: Uid;
  readonly mask: number;
  readonly modSeq: number;
  readonly keywords: string;
}

/** Distinct names out of lists of keywords, in the spelling met last, sorted. */
export function keywordsOf(lists: Iterable<string>): string[] {
  const names = new Map<string, string>();
  for (const list of lists) {
    if (list !== '') for (const name of list.split(' ')) names.set(name.toLowerCase(), name);
  }
  return [...names.values()].sort();
}

/** Groups by spans of UIDs. The account's state, which has no UID, keeps its key and comes out first. */
function group(reader: MailReader) {
  const state = stateKey(reader.account);
  return {
    _id: { $cond: [{ $eq: ['$_id', state] }, state, { $floor: { $divide: ['$uid', SPAN] } }] },
    modSeq: { $max: { $cond: [{ $eq: ['$_id', state] }, '$modSeq', 0] } },
  };
}

const byId = (a: Packed, b: Packed): number => Number(a._id) - Number(b._id);

function unpack(packed: Packed[]): FlagRow[] {
  const rows: FlagRow[] = [];
  for (const part of packed.sort(byId)) {
    for (const [index, uid] of part.uids.entries()) {
      rows.push({
        uid,
        mask: part.masks?.[index] ?? 0,
        modSeq: part.modSeqs?.[index] ?? 0,
        keywords: part.keywords[index] ?? '',
      });
    }
  }
  // Documents come to a group in the order of their keys; a database that did otherwise would be found here.
  return rows.sort((a, b) => a.uid - b.uid);
}

/** Rows, ascending by UID, as columns. */
export function toColumns(rows: readonly FlagRow[]): FlagColumns {
  const keywords = new Map<Uid, string>();
  for (const row of rows) if (row.keywords !== '') keywords.set(row.uid, row.keywords);
  return {
    uids: Uint32Array.from(rows, (row) => row.uid),
    masks: Uint8Array.from(rows, (row) => row.mask),
    modSeqs: Float64Array.from(rows, (row) => row.modSeq),
    keywords,
  };
}
