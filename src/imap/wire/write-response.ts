/** Status responses. RFC 9051 section 7.1. */

/** How a command went, or what the server says of itself. */
export type ResponseStatus = 'OK' | 'NO' | 'BAD' | 'BYE' | 'PREAUTH';

/** `tag OK [CODE] text` with CRLF. Line ends in `text` become a space and what is not printable ASCII `?`. */
export function statusLine(tag: string, status: ResponseStatus, text: string, code: string | null = null): string {
  const safe = /^[\x20-\x7e]+$/.test(text) ? text : printable(text);
  return code === null ? `${tag} ${status} ${safe}\r\n` : `${tag} ${status} [${code}] ${safe}\r\n`;
}

/** `* CAPABILITY IMAP4rev1 ...` with CRLF. */
export function capabilityLine(capabilities: readonly string[]): string {
  return `* CAPABILITY ${capabilities.join(' ')}\r\n`;
}

/** How a FETCH response begins: `* 3 FETCH (`, or with `uidOnly` `* 7 UIDFETCH (` (RFC 9586). */
export function fetchHead(seq: number, uid: number, uidOnly: boolean): string {
  return uidOnly ? `* ${uid} UIDFETCH (` : `* ${seq} FETCH (`;
}

// RFC 9051 section 9: text is not empty; it is UTF-8 only after ENABLE IMAP4rev2.
function printable(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ').replace(/[^\x20-\x7e]/g, '?') || '-';
}
