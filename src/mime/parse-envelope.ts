/** An ENVELOPE that is ready to send (RFC 9051 section 7.5.2), read back as text. */

import { decodeField, decodeOctets } from './text-decoding.ts';

/** An address of a list, decoded. Members of groups stand among the others. */
export interface EnvelopeMailbox {
  /** `''` for none. */
  readonly name: string;
  /** Such as `ann@example.com`; `''` when the header has none. */
  readonly address: string;
}

/** An envelope, decoded. */
export interface ParsedEnvelope {
  /** Date as it was written; `''` for none. */
  readonly date: string;
  readonly subject: string;
  readonly from: readonly EnvelopeMailbox[];
  readonly sender: readonly EnvelopeMailbox[];
  readonly replyTo: readonly EnvelopeMailbox[];
  readonly to: readonly EnvelopeMailbox[];
  readonly cc: readonly EnvelopeMailbox[];
  readonly bcc: readonly EnvelopeMailbox[];
  /** `''` for none. */
  readonly inReplyTo: string;
  /** With its angle brackets; `''` for none. */
  readonly messageId: string;
}

const QUOTED = /"((?:[^"\\]|\\.)*)"/sy;
const LITERAL = /\{([0-9]+)\}\r\n/y;
/** What stands where an address lacks a part. */
const MISSING = new Set(['MISSING_MAILBOX', 'MISSING_DOMAIN']);

/** Reads an envelope. What is not of its form reads as if it were not there. */
export function parseEnvelope(envelope: string): ParsedEnvelope {
  const reader = new Reader(envelope);
  const date = reader.string() ?? '';
  const subject = decodeField(reader.string() ?? '');
  const [from, sender, replyTo, to, cc, bcc] = Array.from({ length: 6 }, () => reader.addresses());
  const inReplyTo = reader.string() ?? '';
  const messageId = reader.string() ?? '';
  return {
    date,
    subject,
    from: from as EnvelopeMailbox[],
    sender: sender as EnvelopeMailbox[],
    replyTo: replyTo as EnvelopeMailbox[],
    to: to as EnvelopeMailbox[],
    cc: cc as EnvelopeMailbox[],
    bcc: bcc as EnvelopeMailbox[],
    inReplyTo: decodeOctets(inReplyTo),
    messageId: decodeOctets(messageId),
  };
}

class Reader {
  readonly #text: string;
  #at = 1;

  constructor(text: string) {
    this.#text = text;
  }

  string(): string | null {
    const text = this.#text;
    this.#skipSpace();
    if (text[this.#at] === '"') {
      QUOTED.lastIndex = this.#at;
      const value = QUOTED.exec(text)?.[1];
      if (value === undefined) return this.#end();
      this.#at = QUOTED.lastIndex;
      return value.includes('\\') ? value.replace(/\\(.)/gs, '$1') : value;
    }
    if (text[this.#at] === '{') {
      LITERAL.lastIndex = this.#at;
      const length = LITERAL.exec(text)?.[1];
      if (length === undefined) return this.#end();
      this.#at = LITERAL.lastIndex + Number(length);
      return text.slice(LITERAL.lastIndex, this.#at);
    }
    this.#at += 'NIL'.length;
    return null;
  }

  addresses(): EnvelopeMailbox[] {
    const list: EnvelopeMailbox[] = [];
    this.#skipSpace();
    if (this.#text[this.#at] !== '(') {
      this.#at += 'NIL'.length;
      return list;
    }
    this.#at++;
    for (;;) {
      this.#skipSpace();
      if (this.#text[this.#at] !== '(') break;
      this.#at++;
      const name = this.string();
      this.string();
      const [mailbox, host] = [this.string(), this.string()];
      this.#at++;
      // Without a host it is the mark of a group.
      if (mailbox !== null && host !== null)
        list.push({ name: decodeField(name ?? ''), address: addressOf(mailbox, host) });
    }
    this.#at++;
    return list;
  }

  #skipSpace(): void {
    while (this.#text[this.#at] === ' ') this.#at++;
  }

  #end(): null {
    this.#at = this.#text.length;
    return null;
  }
}

function addressOf(mailbox: string, host: string): string {
  if (MISSING.has(mailbox)) return '';
  const local = decodeOctets(mailbox);
  return MISSING.has(host) ? local : `${local}@${decodeOctets(host)}`;
}
