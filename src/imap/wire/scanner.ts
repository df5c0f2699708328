/** Reads the arguments of one command, its literals included. RFC 9051 section 9. */

import type { SequenceSet } from './sequence-set.ts';

/** The message literal at which a part of APPEND stops. */
export interface MessageLiteral {
  /** Octets. */
  readonly size: number;
  /** `~{n}`: may hold NUL. RFC 3516. */
  readonly binary: boolean;
  /** `{n}`: the client waits for a continuation. */
  readonly synchronizing: boolean;
}

/**
 * Walks over the text of a command. Each method reads what it is named for at the current position and moves behind it,
 * or throws `ImapSyntaxError` (and nothing else), the position then being of no use.
 *
 * Strings are octets in a string (char codes 0-255) unless said otherwise.
 */
export declare class Scanner {
  /**
   * @param text lines of the command, `\n` after each `{n}`; octets in a string
   * @param literals collected literals in order
   */
  constructor(text: string, options?: { readonly literals?: readonly Buffer[]; readonly utf8?: boolean; readonly start?: number; readonly message?: MessageLiteral | null });
  /** Mailbox names are UTF-8 (ENABLE UTF8=ACCEPT or IMAP4rev2), not modified UTF-7. */
  readonly utf8: boolean;
  /** Whether everything was read. */
  get atEnd(): boolean;
  /** Nothing more may follow. */
  end(): void;
  /** One space. */
  space(): void;
  /** One space, when there is one. */
  trySpace(): boolean;
  /** The next character without moving, `''` at the end. */
  peek(): string;
  /** The character `char`. */
  expect(char: string): void;
  /** The character `char` when it is next. */
  tryChar(char: string): boolean;
  /** Moves behind `word` (given in capitals, any case matches) when it is next and ends there. */
  tryWord(word: string): boolean;
  /** 1*ATOM-CHAR. */
  atom(): string;
  /** An atom in capitals: a word of the grammar such as `RETURN` or `HEADER.FIELDS`. */
  word(): string;
  /** Atom (with `]`), quoted string or literal. */
  astring(): string;
  /** Quoted string or literal. */
  string(): string;
  /** String or NIL. */
  nstring(): string | null;
  /** An astring in UTF-8, decoded: names and passwords of LOGIN. */
  text(): string;
  /** 0 to 2^32-1. */
  number(): number;
  /** 1 to 2^32-1. */
  nzNumber(): number;
  /** 0 to 2^63-1; numbers above 2^53-1 become 2^53-1. */
  number64(): number;
  /** Numbers, ranges, `*`, or `$`. */
  sequenceSet(): SequenceSet;
  /** A tag: 1*ASTRING-CHAR but `+`. */
  tag(): string;
  /** A mailbox name decoded to Unicode; `INBOX` in capitals when it is INBOX in any case; may be empty. */
  mailbox(): string;
  /** A pattern of LIST or LSUB, decoded to Unicode as far as possible. */
  listMailbox(): string;
  /** A system flag (as typed, with its backslash) or keyword. */
  flag(): string;
  /** Flags in parentheses, none or more. */
  flagList(): string[];
  /** A date as days since 1970-01-01. */
  date(): number;
  /** A date-time in milliseconds since 1970. */
  dateTime(): number;
  /** `(item item ...)`: calls `item` for each; with `empty`, `()` is allowed. */
  list<T>(item: (scanner: Scanner) => T, options?: { readonly empty?: boolean }): T[];
  /** Moves over one value of an unknown extension: atom, string, number, set, or a list nested up to 50 deep. */
  skipValue(): void;
  /** The announcement of the message literal that follows; only in a part of a command that stops at one. */
  messageLiteral(): MessageLiteral;
}
