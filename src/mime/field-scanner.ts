/** Walks over a structured header field: tokens, quoted strings and comments. RFC 5322 section 3.2, RFC 2045 section 5.1. */

const HTAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;
const OPEN = 0x28;
const BACKSLASH = 0x5c;

const ESCAPED = /\\(.)/gs;
/** Where a comment opens or closes, or an octet is escaped. */
const COMMENT_PART = /[()\\]/g;
/** Where a quoted string ends, or an octet is escaped. */
const QUOTED_PART = /["\\]/g;

/** Reads an unfolded field from left to right. Every method is linear in what it passes. */
export class FieldScanner {
  readonly text: string;
  position = 0;
  /** Content of the last comment that was passed, or `null`. */
  comment: string | null = null;
  /** A parenthesis that never closes is an ordinary character, and so are all after it. */
  #unclosed = false;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.position >= this.text.length;
  }

  /** The char code here, or NaN at the end. */
  get code(): number {
    return this.text.charCodeAt(this.position);
  }

  /** Passes white space and comments; tells whether there was any. */
  skipSpace(): boolean {
    const start = this.position;
    for (;;) {
      const code = this.code;
      if (code === SPACE || code === HTAB) this.position++;
      else if (code !== OPEN || !this.#skipComment()) break;
    }
    return this.position > start;
  }

  /** Passes what the sticky pattern matches and returns it, or `''`. */
  take(pattern: RegExp): string {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (match === null) return '';
    this.position += match[0].length;
    return match[0];
  }

  /** Passes a character when it is here. */
  takeCode(code: number): boolean {
    if (this.code !== code) return false;
    this.position++;
    return true;
  }

  /** Reads a quoted string that begins here; one that never ends goes to the end of the field. */
  takeQuoted(): string {
    const start = ++this.position;
    let escaped = false;
    for (;;) {
      QUOTED_PART.lastIndex = this.position;
      const at = QUOTED_PART.exec(this.text)?.index ?? this.text.length;
      if (this.text.charCodeAt(at) === BACKSLASH) {
        escaped = true;
        this.position = at + 2;
        continue;
      }
      this.position = Math.min(at + 1, this.text.length);
      const content = this.text.slice(start, at);
      return escaped ? content.replace(ESCAPED, '$1') : content;
    }
  }

  /** Whether a quoted string begins here. */
  get atQuote(): boolean {
    return this.code === QUOTE;
  }

  #skipComment(): boolean {
    if (this.#unclosed) return false;
    const start = this.position + 1;
    let depth = 1;
    COMMENT_PART.lastIndex = start;
    for (let match = COMMENT_PART.exec(this.text); match !== null; match = COMMENT_PART.exec(this.text)) {
      if (match[0] === '\\') COMMENT_PART.lastIndex++;
      else depth += match[0] === '(' ? 1 : -1;
      if (depth > 0) continue;
      this.position = match.index + 1;
      this.comment = this.text.slice(start, match.index).replace(ESCAPED, '$1').trim();
      return true;
    }
    this.#unclosed = true;
    return false;
  }
}
