/** What the pieces of a write transaction need of it. */

import type { ChangeItem } from '../model/change.ts';
import type { MailboxId, ModSeq, Uid } from '../model/ids.ts';

/** Changes of a mailbox's counters. */
export interface CounterChange {
  readonly messages: number;
  readonly unseen: number;
  readonly deleted: number;
  readonly octets: number;
}

/** Stamps, numbers and counts what a transaction does. */
export interface ChangeRecorder {
  readonly modSeq: ModSeq;
  /** Takes `count` numbers that name new things; the first of them. */
  takeIds(count: number): number;
  /** Takes `count` UIDs of a mailbox; the first of them. */
  takeUids(mailboxId: MailboxId, count: number): Uid;
  /** Adds to the counters of a mailbox and of the account, and stamps the mailbox. */
  count(mailboxId: MailboxId, change: CounterChange): void;
  record(item: ChangeItem): void;
}
