/** Patterns of LIST: `*` matches anything, `%` anything but the hierarchy delimiter. RFC 9051 section 6.3.9. */

/** A pattern. Time to match is bounded by length of name times length of pattern. */
export declare class MailboxPattern {
  constructor(pattern: string, delimiter?: string);
  readonly pattern: string;
  /** Whether it has no wildcard: names one mailbox. */
  readonly isName: boolean;
  /** INBOX matches in any case. */
  matches(name: string): boolean;
}
