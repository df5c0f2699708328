/** The octets of a block of the search index: a version, the kind of block, what it holds, a checksum. */

import { crc32 } from 'node:zlib';
import { EiderError } from '../errors.ts';

const VERSION = 1;
const CHECKSUM = 4;

/** The second octet of a block. */
export const WORD_BLOCK = 1;
export const FIELD_BLOCK = 2;

/** No block is larger. */
export const MAX_BLOCK_OCTETS: number = 1024 * 1024;

/** Says what is wrong with octets that were read. */
export function damaged(what: string): EiderError {
  return new EiderError('STORE_CORRUPT', `a block of the search index is damaged: ${what}`);
}

/** Octets of a block while they are written. */
export class BlockWriter {
  octets: Buffer = Buffer.allocUnsafeSlow(1024);
  length = 0;

  /** Begins a block with its two first octets. */
  begin(kind: number): void {
    this.length = 0;
    this.varint(VERSION);
    this.varint(kind);
  }

  /** A copy of the block, with its checksum. */
  end(): Buffer {
    this.#reserve(CHECKSUM);
    this.octets.writeUInt32LE(crc32(this.octets.subarray(0, this.length)), this.length);
    return Buffer.from(this.octets.subarray(0, this.length + CHECKSUM));
  }

  /** A whole number from 0 to 2^53-1: seven bits in an octet, the low ones first. */
  varint(value: number): void {
    this.#reserve(8);
    const { octets } = this;
    let rest = value;
    while (rest > 0x7fffffff) {
      octets[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest > 0x7f) {
      octets[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    octets[this.length++] = rest;
  }

  append(source: Uint8Array, from: number, to: number): void {
    const length = to - from;
    this.#reserve(length);
    // A native call costs as much as a loop over some octets.
    if (length > 24) this.octets.set(source.subarray(from, to), this.length);
    else for (let i = 0; i < length; i++) this.octets[this.length + i] = source[from + i] as number;
    this.length += length;
  }

  #reserve(length: number): void {
    if (this.length + length <= this.octets.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.length + length, this.octets.length * 2));
    grown.set(this.octets.subarray(0, this.length));
    this.octets = grown;
  }
}

/** Octets that are read one after the other, up to `end`. */
export class OctetReader {
  readonly octets: Buffer;
  readonly end: number;
  at: number;

  constructor(octets: Uint8Array, at = 0, end: number = octets.length) {
    this.octets = Buffer.isBuffer(octets) ? octets : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
    this.at = at;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  varint(): number {
    if (this.at >= this.end) throw damaged('it ends early');
    const first = this.octets[this.at++] as number;
    return first < 0x80 ? first : this.#rest(first & 0x7f);
  }

  /** The next `length` octets, as a view. */
  take(length: number): Buffer {
    if (length > this.left) throw damaged('it ends early');
    this.at += length;
    return this.octets.subarray(this.at - length, this.at);
  }

  #rest(first: number): number {
    let value = first;
    for (let scale = 0x80; scale < 2 ** 53; scale *= 0x80) {
      if (this.at >= this.end) throw damaged('it ends early');
      const octet = this.octets[this.at++] as number;
      value += (octet & 0x7f) * scale;
      if (octet >= 0x80) continue;
      if (value > Number.MAX_SAFE_INTEGER) break;
      return value;
    }
    throw damaged('a number is too large');
  }
}

/**
 * A reader of what a block holds, between its two first octets and its checksum.
 *
 * @throws `STORE_CORRUPT` when it is no such block.
 */
export function openBlock(kind: number, octets: Uint8Array): OctetReader {
  if (octets.length < 2 + CHECKSUM || octets.length > MAX_BLOCK_OCTETS) throw damaged(`it has ${octets.length} octets`);
  const reader = new OctetReader(octets, 0, octets.length - CHECKSUM);
  if (reader.octets.readUInt32LE(reader.end) !== crc32(reader.octets.subarray(0, reader.end)))
    throw damaged('its checksum is wrong');
  if (reader.varint() !== VERSION) throw damaged('its version is unknown');
  if (reader.varint() !== kind) throw damaged('it is of another kind');
  return reader;
}
