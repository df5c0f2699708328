/** Strings of responses. RFC 9051 section 4.3. What comes and goes are octets in a string. */

import { encodeModifiedUtf7, encodeUtf8 } from './mailbox-name.ts';

/** Above this, a string is sent as a literal, which clients read without looking at each character. */
const MAX_QUOTED = 1_000;
const SPECIALS = /["\\]/;
const QUOTABLE = /^[\x01-\x09\x0b\x0c\x0e-\x7f]*$/;
const QUOTABLE_8BIT = /^[^\0\r\n]*$/;
const ATOM = /^[!#$&'+,\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+$/;

/** A quoted string. `value` has no NUL, CR or LF. */
export function quoted(value: string): string {
  return SPECIALS.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : `"${value}"`;
}

/** `{n}`, CRLF, octets. */
export function literal(value: string): string {
  return `{${value.length}}\r\n${value}`;
}

/** Quoted when short, 7-bit and without line ends, else a literal. With `utf8`, 8-bit is quoted too (RFC 6855). */
export function imapString(value: string, utf8 = false): string {
  const quotable = value.length <= MAX_QUOTED && (utf8 ? QUOTABLE_8BIT : QUOTABLE).test(value);
  return quotable ? quoted(value) : literal(value);
}

/** A string, or NIL for `null`. */
export function nstring(value: string | null, utf8 = false): string {
  return value === null ? 'NIL' : imapString(value, utf8);
}

/** An atom where possible, else a string. */
export function astring(value: string, utf8 = false): string {
  return ATOM.test(value) && !/^nil$/i.test(value) ? value : imapString(value, utf8);
}

/** A mailbox path (Unicode): in modified UTF-7, or with `utf8` in UTF-8; quoted where needed. */
export function formatMailbox(path: string, utf8: boolean): string {
  return astring(utf8 ? encodeUtf8(path) : encodeModifiedUtf7(path), utf8);
}
