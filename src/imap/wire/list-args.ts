/** The arguments of LIST and LSUB. RFC 9051 section 6.3.9, RFC 5258, RFC 5819, RFC 6154. */

import { MailboxPattern } from './mailbox-pattern.ts';
import type { Scanner } from './scanner.ts';
import type { StatusItem } from './status-items.ts';

/** Selection options. */
export interface ListSelection {
  readonly subscribed: boolean;
  readonly remote: boolean;
  readonly recursiveMatch: boolean;
  readonly specialUse: boolean;
}

/** Return options. */
export interface ListReturn {
  readonly subscribed: boolean;
  readonly children: boolean;
  readonly specialUse: boolean;
  /** `null` when STATUS was not asked for. */
  readonly status: readonly StatusItem[] | null;
}

/** Arguments of LIST. */
export interface ListArguments {
  /** Any syntax of RFC 5258 was used: selection or return options, or several patterns. */
  readonly extended: boolean;
  readonly selection: ListSelection;
  /** Decoded to Unicode. */
  readonly reference: string;
  /** As typed, decoded to Unicode; at least one, `''` asks for the hierarchy delimiter. */
  readonly patterns: readonly string[];
  readonly returns: ListReturn;
}

/** From the space before the first argument to the end. @throws ImapSyntaxError */
export declare function parseList(scanner: Scanner): ListArguments;
/** Reference and pattern of LSUB. @throws ImapSyntaxError */
export declare function parseLsub(scanner: Scanner): ListArguments;
/** The patterns of a LIST with the reference before each. */
export declare function listPatterns(args: Pick<ListArguments, 'reference' | 'patterns'>): MailboxPattern[];
