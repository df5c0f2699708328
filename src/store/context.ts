/** What every operation of the store works with. */

import type { BlobStore } from '../engine/blob-store.ts';
import type { Engine, ReadTransaction } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import type { AccountLimits, CopyMode } from '../model/account.ts';
import type { AccountId } from '../model/ids.ts';
import { type Mailbox, normalizePath } from '../model/mailbox.ts';
import type { MailboxRef } from './message-store.ts';

/** The parts of a store. */
export interface StoreContext {
  readonly engine: Engine;
  readonly blobs: BlobStore;
  /** Octets. */
  readonly maxMessageSize: number;
}

/** The mailbox that `ref` names. @throws `MAILBOX_NOT_FOUND`. */
export async function resolveMailbox(tx: ReadTransaction, ref: MailboxRef): Promise<Mailbox> {
  const mailbox = typeof ref === 'number' ? await tx.mailbox(ref) : await tx.mailboxByPath(pathOrNothing(ref));
  if (!mailbox) throw new EiderError('MAILBOX_NOT_FOUND', 'no such mailbox');
  return mailbox;
}

/** A name that cannot be a mailbox's names none. */
function pathOrNothing(path: string): string {
  try {
    return normalizePath(path);
  } catch {
    return '';
  }
}

/** What the directory says of an account. @throws `ACCOUNT_NOT_FOUND`. */
export async function accountSettings(
  { engine }: StoreContext,
  id: AccountId,
): Promise<{ readonly limits: AccountLimits; readonly copies: CopyMode }> {
  const record = await engine.directory.get(id);
  if (!record) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
  return record;
}

/** To be called after adding, inside the transaction. @throws `QUOTA_EXCEEDED`. */
export async function enforceLimits(tx: ReadTransaction, limits: AccountLimits): Promise<void> {
  if (limits.octets === null && limits.messages === null) return;
  const state = await tx.state();
  if (state.octets > (limits.octets ?? Infinity))
    throw new EiderError('QUOTA_EXCEEDED', 'the account has no space left');
  if (state.messages > (limits.messages ?? Infinity)) {
    throw new EiderError('QUOTA_EXCEEDED', 'the account has as many messages as it may');
  }
}
