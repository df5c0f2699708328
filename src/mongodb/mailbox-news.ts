/** What happened in a mailbox since a position: by the change records, as long as they are few. */

import type { ReadTransaction } from '../engine/engine.ts';
import type { MailboxId, ModSeq } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { FlagRow } from './flag-columns.ts';
import type { MailReader } from './mail-reader.ts';
import { uidFilter } from './uid-filter.ts';

/** How many recorded changes are read before the mailbox itself is looked through. */
const CHANGES_READ = 500;

/** What was found out of a mailbox. */
export interface MailboxNews {
  readonly mailboxId: MailboxId;
  readonly since: ModSeq;
  /** Messages that are there and have changed, ascending. */
  readonly rows: readonly FlagRow[];
  /** `null` when it has not been read. */
  readonly vanished: UidSet | null;
}

/** What the change records name, or `null` when they are too many to be worth it. */
export async function recordedNews(
  tx: Pick<ReadTransaction, 'changes'>,
  mailboxId: MailboxId,
  since: ModSeq,
): Promise<{ readonly changed: UidSet; readonly vanished: UidSet } | null> {
  const changes = await tx.changes(since, CHANGES_READ);
  if (changes.length === CHANGES_READ) return null;
  const items = changes.flatMap((change) => change.items).filter((item) => item.mailboxId === mailboxId);
  const uidsOf = (types: readonly string[]): UidSet =>
    UidSet.fromRanges(items.flatMap((item) => ('uids' in item && types.includes(item.type) ? item.uids.ranges : [])));
  return { changed: uidsOf(['added', 'flags']), vanished: uidsOf(['expunged']) };
}

/** Messages with a `modSeq` above `since`, ascending; only those of `among` are looked at, unless it is `null`. */
export async function readChanged(
  reader: MailReader,
  mailboxId: MailboxId,
  since: ModSeq,
  among: UidSet | null,
): Promise<FlagRow[]> {
  const { keys, loose } = uidFilter(reader.account, mailboxId, among ?? UidSet.range(1, 0xffffffff));
  const options = { where: { modSeq: { $gt: since } }, fields: ['uid', 'mask', 'keywords'] };
  const rows = await reader.find<FlagRow>(keys, options);
  return loose && among ? rows.filter((row) => among.has(row.uid)) : rows;
}

/** Whether a set holds these messages and no others. */
export const isSetOf = (uids: UidSet, rows: readonly FlagRow[]): boolean =>
  uids.size === rows.length && rows.every((row) => uids.has(row.uid));
