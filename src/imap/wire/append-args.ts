/** The arguments of APPEND. RFC 9051 section 6.3.12, RFC 3502, RFC 6855 section 4. */

import type { MessageLiteral, Scanner } from './scanner.ts';

/** What stands before one message. */
export interface AppendItem {
  readonly flags: readonly string[];
  /** Milliseconds since 1970, or `null` for now. */
  readonly internalDate: number | null;
  readonly literal: MessageLiteral;
  /** `UTF8 (~{n} ...)`. */
  readonly utf8: boolean;
}

/** One message's arguments, from the space before them to the literal. @throws ImapSyntaxError */
export declare function parseAppendItem(scanner: Scanner): AppendItem;
/** After the literal of `item`: closes `UTF8 (`. Then `scanner.atEnd`, or another item. @throws ImapSyntaxError */
export declare function endAppendItem(scanner: Scanner, item: AppendItem): void;
