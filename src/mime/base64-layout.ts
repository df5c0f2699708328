/** Arithmetic of base64 in lines: where an octet of the blob stands in the message, and back. RFC 2045 section 6.8. */

import type { BlobEncoding } from '../model/content.ts';

/** Base64 in lines, as a blob segment has it. */
export type Base64Encoding = Extract<BlobEncoding, { readonly type: 'base64' }>;

/** Characters of base64 for so many octets. */
export const base64Length = (octets: number): number => Math.ceil(octets / 3) * 4;

/** Octets that base64 in lines takes for `size` octets. */
export function encodedLength(size: number, { lineLength, eol, finalEol }: Base64Encoding): number {
  const characters = base64Length(size);
  if (characters === 0) return 0;
  const lines = Math.ceil(characters / lineLength);
  return characters + (lines - 1 + (finalEol ? 1 : 0)) * eol.length;
}

/** The character (counted without line endings) at or after an encoded position. */
export function characterAt(position: number, { lineLength, eol }: Base64Encoding): number {
  const stride = lineLength + eol.length;
  const line = Math.floor(position / stride);
  return line * lineLength + Math.min(position - line * stride, lineLength);
}

/** The encoded position of a character. */
export function positionOf(character: number, { lineLength, eol }: Base64Encoding): number {
  return character + Math.floor(character / lineLength) * eol.length;
}
