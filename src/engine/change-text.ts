/** Changes as they are kept: JSON with UID sets in IMAP's form. */

import type { Change, ChangeItem } from '../model/change.ts';
import { UidSet } from '../model/uid-set.ts';

/** A row of the change table. */
export interface ChangeRow {
  readonly modSeq: number;
  readonly time: number;
  readonly items: string;
}

/** The text of a transaction's items. */
export function formatItems(items: readonly ChangeItem[]): string {
  return JSON.stringify(items, (_, value) => (value instanceof UidSet ? value.toString() : value));
}

/** The change of a row. */
export function parseChange(row: ChangeRow): Change {
  const items = (JSON.parse(row.items) as (ChangeItem & { uids?: unknown })[]).map((item) =>
    'uids' in item ? ({ ...item, uids: UidSet.parse(String(item.uids)) } as ChangeItem) : item,
  );
  return { modSeq: row.modSeq, time: row.time, items };
}
