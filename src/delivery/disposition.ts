/** What is to be done with a message for one account, by all that the account and the program have said. */

import { EiderError } from '../errors.ts';
import type { DomainAction } from '../model/domain-access.ts';
import { type Flags, parseFlags } from '../model/flags.ts';
import type { MailboxId } from '../model/ids.ts';
import type { ArrivalDecision } from '../model/mail-transaction.ts';
import type { Mailbox, MailboxRef } from '../model/mailbox.ts';
import type { AccountRules } from './account-rules.ts';
import { evaluateFilters } from './filter-evaluate.ts';
import { placeMessage } from './filter-placement.ts';
import type { MessageFacts, RecipientFacts } from './message-facts.ts';
import { judgeSpam } from './spam-judgement.ts';

const FIELD_NAME = /^[!-9;-~]{1,76}$/;
/** ENVELOPE, BODYSTRUCTURE, threads and search are made of these as they were sent. */
const FIXED =
  /^(?:from|sender|reply-to|to|cc|bcc|subject|date|message-id|in-reply-to|references|mime-version|content-.*|list-id)$/i;
const MAX_FIELD = 10_000;
const MAX_FIELDS = 50;

/** What is to be done. */
export interface Disposition {
  /** `null` for nowhere. */
  readonly mailbox: MailboxRef | null;
  readonly labels: readonly MailboxId[];
  readonly flags: Flags;
  readonly junk: boolean;
  /** Addresses in normal form, no two the same. */
  readonly forwards: readonly string[];
  /** URLs that are told of it. */
  readonly webhooks: readonly string[];
}

/** What an account has said, and what holds of the sender's domain for its tags. */
export interface Ruling extends AccountRules {
  readonly access: DomainAction | null;
}

/** Decides. @param mailboxes asked for only where it matters which ones there are */
export async function disposeOf(
  rules: Ruling,
  facts: MessageFacts,
  recipient: RecipientFacts,
  decision: ArrivalDecision,
  mailboxes: () => Promise<readonly Mailbox[]>,
): Promise<Disposition> {
  const outcome = evaluateFilters(rules.filters, facts, recipient);
  const { junk } = judgeSpam(facts, { settings: rules.spam, filters: outcome, access: rules.access });
  const flags = parseFlags([
    ...(outcome.seen ? ['\\Seen'] : []),
    ...(outcome.flag ? ['\\Flagged'] : []),
    ...outcome.keywords,
    ...(decision.flags ?? []),
  ]);
  const onward = junk ? [] : (rules.forwarding?.targets ?? []);
  const forwards = [...new Set([...outcome.forward, ...onward])];
  const isKept = !outcome.delete && (onward.length === 0 || rules.forwarding?.keepCopy !== false);
  const isUsual = outcome.mailbox === null && outcome.labels.length === 0 && !junk;
  const placed = !isKept || isUsual ? null : placeMessage(outcome, { junk }, await mailboxes());
  const mailbox = isKept ? (decision.mailbox ?? placed?.mailbox ?? 'INBOX') : null;
  return { mailbox, labels: isKept ? (placed?.labels ?? []) : [], flags, junk, forwards, webhooks: outcome.webhooks };
}

/** @throws `INVALID_ARGUMENT` for what a hook wants to have before the message and is no field, or not its to say. */
export function requireFields({ headers = [] }: ArrivalDecision): void {
  if (headers.length > MAX_FIELDS) throw invalid(`a hook adds at most ${MAX_FIELDS} header fields`);
  for (const [name, value] of headers) {
    if (!FIELD_NAME.test(name))
      throw invalid('the name of a header field is 1 to 76 characters of ASCII without colon');
    if (FIXED.test(name)) throw invalid(`a hook adds no ${name}: what the message says of itself stays as it was sent`);
    if (value.length > MAX_FIELD || /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(value.replaceAll('\t', ' '))) {
      throw invalid(`a header field is one line of at most ${MAX_FIELD} characters`);
    }
  }
}

function invalid(message: string): EiderError {
  return new EiderError('INVALID_ARGUMENT', message);
}
