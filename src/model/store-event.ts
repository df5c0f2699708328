/** What happens in a store, account by account, as programs follow it. */

import type { AccountId, MailboxId, Uid } from './ids.ts';

/** What every event has. */
interface AnyEvent {
  /**
   * Its position, 24 hex digits, rising: whoever goes on from it gets what came after, and nothing twice.
   */
  readonly id: string;
  /** When it happened, milliseconds since 1970. */
  readonly time: number;
}

/** A message is new in a mailbox (delivered, appended or copied), or has other flags, or is gone. */
export interface MessageEvent extends AnyEvent {
  readonly ev: 'message.received' | 'message.flags' | 'message.deleted';
  readonly user: AccountId;
  readonly mailbox: MailboxId;
  readonly message: Uid;
  /** Flags and keywords as they were when the event was recorded; absent when the message was gone by then. */
  readonly flags?: readonly string[];
}

/** A message is in another mailbox; `marked.spam` and `marked.ham` follow a move into Junk or out of it. */
export interface MovedEvent extends AnyEvent {
  readonly ev: 'message.moved' | 'marked.spam' | 'marked.ham';
  readonly user: AccountId;
  readonly mailbox: MailboxId;
  readonly message: Uid;
  readonly previousMailbox: MailboxId;
  readonly previousMessage: Uid;
  /** See {@link MessageEvent}. */
  readonly flags?: readonly string[];
}

/** Of a mailbox. */
export interface MailboxEvent extends AnyEvent {
  readonly ev: 'mailbox.created' | 'mailbox.renamed' | 'mailbox.deleted';
  readonly user: AccountId;
  readonly mailbox: MailboxId;
  readonly path: string;
}

/** What happened until now is known no more, of one account or, without `user`, of all: look at everything anew. */
export interface ResetEvent extends AnyEvent {
  readonly ev: 'reset';
  readonly user?: AccountId;
}

/** Something that happened. */
export type StoreEvent = MessageEvent | MovedEvent | MailboxEvent | ResetEvent;

/** The name of an event. */
export type StoreEventName = StoreEvent['ev'];

/** All names. */
export const STORE_EVENTS: readonly StoreEventName[] = [
  'mailbox.created',
  'mailbox.deleted',
  'mailbox.renamed',
  'marked.ham',
  'marked.spam',
  'message.deleted',
  'message.flags',
  'message.moved',
  'message.received',
  'reset',
];

/** Which events, and from where on. */
export interface EventsOptions {
  /** Position of the last event that is known. @defaultValue from now on */
  readonly after?: string;
  /** Names, or beginnings of names such as `message.*`, or `*`. `reset` is always told. @defaultValue all */
  readonly types?: readonly string[];
  /** Only of this account. */
  readonly account?: AccountId;
  readonly signal?: AbortSignal;
}

/** Whether a type, such as `message.*`, names any event at all. */
export function isEventType(type: string): boolean {
  return STORE_EVENTS.some((name) => namesEvent(type, name));
}

/** Whether a type, such as `message.*`, names an event. */
export function namesEvent(type: string, name: string): boolean {
  if (type === '*' || type === name) return true;
  return type.endsWith('.*') && name.startsWith(type.slice(0, -1));
}
