/** Mailbox names on the wire: modified UTF-7 and UTF-8. RFC 3501 section 5.1.3, RFC 9051 section 5.1. */

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ASCII = /^[\x00-\x7f]*$/;
const PRINTABLE = /^[\x20-\x7e]*$/;

/** Unicode to modified UTF-7. A lone surrogate is kept as it is. */
export function encodeModifiedUtf7(name: string): string {
  if (PRINTABLE.test(name) && !name.includes('&')) return name;
  return name.replace(/&|[^\x20-\x7e]+/g, (run) => {
    if (run === '&') return '&-';
    const base64 = Buffer.from(run, 'utf16le').swap16().toString('base64');
    return `&${base64.replaceAll('/', ',').replaceAll('=', '')}-`;
  });
}

/** Modified UTF-7 to Unicode, or `null` when it is not in the one form that the RFC allows. */
export function decodeModifiedUtf7(octets: string): string | null {
  if (!PRINTABLE.test(octets)) return null;
  if (!octets.includes('&')) return octets;
  const name = octets.replace(/&([A-Za-z0-9+,]*)-/g, (_, base64: string) => (base64 === '' ? '&' : decodeRun(base64)));
  // A name has one encoding: no needless or adjacent shifts, no bits left over (RFC 3501 section 5.1.3).
  return encodeModifiedUtf7(name) === octets && !/\p{Surrogate}/u.test(name) ? name : null;
}

function decodeRun(base64: string): string {
  const octets = Buffer.from(base64.replaceAll(',', '/'), 'base64');
  return octets.length % 2 === 0 ? octets.swap16().toString('utf16le') : '';
}

/** UTF-8 octets in a string to Unicode, or `null` when they are not UTF-8. */
export function decodeUtf8(octets: string): string | null {
  if (ASCII.test(octets)) return octets;
  try {
    return UTF8.decode(Buffer.from(octets, 'latin1'));
  } catch {
    return null;
  }
}

/** Unicode to UTF-8 octets in a string. */
export function encodeUtf8(text: string): string {
  return ASCII.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}
