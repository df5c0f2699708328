/** The MIME tree of a message: where each part lies in the raw octets, and what its header says. RFC 2045, RFC 2046. */

/** A parameter list, names in lower case, values as octets in a string (one char code 0-255 for each octet). */
export type Parameters = readonly (readonly [name: string, value: string])[];

/**
 * A node of the tree. Offsets count octets from the start of the raw message; `body` ends where the line ending that
 * belongs to the next boundary begins (RFC 2046 section 5.1.1).
 *
 * Strings of header fields are octets in a string: raw, unfolded, not decoded from RFC 2047.
 */
export interface MimePart {
  /** Where the part's header begins. */
  readonly headerStart: number;
  /** Where the header ends: after the empty line, or where the part ends if it has none. */
  readonly bodyStart: number;
  /** Where the body ends, exclusive. */
  readonly bodyEnd: number;
  /** Line endings in the body, as BODYSTRUCTURE counts lines. */
  readonly lines: number;
  /** Media type in lower case, such as `text`. Defaults: RFC 2045 section 5.2; in a digest, RFC 2046 section 5.1.5. */
  readonly type: string;
  /** Media subtype in lower case, such as `plain`. */
  readonly subtype: string;
  /** Parameters of Content-Type, RFC 2231 continuations joined and kept encoded as in BODYSTRUCTURE. */
  readonly parameters: Parameters;
  /** Content-ID with its angle brackets, or `null`. */
  readonly id: string | null;
  /** Content-Description, or `null`. */
  readonly description: string | null;
  /** Content-Transfer-Encoding in lower case; `7bit` when the header names none. */
  readonly encoding: string;
  /** Content-MD5, or `null`. */
  readonly md5: string | null;
  /** Content-Disposition, or `null`. */
  readonly disposition: { readonly type: string; readonly parameters: Parameters } | null;
  /** Content-Language tags; empty when there is none. */
  readonly language: readonly string[];
  /** Content-Location, or `null`. */
  readonly location: string | null;
  /** Parts of a multipart, or the one message inside a message/rfc822 (or message/global); empty of a leaf. */
  readonly children: readonly MimePart[];
  /** IMAP ENVELOPE of the message inside, ready to send; only of message/rfc822 and message/global. */
  readonly envelope?: string;
}
