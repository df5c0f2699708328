/** Mailboxes that mail clients are not told of: they are there for programs. */

import type { ReadTransaction, WriteTransaction } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import type { AccountId, MailboxId } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import { resolveMailbox, type StoreContext } from './context.ts';
import { dataMailbox, findData, isData } from './hidden-mailboxes.ts';
import type { MailboxRef } from './message-store.ts';

const HIDDEN = '/private/hidden';

/** Hides a mailbox, or shows it again. */
export function hideMailbox(
  { engine }: StoreContext,
  account: AccountId,
  ref: MailboxRef,
  hidden: boolean,
): Promise<void> {
  return engine.write(account, async (tx) => {
    const { id, path } = await resolveMailbox(tx, ref);
    // RFC 9051 section 6.3.9: INBOX is always listed.
    if (hidden && path === 'INBOX') throw new EiderError('MAILBOX_PROTECTED', 'INBOX cannot be hidden');
    await setHidden(tx, id, hidden);
  });
}

/** The same as part of a transaction, without a look at the mailbox. */
export async function setHidden(tx: WriteTransaction, id: MailboxId, hidden: boolean): Promise<void> {
  const before = await readHidden(tx, await findData(tx));
  if (before.has(id) === hidden) return;
  const ids = [...before].filter((other) => other !== id);
  if (hidden) ids.push(id);
  const value = ids.length === 0 ? null : Buffer.from(ids.join(' '));
  await tx.setAnnotations((await dataMailbox(tx)).id, new Map([[HIDDEN, value]]));
}

/** Mailboxes, the hidden ones marked. @param all the store's own among them */
export async function markHidden(tx: ReadTransaction, all: readonly Mailbox[], shown: Mailbox[]): Promise<Mailbox[]> {
  const hidden = await readHidden(tx, all.find(isData) ?? null);
  return hidden.size === 0 ? shown : shown.map((one) => (hidden.has(one.id) ? { ...one, hidden: true } : one));
}

async function readHidden(tx: ReadTransaction, kept: Mailbox | null): Promise<Set<MailboxId>> {
  const [found] = kept ? await tx.annotations({ mailboxId: kept.id, names: [HIDDEN] }) : [];
  return new Set(found ? Buffer.from(found.value).toString().split(' ').map(Number) : []);
}
