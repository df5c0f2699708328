/** Address lists of a header, read leniently: groups, routes and obsolete forms. RFC 5322 sections 3.4 and 4.4. */

import { FieldScanner } from './field-scanner.ts';

/**
 * An address, or a mark of a group: one with `host` `null` begins the group that `mailbox` names, one with both `null`
 * ends it. All strings are octets, encoded words left as they are.
 */
export interface Address {
  readonly name: string | null;
  /** Source route such as `@a,@b`, or `null`. */
  readonly route: string | null;
  readonly mailbox: string | null;
  readonly host: string | null;
}

/** Most addresses that are read of one field. */
const MAX_ADDRESSES = 4096;

/** What stands for a part that an address lacks: NIL would say that it is a group. */
const NO_MAILBOX = 'MISSING_MAILBOX';
const NO_HOST = 'MISSING_DOMAIN';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const LESS = 0x3c;
const GREATER = 0x3e;
const AT = 0x40;
const OPEN_BRACKET = 0x5b;

// Dots belong to the atom: names such as `John Q. Public` (RFC 5322 section 4.1, obs-phrase) need no care then.
const ATOM = /[^\s()<>[\]:;@,"\x00-\x1f]+/y;
// Encoded words of careless programs hold specials: `=?utf-8?Q?Doe,_John?=`.
const ENCODED_WORD = /=\?[^?\s]{1,75}\?[bq]\?[^?\s]{0,998}\?=/iy;
const DOMAIN_LITERAL = /\[[^\]]*\]?/y;

/** Reads an unfolded address list. Never fails: what makes no sense is passed over. */
export function parseAddresses(text: string): Address[] {
  return new AddressReader(text).read();
}

class AddressReader {
  readonly #scanner: FieldScanner;
  readonly #addresses: Address[] = [];
  #inGroup = false;
  /** No comma since the last address: words alone are no address of their own then. */
  #trailing = false;

  constructor(text: string) {
    this.#scanner = new FieldScanner(text);
  }

  read(): Address[] {
    const scanner = this.#scanner;
    while (!scanner.done && this.#addresses.length < MAX_ADDRESSES) {
      scanner.comment = null;
      scanner.skipSpace();
      if (scanner.takeCode(COMMA)) this.#trailing = false;
      else if (scanner.takeCode(SEMICOLON)) this.#endGroup();
      else if (!scanner.done) this.#readEntry();
    }
    this.#endGroup();
    return this.#addresses;
  }

  /** A mailbox, or the beginning of a group. */
  #readEntry(): void {
    const scanner = this.#scanner;
    const start = scanner.position;
    const words = this.#readWords();
    if (scanner.code === COLON && !this.#inGroup && words.length > 0) {
      scanner.position++;
      this.#inGroup = true;
      this.#trailing = false;
      this.#addresses.push({ name: null, route: null, mailbox: phrase(words), host: null });
      return;
    }
    if (scanner.code === LESS) this.#readAngle(phrase(words));
    else if (scanner.code === AT) this.#readBare(words);
    else if (words.length > 0) this.#addName(words);
    if (scanner.position === start) scanner.position++;
  }

  /** Words, with a mark for white space before each. */
  #readWords(): Word[] {
    const scanner = this.#scanner;
    const words: Word[] = [];
    for (;;) {
      const spaced = scanner.skipSpace();
      if (scanner.code === QUOTE) {
        words.push({ text: scanner.takeQuoted(), spaced });
        continue;
      }
      const text = scanner.take(ENCODED_WORD) || scanner.take(ATOM);
      if (text === '') return words;
      words.push({ text, spaced });
    }
  }

  /** `<route:local@host>` */
  #readAngle(name: string): void {
    const scanner = this.#scanner;
    scanner.position++;
    scanner.skipSpace();
    const route = scanner.code === AT ? this.#readRoute() : null;
    const mailbox = joined(this.#readWords());
    const host = scanner.takeCode(AT) ? this.#readHost() : '';
    this.#skipTo(GREATER);
    this.#push(name === '' ? scanner.comment : name, route, mailbox, host);
  }

  /** `@a,@b:` */
  #readRoute(): string | null {
    const scanner = this.#scanner;
    const hosts: string[] = [];
    for (;;) {
      scanner.skipSpace();
      if (scanner.takeCode(COMMA)) continue;
      if (!scanner.takeCode(AT)) break;
      hosts.push(`@${this.#readHost()}`);
    }
    scanner.takeCode(COLON);
    return hosts.length === 0 ? null : hosts.join(',');
  }

  /** `local@host`, which may turn out to be the name before an angle. */
  #readBare(words: readonly Word[]): void {
    const scanner = this.#scanner;
    scanner.position++;
    const start = localStart(words);
    const name = phrase(words.slice(0, start));
    const mailbox = joined(words.slice(start));
    const host = this.#readHost();
    scanner.skipSpace();
    if (scanner.code === LESS) this.#readAngle(`${phrase(words)}@${host}`);
    else if (mailbox !== '' || !this.#trailing) this.#push(name === '' ? scanner.comment : name, null, mailbox, host);
  }

  /** Words and no address: one word is a local mailbox, several are a name. */
  #addName(words: readonly Word[]): void {
    if (this.#trailing) return;
    const single = words.length === 1;
    this.#push(single ? this.#scanner.comment : phrase(words), null, single ? joined(words) : '', '');
  }

  #readHost(): string {
    const scanner = this.#scanner;
    let host = '';
    for (;;) {
      scanner.skipSpace();
      const start = scanner.position;
      const part = scanner.code === OPEN_BRACKET ? scanner.take(DOMAIN_LITERAL) : scanner.take(ATOM);
      // Only dots join: after a complete domain, another word is no part of it but begins what follows.
      if (part === '' || (host !== '' && !host.endsWith('.') && !part.startsWith('.'))) {
        scanner.position = start;
        return host;
      }
      host += part;
    }
  }

  /** Passes all up to and with `code`, but not the end of the address. */
  #skipTo(code: number): void {
    const scanner = this.#scanner;
    for (;;) {
      scanner.skipSpace();
      if (scanner.done || scanner.takeCode(code) || scanner.code === COMMA || scanner.code === SEMICOLON) break;
      if (scanner.code === QUOTE) scanner.takeQuoted();
      else scanner.position++;
    }
    scanner.skipSpace();
  }

  #push(name: string | null, route: string | null, mailbox: string, host: string): void {
    this.#trailing = true;
    this.#addresses.push({ name: name || null, route, mailbox: mailbox || NO_MAILBOX, host: host || NO_HOST });
  }

  #endGroup(): void {
    if (this.#inGroup) this.#addresses.push({ name: null, route: null, mailbox: null, host: null });
    this.#inGroup = false;
    this.#trailing = false;
  }
}

interface Word {
  readonly text: string;
  readonly spaced: boolean;
}

/** Where the localpart begins among words: only dots may have white space around them. RFC 5322 section 4.4. */
function localStart(words: readonly Word[]): number {
  let start = Math.max(0, words.length - 1);
  while (start > 0) {
    const { text, spaced } = words[start] as Word;
    if (spaced && !text.startsWith('.') && !words[start - 1]?.text.endsWith('.')) break;
    start--;
  }
  return start;
}

const phrase = (words: readonly Word[]): string =>
  words.map((word, index) => (word.spaced && index > 0 ? ` ${word.text}` : word.text)).join('');

const joined = (words: readonly Word[]): string => words.map((word) => word.text).join('');
