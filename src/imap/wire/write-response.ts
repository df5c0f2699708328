/** Status responses. RFC 9051 section 7.1. */

/** How a command went. */
export type ResponseStatus = 'OK' | 'NO' | 'BAD' | 'BYE' | 'PREAUTH';

/** `tag OK [CODE] text` with CRLF; line ends in `text` become spaces, other than ASCII `?`. */
export declare function statusLine(tag: string, status: ResponseStatus, text: string, code?: string | null): string;
/** `* CAPABILITY IMAP4rev1 ...` with CRLF. */
export declare function capabilityLine(capabilities: readonly string[]): string;
/** Flags in parentheses. */
export declare function flagListText(flags: readonly string[]): string;
