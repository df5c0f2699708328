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
  /** Whose it is; absent for what is no account's. */
  readonly user?: AccountId;
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

/**
 * Of an account itself. `user.delete.started` when it was removed, `user.delete.cancelled` when it was brought back,
 * `user.delete.completed` when it is gone for good. Of second factors `mfa.u2f` are security keys and passkeys: when the
 * first is there, and when the last is gone; `mfa.disabled` when none of any kind is left. `autoreply.user` whenever
 * somebody says so.
 */
export interface UserEvent extends AnyEvent {
  readonly ev:
    | 'autoreply.user.disabled'
    | 'autoreply.user.enabled'
    | 'mfa.custom.disabled'
    | 'mfa.custom.enabled'
    | 'mfa.disabled'
    | 'mfa.totp.disabled'
    | 'mfa.totp.enabled'
    | 'mfa.u2f.disabled'
    | 'mfa.u2f.enabled'
    | 'user.created'
    | 'user.delete.cancelled'
    | 'user.delete.completed'
    | 'user.delete.started'
    | 'user.password.changed';
  readonly user: AccountId;
}

/** Of an address of an account, or a pattern. */
export interface UserAddressEvent extends AnyEvent {
  readonly ev: 'address.user.created' | 'address.user.deleted';
  readonly user: AccountId;
  /** The address. */
  readonly value: string;
}

/** Of an address that only forwards. */
export interface ForwardedAddressEvent extends AnyEvent {
  readonly ev: 'address.forwarded.created' | 'address.forwarded.deleted';
  /** The address. */
  readonly value: string;
}

/** The addresses of a domain, or its aliases, have another one now. Both are in normal form. */
export interface DomainRenamedEvent extends AnyEvent {
  readonly ev: 'address.domain.renamed';
  readonly previous: string;
  readonly current: string;
}

/** Of a domain whose addresses are those of another one. */
export interface DomainAliasEvent extends AnyEvent {
  readonly ev: 'domainalias.created' | 'domainalias.deleted';
  readonly alias: string;
  readonly domain: string;
}

/** Of an app password; `asp` is its id. */
export interface AppPasswordEvent extends AnyEvent {
  readonly ev: 'asp.created' | 'asp.deleted';
  readonly user: AccountId;
  readonly asp: string;
}

/** Of a filter; `filter` is its id. */
export interface FilterEvent extends AnyEvent {
  readonly ev: 'filter.created' | 'filter.deleted';
  readonly user: AccountId;
  readonly filter: string;
}

/** Of a key that a domain signs with; `dkim.updated` when it signs from then on, or no more, also because another does. */
export interface DkimEvent extends AnyEvent {
  readonly ev: 'dkim.created' | 'dkim.deleted' | 'dkim.updated';
  readonly domain: string;
  readonly selector: string;
  /** See `DkimKey.fingerprint`. */
  readonly fingerprint: string;
}

/** Of a certificate for TLS; `cert` is its id. */
export interface CertificateEvent extends AnyEvent {
  readonly ev: 'cert.created' | 'cert.deleted' | 'cert.updated';
  readonly cert: string;
  readonly servername: string;
  /** See `TlsCertificate.fingerprint`. */
  readonly fingerprint: string;
}

/**
 * What administrators do, and users with their settings. Told after it was done, at most once: a process that dies in
 * between tells nothing of it.
 */
export type AdministrativeEvent =
  | UserEvent
  | UserAddressEvent
  | ForwardedAddressEvent
  | DomainRenamedEvent
  | DomainAliasEvent
  | AppPasswordEvent
  | FilterEvent
  | DkimEvent
  | CertificateEvent;

/** Something that happened. */
export type StoreEvent = MessageEvent | MovedEvent | MailboxEvent | ResetEvent | AdministrativeEvent;

/** The name of an event. */
export type StoreEventName = StoreEvent['ev'];

/** All names. */
export const STORE_EVENTS: readonly StoreEventName[] = [
  'address.domain.renamed',
  'address.forwarded.created',
  'address.forwarded.deleted',
  'address.user.created',
  'address.user.deleted',
  'asp.created',
  'asp.deleted',
  'autoreply.user.disabled',
  'autoreply.user.enabled',
  'cert.created',
  'cert.deleted',
  'cert.updated',
  'dkim.created',
  'dkim.deleted',
  'dkim.updated',
  'domainalias.created',
  'domainalias.deleted',
  'filter.created',
  'filter.deleted',
  'mailbox.created',
  'mailbox.deleted',
  'mailbox.renamed',
  'marked.ham',
  'marked.spam',
  'message.deleted',
  'message.flags',
  'message.moved',
  'message.received',
  'mfa.custom.disabled',
  'mfa.custom.enabled',
  'mfa.disabled',
  'mfa.totp.disabled',
  'mfa.totp.enabled',
  'mfa.u2f.disabled',
  'mfa.u2f.enabled',
  'reset',
  'user.created',
  'user.delete.cancelled',
  'user.delete.completed',
  'user.delete.started',
  'user.password.changed',
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
