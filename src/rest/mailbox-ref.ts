/** How a path of the API names a mailbox: by its ID, as `resolve` with a path, or by a special use. */

import { z } from 'zod';
import type { AccountId } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import { OBJECT_ID } from '../model/object-ids.ts';
import type { MessageStore } from '../store/message-store.ts';
import { parseMailboxId } from './object-ids.ts';
import { ApiError } from './problems.ts';

/** Names of special uses, as a path says them. */
const USES: ReadonlyMap<string, string> = new Map(
  ['\\Archive', '\\Drafts', '\\Junk', '\\Sent', '\\Trash', '\\All', '\\Flagged', '\\Important'].map((use) => [
    use.slice(1).toLowerCase(),
    use,
  ]),
);

/** The mailbox in a path. */
export const mailboxField: z.ZodString = z.string().min(1).max(64).meta({
  description: 'ID of the mailbox; or `inbox`, or a special use such as `sent`; or `resolve`, with a path in the query',
});

/**
 * The mailbox that is meant.
 *
 * @param path where the field is `resolve`
 * @throws {@link ApiError} `NoSuchMailbox`.
 */
export async function findMailbox(
  store: MessageStore,
  account: AccountId,
  field: string,
  path?: string,
): Promise<Mailbox> {
  if (OBJECT_ID.test(field)) return store.mailbox(account, parseMailboxId(account, field));
  const name = field.toLowerCase();
  if (name === 'resolve' && path !== undefined) return store.mailbox(account, path);
  if (name === 'inbox') return store.mailbox(account, 'INBOX');
  const use = USES.get(name);
  const found = use && (await store.mailboxes(account)).find(({ specialUse }) => specialUse === use);
  if (!found) throw new ApiError('NoSuchMailbox', 'this mailbox does not exist');
  return found;
}
