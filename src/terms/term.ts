/** Terms of the search index: words, cut to a length, as UTF-8 in the order of JavaScript's strings. */

/** UTF-16 code units of a word that count. */
export const MAX_TERM_UNITS = 128;

/** Octets of the longest term. */
export const MAX_TERM_OCTETS: number = MAX_TERM_UNITS * 3;

/** A word without what is beyond its first 128 UTF-16 code units; never ends within a character. */
export function cutWord(word: string): string {
  if (word.length <= MAX_TERM_UNITS) return word;
  const last = word.charCodeAt(MAX_TERM_UNITS - 1);
  return word.slice(0, last >= 0xd800 && last <= 0xdbff ? MAX_TERM_UNITS - 1 : MAX_TERM_UNITS);
}

/** The term that stands for a word: with U+FFFD for half characters, which UTF-8 cannot say, and cut. */
export function termOf(word: string): string {
  return cutWord(Buffer.from(word).toString());
}

/**
 * Where an octet of UTF-8 stands in the order of UTF-16 code units: what two units say (F0 on) comes before U+E000
 * (EE). So terms are in the order in which strings compare and sort natively.
 */
const RANK = Uint8Array.from({ length: 256 }, (_, octet) => {
  if (octet < 0xee) return octet;
  return octet < 0xf0 ? octet + 0x10 : octet - 2;
});

/** Below 0 when octet `a` makes a term come before one that has `b` in this place. */
export function compareOctets(a: number, b: number): number {
  return (RANK[a] as number) - (RANK[b] as number);
}

/** Octets of a term that fit into its key. */
const KEY_OCTETS = 6;

/** A number in whose order terms are, but for those that begin with the same six octets. */
export function termKey(term: Uint8Array, length: number): number {
  let key = 0;
  for (let i = 0; i < KEY_OCTETS; i++) key = key * 0x100 + (i < length ? (RANK[term[i] as number] as number) : 0);
  return key;
}

/** How many octets two terms share at their beginning. */
export function sharedLength(a: Uint8Array, aLength: number, b: Uint8Array, bLength: number): number {
  const limit = Math.min(aLength, bLength);
  let at = 0;
  while (at < limit && a[at] === b[at]) at++;
  return at;
}

/** Below 0, 0 or above 0: the order of two terms. */
export function compareTerms(a: Uint8Array, aLength: number, b: Uint8Array, bLength: number): number {
  const at = sharedLength(a, aLength, b, bLength);
  return at < aLength && at < bLength ? compareOctets(a[at] as number, b[at] as number) : aLength - bLength;
}

/**
 * The shortest beginning of `term` in whole characters that comes after `previous`; all of it when they are the same.
 * It divides the two as well as the term itself and takes less.
 */
export function fenceBefore(term: Uint8Array, length: number, previous: Uint8Array, previousLength: number): string {
  let end = Math.min(sharedLength(term, length, previous, previousLength) + 1, length);
  while (end < length && ((term[end] as number) & 0xc0) === 0x80) end++;
  return Buffer.from(term.subarray(0, end)).toString();
}
