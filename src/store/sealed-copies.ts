/** Copies and moves of messages into a mailbox that is encrypted. */

import type { WriteTransaction } from '../engine/engine.ts';
import type { CopiedMessage } from '../engine/records.ts';
import type { CopyMode } from '../model/account.ts';
import type { Content } from '../model/content.ts';
import type { MailboxId, Uid } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import { expungeForGood } from './message-data.ts';
import type { SealedMessages } from './seal-messages.ts';

/** Copies in ascending order of UID; what has an encrypted form comes as that, a message of its own in the same thread. */
export function copySealed(
  tx: WriteTransaction,
  from: MailboxId,
  uids: UidSet,
  to: MailboxId,
  how: { readonly sealed: SealedMessages | null; readonly mode: CopyMode },
): Promise<CopiedMessage[]> {
  return transfer(tx, { from, to, uids, sealed: how.sealed }, (run) => tx.copy(from, run, to, how.mode));
}

/** Moves in the same way. The octets of before are gone then, for good: nobody brings them back in the clear. */
export async function moveSealed(
  tx: WriteTransaction,
  from: MailboxId,
  uids: UidSet,
  to: MailboxId,
  sealed: SealedMessages | null,
): Promise<CopiedMessage[]> {
  const pairs = await transfer(tx, { from, to, uids, sealed }, (run) => tx.move(from, run, to));
  const left = pairs.map((pair) => pair.from).filter((uid) => sealed?.contents.has(uid));
  if (left.length > 0) await expungeForGood(tx, from, UidSet.fromSorted(left));
  return pairs;
}

interface Transferred {
  readonly from: MailboxId;
  readonly to: MailboxId;
  readonly uids: UidSet;
  readonly sealed: SealedMessages | null;
}

/** Run by run, so that the new UIDs ascend as the old ones do. */
async function transfer(
  tx: WriteTransaction,
  { from, to, uids, sealed }: Transferred,
  plain: (run: UidSet) => Promise<CopiedMessage[]>,
): Promise<CopiedMessage[]> {
  if (!sealed || sealed.contents.size === 0) return plain(sealed ? uids.intersection(sealed.examined) : uids);
  const pairs: CopiedMessage[] = [];
  for (const { uids: run, contents } of runsOf(uids.intersection(sealed.examined), sealed.contents)) {
    pairs.push(...(contents ? await addSealed(tx, from, to, contents) : await plain(UidSet.fromSorted(run))));
  }
  return pairs;
}

async function addSealed(
  tx: WriteTransaction,
  from: MailboxId,
  to: MailboxId,
  contents: ReadonlyMap<Uid, Content>,
): Promise<CopiedMessage[]> {
  // What was expunged meanwhile is not there; flags are those of now.
  const there = await tx.fetch(from, UidSet.from([...contents.keys()]), { limit: contents.size });
  const messages = there.map(({ uid, mask, keywords, internalDate, threadId }) => ({
    ...{ content: contents.get(uid) as Content, flags: { mask, keywords }, internalDate, threadId },
  }));
  if (messages.length === 0) return [];
  const added = await tx.add(to, messages);
  return added.map(({ uid }, index) => ({ from: (there[index] as { uid: Uid }).uid, to: uid }));
}

interface Run {
  readonly uids: Uid[];
  /** `null` of messages that go as they are. */
  readonly contents: Map<Uid, Content> | null;
}

function runsOf(uids: UidSet, contents: ReadonlyMap<Uid, Content>): Run[] {
  const runs: Run[] = [];
  for (const uid of uids) {
    const content = contents.get(uid);
    let run = runs.at(-1);
    if (!run || (run.contents === null) !== (content === undefined)) {
      run = { uids: [], contents: content ? new Map() : null };
      runs.push(run);
    }
    run.uids.push(uid);
    if (content) run.contents?.set(uid, content);
  }
  return runs;
}
