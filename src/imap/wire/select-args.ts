/** The arguments of SELECT and EXAMINE. RFC 9051 section 6.3.2, RFC 7162 sections 3.1.8 and 3.2.5. */

import type { UidSet } from '../../model/uid-set.ts';
import type { Scanner } from './scanner.ts';

/** What a client with a cache says of it. RFC 7162 section 3.2.5. */
export interface QresyncParameters {
  readonly uidValidity: number;
  readonly modSeq: number;
  /** `null`: all. */
  readonly knownUids: UidSet | null;
  /** Pairs of message number and UID, as two sets of one size. */
  readonly match: { readonly seqs: UidSet; readonly uids: UidSet } | null;
}

/** Arguments of SELECT and EXAMINE. */
export interface SelectArguments {
  readonly mailbox: string;
  readonly condstore: boolean;
  readonly qresync: QresyncParameters | null;
}

/** From the space before the mailbox to the end. @throws ImapSyntaxError */
export declare function parseSelect(scanner: Scanner): SelectArguments;
