/**
 * Mailboxes of the store's own: they keep what nobody sees, with all that holds of mailboxes, and no client ever hears
 * of them. Their names begin with a character that no other name has.
 */

import type { ReadTransaction, WriteTransaction } from '../engine/engine.ts';
import type { AccountState, OtherPlace } from '../engine/records.ts';
import type { Change, ChangeItem } from '../model/change.ts';
import type { MailboxId } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';

/** `normalizePath` refuses it. */
const MARK = '\u001f';
/** Expunged from a mailbox that is there still, or is gone. */
const EXPUNGED = `${MARK}expunged/`;
const DELETED = `${MARK}deleted/`;
const OUTBOX = `${MARK}outbox`;
const HOLD = `${MARK}hold`;
const FILES = `${MARK}files`;
const DATA = `${MARK}data`;

/** Where messages were before they were expunged. */
export interface ExpungedFrom {
  readonly mailboxId: MailboxId;
  /** Of a mailbox that was deleted; `null` of one that is there. */
  readonly path: string | null;
}

/** Whether a mailbox is one of the store's own. */
export const isHidden = ({ path }: Pick<Mailbox, 'path'>): boolean => path.startsWith(MARK);

/** All mailboxes but the store's own. */
export async function visibleMailboxes(tx: ReadTransaction): Promise<Mailbox[]> {
  return (await tx.mailboxes()).filter((mailbox) => !isHidden(mailbox));
}

/** Where else messages are, but for the store's own mailboxes. */
export async function visiblePlaces(tx: ReadTransaction, places: readonly OtherPlace[]): Promise<OtherPlace[]> {
  if (places.length === 0) return [];
  const visible = new Set((await visibleMailboxes(tx)).map(({ id }) => id));
  return places.filter(({ mailboxId }) => visible.has(mailboxId));
}

/** What an account uses, without what the store keeps for itself. */
export async function visibleUsage(
  tx: ReadTransaction,
  { octets, messages }: Pick<AccountState, 'octets' | 'messages'>,
): Promise<Pick<AccountState, 'octets' | 'messages'>> {
  const used = { octets, messages };
  for (const mailbox of await tx.mailboxes()) {
    if (!isHidden(mailbox)) continue;
    used.octets -= mailbox.octets;
    used.messages -= mailbox.messages;
  }
  return used;
}

/** What is told of transactions: nothing of the store's own mailboxes, and no transaction that has nothing else. */
export async function visibleChanges(tx: ReadTransaction, changes: readonly Change[]): Promise<Change[]> {
  if (changes.length === 0) return [];
  const hidden = new Set((await tx.mailboxes()).filter(isHidden).map(({ id }) => id));
  for (const { items } of changes) {
    for (const item of items) if ('path' in item && isHidden(item)) hidden.add(item.mailboxId);
  }
  if (hidden.size === 0) return [...changes];
  const isTold = ({ mailboxId }: ChangeItem): boolean => mailboxId === null || !hidden.has(mailboxId);
  return changes
    .map((change) => (change.items.every(isTold) ? change : { ...change, items: change.items.filter(isTold) }))
    .filter(({ items }) => items.length > 0);
}

/** Where the messages of a hidden mailbox were; `null` for one of another kind. */
export function expungedFrom({ path }: Pick<Mailbox, 'path'>): ExpungedFrom | null {
  if (path.startsWith(EXPUNGED)) return { mailboxId: Number(path.slice(EXPUNGED.length)), path: null };
  if (!path.startsWith(DELETED)) return null;
  const [id = '', ...levels] = path.slice(DELETED.length).split('/');
  return { mailboxId: Number(id), path: levels.join('/') };
}

/** Where messages of a mailbox go when they are expunged. */
export function expungedMailbox(tx: WriteTransaction, from: MailboxId): Promise<Mailbox> {
  return hiddenMailbox(tx, `${EXPUNGED}${from}`);
}

/** The name of {@link expungedMailbox} after the mailbox itself was deleted. */
export const deletedMailboxPath = ({ id, path }: Pick<Mailbox, 'id' | 'path'>): string => `${DELETED}${id}/${path}`;

/** Where messages are until they have been sent. */
export const outboxMailbox = (tx: WriteTransaction): Promise<Mailbox> => hiddenMailbox(tx, OUTBOX);

/** The same, when there is one. */
export const findOutbox = (tx: ReadTransaction): Promise<Mailbox | null> => tx.mailboxByPath(OUTBOX);

/** Where files are that were uploaded to be attached. */
export const filesMailbox = (tx: WriteTransaction): Promise<Mailbox> => hiddenMailbox(tx, FILES);

/** The same, when there is one. */
export const findFiles = (tx: ReadTransaction): Promise<Mailbox | null> => tx.mailboxByPath(FILES);

/** What keeps data of programs about messages and mailboxes, as annotations. */
export const dataMailbox = (tx: WriteTransaction): Promise<Mailbox> => hiddenMailbox(tx, DATA);

/** The same, when there is one. */
export const findData = (tx: ReadTransaction): Promise<Mailbox | null> => tx.mailboxByPath(DATA);

/** Whether it is that one. */
export const isData = ({ path }: Pick<Mailbox, 'path'>): boolean => path === DATA;

/** What says that nothing of the account may be lost at present: another one with each hold that begins. */
export const holdMark = async (tx: ReadTransaction): Promise<MailboxId | null> =>
  (await tx.mailboxByPath(HOLD))?.id ?? null;

/** Whether nothing of the account may be lost at present. */
export const isHeld = async (tx: ReadTransaction): Promise<boolean> => (await holdMark(tx)) !== null;

/** Begins that. Whoever has looked at the holds before sees by the mark that there is one more. */
export async function markHeld(tx: WriteTransaction): Promise<void> {
  const before = await holdMark(tx);
  if (before !== null) await tx.deleteMailbox(before);
  await tx.createMailbox(HOLD, null);
}

/** Ends that, unless another hold has begun since `mark` was read. */
export async function unmarkHeld(tx: WriteTransaction, mark: MailboxId): Promise<void> {
  if ((await holdMark(tx)) === mark) await tx.deleteMailbox(mark);
}

async function hiddenMailbox(tx: WriteTransaction, path: string): Promise<Mailbox> {
  return (await tx.mailboxByPath(path)) ?? tx.createMailbox(path, null);
}
