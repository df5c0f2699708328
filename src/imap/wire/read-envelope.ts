/** Reads an ENVELOPE that the store has ready to send. RFC 9051 section 7.5.2. */

/** An address, octets in strings; `null` for NIL. */
export interface EnvelopeAddress {
  readonly name: string | null;
  readonly mailbox: string | null;
  readonly host: string | null;
}

/** What of an envelope sorting and threading need; strings are octets, `null` for NIL. */
export interface EnvelopeFields {
  readonly date: string | null;
  readonly subject: string | null;
  /** The first address of each; `null` when there is none. */
  readonly from: EnvelopeAddress | null;
  readonly to: EnvelopeAddress | null;
  readonly cc: EnvelopeAddress | null;
  readonly inReplyTo: string | null;
  readonly messageId: string | null;
}

const QUOTED = /"((?:[^"\\]|\\.)*)"/sy;
const LITERAL = /\{([0-9]+)\}\r\n/y;

/** Reads all fields, of address lists the first address. */
export function readEnvelope(envelope: string): EnvelopeFields {
  const reader = new EnvelopeReader(envelope);
  const date = reader.string();
  const subject = reader.string();
  const from = reader.firstAddress();
  reader.firstAddress();
  reader.firstAddress();
  const to = reader.firstAddress();
  const cc = reader.firstAddress();
  reader.firstAddress();
  return { date, subject, from, to, cc, inReplyTo: reader.string(), messageId: reader.string() };
}

/** Walks over the values of an envelope; what is not of the form reads as NIL. */
class EnvelopeReader {
  readonly #text: string;
  #at = 1;

  constructor(text: string) {
    this.#text = text;
  }

  string(): string | null {
    const text = this.#text;
    while (text[this.#at] === ' ') this.#at++;
    if (text[this.#at] === '"') {
      QUOTED.lastIndex = this.#at;
      const match = QUOTED.exec(text);
      if (match === null) return null;
      this.#at = QUOTED.lastIndex;
      const value = match[1] as string;
      return value.includes('\\') ? value.replace(/\\(.)/gs, '$1') : value;
    }
    if (text[this.#at] === '{') {
      LITERAL.lastIndex = this.#at;
      const match = LITERAL.exec(text);
      if (match === null) return null;
      this.#at = LITERAL.lastIndex + Number(match[1]);
      return text.slice(LITERAL.lastIndex, this.#at);
    }
    this.#at += 'NIL'.length;
    return null;
  }

  firstAddress(): EnvelopeAddress | null {
    const text = this.#text;
    while (text[this.#at] === ' ') this.#at++;
    if (text[this.#at] !== '(') {
      this.#at += 'NIL'.length;
      return null;
    }
    this.#at++;
    let first: EnvelopeAddress | null = null;
    while (text[this.#at] === '(') {
      this.#at++;
      const name = this.string();
      this.string();
      const mailbox = this.string();
      const host = this.string();
      this.#at++;
      first ??= { name, mailbox, host };
      while (text[this.#at] === ' ') this.#at++;
    }
    this.#at++;
    return first;
  }
}
