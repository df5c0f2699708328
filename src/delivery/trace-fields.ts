/** The fields that final delivery puts before a message. RFC 5321 section 4.4; RFC 9228. */

import type { MailTransactionOptions } from '../model/mail-transaction.ts';

/** A character that would end a line of a header, or cannot be seen in it. */
export const NOT_OF_ONE_LINE: RegExp = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/**
 * Whole fields, as octets: Return-Path and Delivered-To, where the transaction wants them, below all others. What comes
 * in is one line already: neither the reverse path nor the recipient has what {@link NOT_OF_ONE_LINE} finds.
 *
 * @param more further fields in their order, such as Authentication-Results: name and value
 */
export function prefixOf(
  { from = '', traceFields: wanted = true }: MailTransactionOptions,
  recipient: string,
  more: readonly (readonly [name: string, value: string])[] = [],
): Buffer {
  const trace = wanted ? [['Return-Path', `<${from}>`] as const, ['Delivered-To', recipient] as const] : [];
  return Buffer.from([...more, ...trace].map(([name, value]) => `${name}: ${value}\r\n`).join(''));
}
