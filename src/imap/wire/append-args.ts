/** The arguments of APPEND before each message. RFC 9051 section 6.3.12, RFC 3502, RFC 4469, RFC 6855. */

import type { MessageLiteral, Scanner } from './scanner.ts';

/** What stands before one message. */
export interface AppendItem {
  /** As typed. */
  readonly flags: readonly string[];
  /** Milliseconds since 1970, or `null` for now. */
  readonly internalDate: number | null;
  /** What the message is made of. */
  readonly data: 'literal' | 'catenate';
}

/** A piece of CATENATE: octets that follow, or an IMAP URL. RFC 4469 section 3. */
export type CatPart =
  | { readonly kind: 'text'; readonly literal: AppendLiteral }
  /** Octets in a string, as typed. */
  | { readonly kind: 'url'; readonly url: string };

/** A literal with the octets of a message. */
export interface AppendLiteral extends MessageLiteral {
  /** `UTF8 (~{n} ...)`: the header may hold UTF-8. */
  readonly utf8: boolean;
}

/** Reads one message's arguments, from the space before them to the literal, or to the first part. @throws ImapSyntaxError */
export function parseAppendItem(scanner: Scanner): AppendItem {
  scanner.space();
  const hasFlags = scanner.peek() === '(';
  const flags = hasFlags ? scanner.flagList() : [];
  if (hasFlags) scanner.space();
  const hasDate = scanner.peek() === '"';
  const internalDate = hasDate ? scanner.dateTime() : null;
  if (hasDate) scanner.space();
  const catenate = scanner.tryWord('CATENATE');
  if (catenate) {
    scanner.space();
    scanner.expect('(');
  }
  return { flags, internalDate, data: catenate ? 'catenate' : 'literal' };
}

/** `{n}`, or `UTF8 (~{n}`. @throws ImapSyntaxError */
export function parseAppendLiteral(scanner: Scanner): AppendLiteral {
  const utf8 = scanner.tryWord('UTF8');
  if (utf8) {
    scanner.space();
    scanner.expect('(');
  }
  return { ...scanner.messageLiteral(), utf8 };
}

/** Reads what closes a literal, behind its octets. @throws ImapSyntaxError */
export function endAppendLiteral(scanner: Scanner, { utf8 }: AppendLiteral): void {
  if (utf8) scanner.expect(')');
}

/** `TEXT {n}`, `UTF8 (~{n}`, or `URL url`. @throws ImapSyntaxError */
export function parseCatPart(scanner: Scanner): CatPart {
  if (scanner.tryWord('URL')) {
    scanner.space();
    return { kind: 'url', url: scanner.astring() };
  }
  // RFC 6855 section 4.
  if (scanner.tryWord('TEXT')) scanner.space();
  return { kind: 'text', literal: parseAppendLiteral(scanner) };
}

/** Moves behind what follows a part: `true` when another one comes. @throws ImapSyntaxError */
export function hasMoreParts(scanner: Scanner): boolean {
  if (scanner.trySpace()) return true;
  scanner.expect(')');
  return false;
}
