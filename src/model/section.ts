/** A section of a message, as IMAP names it: `1.2.MIME`, `HEADER.FIELDS (FROM)`. RFC 9051 section 6.4.5. */

/** Which octets of a message. */
export interface Section {
  /** Part numbers, 1 and up; empty for the message itself. */
  readonly path: readonly number[];
  /**
   * `all`: the part's body (with an empty path: the whole message). `header`, `text`: of the message, or of the one
   * inside a message/rfc822 part. `mime`: the part's own header (needs a path).
   */
  readonly kind: 'all' | 'header' | 'text' | 'mime' | 'headerFields' | 'headerFieldsNot';
  /** Field names of the last two kinds, as typed; compared without regard to case. */
  readonly fields?: readonly string[];
}
