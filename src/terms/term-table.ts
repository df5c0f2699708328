/** Terms as octets, each with a number: found by what they are, and given in order. */

import { randomInt } from 'node:crypto';
import type { Pace } from './pace.ts';
import { compareOctets, MAX_TERM_OCTETS, termKey } from './term.ts';

// Secret, so that no mail can be made whose words all fall on one slot.
const SEED: number = randomInt(2 ** 32) | 0;
const FACTOR: number = randomInt(2 ** 31) * 2 + 1;

/** What the hash of no octets is. */
export const NO_HASH: number = SEED;

/** The hash of octets that have one more after those with `hash`. */
export function addToHash(hash: number, octet: number): number {
  const mixed = Math.imul(hash ^ octet, FACTOR);
  return mixed ^ (mixed >>> 15);
}

/** A hash table over octets that lie one after the other. */
export class TermTable {
  #octets = new Uint8Array(0x4000);
  /** For each term where it begins, and, one later, where it ends. */
  readonly #starts: number[] = [0];
  readonly #hashes: number[] = [];
  /** Numbers of terms plus one; 0 is free. A power of two of them, at most half of them taken. */
  #slots = new Int32Array(0x1000);

  get size(): number {
    return this.#hashes.length;
  }

  /** The number of the term that lies in `source`; a new one for one that is new. */
  numberOf(source: Uint8Array, from: number, to: number, hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let taken = this.#slots[slot] as number; taken !== 0; taken = this.#slots[slot] as number) {
      if (this.#hashes[taken - 1] === hash && this.#isTerm(taken - 1, source, from, to)) return taken - 1;
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = this.#add(source, from, to, hash) + 1;
    if (this.size * 2 > this.#slots.length) this.#spread();
    return this.size - 1;
  }

  /** Copies a term to the beginning of `target` and gives its length. */
  copy(number: number, target: Uint8Array): number {
    const start = this.#starts[number] as number;
    const length = (this.#starts[number + 1] as number) - start;
    for (let i = 0; i < length; i++) target[i] = this.#octets[start + i] as number;
    return length;
  }

  /** The numbers of all terms, in order of the terms: runs that are sorted already, merged two by two. */
  async sorted(pace: Pace): Promise<Int32Array> {
    const keys = new Float64Array(this.size);
    const term = new Uint8Array(MAX_TERM_OCTETS);
    for (let number = 0; number < this.size; number++) {
      keys[number] = termKey(term, this.copy(number, term));
      if (pace.due(1)) await pace.turn();
    }
    let order = Int32Array.from({ length: this.size }, (_, number) => number);
    let merged = new Int32Array(this.size);
    for (let run = 1; run < this.size; run *= 2) {
      for (let from = 0; from < this.size; from += 2 * run) {
        const middle = Math.min(from + run, this.size);
        const to = Math.min(middle + run, this.size);
        let left = from;
        let right = middle;
        for (let at = from; at < to; at++) {
          const takeLeft =
            left < middle && (right === to || this.#compare(order[left] as number, order[right] as number, keys) < 0);
          merged[at] = order[takeLeft ? left++ : right++] as number;
          if (pace.due(1)) await pace.turn();
        }
      }
      [order, merged] = [merged, order];
    }
    return order;
  }

  #isTerm(number: number, source: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[number] as number;
    if ((this.#starts[number + 1] as number) - start !== to - from) return false;
    for (let i = from; i < to; i++) if (source[i] !== this.#octets[start + i - from]) return false;
    return true;
  }

  #add(source: Uint8Array, from: number, to: number, hash: number): number {
    const start = this.#starts[this.size] as number;
    const end = start + to - from;
    if (end > this.#octets.length) {
      const grown = new Uint8Array(Math.max(end, this.#octets.length * 2));
      grown.set(this.#octets);
      this.#octets = grown;
    }
    for (let i = from; i < to; i++) this.#octets[start + i - from] = source[i] as number;
    this.#starts.push(end);
    return this.#hashes.push(hash) - 1;
  }

  #spread(): void {
    const slots = new Int32Array(this.#slots.length * 4);
    const mask = slots.length - 1;
    for (let number = 0; number < this.size; number++) {
      let slot = (this.#hashes[number] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }

  #compare(a: number, b: number, keys: Float64Array): number {
    const order = (keys[a] as number) - (keys[b] as number);
    if (order !== 0) return order;
    let i = this.#starts[a] as number;
    let j = this.#starts[b] as number;
    const [iEnd, jEnd] = [this.#starts[a + 1] as number, this.#starts[b + 1] as number];
    while (i < iEnd && j < jEnd && this.#octets[i] === this.#octets[j]) {
      i++;
      j++;
    }
    if (i === iEnd || j === jEnd) return iEnd - i - (jEnd - j);
    return compareOctets(this.#octets[i] as number, this.#octets[j] as number);
  }
}
