/** A set of content ids: many that lie near each other, wherever that is. */

import type { PostingList } from './posting-list.ts';

/** Ids for which there is one array of bits. */
const CHUNK = 2048;

/** Collects ids in any order, gives them in ascending order. */
export class IdSet {
  readonly #chunks = new Map<number, Uint32Array>();
  /** The chunk that was used last: the next id is mostly in it. */
  #bits: Uint32Array = new Uint32Array(0);
  #start = -CHUNK;

  add(id: number): void {
    const place = id - this.#start;
    if (place >= 0 && place < CHUNK) this.#bits[place >> 5] = (this.#bits[place >> 5] as number) | (1 << (place & 31));
    else this.#addElsewhere(id);
  }

  /** Adds those of the postings that are in one of `places`. */
  addPostings({ numbers, places, length }: PostingList, wanted: number): void {
    for (let i = 0; i < length; i++) if (((places[i] as number) & wanted) !== 0) this.add(numbers[i] as number);
  }

  /** All ids, ascending. */
  toArray(): Float64Array {
    const chunks = [...this.#chunks].sort(([a], [b]) => a - b);
    let count = 0;
    for (const [, bits] of chunks) for (const word of bits) count += countBits(word);
    const ids = new Float64Array(count);
    let length = 0;
    for (const [chunk, bits] of chunks) {
      for (const [index, word] of bits.entries()) {
        for (let rest = word; rest !== 0; rest &= rest - 1)
          ids[length++] = chunk * CHUNK + index * 32 + (31 - Math.clz32(rest & -rest));
      }
    }
    return ids;
  }

  #addElsewhere(id: number): void {
    const chunk = Math.floor(id / CHUNK);
    let bits = this.#chunks.get(chunk);
    if (bits === undefined) {
      bits = new Uint32Array(CHUNK / 32);
      this.#chunks.set(chunk, bits);
    }
    this.#bits = bits;
    this.#start = chunk * CHUNK;
    const place = id - this.#start;
    bits[place >> 5] = (bits[place >> 5] as number) | (1 << (place & 31));
  }
}

function countBits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
