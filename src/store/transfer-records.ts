/** Copies what is kept of an account beside the contents: placements, threads, annotations, changes. */

import type {
  TransferPlacement,
  TransferProgress,
  TransferState,
  TransferThreadKey,
  TransferVanished,
} from '../engine/account-transfer.ts';
import type { Change } from '../model/change.ts';
import type { ContentId, MailboxId, ModSeq, Uid } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { StoreContext } from './context.ts';
import { requireGoing, type Transfer } from './transfer.ts';

/** Placements, and keys of threads, that go into one transaction. */
const PAGE = 500;
/** Changes that do: one can name many UIDs. */
const CHANGES = 100;
/** Annotations that do: one may have 64 KB. */
const ANNOTATIONS = 100;

/** Copies all records after what is there. */
export async function copyRecords(transfer: Transfer, state: TransferState, done: TransferProgress): Promise<void> {
  const { from, to, account, onProgress } = transfer;
  const shared = await findShared(transfer, state);
  for (const { id } of state.mailboxes) {
    for await (const placements of pagesOfPlacements(from, account, id, done.uids.get(id) ?? 0)) {
      requireGoing(transfer);
      await to.engine.transfer.put(account, { kind: 'placements', mailboxId: id, placements, shared });
      onProgress?.('records', placements.length, 0, false);
    }
  }
  for await (const keys of pagesOfThreadKeys(from, account, done.threadKey)) {
    requireGoing(transfer);
    await to.engine.transfer.put(account, { kind: 'threadKeys', keys });
  }
  await copyAnnotations(transfer, done);
  const mailboxes = new Set(state.mailboxes.map(({ id }) => id));
  for await (const changes of pagesOfChanges(from, account, done.change)) {
    requireGoing(transfer);
    const vanished = changes.flatMap((change) => vanishedBy(change, mailboxes));
    await to.engine.transfer.put(account, { kind: 'changes', changes, vanished });
  }
}

/** All annotations of an account have a bound, so they are read at once. */
async function copyAnnotations(transfer: Transfer, { annotation: last }: TransferProgress): Promise<void> {
  const { from, to, account } = transfer;
  const all = await from.engine.read(account, (tx) => tx.annotations());
  const left = last
    ? all.slice(1 + all.findIndex(({ mailboxId, name }) => mailboxId === last.mailboxId && name === last.name))
    : all;
  for (let at = 0; at < left.length; at += ANNOTATIONS) {
    requireGoing(transfer);
    await to.engine.transfer.put(account, { kind: 'annotations', annotations: left.slice(at, at + ANNOTATIONS) });
  }
}

/** Contents that several placements have. Memory grows with the number of messages, by some 40 octets each. */
async function findShared(transfer: Transfer, { mailboxes }: TransferState): Promise<Set<ContentId>> {
  const seen = new Set<ContentId>();
  const shared = new Set<ContentId>();
  for (const { id } of mailboxes) {
    for await (const placements of pagesOfPlacements(transfer.from, transfer.account, id, 0)) {
      requireGoing(transfer);
      for (const { contentId } of placements) (seen.has(contentId) ? shared : seen).add(contentId);
    }
  }
  return shared;
}

/** Every removal is in a change; only what it left behind in mailboxes that still exist matters. */
export function vanishedBy({ modSeq, items }: Change, mailboxes: ReadonlySet<MailboxId>): TransferVanished[] {
  const gone = new Map<MailboxId, UidSet>();
  for (const item of items) {
    if (item.type !== 'expunged' || !mailboxes.has(item.mailboxId)) continue;
    gone.set(item.mailboxId, (gone.get(item.mailboxId) ?? UidSet.empty).union(item.uids));
  }
  return [...gone].map(([mailboxId, uids]) => ({ mailboxId, modSeq, uids }));
}

/** Placements of a mailbox above a UID. */
export async function* pagesOfPlacements(
  { engine }: StoreContext,
  account: string,
  mailboxId: MailboxId,
  above: Uid,
): AsyncGenerator<TransferPlacement[], void, undefined> {
  for (let after = above; ; ) {
    const page = await engine.transfer.placements(account, mailboxId, after, PAGE);
    if (page.length === 0) return;
    yield page;
    after = (page.at(-1) as TransferPlacement).uid;
  }
}

/** Keys of threads above one. */
export async function* pagesOfThreadKeys(
  { engine }: StoreContext,
  account: string,
  above: string,
): AsyncGenerator<TransferThreadKey[], void, undefined> {
  for (let after = above; ; ) {
    const page = await engine.transfer.threadKeys(account, after, PAGE);
    if (page.length === 0) return;
    yield page;
    after = (page.at(-1) as TransferThreadKey).key;
  }
}

/** Changes above a position. */
export async function* pagesOfChanges(
  { engine }: StoreContext,
  account: string,
  above: ModSeq,
): AsyncGenerator<Change[], void, undefined> {
  for (let after = above; ; ) {
    const position = after;
    const page = await engine.read(account, (tx) => tx.changes(position, CHANGES));
    if (page.length === 0) return;
    yield page;
    after = (page.at(-1) as Change).modSeq;
  }
}
