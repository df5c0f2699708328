/** The relaxed canonical forms of header and body that DKIM signs. RFC 6376 sections 3.4.2 and 3.4.4. */

import { createHash, type Hash } from 'node:crypto';

const HTAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
/** Most octets that come before the first one of a piece: a line's end and white space. */
const PENDING = 3;
/** Empty lines that are hashed at once. */
const LINES = 4096;
const EMPTY_LINES = Buffer.from('\r\n'.repeat(LINES));

/** A field of a header. */
export interface CanonicalField {
  /** In lower case. */
  readonly name: string;
  /** Name and value in canonical form, without the line's end; one char code for each octet. */
  readonly text: string;
}

/** The fields of a header, in their order. Lines that are no field are left out. */
export function canonicalFields(header: Buffer): CanonicalField[] {
  const fields: CanonicalField[] = [];
  for (const line of header.toString('latin1').split(/\r\n(?![ \t])/)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trimEnd().toLowerCase();
    if (name !== '') fields.push({ name, text: `${name}:${relaxed(line.slice(colon + 1))}` });
  }
  return fields;
}

/** A field's value, unfolded, with one space for each run of white space. */
export function relaxed(value: string): string {
  return value
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .replace(/^ | $/g, '');
}

/** The digest of a body that comes in pieces, with CRLF for all line ends. Its memory does not grow. */
export class BodyHash {
  readonly #hash: Hash = createHash('sha256');
  /** Line ends that count only when something follows them. */
  #lines = 0;
  /** White space that counts only when the line goes on. */
  #space = false;
  #empty = true;

  push(octets: Uint8Array): void {
    const out = Buffer.allocUnsafe(2 * octets.length + PENDING);
    let length = 0;
    // Fields of the object cost ten times as much in a loop over all octets.
    let lines = this.#lines;
    let space = this.#space;
    for (let at = 0; at < octets.length; at++) {
      const octet = octets[at] as number;
      if (octet === SPACE || octet === HTAB) space = true;
      else if (octet === LF) {
        lines++;
        space = false;
      } else if (octet !== CR) {
        if (lines > 0) {
          if (lines > 1) {
            this.#hash.update(out.subarray(0, length));
            length = 0;
            this.#hashLines(lines - 1);
          }
          lines = 0;
          out[length++] = CR;
          out[length++] = LF;
        }
        if (space) out[length++] = SPACE;
        space = false;
        out[length++] = octet;
      }
    }
    if (length > 0) this.#empty = false;
    this.#lines = lines;
    this.#space = space;
    this.#hash.update(out.subarray(0, length));
  }

  /** The digest in base64, after the last piece. */
  digest(): string {
    if (!this.#empty) this.#hash.update('\r\n');
    return this.#hash.digest('base64');
  }

  #hashLines(count: number): void {
    for (let left = count; left > 0; left -= LINES) {
      this.#hash.update(EMPTY_LINES.subarray(0, 2 * Math.min(left, LINES)));
    }
  }
}
