/** The arguments of APPEND before each message. RFC 9051 section 6.3.12, RFC 3502, RFC 6855 section 4. */

import type { MessageLiteral, Scanner } from './scanner.ts';

/** What stands before one message. */
export interface AppendItem {
  /** As typed. */
  readonly flags: readonly string[];
  /** Milliseconds since 1970, or `null` for now. */
  readonly internalDate: number | null;
  readonly literal: MessageLiteral;
  /** `UTF8 (~{n} ...)`: the header may hold UTF-8. */
  readonly utf8: boolean;
}

/** Reads one message's arguments, from the space before them to the literal. @throws ImapSyntaxError */
export function parseAppendItem(scanner: Scanner): AppendItem {
  scanner.space();
  const hasFlags = scanner.peek() === '(';
  const flags = hasFlags ? scanner.flagList() : [];
  if (hasFlags) scanner.space();
  const hasDate = scanner.peek() === '"';
  const internalDate = hasDate ? scanner.dateTime() : null;
  if (hasDate) scanner.space();
  const utf8 = scanner.tryWord('UTF8');
  if (utf8) {
    scanner.space();
    scanner.expect('(');
  }
  return { flags, internalDate, literal: scanner.messageLiteral(), utf8 };
}

/**
 * Reads what closes `item`, after its literal. Then the scanner is at its end, or at the space before another item.
 *
 * @throws ImapSyntaxError
 */
export function endAppendItem(scanner: Scanner, item: AppendItem): void {
  if (item.utf8) scanner.expect(')');
}
