/** A message that an account sends: on its way, and kept, in one transaction of the account. */

import type { ReadTransaction, WriteTransaction } from '../engine/engine.ts';
import type { Content } from '../model/content.ts';
import { parseFlags } from '../model/flags.ts';
import type { AccountId, Uid } from '../model/ids.ts';
import type { Mailbox, MailboxRef } from '../model/mailbox.ts';
import { UidSet } from '../model/uid-set.ts';
import { addMessages } from './append.ts';
import { resolveMailbox, type StoreContext } from './context.ts';
import { deliveryKey } from './deliver.ts';
import { removeMessages } from './expunge.ts';
import { type DataText, writeData } from './message-data.ts';
import type { AppendResult } from './message-store.ts';
import { addOutgoing, markOutbox, type NewOutgoing } from './outbox.ts';

const SENT = 'Sent';

/** What is to be done with a message that is sent. */
export interface SentMessage {
  readonly outgoing: NewOutgoing;
  /** What the account keeps, and where; `undefined` for the mailbox for sent mail, `null` for nowhere. */
  readonly copy: Content;
  readonly keepIn: MailboxRef | null | undefined;
  readonly draft: { readonly mailbox: MailboxRef; readonly uid: Uid } | null;
  /** Whether nobody brings the draft back: it is in the clear, and what is kept of the message is not. */
  readonly forgetDraft: boolean;
  readonly reference: { readonly mailbox: MailboxRef; readonly uid: Uid; readonly flag: string } | null;
  /** Data of the program's own about the copy; `undefined` for none. */
  readonly data: DataText | undefined;
  /** Names the submission; `null` when it has no name. */
  readonly transaction: string | null;
}

/** Does all that is to be done; `null`, and nothing, when a submission of that name was made before. @throws `MAILBOX_NOT_FOUND`. */
export async function storeSent(
  context: StoreContext,
  account: AccountId,
  message: SentMessage,
): Promise<{ readonly outgoing: Uid; readonly stored: AppendResult | null } | null> {
  await markOutbox(context, account);
  return context.engine.write(account, async (tx) => {
    const key = message.transaction === null ? null : deliveryKey(`submission ${message.transaction}`);
    if (key !== null && (await tx.threads([key])).length > 0) return null;
    const stored = await keep(tx, message);
    const [outgoing] = await addOutgoing(tx, [message.outgoing]);
    if (key !== null) await tx.bindThread(stored?.threadId ?? (await tx.newThread()), [key]);
    const { draft, reference } = message;
    if (draft) {
      const { id } = await resolveMailbox(tx, draft.mailbox);
      const bounds = message.forgetDraft ? { restorableMs: 0 } : context;
      await removeMessages(bounds, tx, id, UidSet.of(draft.uid));
    }
    if (reference) await mark(tx, reference);
    return { outgoing: outgoing as Uid, stored };
  });
}

async function keep(tx: WriteTransaction, { keepIn, copy, outgoing, data }: SentMessage): Promise<AppendResult | null> {
  if (keepIn === null) return null;
  const mailbox = keepIn === undefined ? await sentMailbox(tx) : await resolveMailbox(tx, keepIn);
  const flags = parseFlags(['\\Seen']);
  const [stored] = await addMessages(tx, mailbox, [{ content: copy, flags, internalDate: outgoing.created }]);
  if (stored && data !== undefined) await writeData(tx, new Map([[stored.emailId, data]]));
  return stored as AppendResult;
}

async function sentMailbox(tx: WriteTransaction): Promise<Mailbox> {
  return (await findSentMailbox(tx)) ?? tx.createMailbox(SENT, '\\Sent');
}

/** Where copies of what is sent go; `null` when it is still to be made. */
export async function findSentMailbox(tx: ReadTransaction): Promise<Mailbox | null> {
  const found = (await tx.mailboxes()).find(({ specialUse }) => specialUse === '\\Sent');
  return found ?? (await tx.mailboxByPath(SENT));
}

/** What is answered may be gone meanwhile: that is no reason not to send. */
async function mark(
  tx: WriteTransaction,
  { mailbox, uid, flag }: NonNullable<SentMessage['reference']>,
): Promise<void> {
  const { id } = await resolveMailbox(tx, mailbox);
  await tx.setFlags(id, UidSet.of(uid), { mode: 'add', flags: parseFlags([flag]) });
}
