/** What the server answers, with enhanced status codes. RFC 5321 section 4.2, RFC 2034. */

import { isEiderError } from '../errors.ts';

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

/** Nobody has the address. */
export const UNKNOWN_RECIPIENT: Reply = { code: 550, status: 'MAILBOX_NOT_FOUND', text: 'No such recipient here' };

/** The account is switched off. RFC 3463 section 3.3. */
export const DISABLED_RECIPIENT: Reply = { code: 550, status: false, text: '5.2.1 The mailbox is disabled' };

/** What a client is told of an error. What is not the message's fault or the mailbox's is for another try. */
export function errorReply(error: unknown, overQuota: 'refuse' | 'defer'): Reply {
  if (isEiderError(error, 'QUOTA_EXCEEDED')) return overQuota === 'defer' ? STILL_OVER_QUOTA : FOREVER_OVER_QUOTA;
  if (isEiderError(error, 'MESSAGE_TOO_LARGE')) return TOO_LARGE;
  if (isEiderError(error, 'DISK_FULL')) return DISK_FULL;
  if (isEiderError(error, 'ACCOUNT_NOT_FOUND')) return UNKNOWN_RECIPIENT;
  return TROUBLE;
}
