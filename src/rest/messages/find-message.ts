/** One message of a mailbox, and sets of them, as requests name them. */

import { z } from 'zod';
import type { AccountId, Uid } from '../../model/ids.ts';
import { UidSet } from '../../model/uid-set.ts';
import type { FetchedMessage, FetchFields, MessageStore } from '../../store/message-store.ts';
import { ApiError } from '../problems.ts';

const MAX_UID = 0xffffffff;

/** The message in a path. */
export const messageField: z.ZodNumber = z
  .number()
  .int()
  .min(1)
  .max(MAX_UID)
  .meta({ description: 'UID of the message' });

/** Several messages: UIDs and ranges with commas between, such as `1,5:7,20:*`. */
export const messageSetField: z.ZodString = z
  .string()
  .max(100_000)
  .regex(/^\d{1,10}(?::(?:\d{1,10}|\*))?(?:,\d{1,10}(?::(?:\d{1,10}|\*))?)*$/, 'is no list of UIDs')
  .meta({ description: 'UIDs and ranges with commas between, such as `1,5:7,20:*`' });

/** @throws {@link ApiError} `InputValidationError` for a number that is no UID. */
export function parseMessageSet(text: string): UidSet {
  try {
    return UidSet.parse(text.replaceAll('*', String(MAX_UID)));
  } catch {
    throw new ApiError('InputValidationError', '"message": is no list of UIDs', {
      details: { message: 'is no list of UIDs' },
    });
  }
}

/** A message. @throws {@link ApiError} `MessageNotFound`. */
export async function findMessage(
  store: MessageStore,
  account: AccountId,
  mailbox: number,
  uid: Uid,
  fields: FetchFields,
): Promise<FetchedMessage> {
  for await (const message of store.fetch(account, mailbox, UidSet.range(uid, uid), fields)) return message;
  throw new ApiError('MessageNotFound', 'this message does not exist');
}
