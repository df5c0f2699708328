/** Changes of flags: read what is there at once, work out what differs, write all that becomes the same by one update. */

import type { FlagsChange } from '../engine/engine.ts';
import type { ChangedFlags, FlagsResult } from '../engine/records.ts';
import { changeKeywords, changeMask, DELETED, SEEN } from '../model/flags.ts';
import type { MailboxId, Uid } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { PlacementDocument } from './documents.ts';
import { mailboxOf } from './keys.ts';
import type { MailWriter } from './mail-writer.ts';
import { findSharing } from './shared-placements.ts';
import { exactFilters, uidFilter } from './uid-filter.ts';

type Row = Pick<PlacementDocument, '_id' | 'uid' | 'emailId' | 'modSeq' | 'mask' | 'keywords' | 'shared'>;

const FIELDS = ['uid', 'emailId', 'mask', 'keywords', 'shared'];

/** Changes flags of messages, and of the same messages in other mailboxes. */
export async function changeFlags(
  writer: MailWriter,
  mailboxId: MailboxId,
  uids: UidSet,
  change: FlagsChange,
): Promise<FlagsResult> {
  const { keys, loose } = uidFilter(writer.reader.account, mailboxId, uids);
  const found = await writer.reader.find<Row>(keys, { fields: FIELDS });
  const changed: Row[] = [];
  const modified: Uid[] = [];
  for (const row of found) {
    if (loose && !uids.has(row.uid)) continue;
    if (change.unchangedSince !== undefined && row.modSeq > change.unchangedSince) {
      modified.push(row.uid);
      continue;
    }
    const mask = changeMask(row.mask, change.mode, change.flags.mask);
    const keywords = changeKeywords(row.keywords, change.mode, change.flags.keywords);
    if (mask === row.mask && keywords === row.keywords) continue;
    changed.push({ ...row, mask, keywords });
  }
  if (changed.length > 0) {
    const before = new Map(found.map((row) => [row.uid, row.mask]));
    write(writer, mailboxId, changed, before);
    await spread(writer, mailboxId, changed);
  }
  return {
    changed: changed.map((row): ChangedFlags => {
      return { uid: row.uid, modSeq: writer.modSeq, mask: row.mask, keywords: row.keywords };
    }),
    modified: UidSet.fromSorted(modified),
  };
}

/** Writes rows of one mailbox as they are to be. */
function write(writer: MailWriter, mailboxId: MailboxId, rows: readonly Row[], before: ReadonlyMap<Uid, number>): void {
  const groups = new Map<string, Row[]>();
  let unseen = 0;
  let deleted = 0;
  for (const row of rows) {
    const key = `${row.mask} ${row.keywords}`;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
    const was = before.get(row.uid) ?? 0;
    unseen += (row.mask & SEEN ? 0 : 1) - (was & SEEN ? 0 : 1);
    deleted += (row.mask & DELETED ? 1 : 0) - (was & DELETED ? 1 : 0);
  }
  for (const group of groups.values()) {
    const { mask, keywords } = group[0] as Row;
    const set = UidSet.fromSorted(group.map((row) => row.uid));
    for (const { keys, count } of exactFilters(writer.reader.account, mailboxId, set)) {
      writer.batch.update(keys, { $set: { mask, keywords, modSeq: writer.modSeq } }, count);
    }
  }
  writer.draft.count(mailboxId, { messages: 0, unseen, deleted, octets: 0 });
  writer.record({ type: 'flags', mailboxId, uids: UidSet.fromSorted(rows.map((row) => row.uid)) });
}

/** Gives the other placements of the changed messages the same flags, `\Deleted` excepted. */
async function spread(writer: MailWriter, mailboxId: MailboxId, changed: readonly Row[]): Promise<void> {
  const sharing = new Map(changed.filter((row) => row.shared).map((row) => [row.emailId, row]));
  if (sharing.size === 0) return;
  const others = await findSharing(
    writer.reader,
    [...sharing.values()].map((row) => row.shared as string),
  );
  const byMailbox = new Map<MailboxId, { rows: Row[]; before: Map<Uid, number> }>();
  for (const other of others) {
    const row = sharing.get(other.emailId);
    const mailbox = mailboxOf(other._id);
    if (!row || mailbox === mailboxId) continue;
    const mask = (row.mask & ~DELETED) | (other.mask & DELETED);
    if (mask === other.mask && row.keywords === other.keywords) continue;
    const place = byMailbox.get(mailbox) ?? { rows: [] as Row[], before: new Map<Uid, number>() };
    place.rows.push({ ...other, mask, keywords: row.keywords });
    place.before.set(other.uid, other.mask);
    byMailbox.set(mailbox, place);
  }
  for (const [mailbox, { rows, before }] of byMailbox) {
    rows.sort((a, b) => a.uid - b.uid);
    write(writer, mailbox, rows, before);
  }
}
