/** The items of STATUS. RFC 9051 section 6.3.11, RFC 7162, RFC 7889, RFC 8438, RFC 8474, RFC 9208. */

import type { Scanner } from './scanner.ts';

/** An item of STATUS. */
export type StatusItem =
  | 'MESSAGES' | 'RECENT' | 'UIDNEXT' | 'UIDVALIDITY' | 'UNSEEN' | 'DELETED' | 'SIZE' | 'HIGHESTMODSEQ'
  | 'MAILBOXID' | 'APPENDLIMIT' | 'DELETED-STORAGE';

/** Arguments of STATUS. */
export interface StatusArguments {
  readonly mailbox: string;
  /** In the order asked for, no item twice. */
  readonly items: readonly StatusItem[];
}

/** From the space before the mailbox to the end. @throws ImapSyntaxError */
export declare function parseStatus(scanner: Scanner): StatusArguments;
/** `(item item)`. @throws ImapSyntaxError */
export declare function parseStatusItems(scanner: Scanner): StatusItem[];
