/** Changes of stored messages: flags, copies, moves, removal. */

import type { ReadTransaction } from '../engine/engine.ts';
import type { CopiedMessage } from '../engine/records.ts';
import { DELETED, type FlagMode, type Flags, parseFlags } from '../model/flags.ts';
import type { AccountId, ModSeq } from '../model/ids.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { UidSet } from '../model/uid-set.ts';
import { accountSettings, enforceLimits, resolveMailbox, type StoreContext } from './context.ts';
import { removeMessages } from './expunge.ts';
import { takingData } from './message-data.ts';
import type { CopyResult, ExpungeResult, MailboxRef, StoreFlagsResult } from './message-store.ts';
import { sealMessages, type Way } from './seal-messages.ts';
import { copySealed, moveSealed } from './sealed-copies.ts';

/** A change of flags as programs give it. */
export interface FlagsRequest {
  readonly mode: FlagMode;
  readonly flags: readonly string[] | Flags;
  readonly unchangedSince?: ModSeq;
}

/** Changes flags in one transaction. */
export function storeFlags(
  { engine }: StoreContext,
  account: AccountId,
  ref: MailboxRef,
  uids: UidSet,
  request: FlagsRequest,
): Promise<StoreFlagsResult> {
  const flags = 'mask' in request.flags ? request.flags : parseFlags(request.flags);
  return engine.write(account, async (tx) => {
    const mailbox = await resolveMailbox(tx, ref);
    const { changed, modified } = await tx.setFlags(mailbox.id, uids, { ...request, flags });
    // Nothing changed, nothing is stamped.
    return { changed, modified, modSeq: changed.length > 0 ? tx.modSeq : tx.modSeq - 1 };
  });
}

/** Copies in one transaction. */
export async function copyMessages(
  context: StoreContext,
  account: AccountId,
  from: MailboxRef,
  uids: UidSet,
  to: MailboxRef,
): Promise<CopyResult> {
  const { limits, copies } = await accountSettings(context, account);
  const sealed = await sealMessages(context, account, (tx) => wayOf(tx, from, uids, to));
  return context.engine.write(account, async (tx) => {
    const source = await resolveMailbox(tx, from);
    const target = await resolveMailbox(tx, to);
    const place = { from: source.id, uids, to: target.id };
    const how = { sealed, mode: copies };
    const pairs = await takingData(tx, place, () => copySealed(tx, source.id, uids, target.id, how));
    await enforceLimits(tx, limits);
    return copyResult(target, pairs, tx.modSeq);
  });
}

/** Moves in one transaction. */
export async function moveMessages(
  context: StoreContext,
  account: AccountId,
  from: MailboxRef,
  uids: UidSet,
  to: MailboxRef,
): Promise<CopyResult> {
  const sealed = await sealMessages(context, account, (tx) => wayOf(tx, from, uids, to));
  return context.engine.write(account, async (tx) => {
    const source = await resolveMailbox(tx, from);
    const target = await resolveMailbox(tx, to);
    const place = { from: source.id, uids, to: target.id };
    const pairs = await takingData(tx, place, () => moveSealed(tx, source.id, uids, target.id, sealed));
    return copyResult(target, pairs, tx.modSeq);
  });
}

async function wayOf(
  tx: ReadTransaction,
  from: MailboxRef,
  uids: UidSet,
  to: MailboxRef,
): Promise<Way & { readonly uids: UidSet }> {
  return { from: (await resolveMailbox(tx, from)).id, to: (await resolveMailbox(tx, to)).id, uids };
}

function copyResult(target: { id: number; uidValidity: number }, pairs: CopiedMessage[], modSeq: ModSeq): CopyResult {
  return {
    mailboxId: target.id,
    uidValidity: target.uidValidity,
    from: pairs.map((pair) => pair.from),
    to: pairs.map((pair) => pair.to),
    modSeq,
  };
}

/** Removes messages in one transaction. */
export function expungeMessages(
  context: StoreContext,
  account: AccountId,
  ref: MailboxRef,
  uids: UidSet | undefined,
  any: boolean,
): Promise<ExpungeResult> {
  return context.engine.write(account, async (tx) => {
    const mailbox = await resolveMailbox(tx, ref);
    const among = uids ?? UidSet.range(1, mailbox.uidNext);
    if (!any && mailbox.deleted === 0) return { uids: UidSet.empty, modSeq: tx.modSeq - 1 };
    const named: SearchQuery = { key: 'uid', set: among };
    const deleted: SearchQuery = { key: 'and', of: [{ key: 'flag', mask: DELETED, set: true }, named] };
    const wanted = UidSet.fromSorted(await tx.search(mailbox.id, any ? named : deleted));
    const gone = await removeMessages(context, tx, mailbox.id, wanted);
    return { uids: gone, modSeq: gone.isEmpty ? tx.modSeq - 1 : tx.modSeq };
  });
}
