/** Octets of a message become text: transfer encodings, charsets, encoded words. RFC 2045 section 6, RFC 2047. */

import { isAscii, isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import libmime from 'libmime';

/** Longest field value that is decoded, in octets; what is over is left out. */
const MAX_FIELD = 64 * 1024;

const EQUALS = 0x3d;
const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const HTAB = 0x09;

const UTF8_NAMES = new Set([
  '',
  'utf-8',
  'utf8',
  'us-ascii',
  'ascii',
  'unicode-1-1-utf-8',
  'unknown-8bit',
  'x-unknown',
]);

// WHATWG Encoding: what is said to be ISO-8859-1 is windows-1252.
const WESTERN_NAMES = new Set(['iso-8859-1', 'iso8859-1', 'latin1', 'windows-1252', 'cp1252']);
/** Octets 0x80 to 0x9f of windows-1252. */
const WINDOWS_80 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** The octets of a body without its transfer encoding. Never fails: what is damaged is passed over or kept. */
export function decodeTransfer(octets: Buffer, encoding: string): Buffer {
  if (encoding === 'base64') return Buffer.from(octets.toString('latin1'), 'base64');
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(octets);
  return octets;
}

/**
 * Octets as text. A charset that is unknown, or none, is taken for UTF-8 where the octets are that, else for
 * windows-1252. Never fails.
 */
export function decodeCharset(octets: Buffer, charset: string): string {
  const name = charset.toLowerCase().trim();
  if (UTF8_NAMES.has(name)) return decodeUnlabelled(octets);
  if (WESTERN_NAMES.has(name)) return decodeWestern(octets);
  if ((name.startsWith('iso-8859-') || name.startsWith('windows-')) && isAscii(octets))
    return octets.toString('latin1');
  const decoder = textDecoder(name);
  if (decoder !== null) return decoder.decode(octets);
  // What the platform does not know, iconv-lite may: it is behind libmime, which takes encoded words.
  const normal = libmime.normalizeCharset(name);
  if (/^utf-?8$/i.test(normal)) return decodeUnlabelled(octets);
  return libmime.decodeWord(normal, 'B', octets.toString('base64'));
}

const decoders = new Map<string, TextDecoder | null>();
/** Names come from outside: most that are remembered. */
const MAX_DECODERS = 128;

function textDecoder(name: string): TextDecoder | null {
  let decoder = decoders.get(name);
  if (decoder === undefined) {
    decoder = newDecoder(name) ?? newDecoder(libmime.normalizeCharset(name));
    if (decoders.size >= MAX_DECODERS) decoders.clear();
    decoders.set(name, decoder);
  }
  return decoder;
}

function newDecoder(name: string): TextDecoder | null {
  try {
    return new TextDecoder(name);
  } catch {
    return null;
  }
}

/** Octets without a charset. */
function decodeUnlabelled(octets: Buffer): string {
  if (isAscii(octets)) return octets.toString('latin1');
  return isUtf8(octets) ? octets.toString('utf8') : decodeWestern(octets);
}

// Some versions of Node.js decode windows-1252 as if it were ISO-8859-1.
function decodeWestern(octets: Buffer): string {
  return octets.toString('latin1').replace(/[\x80-\x9f]/g, (octet) => WINDOWS_80[octet.charCodeAt(0) - 0x80] as string);
}

/**
 * A field's value as text.
 *
 * @param value unfolded; one char code (0-255) for each octet
 */
export function decodeField(value: string): string {
  const text = decodeOctets(value.length > MAX_FIELD ? value.slice(0, MAX_FIELD) : value);
  if (!text.includes('=?')) return text;
  try {
    return libmime.decodeWords(text);
  } catch {
    return text;
  }
}

/** Octets in a string as text: raw UTF-8 (RFC 6532), or windows-1252. */
export function decodeOctets(octets: string): string {
  return /[\x80-\xff]/.test(octets) ? decodeUnlabelled(Buffer.from(octets, 'latin1')) : octets;
}

/** RFC 2231 section 4: `charset'language'%41%42` as text. */
export function decodeExtended(value: string): string {
  const match = /^([^']*)'[^']*'(.*)$/s.exec(value);
  const encoded = match?.[2] ?? value;
  const octets = encoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return decodeCharset(Buffer.from(octets, 'latin1'), match?.[1] ?? '');
}

/** RFC 2045 section 6.7. An `=` that encodes nothing stays. */
export function decodeQuotedPrintable(octets: Buffer): Buffer {
  let at = octets.indexOf(EQUALS);
  if (at < 0) return octets;
  const out = Buffer.allocUnsafe(octets.length);
  let length = 0;
  let from = 0;
  const { length: end } = octets;
  while (at >= 0 && at < end) {
    for (let i = from; i < at; i++) out[length++] = octets[i] as number;
    const high = hexValue(octets[at + 1]);
    const low = high < 0 ? -1 : hexValue(octets[at + 2]);
    if (low >= 0) {
      out[length++] = high * 16 + low;
      from = at + 3;
    } else {
      const after = softBreakEnd(octets, at + 1);
      if (after < 0) out[length++] = EQUALS;
      from = after < 0 ? at + 1 : after;
    }
    // Encoded octets come in runs: look before searching.
    at = octets[from] === EQUALS ? from : octets.indexOf(EQUALS, from);
  }
  for (let i = from; i < end; i++) out[length++] = octets[i] as number;
  return out.subarray(0, length);
}

/** Where the line goes on after a soft line break whose `=` was just passed, or -1 when it is none. */
function softBreakEnd(octets: Buffer, start: number): number {
  let at = start;
  // White space that was added on the way is no part of the text.
  while (at < start + 80 && (octets[at] === SPACE || octets[at] === HTAB)) at++;
  if (at >= octets.length) return at;
  if (octets[at] === LF) return at + 1;
  return octets[at] === CR && octets[at + 1] === LF ? at + 2 : -1;
}

function hexValue(octet: number | undefined): number {
  if (octet === undefined) return -1;
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const letter = octet | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
