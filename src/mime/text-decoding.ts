/** Octets of a message become text: transfer encodings, charsets, encoded words. RFC 2045 section 6, RFC 2047. */

import { isAscii, isUtf8 } from 'node:buffer';
import { createRequire } from 'node:module';
import { TextDecoder } from 'node:util';
import type Libmime from 'libmime';

/** Longest field value that is decoded, in octets; what is over is left out. */
const MAX_FIELD = 64 * 1024;

const EQUALS = 0x3d;
const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const HTAB = 0x09;

// Loading its tables takes a fifth of the time in which a store opens; many a process meets no word that needs them.
let loaded: typeof Libmime | null = null;
function libmime(): typeof Libmime {
  loaded ??= createRequire(import.meta.url)('libmime') as typeof Libmime;
  return loaded;
}

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
  const normal = libmime().normalizeCharset(name);
  if (/^utf-?8$/i.test(normal)) return decodeUnlabelled(octets);
  return libmime().decodeWord(normal, 'B', octets.toString('base64'));
}

const decoders = new Map<string, TextDecoder | null>();
/** Names come from outside: most that are remembered. */
const MAX_DECODERS = 128;

function textDecoder(name: string): TextDecoder | null {
  let decoder = decoders.get(name);
  if (decoder === undefined) {
    decoder = newDecoder(name) ?? newDecoder(libmime().normalizeCharset(name));
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
    return libmime().decodeWords(text);
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

/**
 * RFC 2045 section 6.7. An `=` that encodes nothing stays; white space at the end of a line was added on the way and
 * goes, at the end of all too unless `cut` says that the line goes on.
 */
export function decodeQuotedPrintable(octets: Buffer, cut = false): Buffer {
  const out = Buffer.allocUnsafe(octets.length);
  const { length: end } = octets;
  let length = 0;
  let from = 0;
  // Before it nothing is white space that was added: it was encoded, or stands before a soft line break.
  let floor = 0;
  for (let at = octets.indexOf(EQUALS); at >= 0 && at < end; ) {
    length = copyLines(octets, from, at, out, length, floor);
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
    floor = length;
    // Encoded octets come in runs: look before searching.
    at = octets[from] === EQUALS ? from : octets.indexOf(EQUALS, from);
  }
  length = copyLines(octets, from, end, out, length, floor);
  return out.subarray(0, cut ? length : trimmedLength(out, length, floor));
}

/** Copies octets that encode themselves, and drops white space before line ends; gives the new length of `out`. */
function copyLines(octets: Buffer, from: number, to: number, out: Buffer, start: number, floor: number): number {
  let length = start;
  for (let i = from; i < to; i++) {
    const octet = octets[i] as number;
    if (octet === LF) {
      const hasCr = length > floor && out[length - 1] === CR;
      length = trimmedLength(out, hasCr ? length - 1 : length, floor);
      if (hasCr) out[length++] = CR;
    }
    out[length++] = octet;
  }
  return length;
}

function trimmedLength(out: Buffer, length: number, floor: number): number {
  let end = length;
  while (end > floor && (out[end - 1] === SPACE || out[end - 1] === HTAB)) end--;
  return end;
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
