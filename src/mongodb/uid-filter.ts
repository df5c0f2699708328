/** Sets of UIDs as conditions on keys: few ranges as ranges, many as a list. */

import type { AccountId, MailboxId } from '../model/ids.ts';
import type { UidSet } from '../model/uid-set.ts';
import { type KeyCondition, placementKey } from './keys.ts';

/** Most conditions of one statement that are ranges. */
const MAX_RANGES = 20;
/** Most keys of one list: 1 MB, where a statement may have 16. */
const MAX_KEYS = 20_000;

/** Conditions of which a placement's `_id` fulfils one. */
export interface UidFilter {
  readonly keys: readonly KeyCondition[];
  /** The conditions let others through too: look at each UID. */
  readonly loose: boolean;
}

/** How to ask for the messages of a set, with a statement of bounded length. */
export function uidFilter(account: AccountId, mailbox: MailboxId, uids: UidSet): UidFilter {
  const { ranges } = uids;
  if (ranges.length > MAX_RANGES && uids.size <= MAX_KEYS) {
    return { keys: [{ $in: uids.toArray().map((uid) => placementKey(account, mailbox, uid)) }], loose: false };
  }
  const loose = ranges.length > MAX_RANGES;
  const asked = loose ? [[uids.first as number, uids.last as number] as const] : ranges;
  return {
    keys: asked.map(([first, last]) => ({
      $gte: placementKey(account, mailbox, first),
      $lte: placementKey(account, mailbox, last),
    })),
    loose,
  };
}

/** A filter that lets no other UID through, and for how many messages it is. */
export interface ExactFilter {
  readonly keys: readonly KeyCondition[];
  readonly count: number;
}

/** The same as filters that need no second look: one, or for long scattered sets several. */
export function exactFilters(account: AccountId, mailbox: MailboxId, uids: UidSet): ExactFilter[] {
  const { keys, loose } = uidFilter(account, mailbox, uids);
  if (!loose) return [{ keys, count: uids.size }];
  return keyLists(uids.toArray().map((uid) => placementKey(account, mailbox, uid))).map((list) => {
    return { keys: [{ $in: list }], count: list.length };
  });
}

/** Keys in lists that a statement can have. */
export function keyLists(keys: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(keys.length / MAX_KEYS) }, (_, index) =>
    keys.slice(index * MAX_KEYS, (index + 1) * MAX_KEYS),
  );
}
