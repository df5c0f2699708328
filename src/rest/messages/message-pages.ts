/** Pages of a mailbox by UID, whatever its size: no more of it is read than a page has, and the gaps before it. */

import type { AccountId, Uid } from '../../model/ids.ts';
import type { Mailbox } from '../../model/mailbox.ts';
import { UidSet } from '../../model/uid-set.ts';
import type { MessageStore } from '../../store/message-store.ts';
import type { Page, PagePlace } from '../paging.ts';

/** UIDs read at first; then, where they are sparse, ever more. */
const FIRST_WINDOW = 64;

/** How UIDs are ordered: the newest first, or the oldest. */
export type UidOrder = 'desc' | 'asc';

/** UIDs in an order, a few at a time, from an end or from beyond a UID. */
export interface UidSource {
  /** The first `limit` of those beyond `from` (all, when it is `null`) in the order. */
  next(from: Uid | null, order: UidOrder, limit: number): Promise<Uid[]>;
}

/** A page of UIDs. */
export async function pageOfUids(
  source: UidSource,
  order: UidOrder,
  place: PagePlace<number>,
  limit: number,
): Promise<Page<Uid, number>> {
  const backward: UidOrder = order === 'desc' ? 'asc' : 'desc';
  const isThere = async (from: Uid | undefined, to: UidOrder): Promise<boolean> =>
    from !== undefined && (await source.next(from, to, 1)).length > 0;
  // One more than is asked for tells whether there is another page.
  if (place.before === undefined) {
    const found = await source.next(place.after ?? null, order, limit + 1);
    const entries = found.slice(0, limit);
    const [first, last] = [entries[0], entries.at(-1)];
    return {
      entries,
      first: place.after !== undefined && (await isThere(first, backward)) ? (first as Uid) : null,
      last: found.length > limit ? (last as Uid) : null,
    };
  }
  const found = await source.next(place.before, backward, limit + 1);
  const entries = found.slice(0, limit).reverse();
  const [first, last] = [entries[0], entries.at(-1)];
  return {
    entries,
    first: found.length > limit ? (first as Uid) : null,
    last: (await isThere(last, order)) ? (last as Uid) : null,
  };
}

/** All messages of a mailbox. */
export function uidsOfMailbox(store: MessageStore, account: AccountId, mailbox: Mailbox): UidSource {
  const read = async (from: Uid, to: Uid): Promise<Uint32Array> =>
    (await store.flags(account, mailbox.id, UidSet.range(from, to))).uids;
  return {
    async next(from, order, limit) {
      const found: Uid[] = [];
      let window = Math.max(FIRST_WINDOW, limit + 1);
      if (order === 'desc') {
        for (let high = (from ?? mailbox.uidNext) - 1; high >= 1 && found.length < limit; window *= 4) {
          const low = Math.max(1, high - window + 1);
          found.push(...(await read(low, high)).reverse());
          high = low - 1;
        }
      } else {
        for (let low = (from ?? 0) + 1; low < mailbox.uidNext && found.length < limit; window *= 4) {
          const high = Math.min(mailbox.uidNext - 1, low + window - 1);
          found.push(...(await read(low, high)));
          low = high + 1;
        }
      }
      return found.slice(0, limit);
    },
  };
}

/** UIDs that are there already, ascending. */
export function uidsOfList(uids: Uint32Array): UidSource {
  return {
    async next(from, order, limit) {
      if (order === 'asc') {
        const at = from === null ? 0 : countUpTo(uids, from);
        return [...uids.subarray(at, at + limit)];
      }
      const end = from === null ? uids.length : countUpTo(uids, from - 1);
      return [...uids.subarray(Math.max(0, end - limit), end)].reverse();
    },
  };
}

/** How many are at most `uid`. */
function countUpTo(uids: Uint32Array, uid: Uid): number {
  let [low, high] = [0, uids.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((uids[middle] as number) <= uid) low = middle + 1;
    else high = middle;
  }
  return low;
}
