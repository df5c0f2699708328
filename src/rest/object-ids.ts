/** Ids that a request names things by. */

import type { AccountId, MailboxId } from '../model/ids.ts';
import { mailboxIdOf } from '../model/object-ids.ts';
import { ApiError } from './problems.ts';

/** The mailbox that an id names. @throws {@link ApiError} `NoSuchMailbox` for one of another account, or of none. */
export function parseMailboxId(account: AccountId, text: string): MailboxId {
  const number = mailboxIdOf(account, text);
  if (number === null) throw new ApiError('NoSuchMailbox', 'this mailbox does not exist');
  return number;
}
