/** The messages of threads. */

import type { ThreadPlace } from '../engine/records.ts';
import { SEEN } from '../model/flags.ts';
import type { MailboxId, ThreadId } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { PlacementDocument } from './documents.ts';
import { mailboxOf, stateKey } from './keys.ts';
import type { MailReader } from './mail-reader.ts';
import { uidFilter } from './uid-filter.ts';

type Row = Pick<PlacementDocument, '_id' | 'threadId' | 'uid' | 'emailId' | 'mask'>;

/** All places of messages of threads, by one statement. */
export async function threadPlaces(reader: MailReader, threadIds: readonly ThreadId[]): Promise<ThreadPlace[]> {
  if (threadIds.length === 0) return [];
  // The statement brings no state along.
  if (!reader.pinned) reader.doubt();
  const filter = { account: reader.account, threadId: { $in: [...new Set(threadIds)] }, uid: { $exists: true } };
  const projection = { threadId: 1, uid: 1, emailId: 1, mask: 1 };
  const cursor = reader.collections.mail.find(filter, {
    ...reader.options,
    projection,
    hint: 'threads',
    batchSize: 5000,
  });
  const rows = (await cursor.toArray()) as unknown as Row[];
  return rows
    .map(({ _id, threadId, uid, emailId, mask }) => ({ threadId, mailboxId: mailboxOf(_id), uid, emailId, mask }))
    .sort((a, b) => a.threadId - b.threadId || a.mailboxId - b.mailboxId || a.uid - b.uid);
}

/** Of how many threads a mailbox has messages. @throws StaleState. */
export async function countThreads(reader: MailReader, mailboxId: MailboxId, unseen: boolean): Promise<number> {
  const { account, pinned } = reader;
  const { keys } = uidFilter(account, mailboxId, UidSet.range(1, 0xffffffff));
  const isState = { $eq: ['$_id', stateKey(account)] };
  const rows = await reader.aggregate<{ threads: number }>(keys, [
    ...(unseen ? [{ $match: { $or: [{ _id: stateKey(account) }, { mask: { $bitsAllClear: SEEN } }] } }] : []),
    { $group: { _id: { $cond: [isState, '$_id', '$threadId'] }, modSeq: { $max: '$modSeq' } } },
    {
      // The state, which comes along outside a transaction, is a group of its own, and the first.
      $group: {
        _id: { $cond: [isState, '$_id', `${account}.t`] },
        threads: { $sum: 1 },
        modSeq: { $max: '$modSeq' },
      },
    },
    ...(pinned ? [] : [{ $sort: { _id: 1 } }]),
  ]);
  return rows[0]?.threads ?? 0;
}
