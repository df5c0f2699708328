/** What the pieces of a write transaction work with. */

import type { ClientSession } from 'mongodb';
import type { ChangeItem } from '../model/change.ts';
import type { MailboxId, ModSeq } from '../model/ids.ts';
import type { UidSet } from '../model/uid-set.ts';
import type { StateDraft } from './account-state.ts';
import type { PlacementDocument } from './documents.ts';
import type { MailReader } from './mail-reader.ts';
import { keyLists } from './uid-filter.ts';
import type { WriteBatch } from './write-batch.ts';

/** A write transaction as its pieces see it. */
export interface MailWriter {
  readonly reader: MailReader;
  readonly draft: StateDraft;
  readonly batch: WriteBatch;
  readonly modSeq: ModSeq;
  /** Sends what was gathered, so that reads see it; the session of the transaction. */
  flush(): Promise<ClientSession>;
  record(item: ChangeItem): void;
  /** Notes UIDs that are gone from a mailbox. */
  vanish(mailboxId: MailboxId, uids: UidSet): void;
}

/** All placements of contents that have, or had, several. */
export async function findSharing({ reader }: MailWriter, contents: readonly string[]): Promise<PlacementDocument[]> {
  const lists: PlacementDocument[][] = [];
  for (const list of keyLists([...new Set(contents)])) {
    const filter = { account: reader.account, shared: { $in: list } };
    const cursor = reader.collections.mail.find(filter, { ...reader.options, batchSize: 5000 });
    lists.push((await cursor.toArray()) as unknown as PlacementDocument[]);
  }
  return lists.flat();
}
