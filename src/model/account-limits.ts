/** What accounts may use at most. */

import { EiderError } from '../errors.ts';

/** Limits beside the quota, all absent where nothing was said. */
export const FURTHER_LIMITS = [
  'mailboxes',
  'messageOctets',
  'filters',
  'deliveriesPerHour',
  'recipientsPerDay',
  'forwardsPerDay',
  'restorableOctets',
  'imapDownloadOctetsPerDay',
  'imapUploadOctetsPerDay',
  'imapSessions',
  'pop3DownloadOctetsPerDay',
  'pop3Messages',
] as const;

/** What an account may use at most. `null`, or absent: what the store says for all accounts, else no limit. */
export interface AccountLimits {
  /** Octets of mail, each message counted once for each mailbox it is in; `null` for no limit. */
  readonly octets: number | null;
  /** Messages; `null` for no limit. */
  readonly messages: number | null;
  /** Mailboxes; never more than 10,000. */
  readonly mailboxes?: number | null;
  /** Octets of one message; never more than the store takes. */
  readonly messageOctets?: number | null;
  /** Filters; never more than 400. */
  readonly filters?: number | null;
  /** Messages that arrive within an hour; more are put off. */
  readonly deliveriesPerHour?: number | null;
  /** Recipients of messages that are sent within a day. */
  readonly recipientsPerDay?: number | null;
  /** Messages that are forwarded within a day, each target counted. */
  readonly forwardsPerDay?: number | null;
  /** Octets of expunged messages that can be brought back; the oldest go first, within the hour. Absent: as many as `octets`. */
  readonly restorableOctets?: number | null;
  /** Octets of answers of IMAP within a day, before compression. */
  readonly imapDownloadOctetsPerDay?: number | null;
  /** Octets of messages that are appended by IMAP within a day. */
  readonly imapUploadOctetsPerDay?: number | null;
  /** Sessions of IMAP at once, in all processes; more than a server allows by itself, too. */
  readonly imapSessions?: number | null;
  /** Octets of answers of POP3 within a day, for a server of POP3 that counts by `store.traffic`. */
  readonly pop3DownloadOctetsPerDay?: number | null;
  /** Messages that a server of POP3 shows, the newest; kept for one. */
  readonly pop3Messages?: number | null;
}

/** A change of limits: what is absent stays, `null` takes a limit back. */
export type LimitsChange = Partial<AccountLimits>;

/** No limits. */
export const NO_LIMITS: AccountLimits = { octets: null, messages: null };

/** @throws `INVALID_ARGUMENT` for what is no whole number from 0 up, or no limit that there is. */
export function changeLimits(current: AccountLimits, change: LimitsChange = {}): AccountLimits {
  const known: readonly string[] = ['octets', 'messages', ...FURTHER_LIMITS];
  for (const [name, limit] of Object.entries(change)) {
    if (!known.includes(name)) throw new EiderError('INVALID_ARGUMENT', `there is no limit on ${name}`);
    if (limit === null || limit === undefined || (Number.isSafeInteger(limit) && limit >= 0)) continue;
    throw new EiderError('INVALID_ARGUMENT', 'a limit is a whole number from 0 up, or null');
  }
  const changed = { ...current, ...withoutAbsent(change) };
  const further = FURTHER_LIMITS.flatMap((name) => {
    const limit = changed[name];
    return limit === null || limit === undefined ? [] : [[name, limit] as const];
  });
  return { octets: changed.octets, messages: changed.messages, ...Object.fromEntries(further) };
}

/** Those of an account over those of all. */
export function effectiveLimits(own: AccountLimits, all: LimitsChange): AccountLimits {
  const said = Object.fromEntries(Object.entries(own).filter(([, limit]) => limit !== null));
  return { ...NO_LIMITS, ...withoutAbsent(all), ...said };
}

function withoutAbsent(limits: LimitsChange): LimitsChange {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined));
}
