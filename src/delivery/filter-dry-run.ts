/** Tells what a filter would do to mail that is there. */

import { EiderError } from '../errors.ts';
import { asBuffer, parseHeaderFields, unfold } from '../mime/header-fields.ts';
import { decodeField } from '../mime/text-decoding.ts';
import type { Filter, FilterDryRun, FilterDryRunOptions, FilterMatch } from '../model/filter.ts';
import { UidSet } from '../model/uid-set.ts';
import { missingMailboxes } from './filter-placement.ts';
import { matchStored, type StoredMail, type StoredMatch } from './filter-stored.ts';

/** Messages that are looked at where nothing else is said. */
const DEFAULT_LIMIT = 1_000;
/** Most messages that are looked at. */
export const MAX_DRY_RUN = 10_000;
/** Messages at once. */
const PAGE = 100;
const MAX_SHOWN = 200;

/** Looks at the newest messages of a mailbox. */
export async function dryRunFilter(
  { store, account, trust }: Omit<StoredMail, 'mailbox'>,
  filter: Filter,
  { mailbox = 'INBOX', limit = DEFAULT_LIMIT, signal }: FilterDryRunOptions,
): Promise<FilterDryRun> {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_DRY_RUN) {
    throw new EiderError('INVALID_ARGUMENT', `a dry run looks at 1 to ${MAX_DRY_RUN} messages`);
  }
  const opened = await store.openMailbox(account, mailbox);
  const mail = { store, account, trust, mailbox: opened.mailbox.id };
  const uids = opened.uids.subarray(Math.max(0, opened.uids.length - limit));
  const matches: FilterMatch[] = [];
  let examined = 0;
  for (let end = uids.length; end > 0; end -= PAGE) {
    if (signal?.aborted) throw new EiderError('ABORTED', 'the dry run was aborted', { cause: signal.reason });
    const found: FilterMatch[] = [];
    for await (const one of matchStored(mail, UidSet.fromSorted(uids.subarray(Math.max(0, end - PAGE), end)), filter)) {
      examined++;
      if (one.matches) found.push(shownMatch(one));
    }
    matches.push(...found.reverse());
  }
  const missing = missingMailboxes([filter], await store.mailboxes(account)).map((one) => one.mailbox);
  return { examined, more: opened.uids.length > uids.length, matches, actions: filter.actions, missing };
}

function shownMatch({ message: { uid, header, internalDate } }: StoredMatch): FilterMatch {
  const fields = parseHeaderFields(
    asBuffer(header).toString('latin1'),
    (name) => name === 'from' || name === 'subject',
  );
  const shown = (name: string): string => {
    const value = fields.find((field) => field.name === name)?.value ?? '';
    return Array.from(decodeField(unfold(value)).slice(0, 2 * MAX_SHOWN))
      .slice(0, MAX_SHOWN)
      .join('');
  };
  return { uid, from: shown('from'), subject: shown('subject'), internalDate };
}
