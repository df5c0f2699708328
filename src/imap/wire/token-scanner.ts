/** Reads the small things of the grammar: words, strings, numbers. RFC 9051 section 9. */

import { ASTRING_CHAR, ATOM_CHAR, DIGIT, endOfRun, NAME_CHAR, TAG_CHAR } from './char-classes.ts';
import { ImapSyntaxError } from './imap-syntax-error.ts';
import { decodeUtf8 } from './mailbox-name.ts';

const MAX_NAME = 64;
const MAX_NUMBER = 0xffffffff;
const MAX_NUMBER64 = (1n << 63n) - 1n;
const PLAIN_QUOTED = /"([^"\\\0\r\n]*)"/y;
const QUOTED = /"((?:[^"\\\0\r\n]|\\["\\])*)"/y;
const LITERAL = /\{[0-9]+\+?\}\n/y;

/** The part of `Scanner` that knows no mailbox, flag or date. */
export class TokenScanner {
  /** Lines, with `\n` behind each announcement of a collected literal; octets in a string. */
  protected readonly source: string;
  /** Where the next method reads. */
  protected position: number;
  readonly #literals: readonly Buffer[];
  #nextLiteral = 0;

  constructor(source: string, position: number, literals: readonly Buffer[]) {
    this.source = source;
    this.position = position;
    this.#literals = literals;
  }

  /** Whether everything was read. */
  get atEnd(): boolean {
    return this.position >= this.source.length;
  }

  /** Nothing more may follow. */
  end(): void {
    if (!this.atEnd) throw this.expected('the end of the command');
  }

  /** One space. */
  space(): void {
    this.expect(' ');
  }

  /** One space, when there is one. */
  trySpace(): boolean {
    return this.tryChar(' ');
  }

  /** The next character, or one behind it, without moving; `''` at the end. */
  peek(ahead = 0): string {
    return this.source.charAt(this.position + ahead);
  }

  /** The character `char`. */
  expect(char: string): void {
    if (this.source[this.position] !== char) throw this.expected(char === ' ' ? 'a space' : `"${char}"`);
    this.position++;
  }

  /** The character `char` when it is next. */
  tryChar(char: string): boolean {
    if (this.source[this.position] !== char) return false;
    this.position++;
    return true;
  }

  /** Moves behind `word` (given in capitals, any case matches) when it is next and ends there. */
  tryWord(word: string): boolean {
    const start = this.position;
    if (!this.tryText(word)) return false;
    if (endOfRun(this.source, this.position, ATOM_CHAR) === this.position) return true;
    this.position = start;
    return false;
  }

  /** Moves behind `text` (given in capitals, any case matches) when it is next. */
  tryText(text: string): boolean {
    const end = this.position + text.length;
    if (this.source.slice(this.position, end).toUpperCase() !== text) return false;
    this.position = end;
    return true;
  }

  /** 1*ATOM-CHAR. */
  atom(): string {
    return this.run(ATOM_CHAR, 'an atom');
  }

  /** An atom in capitals: a word of the grammar such as `RETURN`. */
  word(): string {
    return this.run(ATOM_CHAR, 'a word').toUpperCase();
  }

  /** Letters, digits, dots and hyphens in capitals, at most 64: the name of an item, as `[` may follow it. */
  name(): string {
    const name = this.run(NAME_CHAR, 'a name');
    if (name.length > MAX_NAME) throw this.expected('a shorter name');
    return name.toUpperCase();
  }

  /** A tag: 1*ASTRING-CHAR but `+`. */
  tag(): string {
    return this.run(TAG_CHAR, 'a tag');
  }

  /** Atom (with `]`), quoted string or literal. */
  astring(): string {
    const next = this.source[this.position];
    return next === '"' || next === '{' ? this.string() : this.run(ASTRING_CHAR, 'a string');
  }

  /** Quoted string or literal. */
  string(): string {
    const next = this.source[this.position];
    if (next === '"') return this.#quoted();
    if (next === '{') return this.#literal(false).toString('latin1');
    throw this.expected('a string');
  }

  /** String or NIL. */
  nstring(): string | null {
    return this.tryWord('NIL') ? null : this.string();
  }

  /** Octets, NUL included when they come as a literal8; `null` for NIL. RFC 3516, RFC 5464 section 5. */
  nilOrOctets(): Uint8Array | null {
    if (this.tryWord('NIL')) return null;
    const next = this.source[this.position];
    const binary = this.tryChar('~');
    return binary || next === '{' ? this.#literal(binary) : Buffer.from(this.string(), 'latin1');
  }

  /** An astring in UTF-8, decoded: names and passwords of LOGIN. */
  text(): string {
    const text = decodeUtf8(this.astring());
    if (text === null) throw this.expected('UTF-8 before here');
    return text;
  }

  /** 0 to 2^32-1. */
  number(): number {
    const digits = this.run(DIGIT, 'a number');
    const number = Number(digits);
    if (digits.length > 10 || number > MAX_NUMBER) throw this.expected('a number below 2^32');
    return number;
  }

  /** 1 to 2^32-1. */
  nzNumber(): number {
    const number = this.number();
    if (number === 0) throw this.expected('a number above 0');
    return number;
  }

  /** 0 to 2^63-1; numbers above 2^53-1 become 2^53-1. */
  number64(): number {
    const digits = this.run(DIGIT, 'a number');
    if (digits.length < 16) return Number(digits);
    if (digits.length > 19 || BigInt(digits) > MAX_NUMBER64) throw this.expected('a number below 2^63');
    return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
  }

  /** 1 or more characters of a class. */
  protected run(charClass: number, what: string): string {
    const start = this.position;
    const end = endOfRun(this.source, start, charClass);
    if (end === start) throw this.expected(what);
    this.position = end;
    return this.source.slice(start, end);
  }

  #quoted(): string {
    PLAIN_QUOTED.lastIndex = this.position;
    const plain = PLAIN_QUOTED.exec(this.source);
    if (plain !== null) {
      this.position = PLAIN_QUOTED.lastIndex;
      return plain[1] as string;
    }
    QUOTED.lastIndex = this.position;
    const quoted = QUOTED.exec(this.source);
    if (quoted === null) throw this.expected('a quoted string with its end');
    this.position = QUOTED.lastIndex;
    return (quoted[1] as string).replace(/\\(.)/g, '$1');
  }

  #literal(binary: boolean): Buffer {
    LITERAL.lastIndex = this.position;
    const literal = this.#literals[this.#nextLiteral];
    if (literal === undefined || !LITERAL.test(this.source)) throw this.expected('a literal at the end of its line');
    this.#nextLiteral++;
    this.position = LITERAL.lastIndex;
    // RFC 9051 section 9: a literal holds CHAR8; only a literal8 may hold NUL.
    if (!binary && literal.includes(0)) throw this.expected('a literal without NUL before here');
    return literal;
  }

  /** What to throw when `what` is not there. */
  protected expected(what: string): ImapSyntaxError {
    return new ImapSyntaxError(`expected ${what} at octet ${this.position + 1}`);
  }
}
