/** Decides whether a message is junk for an account. */

import { splitAddress } from '../model/address.ts';
import type { DomainAction } from '../model/domain-access.ts';
import type { FilterOutcome } from '../model/filter.ts';
import type { SpamJudgement, SpamSettings } from '../model/spam.ts';
import type { MessageFacts } from './message-facts.ts';

/** What decides, besides the message itself. */
export interface JudgedBy {
  readonly settings: SpamSettings;
  readonly filters: Pick<FilterOutcome, 'junk'>;
  /** What holds of the sender's domain for the account's tags. @defaultValue `null` */
  readonly access?: DomainAction | null;
}

/**
 * The first that says something decides: a filter of the account; what the mail transfer agent overrides; the sender,
 * when the account knows him (of an address and a domain the address, of `allow` and `block` the latter); a domain that is allowed for the account's tags; a level of 0
 * or 100; the verdict, as strict as the level. Who could be anybody, as DMARC failed for him, is on no list that allows.
 */
export function judgeSpam(message: MessageFacts, { settings, filters, access }: JudgedBy): SpamJudgement {
  const { spam } = message;
  if (filters.junk !== null) return { junk: filters.junk, reason: 'filter' };
  if (spam.override && spam.verdict !== 'unknown') return { junk: spam.verdict === 'spam', reason: 'override' };
  const known = knownSender(message, settings);
  if (known !== null) return { junk: known === 'blocked', reason: known };
  if (access === 'allow' && !spam.forged) return { junk: false, reason: 'allowed' };
  if (settings.level <= 0 || settings.level >= 100) return { junk: settings.level <= 0, reason: 'level' };
  return { junk: spam.ratio !== null && spam.ratio >= settings.level / 50, reason: 'verdict' };
}

/** Looks for the senders, of From and of the envelope, as addresses first and then as domains. */
function knownSender(message: MessageFacts, { allow, block }: SpamSettings): 'allowed' | 'blocked' | null {
  if (allow.length === 0 && block.length === 0) return null;
  const senders = [...message.addresses('from'), ...(message.mailFrom ? [message.mailFrom] : [])];
  const domains = [...new Set(senders.flatMap(domainsOf))];
  const allowed = new Set(message.spam.forged ? [] : allow);
  const blocked = new Set(block);
  for (const names of [senders, domains]) {
    if (names.some((name) => blocked.has(name))) return 'blocked';
    if (names.some((name) => allowed.has(name))) return 'allowed';
  }
  return null;
}

/** The domain of an address, and those that it lies below. */
function domainsOf(address: string): string[] {
  const labels = splitAddress(address)?.domain.split('.') ?? [];
  return labels.slice(0, 128).map((_, index) => labels.slice(index).join('.'));
}
