/** Undoes transfer encodings of octets that come in chunks. RFC 2045 section 6. */

import { decodeQuotedPrintable } from './text-decoding.ts';

/** A line without an end is decoded in pieces of about so many octets. */
const MAX_LINE = 65_536;
const EQUALS = 0x3d;
const LF = 0x0a;
const EMPTY = Buffer.alloc(0);

/** Decodes one part. What is damaged is passed over or kept, as other readers do. */
export interface TransferDecoder {
  /** Gives what can be told by now. */
  add(chunk: Buffer): Buffer;
  /** Gives the rest. */
  end(): Buffer;
}

/** A decoder for a Content-Transfer-Encoding in lower case, or `null` for one that is not known. */
export function transferDecoder(encoding: string): TransferDecoder | null {
  switch (encoding) {
    case 'base64':
      return new Base64Decoder();
    case 'quoted-printable':
      return new QuotedPrintableDecoder();
    case '7bit':
    case '8bit':
    case 'binary':
      return { add: (chunk) => chunk, end: () => EMPTY };
    default:
      return null;
  }
}

/** RFC 2045 section 6.8: characters that are none of base64 are passed over; padding ends the data. */
class Base64Decoder implements TransferDecoder {
  #held = '';
  #ended = false;

  add(chunk: Buffer): Buffer {
    if (this.#ended) return EMPTY;
    let characters = chunk.toString('latin1').replace(/[^A-Za-z0-9+/=]+/g, '');
    const padding = characters.indexOf('=');
    if (padding >= 0) {
      characters = characters.slice(0, padding);
      this.#ended = true;
    }
    const all = this.#held + characters;
    const whole = this.#ended ? all.length : all.length - (all.length % 4);
    this.#held = all.slice(whole);
    return Buffer.from(all.slice(0, whole), 'base64');
  }

  end(): Buffer {
    return Buffer.from(this.#held, 'base64');
  }
}

/** Decodes line by line, so that no soft line break is cut in two. */
class QuotedPrintableDecoder implements TransferDecoder {
  #held: Buffer = EMPTY;

  add(chunk: Buffer): Buffer {
    const all = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let whole = all.lastIndexOf(LF) + 1;
    if (all.length - whole > MAX_LINE) {
      const equals = all.indexOf(EQUALS, all.length - 2);
      whole = equals < 0 ? all.length : equals;
    }
    this.#held = Buffer.from(all.subarray(whole));
    return decodeQuotedPrintable(all.subarray(0, whole), all[whole - 1] !== LF);
  }

  end(): Buffer {
    return decodeQuotedPrintable(this.#held);
  }
}
