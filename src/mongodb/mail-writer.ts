/** What the pieces of a write transaction work with. */

import type { ClientSession } from 'mongodb';
import type { ChangeItem } from '../model/change.ts';
import type { MailboxId, ModSeq } from '../model/ids.ts';
import type { UidSet } from '../model/uid-set.ts';
import type { StateDraft } from './account-state.ts';
import type { MailReader } from './mail-reader.ts';
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
