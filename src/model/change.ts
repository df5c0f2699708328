/** What a transaction did, as the change feed tells it. */

import type { MailboxId, ModSeq } from './ids.ts';
import type { UidSet } from './uid-set.ts';

/** One thing that a transaction did. */
export type ChangeItem =
  | { readonly type: 'mailboxCreated' | 'mailboxRenamed'; readonly mailboxId: MailboxId; readonly path: string }
  | { readonly type: 'mailboxDeleted'; readonly mailboxId: MailboxId; readonly path: string }
  | { readonly type: 'mailboxChanged'; readonly mailboxId: MailboxId }
  /** Messages are new in a mailbox. */
  | { readonly type: 'added'; readonly mailboxId: MailboxId; readonly uids: UidSet }
  /** Flags or keywords changed. */
  | { readonly type: 'flags'; readonly mailboxId: MailboxId; readonly uids: UidSet }
  /** Messages are gone from a mailbox. */
  | { readonly type: 'expunged'; readonly mailboxId: MailboxId; readonly uids: UidSet }
  /** Annotations of a mailbox (`null`: of the account) were set or removed: their names, in normal form. */
  | { readonly type: 'metadata'; readonly mailboxId: MailboxId | null; readonly names: readonly string[] };

/** A transaction's changes. `modSeq` values of one account rise without repetition, with gaps. */
export interface Change {
  readonly modSeq: ModSeq;
  /** When, in milliseconds since 1970. */
  readonly time: number;
  readonly items: readonly ChangeItem[];
}
