/** What was expunged: listed, brought back, or removed for good. */

import type { ReadTransaction, WriteTransaction } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import type { AccountLimits } from '../model/account.ts';
import { DELETED, listFlags } from '../model/flags.ts';
import type { AccountId, MailboxId, Uid } from '../model/ids.ts';
import { type Mailbox, type MailboxRef, normalizePath } from '../model/mailbox.ts';
import type { RestorableMailbox, RestorableMessage, RestoreFilter, RestoreResult } from '../model/recovery.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { UidSet } from '../model/uid-set.ts';
import { accountSettings, enforceLimits, resolveMailbox, type StoreContext } from './context.ts';
import { expungedFrom, holdMark, isHidden } from './hidden-mailboxes.ts';
import { heldQuery, listHolds } from './legal-holds.ts';
import { makeMailbox } from './mailboxes.ts';
import { expungeForGood, takingData } from './message-data.ts';
import { sealMessages } from './seal-messages.ts';
import { moveSealed } from './sealed-copies.ts';

const DAY_MS = 86_400_000;
/** Messages removed by one transaction. */
const BATCH = 1_000;
const ALL = UidSet.range(1, 0xffffffff);

/** A mailbox in which messages were, and the one that keeps them. */
export interface Kept {
  readonly from: RestorableMailbox;
  readonly kept: Mailbox;
}

/** Mailboxes of which something can be brought back, by path. */
export async function keptMailboxes(tx: ReadTransaction): Promise<Kept[]> {
  const mailboxes = await tx.mailboxes();
  const paths = new Map(mailboxes.filter((one) => !isHidden(one)).map(({ id, path }) => [id, path]));
  const found: Kept[] = [];
  for (const kept of mailboxes) {
    const origin = expungedFrom(kept);
    if (!origin || kept.messages === 0) continue;
    const { mailboxId } = origin;
    const path = paths.get(mailboxId) ?? origin.path;
    const deleted = !paths.has(mailboxId);
    found.push({ from: { mailboxId, path, deleted, messages: kept.messages, octets: kept.octets }, kept });
  }
  return found.sort((a, b) => ((a.from.path ?? '') < (b.from.path ?? '') ? -1 : 1));
}

/** Lists what can be brought back of a mailbox. */
export function listKept(
  { engine }: StoreContext,
  account: AccountId,
  mailboxId: MailboxId,
  { after = 0, limit = 100 }: { readonly after?: Uid; readonly limit?: number },
): Promise<RestorableMessage[]> {
  return engine.read(account, async (tx) => {
    const { kept } = await requireKept(tx, mailboxId);
    const uids = UidSet.range(after + 1, 0xffffffff);
    const records = await tx.fetch(kept.id, uids, { envelope: true, preview: true, limit: Math.min(limit, BATCH) });
    return records.map((record) => ({
      key: record.uid,
      expunged: record.saveDate,
      internalDate: record.internalDate,
      size: record.size,
      flags: listFlags(record).filter((flag) => flag !== '\\Deleted'),
      envelope: record.envelope ?? '',
      preview: record.preview ?? '',
    }));
  });
}

/** Brings messages back, all or none. */
export async function restoreMessages(
  context: StoreContext,
  account: AccountId,
  mailboxId: MailboxId,
  filter: RestoreFilter,
  to: MailboxRef | undefined,
): Promise<RestoreResult> {
  const { limits } = await accountSettings(context, account);
  const sealed = await sealMessages(context, account, async (tx) => {
    const { from, kept } = await requireKept(tx, mailboxId);
    const target = await knownTarget(tx, from, to);
    return target && { from: kept.id, origin: mailboxId, to: target.id, uids: await select(tx, kept, filter) };
  });
  return context.engine.write(account, async (tx) => {
    const { from, kept } = await requireKept(tx, mailboxId);
    const wanted = await select(tx, kept, filter);
    const target = await targetOf(tx, from, to, limits);
    const place = { from: kept.id, uids: wanted, to: target.id };
    const bring = () => moveSealed(tx, kept.id, wanted, target.id, sealed);
    const moved = wanted.isEmpty ? [] : await takingData(tx, place, bring);
    const uids = UidSet.from(moved.map((pair) => pair.to));
    if (!uids.isEmpty) {
      await tx.setFlags(target.id, uids, { mode: 'remove', flags: { mask: DELETED, keywords: '' } });
      await enforceLimits(tx, limits);
    }
    return { mailboxId: target.id, path: target.path, uids };
  });
}

/** Removes for good what was expunged before a moment and no hold covers; how many messages. */
export async function purgeKept(
  context: StoreContext,
  account: AccountId,
  { mailboxId, before, force = false }: PurgeOptions = {},
): Promise<number> {
  const holdsNow = async (): Promise<SearchQuery | null> => {
    const holds = heldQuery(await listHolds(context, account));
    if (holds && force) throw new EiderError('UNSUPPORTED', 'there is a legal hold on the account');
    return holds;
  };
  await holdsNow();
  const all = await context.engine.read(account, async (tx) =>
    (await tx.mailboxes()).filter((one) => expungedFrom(one)),
  );
  const chosen = all.filter((one) => mailboxId === undefined || expungedFrom(one)?.mailboxId === mailboxId);
  let count = 0;
  for (const { id } of chosen) {
    for (let removed = BATCH; removed === BATCH; ) {
      const mark = await context.engine.read(account, holdMark);
      const holds = await holdsNow();
      const purged = await context.engine.write(account, async (tx) =>
        // Another hold may have begun since they were listed.
        (await holdMark(tx)) === mark ? purgeBatch(tx, id, before, holds) : null,
      );
      removed = purged ?? BATCH;
      count += purged ?? 0;
    }
  }
  return count;
}

/** Bounds of a purge. */
export interface PurgeOptions {
  readonly mailboxId?: MailboxId;
  /** Milliseconds since 1970; whole days count, so that nothing goes too early. */
  readonly before?: number;
  /** Refuse rather than leave what a hold covers. */
  readonly force?: boolean;
}

async function purgeBatch(
  tx: WriteTransaction,
  id: MailboxId,
  before: number | undefined,
  holds: SearchQuery | null,
): Promise<number> {
  const kept = await tx.mailbox(id);
  if (!kept) return 0;
  const old: SearchQuery =
    before === undefined ? { key: 'all' } : { key: 'saveDay', before: Math.floor(before / DAY_MS) };
  const query: SearchQuery = holds ? { key: 'and', of: [old, { key: 'not', of: holds }] } : old;
  const found = kept.messages === 0 ? new Uint32Array() : await tx.search(id, query);
  const uids = UidSet.fromSorted(found.subarray(0, BATCH));
  const gone = uids.isEmpty ? uids : await expungeForGood(tx, id, uids);
  if (gone.size === kept.messages && isOver(await tx.mailboxes(), kept)) await tx.deleteMailbox(id);
  return gone.size;
}

/** Nothing more can come to it. */
function isOver(mailboxes: readonly Mailbox[], kept: Mailbox): boolean {
  const origin = expungedFrom(kept);
  return !mailboxes.some(({ id }) => id === origin?.mailboxId);
}

async function requireKept(tx: ReadTransaction, mailboxId: MailboxId): Promise<Kept> {
  const found = (await keptMailboxes(tx)).find(({ from }) => from.mailboxId === mailboxId);
  if (!found) throw new EiderError('MAILBOX_NOT_FOUND', 'nothing of that mailbox can be brought back');
  return found;
}

async function select(
  tx: ReadTransaction,
  kept: Mailbox,
  { keys = ALL, from, before }: RestoreFilter,
): Promise<UidSet> {
  if (from === undefined && before === undefined) return UidSet.fromSorted(await tx.search(kept.id, uidQuery(keys)));
  const uids: Uid[] = [];
  for (let left = keys; !left.isEmpty; ) {
    const page = await tx.fetch(kept.id, left, { limit: BATCH });
    const last = page.at(-1);
    if (!last) break;
    for (const { uid, saveDate } of page) {
      if (saveDate >= (from ?? -Infinity) && saveDate < (before ?? Infinity)) uids.push(uid);
    }
    left = left.intersection(UidSet.range(last.uid + 1, 0xffffffff));
  }
  return UidSet.fromSorted(uids);
}

const uidQuery = (set: UidSet): SearchQuery => ({ key: 'uid', set });

/** The mailbox itself, or one in its place. */
async function targetOf(
  tx: WriteTransaction,
  from: RestorableMailbox,
  to: MailboxRef | undefined,
  limits: AccountLimits,
): Promise<Mailbox> {
  return (await knownTarget(tx, from, to)) ?? (await makeMailbox(tx, pathOf(from), null, limits));
}

/** The same, or `null` when it is still to be made. */
async function knownTarget(
  tx: ReadTransaction,
  from: RestorableMailbox,
  to: MailboxRef | undefined,
): Promise<Mailbox | null> {
  if (to !== undefined) return resolveMailbox(tx, to);
  if (!from.deleted) return resolveMailbox(tx, from.mailboxId);
  return tx.mailboxByPath(pathOf(from));
}

const pathOf = ({ path }: RestorableMailbox): string => normalizePath(path ?? 'INBOX');
