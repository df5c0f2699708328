/** What the server answers, with enhanced status codes. RFC 5321 section 4.2, RFC 2034. */

import { type ErrorCode, isEiderError } from '../errors.ts';
import type { DeliveryOutcome } from '../model/mail-transaction.ts';

/** One line of answer. */
export interface Reply {
  readonly code: number;
  /** What smtp-server calls the enhanced status code; absent: its own choice for the code; `false`: `text` has it. */
  readonly status?: string | false;
  readonly text: string;
}

const FOREVER_OVER_QUOTA: Reply = { code: 552, text: 'The mailbox is full' };
const STILL_OVER_QUOTA: Reply = { code: 452, status: 'MAILBOX_FULL', text: 'The mailbox is full' };
const TOO_LARGE: Reply = { code: 552, status: 'MESSAGE_TOO_BIG', text: 'The message is too large' };
const DISK_FULL: Reply = { code: 452, status: 'SYSTEM_FULL', text: 'No space is left, try again later' };
const TROUBLE: Reply = { code: 451, status: 'SYSTEM_ERROR', text: 'Local trouble, try again later' };

const UNKNOWN_RECIPIENT: Reply = { code: 550, status: 'MAILBOX_NOT_FOUND', text: 'No such recipient here' };
// RFC 3463 sections 3.2 and 3.3.
const DISABLED_RECIPIENT: Reply = { code: 550, status: false, text: '5.2.1 The mailbox is disabled' };
const TOO_FAST: Reply = { code: 450, status: false, text: '4.2.1 The mailbox gets too much at present' };
const NO_ADDRESS: Reply = { code: 553, status: false, text: '5.1.3 That is no address' };
// RFC 3463 sections 3.5 and 3.8.
const LOOP: Reply = { code: 554, status: false, text: '5.4.6 The message runs in a circle' };
const REFUSED: Reply = { code: 550, status: false, text: '5.7.1 The message is refused' };
const NOT_ENCRYPTED: Reply = { code: 451, status: false, text: '4.7.5 The message cannot be encrypted at present' };

/** By code of the error; what is not here is neither the message's fault nor the mailbox's, and for another try. */
const REPLIES: ReadonlyMap<ErrorCode, Reply> = new Map<ErrorCode, Reply>([
  ['MESSAGE_TOO_LARGE', TOO_LARGE],
  ['DISK_FULL', DISK_FULL],
  ['ACCOUNT_NOT_FOUND', UNKNOWN_RECIPIENT],
  ['RECIPIENT_UNKNOWN', UNKNOWN_RECIPIENT],
  ['ACCOUNT_DISABLED', DISABLED_RECIPIENT],
  ['RATE_LIMITED', TOO_FAST],
  ['ADDRESS_INVALID', NO_ADDRESS],
  ['MAIL_LOOP', LOOP],
  ['DELIVERY_REFUSED', REFUSED],
  ['ENCRYPTION_FAILED', NOT_ENCRYPTED],
]);

/** What a client is told of an error. */
export function errorReply(error: unknown, overQuota: 'refuse' | 'defer'): Reply {
  if (!isEiderError(error)) return TROUBLE;
  if (error.code === 'QUOTA_EXCEEDED') return overQuota === 'defer' ? STILL_OVER_QUOTA : FOREVER_OVER_QUOTA;
  return REPLIES.get(error.code) ?? TROUBLE;
}

/** What a client is told of a message that was taken. */
export function outcomeReply({ result, stored }: DeliveryOutcome): Reply {
  if (stored) return { code: 250, text: `Stored, uid ${stored.uid}` };
  return { code: 250, text: result === 'duplicate' ? 'Stored before' : 'Taken' };
}
