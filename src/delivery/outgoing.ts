/** What is sent because of a message: forwards, and an answer. */

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { EiderError } from '../errors.ts';
import { asBuffer, type HeaderField, parseHeaderFields } from '../mime/header-fields.ts';
import { splitMessage } from '../mime/split-message.ts';
import { effectiveLimits } from '../model/account-limits.ts';
import type { AccountRoute } from '../model/route.ts';
import type { NewOutgoing } from '../store/outbox.ts';
import type { AccountRules } from './account-rules.ts';
import type { Arrival } from './arrival.ts';
import { autoReplyTo, takeReply } from './auto-reply.ts';
import { composeAutoReply } from './auto-reply-message.ts';
import { takeDaily } from './daily-limit.ts';
import type { DeliveryContext } from './delivery-context.ts';
import type { Disposition } from './disposition.ts';
import { forwardFields, requireNoLoop } from './forwarding.ts';
import { rewrittenSender } from './sender-rewriting.ts';
import { wireAddress } from './wire-address.ts';

/** What came, for whom, and what the account wants. */
export interface Cause {
  readonly arrival: Arrival;
  readonly route: AccountRoute;
  /** As it was given. */
  readonly recipient: string;
  /** Reverse path. */
  readonly from: string;
  readonly rules: AccountRules;
  readonly disposition: Disposition;
  readonly now: number;
}

/** The fields of the header as it was sent. */
export function headerFieldsOf({ content }: Arrival): HeaderField[] {
  return parseHeaderFields(asBuffer(content.header).toString('latin1'));
}

/**
 * Forwards of a message; none when the account has sent on what it may in a day, and keeps it.
 *
 * @throws `MAIL_LOOP`; `RATE_LIMITED` when the message would be nowhere.
 */
export async function forwardsOf(context: DeliveryContext, cause: Cause): Promise<NewOutgoing[]> {
  const { arrival, route, from, rules, disposition, now } = cause;
  const { forwards } = disposition;
  if (forwards.length === 0) return [];
  const address = addressOf(cause);
  requireNoLoop(headerFieldsOf(arrival), address);
  const { engine, defaultLimits } = context.store;
  const most =
    effectiveLimits(route.account.limits, await defaultLimits.inForce()).forwardsPerDay ?? Number.POSITIVE_INFINITY;
  if (!(await takeDaily(engine.vault, route.account.id, 'forwards', forwards.length, most, now))) {
    if (disposition.mailbox !== null) return [];
    throw new EiderError('RATE_LIMITED', 'the account forwards more than it may in a day');
  }
  const { host = hostname(), rewriteSender } = context.outgoing;
  const trace = forwardFields({ recipient: address, host, id: randomBytes(9).toString('base64url'), now });
  // Of an account whose mail is encrypted nothing waits in the clear, so what goes on is encrypted too.
  const content = await arrival.stored(Buffer.from(trace.text), rules.encryption, now);
  const sender = wireAddress(await rewrittenSender(rewriteSender, from, route.account.id));
  const smtpUtf8 = trace.smtpUtf8 || sender.smtpUtf8 || needsUtf8(arrival.content.header);
  const onlyCopy = disposition.mailbox === null;
  return [{ content, kind: 'forward', from: sender.address, to: forwards, smtpUtf8, created: now, onlyCopy }];
}

/** The answer to a message, if there is one: to each sender one within the account's interval. */
export async function replyTo(context: DeliveryContext, cause: Cause): Promise<NewOutgoing[]> {
  const { arrival, route, from, rules, disposition, now } = cause;
  if (!rules.autoReply?.enabled) return [];
  const all = headerFieldsOf(arrival);
  const { addresses, id } = route.account;
  const recipient = addressOf(cause);
  const known = { from, recipient, addresses, spam: disposition.junk, now };
  const decision = autoReplyTo(rules.autoReply, all, known);
  const { engine, blobs } = context.store;
  if (!decision.send || !(await takeReply(engine.vault, id, decision.to, rules.autoReply, now))) return [];
  // The subject of the message stands in the answer, and the answer waits in the clear.
  const fields = hidesSubject(rules) ? all.filter(({ name }) => name !== 'subject') : all;
  const { message, to, smtpUtf8 } = composeAutoReply(rules.autoReply, fields, decision, now);
  const content = await splitMessage(message, blobs);
  return [{ content, kind: 'autoReply', from: '', to: [to], smtpUtf8, created: now, onlyCopy: false }];
}

/** Whether the subject of a message stands nowhere in the clear. */
export function hidesSubject({ encryption }: AccountRules): boolean {
  return encryption.enabled && encryption.subject === 'hidden';
}

/** The address that the message came for: a bare name stands for the account's main one. */
function addressOf({ recipient, route }: Cause): string {
  return recipient.includes('@') ? recipient : (route.account.addresses[0] ?? `${route.account.name}@localhost`);
}

/** Whether a header is not plain ASCII. */
export function needsUtf8(header: Uint8Array): boolean {
  return header.some((octet) => octet > 0x7f);
}
