/** How much can be brought back: what was expunged counts in no quota, and must not fill the disk all the same. */

import type { ReadTransaction } from '../engine/engine.ts';
import type { AccountLimits } from '../model/account.ts';
import type { AccountId } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import { UidSet } from '../model/uid-set.ts';
import { accountSettings, type StoreContext } from './context.ts';
import { expungedFrom, isHeld } from './hidden-mailboxes.ts';
import { expungeForGood } from './message-data.ts';

/** Messages that are looked at, and removed, at once. */
const BATCH = 200;

/** Octets that can be brought back at most: said for the account, or as many as its quota; `null` for no bound. */
export function restorableBound({ restorableOctets, octets }: AccountLimits): number | null {
  return restorableOctets ?? octets;
}

/**
 * Removes for good what was expunged first, until the rest is within the bound; how many messages. Nothing during a
 * legal hold.
 */
export async function purgeExcess(context: StoreContext, account: AccountId): Promise<number> {
  const bound = restorableBound((await accountSettings(context, account)).limits);
  if (bound === null) return 0;
  for (let removed = 0; ; ) {
    const some = await context.engine.write(account, async (tx) => {
      const kept = (await tx.mailboxes()).filter((one) => expungedFrom(one) !== null && one.messages > 0);
      const excess = kept.reduce((sum, { octets }) => sum + octets, 0) - bound;
      if (excess <= 0 || (await isHeld(tx))) return 0;
      const oldest = await oldestOf(tx, kept);
      if (!oldest) return 0;
      const uids = firstOctets(oldest.messages, excess);
      return (await expungeForGood(tx, oldest.mailbox.id, uids)).size;
    });
    if (some === 0) return removed;
    removed += some;
  }
}

/** The mailbox whose first message was expunged first, with its first messages up to where another one goes on. */
async function oldestOf(
  tx: ReadTransaction,
  kept: readonly Mailbox[],
): Promise<{ mailbox: Mailbox; messages: readonly { uid: number; size: number; saveDate: number }[] } | null> {
  const heads = [];
  for (const mailbox of kept) {
    const messages = await tx.fetch(mailbox.id, UidSet.range(1, mailbox.uidNext), { limit: BATCH });
    const [first] = messages;
    if (first) heads.push({ mailbox, messages, begins: first.saveDate });
  }
  const [oldest, next] = heads.sort((a, b) => a.begins - b.begins);
  if (!oldest) return null;
  const end = next?.begins ?? Number.POSITIVE_INFINITY;
  return { mailbox: oldest.mailbox, messages: oldest.messages.filter(({ saveDate }) => saveDate <= end) };
}

/** As many from the beginning as have so many octets. */
function firstOctets(messages: readonly { readonly uid: number; readonly size: number }[], octets: number): UidSet {
  const uids: number[] = [];
  let sum = 0;
  for (const { uid, size } of messages) {
    if (sum >= octets) break;
    uids.push(uid);
    sum += size;
  }
  return UidSet.fromSorted(uids);
}
