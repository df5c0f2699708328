/** Text as it lies in its row: compressed where that saves enough, with a first octet that says so. */

import { deflateRawSync, inflateRawSync } from 'node:zlib';

const PLAIN = 0;
const DEFLATE = 1;

/** Below this nothing is gained but work. Texts are at most 1 MB, so one is done in some milliseconds. */
const WORTHWHILE = 65_536;

/** The octets to store for `text`. */
export function deflateText(text: Uint8Array): Uint8Array {
  if (text.length >= WORTHWHILE) {
    const packed = deflateRawSync(text, { level: 1 });
    if (packed.length < text.length * 0.9) return prefixed(DEFLATE, packed);
  }
  return prefixed(PLAIN, text);
}

/** The text of what {@link deflateText} gave. */
export function inflateText(stored: Uint8Array): Uint8Array {
  const rest = stored.subarray(1);
  return stored[0] === DEFLATE ? inflateRawSync(rest) : rest;
}

function prefixed(kind: number, octets: Uint8Array): Uint8Array {
  const stored = Buffer.allocUnsafe(octets.length + 1);
  stored[0] = kind;
  stored.set(octets, 1);
  return stored;
}
