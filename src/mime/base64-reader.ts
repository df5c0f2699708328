/** Reads a range of a blob as the base64 that the message has for it. */

import type { BlobSource } from '../model/blob.ts';
import type { BlobSegment } from '../model/content.ts';
import { type Base64Encoding, base64Length, characterAt, positionOf } from './base64-layout.ts';
import { asBuffer } from './header-fields.ts';

/**
 * Encoded octets `start` to `end` of a segment, in chunks. Reads of the blob only what they need.
 *
 * @throws `BLOB_MISSING`, `BLOB_CORRUPT`
 */
export async function* readBase64(
  blobs: BlobSource,
  { blobId, blobSize, length }: BlobSegment,
  encoding: Base64Encoding,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  const characters = base64Length(blobSize);
  // Begins with a whole group of four characters at or before `start`; before a line ending, with the group before it.
  const first = Math.max(0, Math.min(characterAt(start, encoding), characters) - 1);
  const firstCharacter = first - (first % 4);
  const lastCharacter = Math.min(characters, characterAt(end, encoding) + 4);
  const layout = new LineLayout(encoding, firstCharacter);
  const lastOctet = Math.min(blobSize, Math.ceil(lastCharacter / 4) * 3);
  let skip = start - positionOf(firstCharacter, encoding);
  let left = end - start;
  for await (const groups of wholeGroups(blobs, blobId, (firstCharacter / 4) * 3, lastOctet)) {
    const laid = layout.add(groups.toString('base64'));
    const octets = laid.subarray(skip, skip + left);
    skip = Math.max(0, skip - laid.length);
    left -= octets.length;
    if (octets.length > 0) yield octets;
  }
  if (!encoding.finalEol) return;
  const eolStart = length - encoding.eol.length;
  if (end > eolStart) yield Buffer.from(encoding.eol.slice(Math.max(0, start - eolStart), end - eolStart), 'latin1');
}

/** Octets of a blob in chunks of which all but the last can be encoded without padding. */
async function* wholeGroups(blobs: BlobSource, blobId: string, start: number, end: number): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0);
  for await (const chunk of blobs.read(blobId, { start, end })) {
    const octets = held.length === 0 ? asBuffer(chunk) : Buffer.concat([held, chunk]);
    const whole = octets.length - (octets.length % 3);
    held = Buffer.from(octets.subarray(whole));
    if (whole > 0) yield octets.subarray(0, whole);
  }
  if (held.length > 0) yield held;
}

/** Puts characters into lines. */
class LineLayout {
  readonly #lineLength: number;
  readonly #eol: Buffer;
  /** Characters in the current line. */
  #column: number;

  /** @param first the character that comes first, counted without line endings */
  constructor({ lineLength, eol }: Base64Encoding, first: number) {
    this.#lineLength = lineLength;
    this.#eol = Buffer.from(eol, 'latin1');
    this.#column = first % lineLength;
  }

  /** The characters with the line endings that stand before and among them, but none after them. */
  add(characters: string): Buffer {
    const source = Buffer.from(characters, 'latin1');
    const lines = Math.ceil((this.#column + source.length) / this.#lineLength);
    const out = Buffer.allocUnsafe(source.length + lines * this.#eol.length);
    let length = 0;
    for (let at = 0; at < source.length; ) {
      if (this.#column === this.#lineLength) {
        this.#eol.copy(out, length);
        length += this.#eol.length;
        this.#column = 0;
      }
      const end = Math.min(source.length, at + this.#lineLength - this.#column);
      source.copy(out, length, at, end);
      length += end - at;
      this.#column += end - at;
      at = end;
    }
    return out.subarray(0, length);
  }
}
