/** What happened, and what happens. */

import { EiderError, isEiderError } from '../errors.ts';
import type { Change } from '../model/change.ts';
import type { AccountId, ModSeq } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { StoreContext } from './context.ts';
import { resolveMailbox } from './context.ts';
import { visibleChanges } from './hidden-mailboxes.ts';
import type { ChangePage, MailboxChanges, MailboxRef } from './message-store.ts';
import { Wake } from './wake.ts';

/** Changes read at once. */
const PAGE = 200;

/** What happened in one mailbox. */
export function mailboxChanges(
  { engine }: StoreContext,
  account: AccountId,
  ref: MailboxRef,
  since: ModSeq,
): Promise<MailboxChanges> {
  return engine.read(account, async (tx) => {
    const { modSeq } = await tx.state();
    const mailbox = await resolveMailbox(tx, ref).catch((error: unknown) => {
      if (isEiderError(error, 'MAILBOX_NOT_FOUND')) return null;
      throw error;
    });
    const none = {
      uids: new Uint32Array(0),
      masks: new Uint8Array(0),
      modSeqs: new Float64Array(0),
      keywords: new Map(),
    };
    if (!mailbox || mailbox.highestModSeq <= since) return { mailbox, modSeq, vanished: UidSet.empty, changed: none };
    const uids = await tx.changedSince(mailbox.id, since);
    return {
      mailbox,
      modSeq,
      vanished: await tx.vanished(mailbox.id, since),
      changed: uids.length === 0 ? none : await tx.flags(mailbox.id, UidSet.fromSorted(uids)),
    };
  });
}

/** One page of what happened after a position. */
export function changesSince({ engine }: StoreContext, account: AccountId, since: ModSeq): Promise<ChangePage> {
  return engine.read(account, async (tx) => {
    const { modSeq, changesExpired } = await tx.state();
    if (since < changesExpired) throw new EiderError('LIMIT_EXCEEDED', 'changes that old are not kept');
    const page = await tx.changes(since, PAGE);
    const more = page.length === PAGE;
    const changes = await visibleChanges(tx, page);
    return { changes, more, modSeq: more ? (page.at(-1) as Change).modSeq : modSeq };
  });
}

/** The account's changes from a position on, without end until aborted, as the store does when it is closed. */
export async function* followChanges(
  { engine }: StoreContext,
  account: AccountId,
  since: ModSeq | undefined,
  signal: AbortSignal,
): AsyncGenerator<Change, void, undefined> {
  const wake = new Wake();
  const end = engine.subscribe(account, () => wake.ring());
  const stop = (): void => wake.ring();
  signal.addEventListener('abort', stop);
  try {
    let position = since ?? (await engine.read(account, (tx) => tx.state())).modSeq;
    while (!signal.aborted) {
      const heard = wake.next();
      const page = await engine.read(account, async (tx) => {
        const { changesExpired } = await tx.state();
        if (position < changesExpired) throw new EiderError('LIMIT_EXCEEDED', 'changes that old are not kept');
        const all = await tx.changes(position, PAGE);
        return { told: await visibleChanges(tx, all), length: all.length, last: all.at(-1)?.modSeq };
      });
      for (const change of page.told) {
        position = change.modSeq;
        yield change;
      }
      position = page.last ?? position;
      if (page.length === 0 && !signal.aborted) await heard;
    }
  } catch (error) {
    if (!signal.aborted || !isEiderError(error, 'STORE_CLOSED')) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    end();
  }
}
