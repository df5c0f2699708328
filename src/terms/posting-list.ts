/** The contents that have a term, and where in them it stands. */

import { type BlockWriter, damaged, type OctetReader } from './block-octets.ts';

/** Where a term stands in a content; both are possible. */
export const IN_HEADER = 1;
export const IN_BODY = 2;

/** Tag of postings that each say where. Other tags say it for all of them: {@link IN_HEADER}, {@link IN_BODY} or both. */
const EACH_SAYS = 0;

/** Postings in ascending order of numbers: content ids, or their distance from one. Emptied and filled again. */
export class PostingList {
  numbers: Float64Array = new Float64Array(256);
  places: Uint8Array = new Uint8Array(256);
  length = 0;
  /** The last number of the term, also of postings that were taken out already. */
  #last = -1;

  /** Begins a term. */
  begin(): void {
    this.length = 0;
    this.#last = -1;
  }

  /** Takes all out; more of the same term may follow. */
  clear(): void {
    this.length = 0;
  }

  push(number: number, places: number): void {
    if (this.length === this.numbers.length) this.#reserve(1);
    this.numbers[this.length] = number;
    this.places[this.length++] = places;
    this.#last = number;
  }

  /** Takes those out, from the one at `start` on, whose number is in `unwanted`. */
  drop(unwanted: ReadonlySet<number>, start: number): void {
    let kept = start;
    for (let i = start; i < this.length; i++) {
      if (unwanted.has(this.numbers[i] as number)) continue;
      this.numbers[kept] = this.numbers[i] as number;
      this.places[kept++] = this.places[i] as number;
    }
    this.length = kept;
  }

  /** How the postings from `from` to `to` say where the term stands. */
  tag(from: number, to: number): number {
    const first = this.places[from] as number;
    for (let i = from + 1; i < to; i++) if (this.places[i] !== first) return EACH_SAYS;
    return first;
  }

  /** Writes postings: the first number, then differences; with two bits more when each says where. */
  write(writer: BlockWriter, tag: number, from: number, to: number): void {
    let last = 0;
    for (let i = from; i < to; i++) {
      const number = this.numbers[i] as number;
      const step = number - last;
      last = number;
      writer.varint(tag === EACH_SAYS ? step * 4 + (this.places[i] as number) : step);
    }
  }

  /**
   * Adds the postings that `reader` has up to `end`, each number with `shift` added.
   *
   * @throws `STORE_CORRUPT` when they do not ascend, also from what was there before, or go beyond `max`.
   */
  read(reader: OctetReader, end: number, tag: number, shift: number, max: number): void {
    this.#reserve(end - reader.at);
    const { numbers, places } = this;
    let { length } = this;
    let number = shift;
    let least = this.#last + 1;
    while (reader.at < end) {
      let step = reader.varint();
      let place = tag;
      if (tag === EACH_SAYS) {
        place = step % 4;
        step = Math.floor(step / 4);
        if (place === 0) throw damaged('a posting is nowhere');
      }
      number += step;
      if (number < least) throw damaged('postings do not ascend');
      least = number + 1;
      numbers[length] = number;
      places[length++] = place;
    }
    if (reader.at > end) throw damaged('a posting is too long');
    if (number > max) throw damaged('a posting is beyond the contents');
    this.length = length;
    this.#last = number;
  }

  #reserve(count: number): void {
    const wanted = this.length + count;
    if (wanted <= this.numbers.length) return;
    const size = Math.max(wanted, this.numbers.length * 2);
    const numbers = new Float64Array(size);
    const places = new Uint8Array(size);
    numbers.set(this.numbers.subarray(0, this.length));
    places.set(this.places.subarray(0, this.length));
    this.numbers = numbers;
    this.places = places;
  }
}
