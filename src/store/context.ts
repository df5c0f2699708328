/** What every operation of the store works with. */

import type { BlobStore } from '../engine/blob-store.ts';
import type { Engine, ReadTransaction } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import type { AccountLimits, CopyMode, Usage } from '../model/account.ts';
import { effectiveLimits } from '../model/account-limits.ts';
import type { Content } from '../model/content.ts';
import type { DefaultLimits } from '../model/default-limits.ts';
import type { AccountId } from '../model/ids.ts';
import { type Mailbox, normalizePath } from '../model/mailbox.ts';
import type { EncryptionAtRest } from './encryption-at-rest.ts';
import type { Tell } from './events/telling.ts';
import { isHidden, visibleUsage } from './hidden-mailboxes.ts';
import type { MailboxRef } from './message-store.ts';
import { isAbsent } from './removed-accounts.ts';

/** The parts of a store. */
export interface StoreContext {
  readonly engine: Engine;
  readonly blobs: BlobStore;
  /** Octets. */
  readonly maxMessageSize: number;
  /** How long expunged messages can be brought back, in milliseconds; 0 for not at all. */
  readonly restorableMs: number;
  /** Of accounts of which nothing else was said. */
  readonly defaultLimits: DefaultLimits;
  /** What encrypts mail that is not delivered; `null` for a store that encrypts none. */
  readonly atRest: EncryptionAtRest | null;
  /** Tells who follows the events of the store what was done beside mail. */
  readonly tell?: Tell;
}

/** The mailbox that `ref` names. @throws `MAILBOX_NOT_FOUND`. */
export async function resolveMailbox(tx: ReadTransaction, ref: MailboxRef): Promise<Mailbox> {
  const mailbox = typeof ref === 'number' ? await tx.mailbox(ref) : await tx.mailboxByPath(pathOrNothing(ref));
  if (!mailbox || isHidden(mailbox)) throw new EiderError('MAILBOX_NOT_FOUND', 'no such mailbox');
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

/** What the directory says of an account, with limits that hold for all. @throws `ACCOUNT_NOT_FOUND`. */
export async function accountSettings(
  { engine, defaultLimits }: StoreContext,
  id: AccountId,
): Promise<{ readonly limits: AccountLimits; readonly copies: CopyMode }> {
  const record = await engine.directory.get(id);
  if (!record || isAbsent(record)) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
  return { limits: effectiveLimits(record.limits, await defaultLimits.inForce()), copies: record.copies };
}

/** @throws `MESSAGE_TOO_LARGE` for a message that is too large for the account. */
export function requireSize({ size }: Pick<Content, 'size'>, { messageOctets }: AccountLimits): void {
  if (size <= (messageOctets ?? Infinity)) return;
  throw new EiderError('MESSAGE_TOO_LARGE', `a message of the account has at most ${messageOctets} octets`);
}

/** To be called after adding, inside the transaction. @throws `QUOTA_EXCEEDED`. */
export async function enforceLimits(tx: ReadTransaction, limits: AccountLimits): Promise<void> {
  if (limits.octets === null && limits.messages === null) return;
  const state = await tx.state();
  // What the store keeps for itself is looked up only when it can make a difference.
  if (!excess(state, limits)) return;
  const reason = excess(await visibleUsage(tx, state), limits);
  if (reason) throw new EiderError('QUOTA_EXCEEDED', reason);
}

function excess({ octets, messages }: Usage, limits: Pick<AccountLimits, 'octets' | 'messages'>): string | null {
  if (octets > (limits.octets ?? Infinity)) return 'the account has no space left';
  if (messages > (limits.messages ?? Infinity)) return 'the account has as many messages as it may';
  return null;
}
