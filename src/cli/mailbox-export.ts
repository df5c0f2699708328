/** What an export of one mailbox takes and gives, whatever the format. */

import type { AccountId } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import type { MessageStore } from '../store/message-store.ts';
import type { Progress } from './progress.ts';

/** One mailbox on its way out. */
export interface MailboxExport {
  readonly store: MessageStore;
  readonly account: AccountId;
  readonly mailbox: Mailbox;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Outcome of one mailbox. */
export interface ExportResult {
  readonly messages: number;
  /** Messages whose octets cannot be read. */
  readonly failed: number;
}
