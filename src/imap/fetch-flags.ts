/** FETCH of UIDs, flags and modification sequences alone: written from memory, many at once. */

import { setImmediate as pause } from 'node:timers/promises';
import { formatFlags } from '../model/flags.ts';
import type { UidSet } from '../model/uid-set.ts';
import type { FlagTable } from './flag-cache.ts';
import type { MailboxView } from './mailbox-view.ts';
import type { Session } from './session.ts';
import type { FetchItem } from './wire/fetch-items.ts';
import { fetchHead } from './wire/write-response.ts';

/** Lines written before other sessions get their turn. */
const TURN = 10_000;

/** What was asked for. */
export interface FlagLines {
  /** Of the kinds `flags`, `uid` and `modSeq`. */
  readonly items: readonly FetchItem[];
  /** UID FETCH: with UID, whatever was asked for. */
  readonly uid: boolean;
  /** With MODSEQ, whatever was asked for. */
  readonly modSeq: boolean;
  /** UIDFETCH. RFC 9586. */
  readonly uidOnly: boolean;
}

/** Writes a line for each message of `uids` that is still there. All flags are in memory. */
export async function writeFlagLines(
  session: Session,
  view: MailboxView,
  uids: UidSet,
  asked: FlagLines,
): Promise<void> {
  const { out } = session;
  const { map, shared } = view;
  // What is known now stays together, whatever other sessions do during a pause.
  const current = shared.map;
  const { masks, modSeqs, keywords } = shared.flags.table as FlagTable;
  const format = formatOf(asked);
  const same = map === current;
  let index = 0;
  let lines = 0;
  for (const [start, end] of map.indexRanges(uids)) {
    for (let i = start; i < end; i++) {
      const uid = map.uids[i] as number;
      index = same ? i : current.indexOf(uid, index);
      if (!same && (index >= current.count || current.uids[index] !== uid)) continue;
      out.write(format(i + 1, uid, masks[index] as number, keywords, modSeqs[index] as number));
      if (++lines % TURN === 0) await (out.full ? out.drain() : pause());
      if (session.connection.closed) return;
    }
  }
}

type Format = (seq: number, uid: number, mask: number, keywords: Map<number, string>, modSeq: number) => string;

function formatOf({ items, uid, modSeq, uidOnly }: FlagLines): Format {
  const kinds: FetchItem['kind'][] = items.map((item) => item.kind);
  if (uid && !uidOnly && !kinds.includes('uid')) kinds.unshift('uid');
  if (modSeq && !kinds.includes('modSeq')) kinds.push('modSeq');
  // What clients ask for most has a form of its own.
  const form = uidOnly ? '' : kinds.join();
  if (form === 'uid,flags')
    return (seq, id, mask, keywords) => `* ${seq} FETCH (UID ${id} ${flags(id, mask, keywords)})\r\n`;
  if (form === 'flags,uid')
    return (seq, id, mask, keywords) => `* ${seq} FETCH (${flags(id, mask, keywords)} UID ${id})\r\n`;
  if (form === 'flags') return (seq, id, mask, keywords) => `* ${seq} FETCH (${flags(id, mask, keywords)})\r\n`;
  return (seq, id, mask, keywords, modSequence) => {
    const values = kinds.map((kind) =>
      kind === 'uid' ? `UID ${id}` : kind === 'flags' ? flags(id, mask, keywords) : `MODSEQ (${modSequence})`,
    );
    return `${fetchHead(seq, id, uidOnly)}${values.join(' ')})\r\n`;
  };
}

function flags(uid: number, mask: number, keywords: Map<number, string>): string {
  return `FLAGS (${formatFlags(mask, keywords.size === 0 ? '' : (keywords.get(uid) ?? ''))})`;
}
