/** Events of a store as the API and webhooks tell them. */

import type { MailboxId } from './ids.ts';
import { addressObjectId, aliasObjectId, dkimObjectId, mailboxObjectId } from './object-ids.ts';
import type { StoreEvent } from './store-event.ts';

/** An event whose fields are those of JSON. */
export interface EventView {
  /** Its position. */
  readonly id: string;
  /** Its name. */
  readonly ev: string;
  readonly [field: string]: unknown;
}

/** An event as it is told: with the ids that the API has. */
export function storeEventView(event: StoreEvent): EventView {
  switch (event.ev) {
    case 'address.user.created':
    case 'address.user.deleted':
    case 'address.forwarded.created':
    case 'address.forwarded.deleted':
      return { ...event, address: addressObjectId(event.value) };
    case 'domainalias.created':
    case 'domainalias.deleted':
      return { ...event, domainalias: aliasObjectId(event.alias) };
    case 'dkim.created':
    case 'dkim.deleted':
    case 'dkim.updated':
      return { ...event, dkim: dkimObjectId(event.domain, event.selector) };
    default:
      return withMailboxIds(event);
  }
}

function withMailboxIds(event: StoreEvent): EventView {
  const { mailbox, previousMailbox, ...rest } = event as StoreEvent & {
    readonly mailbox?: MailboxId;
    readonly previousMailbox?: MailboxId;
  };
  const { user } = rest;
  if (user === undefined) return rest;
  return {
    ...rest,
    ...(mailbox !== undefined && { mailbox: mailboxObjectId(user, mailbox) }),
    ...(previousMailbox !== undefined && { previousMailbox: mailboxObjectId(user, previousMailbox) }),
  };
}
