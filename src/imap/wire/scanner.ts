/** Reads the arguments of one command, its literals included. RFC 9051 section 9. */

import { ASTRING_CHAR, ATOM_CHAR, LIST_CHAR, SET_CHAR } from './char-classes.ts';
import { ImapSyntaxError } from './imap-syntax-error.ts';
import { decodeModifiedUtf7, decodeUtf8 } from './mailbox-name.ts';
import { scanDate, scanDateTime } from './scan-date.ts';
import { SequenceSet } from './sequence-set.ts';
import { TokenScanner } from './token-scanner.ts';

/** The message literal at which a part of APPEND stops. */
export interface MessageLiteral {
  /** Octets. */
  readonly size: number;
  /** `~{n}`: may hold NUL. RFC 3516. */
  readonly binary: boolean;
  /** `{n}`: the client waits for a continuation. */
  readonly synchronizing: boolean;
}

/** What belongs to the text of a command. */
export interface ScannerOptions {
  /** Collected literals in the order in which they are announced. */
  readonly literals?: readonly Buffer[];
  /** Mailbox names are UTF-8. @defaultValue false: modified UTF-7 */
  readonly utf8?: boolean;
  /** Where to begin in the text. @defaultValue 0 */
  readonly start?: number;
  /** The message literal that is announced at the end of the text. @defaultValue `null` */
  readonly message?: MessageLiteral | null;
}

const MAX_NESTING = 50;
const MESSAGE_LITERAL = /~?\{[0-9]+\+?\}$/y;
const NO_LITERALS: readonly Buffer[] = [];

/**
 * Walks over the text of a command. Each method reads what it is named for at the current position and moves behind it,
 * or throws `ImapSyntaxError` (and nothing else), the position then being of no use.
 *
 * Strings are octets in a string (char codes 0-255) unless said otherwise.
 */
export class Scanner extends TokenScanner {
  /** Mailbox names are UTF-8 (ENABLE UTF8=ACCEPT or IMAP4rev2), not modified UTF-7. */
  readonly utf8: boolean;
  readonly #message: MessageLiteral | null;
  /** The last mailbox name as it was typed, in Unicode: `inbox`. */
  typedMailbox = '';

  /** @param text lines of the command, `\n` after each announcement of a collected literal; octets in a string */
  constructor(text: string, options: ScannerOptions = {}) {
    super(text, options.start ?? 0, options.literals ?? NO_LITERALS);
    this.#message = options.message ?? null;
    this.utf8 = options.utf8 ?? false;
  }

  /** Numbers, ranges, `*`, or `$`. */
  sequenceSet(): SequenceSet {
    const set = SequenceSet.parse(this.run(SET_CHAR, 'a sequence set'));
    if (set === null) throw this.expected('a sequence set before here');
    return set;
  }

  /**
   * A mailbox name decoded to Unicode; `INBOX` in capitals when it is INBOX in any case; may be empty. A name that is
   * not in the right encoding is refused by `NO [CANNOT]`: no mailbox has it.
   */
  mailbox(): string {
    const name = this.#decodeName(this.astring());
    if (name === null) {
      const encoding = this.utf8 ? 'UTF-8' : 'modified UTF-7';
      throw new ImapSyntaxError(`the mailbox name is not ${encoding}`, { status: 'NO', code: 'CANNOT' });
    }
    this.typedMailbox = name;
    return name.length === 5 && name.toUpperCase() === 'INBOX' ? 'INBOX' : name;
  }

  /** A label: a system label with its backslash, quoted or not, or a mailbox name. X-GM-EXT-1. */
  label(): string {
    return this.tryChar('\\') ? `\\${this.atom()}` : this.mailbox();
  }

  /** A pattern of LIST or LSUB, decoded to Unicode where it can be. */
  listMailbox(): string {
    const next = this.source[this.position];
    const octets = next === '"' || next === '{' ? this.string() : this.run(LIST_CHAR, 'a mailbox pattern');
    return this.#decodeName(octets) ?? octets;
  }

  /** A system flag (as typed, with its backslash) or keyword. */
  flag(): string {
    return this.tryChar('\\') ? `\\${this.atom()}` : this.run(ATOM_CHAR, 'a flag');
  }

  /** Flags in parentheses, none or more. */
  flagList(): string[] {
    return this.list((scanner) => scanner.flag(), { empty: true });
  }

  /** A date as days since 1970-01-01. */
  date(): number {
    const found = scanDate(this.source, this.position);
    if (found === null) throw this.expected('a date such as 1-Feb-2024');
    this.position = found.end;
    return found.value;
  }

  /** A date-time in milliseconds since 1970. */
  dateTime(): number {
    const found = scanDateTime(this.source, this.position);
    if (found === null) throw this.expected('a date such as "01-Feb-2024 12:34:56 +0000"');
    this.position = found.end;
    return found.value;
  }

  /** `(item item ...)`: calls `item` for each; with `empty`, `()` is allowed. */
  list<T>(item: (scanner: Scanner) => T, options?: { readonly empty?: boolean }): T[] {
    const items: T[] = [];
    this.expect('(');
    if (options?.empty && this.tryChar(')')) return items;
    do items.push(item(this));
    while (this.trySpace());
    this.expect(')');
    return items;
  }

  /** Moves over one value of an unknown extension: atom, string, number, set, or a list nested up to 50 deep. */
  skipValue(): void {
    for (let depth = 0; ; ) {
      if (this.tryChar('(')) {
        if (++depth > MAX_NESTING) throw this.expected('fewer parentheses');
        if (this.peek() !== ')') continue;
      } else {
        const next = this.peek();
        if (next === '"' || next === '{') this.string();
        else this.run(ASTRING_CHAR | SET_CHAR, 'a value');
      }
      while (depth > 0 && this.tryChar(')')) depth--;
      if (depth === 0) return;
      this.space();
    }
  }

  /** The announcement of the message literal that follows; only in a part of a command that stops at one. */
  messageLiteral(): MessageLiteral {
    MESSAGE_LITERAL.lastIndex = this.position;
    if (this.#message === null || !MESSAGE_LITERAL.test(this.source)) throw this.expected('a message literal');
    this.position = this.source.length;
    return this.#message;
  }

  #decodeName(octets: string): string | null {
    // Clients that send UTF-8 without having enabled it mean UTF-8.
    return this.utf8 || /[\x80-\xff]/.test(octets) ? decodeUtf8(octets) : decodeModifiedUtf7(octets);
  }
}
