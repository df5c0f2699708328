/** Terms of the search index: words, cut to a length, as UTF-8 in the order of JavaScript's strings. */

/** UTF-16 code units of a word that count. */
const MAX_UNITS = 128;

/** Octets of the longest term. */
export const MAX_TERM_OCTETS: number = MAX_UNITS * 3;

const HALF_CHARACTER = /\p{Surrogate}/u;

/** A word without what is beyond its first 128 UTF-16 code units; never ends within a character. */
export function cutWord(word: string): string {
  if (word.length <= MAX_UNITS) return word;
  const last = word.charCodeAt(MAX_UNITS - 1);
  return word.slice(0, last >= 0xd800 && last <= 0xdbff ? MAX_UNITS - 1 : MAX_UNITS);
}

/** The term that stands for a word: cut, with U+FFFD for half characters, which UTF-8 cannot say. */
export function termOf(word: string): string {
  const cut = cutWord(word);
  return HALF_CHARACTER.test(cut) ? Buffer.from(cut).toString() : cut;
}

/** Writes a term as UTF-8 to the beginning of `octets`, which has room for the longest, and gives the length. */
export function encodeTerm(term: string, octets: Uint8Array): number {
  let length = 0;
  for (let i = 0; i < term.length; i++) {
    let point = term.charCodeAt(i);
    if (point < 0x80) {
      octets[length++] = point;
      continue;
    }
    if (point < 0x800) {
      octets[length++] = 0xc0 | (point >> 6);
    } else {
      if (point >= 0xd800 && point <= 0xdbff) {
        point = term.codePointAt(i++) as number;
        octets[length++] = 0xf0 | (point >> 18);
        octets[length++] = 0x80 | ((point >> 12) & 0x3f);
      } else {
        octets[length++] = 0xe0 | (point >> 12);
      }
      octets[length++] = 0x80 | ((point >> 6) & 0x3f);
    }
    octets[length++] = 0x80 | (point & 0x3f);
  }
  return length;
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
