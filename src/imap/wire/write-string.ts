/** Strings of responses. RFC 9051 section 4.3. What comes and goes are octets in a string. */

/** A quoted string; `value` has no NUL, CR or LF. */
export declare function quoted(value: string): string;
/** `{n}`, CRLF, octets. */
export declare function literal(value: string): string;
/** Quoted when 7-bit, short and without line ends, else a literal. With `utf8`, 8-bit may be quoted too. */
export declare function imapString(value: string, utf8?: boolean): string;
/** NIL for `null`. */
export declare function nstring(value: string | null, utf8?: boolean): string;
/** An atom where possible, else a string. */
export declare function astring(value: string, utf8?: boolean): string;
/** A mailbox path (Unicode): modified UTF-7, or with `utf8` UTF-8; quoted where needed. */
export declare function formatMailbox(path: string, utf8: boolean): string;
