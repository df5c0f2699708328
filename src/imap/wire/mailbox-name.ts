/** Mailbox names on the wire: modified UTF-7 and UTF-8. RFC 3501 section 5.1.3, RFC 9051 section 5.1. */

/** Unicode to modified UTF-7. A lone surrogate is kept as it is. */
export declare function encodeModifiedUtf7(name: string): string;
/** Modified UTF-7 to Unicode, or `null` when it is not in the one form that the RFC allows. */
export declare function decodeModifiedUtf7(octets: string): string | null;
/** UTF-8 octets in a string to Unicode, or `null` when they are not UTF-8. */
export declare function decodeUtf8(octets: string): string | null;
/** Unicode to UTF-8 octets in a string. */
export declare function encodeUtf8(text: string): string;
