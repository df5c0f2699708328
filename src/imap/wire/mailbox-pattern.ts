/** Patterns of LIST: `*` matches anything, `%` anything but the hierarchy delimiter. RFC 9051 section 6.3.9. */

import { HIERARCHY_DELIMITER } from '../../model/mailbox.ts';

/**
 * A pattern. Names are matched in one walk that goes back at most to the last `%` and the last `*`: the time is bounded
 * by length of name times length of pattern, whatever the wildcards.
 */
export class MailboxPattern {
  readonly pattern: string;
  /** Whether it has no wildcard: names one mailbox. */
  readonly isName: boolean;
  readonly #delimiter: string;
  readonly #fixedLength: number;
  /** In capitals, for a first level INBOX. */
  readonly #upper: string;

  constructor(pattern: string, delimiter: string = HIERARCHY_DELIMITER) {
    this.#delimiter = delimiter;
    // A run of wildcards is as its strongest one.
    this.pattern = pattern.replace(/[*%]{2,}/g, (run) => (run.includes('*') ? '*' : '%'));
    this.isName = !/[*%]/.test(pattern);
    this.#fixedLength = this.pattern.replace(/[*%]/g, '').length;
    this.#upper = this.pattern.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
  }

  /** A first level INBOX matches in any case, with what is below it. */
  matches(name: string): boolean {
    if (this.#fixedLength > name.length || (this.isName && this.#fixedLength < name.length)) return false;
    const isInbox = name.startsWith('INBOX') && (name.length === 5 || name[5] === this.#delimiter);
    return this.#walk(name, isInbox ? 5 : 0);
  }

  /** @param anyCase so many characters of the name are capitals and match small letters too */
  #walk(name: string, anyCase: number): boolean {
    const { pattern } = this;
    const upper = this.#upper;
    let p = 0;
    let n = 0;
    // Behind the last `*` and `%`, and where in the name the match goes on when tried again; -1 for none.
    let starP = -1;
    let starN = 0;
    let percentP = -1;
    let percentN = 0;
    while (n < name.length || p < pattern.length) {
      const char = pattern[p];
      if (char === '*') {
        starP = ++p;
        starN = n;
        percentP = -1;
      } else if (char === '%') {
        percentP = ++p;
        percentN = n;
      } else if (n < name.length && (n < anyCase ? upper[p] : char) === name[n]) {
        p++;
        n++;
      } else if (percentP >= 0 && percentN < name.length && name[percentN] !== this.#delimiter) {
        p = percentP;
        n = ++percentN;
      } else if (starP >= 0 && starN < name.length) {
        p = starP;
        n = ++starN;
        percentP = -1;
      } else {
        return false;
      }
    }
    return true;
  }
}
