/** Events of a store as the API tells them: mailboxes by the ids that the API knows them by. */

import type { AccountId, MailboxId } from './ids.ts';
import { mailboxObjectId } from './object-ids.ts';
import type { StoreEvent } from './store-event.ts';

/** An event whose fields are those of JSON. */
export interface EventView {
  /** Its position. */
  readonly id: string;
  /** Its name. */
  readonly ev: string;
  readonly [field: string]: unknown;
}

/** An event as it is told. */
export function storeEventView(event: StoreEvent): EventView {
  const { user, mailbox, previousMailbox, ...rest } = event as StoreEvent & {
    readonly user?: AccountId;
    readonly mailbox?: MailboxId;
    readonly previousMailbox?: MailboxId;
  };
  if (user === undefined) return rest;
  return {
    ...rest,
    user,
    ...(mailbox !== undefined && { mailbox: mailboxObjectId(user, mailbox) }),
    ...(previousMailbox !== undefined && { previousMailbox: mailboxObjectId(user, previousMailbox) }),
  };
}
