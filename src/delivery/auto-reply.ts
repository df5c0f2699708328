/** Whether a message is answered automatically, by what RFC 3834 section 2 and RFC 5230 sections 4.5 and 4.6 ask for. */

import { createHash } from 'node:crypto';
import type { Vault } from '../engine/vault.ts';
import { parseAddresses } from '../mime/addresses.ts';
import { type HeaderField, unfold } from '../mime/header-fields.ts';
import { decodeOctets } from '../mime/text-decoding.ts';
import { normalizeAddress, normalizeDomain, splitAddress, withoutDetail } from '../model/address.ts';
import type { AutoReply } from '../model/auto-reply.ts';
import type { AccountId } from '../model/ids.ts';
import { attempt } from '../store/address-resolver.ts';
import { takeDaily } from './daily-limit.ts';

/** What a message is answered by. */
export interface ReplyContext {
  /** Reverse path of the message; `''` for none. */
  readonly from: string;
  /** The recipient for whom it came, as the envelope had it. */
  readonly recipient: string;
  /** Those of the account, in normal form. */
  readonly addresses: readonly string[];
  readonly spam: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Why nothing is answered. */
export type NoReply =
  | 'off'
  | 'spam'
  | 'nullSender'
  | 'invalidSender'
  | 'ownAddress'
  | 'machine'
  | 'autoSubmitted'
  | 'bulk'
  | 'list'
  | 'suppressed'
  | 'loop'
  | 'report'
  | 'notAddressed';

/** Whether a message is answered: from which address of the account to which. */
export type ReplyDecision =
  | { readonly send: true; readonly to: string; readonly from: string }
  | { readonly send: false; readonly because: NoReply };

const DAY = 86_400_000;
const REPLIED_KIND = 'autoReplied';
/** Of one account. */
export const REPLIES_PER_DAY = 2_000;

/** Addresses behind which nobody reads. Not `postmaster`: people are behind it. */
const MACHINES = [
  /^(?:mailer-?daemon|listserv|majordomo|mailman|sympa|nobody)$/,
  /^owner-|-owner$|-request$|-(?:bounces?|errors?|confirm|return)$/,
  /^bounces?(?:$|[-_.=])/,
  /(?:^|[-_.])(?:no|do-?not|do_not|do\.not)[-_.]?reply(?:$|[-_.])/,
];
/** RFC 5230 section 4.6 lists some; whatever else a list says of itself says that it is one. */
const LIST_FIELD = /^list-/;
const LOOP_FIELDS = new Set(['x-loop', 'x-autoreply', 'x-autorespond', 'x-mail-autoreply']);
const BULK = new Set(['bulk', 'junk', 'list']);
const SUPPRESSING = new Set(['all', 'autoreply', 'oof']);
/** Recipients that are looked through: a message to more of them is not for a person. */
const MAX_RECIPIENTS = 1_000;
const RECIPIENT_FIELDS = new Set(['to', 'cc', 'bcc', 'resent-to', 'resent-cc', 'resent-bcc']);

/**
 * Decides by the message alone; whether the sender has got the reply already, {@link takeReply} says.
 *
 * @param fields of the message's header
 */
export function autoReplyTo(
  reply: AutoReply,
  fields: readonly HeaderField[],
  { from, recipient, addresses, spam, now }: ReplyContext,
): ReplyDecision {
  if (!isOn(reply, now)) return no('off');
  if (spam) return no('spam');
  if (from.trim() === '') return no('nullSender');
  const sender = normalOrNull(from);
  if (sender === null) return no('invalidSender');
  const own = ownAddresses(addresses, recipient);
  if (isOneOf(own, sender)) return no('ownAddress');
  if (isMachine(sender)) return no('machine');
  const because = unfitBy(fields);
  if (because) return no(because);
  const addressed = addressedAs(fields, own);
  if (addressed === null) return no('notAddressed');
  // RFC 3834 section 3.1.1: the address by which the sender knows the account.
  return {
    send: true,
    to: wireForm(from),
    from: addresses.find((one) => isOneOf(new Set([one]), addressed)) ?? addressed,
  };
}

/**
 * Whether the sender has not got this reply within its interval, and the account has not sent as many today as it may;
 * if so he counts as having got it now, in all processes. RFC 5230 section 4.2: a reply of other words is another one.
 *
 * @param to as {@link autoReplyTo} says it
 * @param perDay replies of an account in a day, which also bounds what is remembered
 */
export async function takeReply(
  vault: Vault,
  account: AccountId,
  to: string,
  reply: AutoReply,
  now: number,
  perDay: number = REPLIES_PER_DAY,
): Promise<boolean> {
  const { subject, text, html, name } = reply;
  const words = JSON.stringify([correspondent(to), subject, text, html, name]);
  const key = createHash('sha256').update(words).digest('base64url');
  const place = { owner: account, kind: REPLIED_KIND, key };
  if (await vault.get(place)) return false;
  if (!(await takeDaily(vault, account, 'autoReplies', 1, perDay, now))) return false;
  return vault.create(place, { value: '', expires: Math.floor(now) + reply.intervalDays * DAY });
}

function isOn({ enabled, start, end }: AutoReply, now: number): boolean {
  return enabled && (start === null || now >= start) && (end === null || now < end);
}

/** What of the header speaks against an answer. */
function unfitBy(fields: readonly HeaderField[]): NoReply | null {
  for (const { name, value } of fields) {
    if (name === 'auto-submitted' && firstWord(value) !== 'no') return 'autoSubmitted';
    if (name === 'precedence' && BULK.has(firstWord(value))) return 'bulk';
    if (LIST_FIELD.test(name)) return 'list';
    if (name === 'x-auto-response-suppress' && wordsOf(value).some((word) => SUPPRESSING.has(word)))
      return 'suppressed';
    if (LOOP_FIELDS.has(name)) return 'loop';
    // Reports of deliveries and of readers come with a sender from some.
    if (name === 'content-type' && firstWord(value) === 'multipart/report') return 'report';
  }
  return null;
}

/** An own address among the recipients that the message names, or `null`. */
function addressedAs(fields: readonly HeaderField[], own: ReadonlySet<string>): string | null {
  let left = MAX_RECIPIENTS;
  for (const { name, value } of fields) {
    if (!RECIPIENT_FIELDS.has(name)) continue;
    for (const { mailbox, host } of parseAddresses(unfold(value))) {
      if (left-- === 0) return null;
      const address = mailbox === null || host === null ? null : normalOrNull(decodeOctets(`${mailbox}@${host}`));
      if (address !== null && isOneOf(own, address)) return address;
    }
  }
  return null;
}

function ownAddresses(addresses: readonly string[], recipient: string): Set<string> {
  const normal = normalOrNull(recipient);
  return new Set(normal === null ? addresses : [...addresses, normal, withoutDetail(normal) ?? normal]);
}

function isOneOf(own: ReadonlySet<string>, address: string): boolean {
  return own.has(address) || own.has(withoutDetail(address) ?? address);
}

function isMachine(sender: string): boolean {
  const localpart = splitAddress(withoutDetail(sender) ?? sender)?.localpart ?? '';
  return MACHINES.some((pattern) => pattern.test(localpart));
}

/**
 * Who gets a reply once: without what makes an address another one each day (`prvs=` of BATV) or for each message
 * (`+detail`).
 */
function correspondent(to: string): string {
  const normal = (normalOrNull(to) ?? to).replace(/^prvs=[^=@]*=/, '');
  return withoutDetail(normal) ?? normal;
}

/** The localpart as it was written, as only the other side knows what case means to it. */
function wireForm(address: string): string {
  const parts = splitAddress(address.trim());
  return parts ? `${parts.localpart}@${normalizeDomain(parts.domain)}` : address;
}

const normalOrNull = (address: string): string | null => attempt(() => normalizeAddress(address));

/** The first word of a field, without comments and parameters, in lower case. */
const firstWord = (value: string): string =>
  unfold(value)
    .replace(/^(?:\s*\([^()]*\))*\s*/, '')
    .split(/[\s;(]/, 1)[0]
    ?.toLowerCase() ?? '';

const wordsOf = (value: string): string[] =>
  unfold(value)
    .toLowerCase()
    .split(/[\s,;]+/);

const no = (because: NoReply): ReplyDecision => ({ send: false, because });
