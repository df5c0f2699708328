/** Making, renaming, deleting and subscribing mailboxes. */

import type { ReadTransaction, WriteTransaction } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import type { AccountLimits } from '../model/account.ts';
import type { AccountId } from '../model/ids.ts';
import { isBelow, type Mailbox, normalizePath, parentPath, type SpecialUse } from '../model/mailbox.ts';
import { UidSet } from '../model/uid-set.ts';
import { copyAnnotations } from './annotations.ts';
import { accountSettings, resolveMailbox, type StoreContext } from './context.ts';
import { removeMailbox } from './expunge.ts';
import { isHidden, visibleMailboxes } from './hidden-mailboxes.ts';
import { markHidden, setHidden } from './hide-mailbox.ts';
import type { MailboxRef } from './message-store.ts';
import { requireFreeUse } from './special-use.ts';

/** Most mailboxes of an account, and most subscriptions. */
export const MAX_MAILBOXES = 10_000;

/** All mailboxes, INBOX first, then by path. */
export async function listMailboxes({ engine }: StoreContext, account: AccountId): Promise<Mailbox[]> {
  const mailboxes = await engine.read(account, async (tx) => {
    const all = await tx.mailboxes();
    return markHidden(
      tx,
      all,
      all.filter((one) => !isHidden(one)),
    );
  });
  return mailboxes.sort((a, b) => Number(b.path === 'INBOX') - Number(a.path === 'INBOX'));
}

/** Makes a mailbox, and those above it that are missing. */
export async function createMailbox(
  context: StoreContext,
  account: AccountId,
  name: string,
  specialUse: SpecialUse | null,
): Promise<Mailbox> {
  const path = normalizePath(name);
  const { limits } = await accountSettings(context, account);
  return context.engine.write(account, (tx) => makeMailbox(tx, path, specialUse, limits));
}

/** The same as part of a transaction; `path` in normal form. */
export async function makeMailbox(
  tx: WriteTransaction,
  path: string,
  specialUse: SpecialUse | null,
  limits: Pick<AccountLimits, 'mailboxes'>,
): Promise<Mailbox> {
  await requireFree(tx, path);
  const mailboxes = await visibleMailboxes(tx);
  if (mailboxes.length >= Math.min(MAX_MAILBOXES, limits.mailboxes ?? MAX_MAILBOXES))
    throw new EiderError('MAILBOX_LIMIT', 'the account has as many mailboxes as it may');
  if (specialUse) await requireFreeUse(tx, specialUse);
  await createParents(tx, path);
  return tx.createMailbox(path, specialUse);
}

/** Renames a mailbox with all below it. */
export function renameMailbox({ engine }: StoreContext, account: AccountId, from: string, to: string): Promise<void> {
  const source = normalizePath(from);
  const target = normalizePath(to);
  return engine.write(account, async (tx) => {
    const mailboxes = await tx.mailboxes();
    const moving = mailboxes.filter((mailbox) => mailbox.path === source || isBelow(mailbox.path, source));
    // A name that only has mailboxes below it can be renamed too.
    if (moving.length === 0) throw new EiderError('MAILBOX_NOT_FOUND', 'no such mailbox');
    await requireFree(tx, target);
    if (isBelow(target, source)) throw new EiderError('MAILBOX_NAME_INVALID', 'a mailbox cannot go below itself');
    if (mailboxes.some((mailbox) => isBelow(mailbox.path, target))) {
      throw new EiderError('MAILBOX_EXISTS', 'there are mailboxes below that name');
    }
    await createParents(tx, target);
    if (source === 'INBOX') return renameInbox(tx, target);
    for (const mailbox of moving)
      await tx.renameMailbox(mailbox.id, normalizePath(target + mailbox.path.slice(source.length)));
  });
}

/** RFC 9051 section 6.3.6: the messages of INBOX go, INBOX and the mailboxes below it stay. */
async function renameInbox(tx: WriteTransaction, target: string): Promise<void> {
  const inbox = await resolveMailbox(tx, 'INBOX');
  const { id } = await tx.createMailbox(target, null);
  // RFC 5464 section 4.1: annotations are in both then.
  await copyAnnotations(tx, inbox.id, id);
  await tx.move(inbox.id, UidSet.range(1, inbox.uidNext), id);
}

/** Deletes a mailbox with its messages. */
export function deleteMailbox(context: StoreContext, account: AccountId, ref: MailboxRef): Promise<void> {
  return context.engine.write(account, async (tx) => {
    const mailbox = await resolveMailbox(tx, ref).catch(async (error: unknown) => {
      // RFC 9051 section 6.3.5: a name that is only a level above others cannot be deleted.
      const path = typeof ref === 'string' ? normalizePath(ref) : null;
      const above = path !== null && (await tx.mailboxes()).some((other) => isBelow(other.path, path));
      throw above ? new EiderError('MAILBOX_HAS_CHILDREN', 'there are mailboxes below that name') : error;
    });
    if (mailbox.path === 'INBOX') throw new EiderError('MAILBOX_PROTECTED', 'INBOX cannot be deleted');
    await removeMailbox(context, tx, mailbox);
    await setHidden(tx, mailbox.id, false);
  });
}

/** Adds a name to the subscriptions, or takes it off, whether there is such a mailbox or not. */
export function subscribeMailbox(
  { engine }: StoreContext,
  account: AccountId,
  name: string,
  subscribed: boolean,
): Promise<void> {
  const path = normalizePath(name);
  return engine.write(account, async (tx) => {
    const subscriptions = await tx.subscriptions();
    if (subscribed === subscriptions.includes(path)) return;
    if (subscribed && subscriptions.length >= MAX_MAILBOXES)
      throw new EiderError('MAILBOX_LIMIT', 'the account has as many subscriptions as it may');
    await tx.setSubscribed(path, subscribed);
  });
}

async function requireFree(tx: ReadTransaction, path: string): Promise<void> {
  if (await tx.mailboxByPath(path)) throw new EiderError('MAILBOX_EXISTS', 'there is a mailbox of that name');
}

/** RFC 9051 section 6.3.4: the names above a new one are made too. */
async function createParents(tx: WriteTransaction, path: string): Promise<void> {
  const missing: string[] = [];
  for (let above = parentPath(path); above !== null; above = parentPath(above)) {
    if (await tx.mailboxByPath(above)) break;
    missing.unshift(above);
  }
  for (const above of missing) await tx.createMailbox(above, null);
}
