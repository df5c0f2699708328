/** Messages that get another mailbox as a label: a message is one, so it is encrypted in all its mailboxes when one of them is. */

import type { ReadTransaction } from '../engine/engine.ts';
import type { AccountId, MailboxId, Uid } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { StoreContext } from './context.ts';
import { replaceContent } from './replace-content.ts';
import { sealedForms } from './seal-messages.ts';

/** Messages after that. */
export interface SealedInPlace {
  /** The messages by their UIDs now, without those that were not there when it was looked. */
  readonly uids: UidSet;
  /** UIDs of before, of those that have others now. */
  readonly replaced: UidSet;
  /** Their UIDs now. */
  readonly fresh: UidSet;
}

/** A change of labels: where the messages are, and where they may come. */
export interface LabelWay {
  readonly from: MailboxId;
  readonly to: readonly MailboxId[];
}

/**
 * Gives the messages their encrypted form where they are, each by a transaction of its own: cut off, some are encrypted
 * and have no label yet. Drafts stay as they are. Nothing happens where none of the labels is encrypted, or their mailbox
 * is already.
 *
 * @throws `ENCRYPTION_FAILED`, and what `find` throws.
 */
export async function sealInPlace(
  context: StoreContext,
  account: AccountId,
  uids: UidSet,
  find: (tx: ReadTransaction) => Promise<LabelWay>,
): Promise<SealedInPlace> {
  const as = { uids, replaced: UidSet.empty, fresh: UidSet.empty };
  const atRest = await context.atRest?.of(account);
  if (!atRest) return as;
  const { from, to } = await context.engine.read(account, find);
  if (atRest.covers(from) || !to.some((one) => atRest.covers(one))) return as;
  const now: Uid[] = [];
  const replaced: Uid[] = [];
  const fresh: Uid[] = [];
  for await (const { uid, content } of sealedForms(context, account, atRest, { from, uids })) {
    const other = content ? await replaceContent(context, account, from, uid, content) : uid;
    if (other === null) continue;
    now.push(other);
    if (other === uid) continue;
    replaced.push(uid);
    fresh.push(other);
  }
  return { uids: UidSet.from(now), replaced: UidSet.from(replaced), fresh: UidSet.from(fresh) };
}
