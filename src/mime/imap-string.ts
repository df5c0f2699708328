/** Strings as IMAP writes them. RFC 9051 section 4.3. */

const NOT_QUOTABLE = /[\r\n\x80-\uffff]/;

/**
 * Octets as an IMAP string: quoted, or a literal when they hold a line break or an 8-bit octet. NULs, which neither
 * form may hold (RFC 9051 section 9, CHAR8), are dropped.
 *
 * @param octets one char code (0-255) for each octet
 */
export function imapString(octets: string): string {
  const clean = octets.includes('\0') ? octets.replaceAll('\0', '') : octets;
  if (NOT_QUOTABLE.test(clean)) return `{${clean.length}}\r\n${clean}`;
  return clean.includes('"') || clean.includes('\\') ? `"${clean.replace(/["\\]/g, '\\$&')}"` : `"${clean}"`;
}

/** The same, with `NIL` for `null`. */
export function imapNString(octets: string | null): string {
  return octets === null ? 'NIL' : imapString(octets);
}
