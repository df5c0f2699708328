/** Brings a message to one account. */

import { encryptionInto, encryptsAny } from '../crypto/encryption-state.ts';
import { EiderError } from '../errors.ts';
import { normalizeAddress, normalizeDomain } from '../model/address.ts';
import type { DomainAction } from '../model/domain-access.ts';
import type { AccountId, MailboxId } from '../model/ids.ts';
import type { ArrivalDecision, DeliveryOutcome, MailTransactionOptions } from '../model/mail-transaction.ts';
import { findMailbox } from '../model/mailbox.ts';
import type { AccountRoute } from '../model/route.ts';
import { attempt } from '../store/address-resolver.ts';
import { storeArriving } from '../store/deliver.ts';
import type { AccountRules } from './account-rules.ts';
import type { Arrival } from './arrival.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { type Disposition, disposeOf, requireFields } from './disposition.ts';
import { needsText } from './filter-evaluate.ts';
import type { MessageFacts } from './message-facts.ts';
import { forwardsOf, replyTo } from './outgoing.ts';
import { prefixOf } from './trace-fields.ts';
import { webhooksOf } from './webhooks.ts';

const NONE: ReadonlySet<MailboxId> = new Set();

/** A message for one account. */
export interface AccountTask {
  readonly account: AccountId;
  readonly route: AccountRoute;
  /** As it was given. */
  readonly recipient: string;
  readonly rules: AccountRules;
}

/** What is the same for all of a transaction. */
export interface Shared {
  readonly context: DeliveryContext;
  readonly options: MailTransactionOptions;
  readonly arrival: Arrival;
  readonly facts: MessageFacts;
  /** Fields that a check of the sender has made. */
  readonly fields: readonly (readonly [string, string])[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Delivers; all that is to be done happens in one transaction of the account. @throws whatever keeps it from that. */
export async function deliverToAccount(shared: Shared, task: AccountTask): Promise<DeliveryOutcome> {
  const { context, options, arrival, facts, now } = shared;
  const { account, recipient, route } = task;
  const access = await accessOf(shared, task);
  const decision = await decide(shared, task);
  if (needsText(task.rules.filters)) await facts.loadText().catch(ignoreMissing);
  const known = { address: addressOf(recipient), detail: route.detail };
  const ruled = { ...task.rules, access };
  const disposition = await disposeOf(ruled, facts, known, decision, () => context.mailboxes(account));
  const rules = await rulesInto(context, task, disposition);
  const cause = { arrival, route, recipient, from: options.from ?? '', rules, disposition, now };
  const outgoing = [
    ...(await forwardsOf(context, cause)),
    ...(await replyTo(context, cause)),
    ...(await webhooksOf(context, cause)),
  ];
  const { mailbox, labels, flags } = disposition;
  const fields = [...shared.fields, ...(decision.headers ?? [])];
  const { transactionId } = options;
  const arriving = { mailbox, labels, flags, internalDate: now, outgoing };
  const content = await arrival.stored(prefixOf(options, recipient, fields), rules.encryption, now);
  const { duplicate, stored } = await storeArriving(context.store, account, {
    ...arriving,
    content,
    // Of the octets too: a queue gives its ids again after a while.
    transaction: transactionId === undefined ? null : `${transactionId} ${arrival.content.digest}`,
    closedTo: rules.encryption.enabled ? NONE : rules.encryption.mailboxes,
  });
  const elsewhere = outgoing.some(({ kind }) => kind === 'forward') ? 'forwarded' : 'discarded';
  const result = duplicate ? 'duplicate' : stored ? 'stored' : elsewhere;
  return { recipient, result, account, stored, error: null };
}

/**
 * The rules as they are for a message that goes there: it is encrypted when one of its mailboxes wants that, and so is
 * what is sent because of it. What the account keeps nothing of may come to INBOX in the end.
 */
async function rulesInto(
  context: DeliveryContext,
  { account, rules }: AccountTask,
  { mailbox, labels }: Disposition,
): Promise<AccountRules> {
  const { encryption } = rules;
  if (encryption.enabled || !encryptsAny(encryption)) return rules;
  const mailboxes = await context.mailboxes(account);
  const first = findMailbox(mailboxes, mailbox ?? 'INBOX') ?? findMailbox(mailboxes, 'INBOX');
  return { ...rules, encryption: encryptionInto(encryption, [...(first ? [first.id] : []), ...labels]) };
}

/** @throws `DELIVERY_REFUSED` for mail of a domain that is blocked for the account. */
async function accessOf(
  { context, options, facts }: Shared,
  { rules: { tags } }: AccountTask,
): Promise<DomainAction | null> {
  if (tags.length === 0) return null;
  const { from = '' } = options;
  // An address of which only the domain makes sense counts by that.
  const domain = from.includes('@') ? attempt(() => normalizeDomain(from.slice(from.lastIndexOf('@') + 1))) : null;
  if (domain === null) return null;
  const access = await context.domainAccess(tags, domain);
  const isHam = facts.spam.override && facts.spam.verdict === 'ham';
  if (access === 'block' && !isHam) {
    throw new EiderError('DELIVERY_REFUSED', 'mail from the domain of the sender is not taken here');
  }
  return access;
}

async function decide(
  { context, options, arrival }: Shared,
  { account, recipient }: AccountTask,
): Promise<ArrivalDecision> {
  const { header, size } = arrival.content;
  const { from = '', origin = { protocol: 'program' } } = options;
  const mail = { account, recipient, from, origin, header, size, read: () => arrival.read() };
  const decision = (await context.options.onAccept?.(mail)) ?? {};
  if (decision.refuse !== undefined) throw new EiderError('DELIVERY_REFUSED', decision.refuse);
  // Before anything is spent, such as the one answer that a sender gets.
  requireFields(decision);
  return decision;
}

/** A bare name is no address. */
function addressOf(recipient: string): string | null {
  return recipient.includes('@') ? normalizeAddress(recipient) : null;
}

/** Of a message that may not touch a disk, very large parts are not looked into. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof EiderError && error.code === 'BLOB_MISSING')) throw error;
}
