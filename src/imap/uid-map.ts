/** Message sequence numbers of one mailbox at one moment. RFC 9051 section 2.3.1.2. */

import { UidSet } from '../model/uid-set.ts';

/** Numbers that maps of one mailbox share: a map is the first `count` of them. Only appended to. */
interface Column {
  numbers: Uint32Array;
  used: number;
}

/** An immutable list of UIDs, ascending: the UID at index `n` has message number `n + 1`. Appending shares memory. */
export class UidMap {
  static readonly empty: UidMap = UidMap.from(new Uint32Array(0));

  readonly count: number;
  readonly #column: Column;

  private constructor(column: Column, count: number) {
    this.#column = column;
    this.count = count;
  }

  /** Takes an ascending list over. */
  static from(uids: Uint32Array): UidMap {
    return new UidMap({ numbers: uids, used: uids.length }, uids.length);
  }

  /** The UIDs; valid below `count` only. */
  get uids(): Uint32Array {
    return this.#column.numbers;
  }

  /** The greatest UID, 0 of an empty mailbox. */
  get last(): number {
    return this.count === 0 ? 0 : (this.#column.numbers[this.count - 1] as number);
  }

  /** The UID of a message number between 1 and `count`. */
  uid(seq: number): number {
    return this.#column.numbers[seq - 1] as number;
  }

  /** The message number of a UID, 0 when it has none. `from`: a message number at which the search may start. */
  seq(uid: number, from = 1): number {
    const index = this.indexOf(uid, from - 1);
    return index < this.count && this.#column.numbers[index] === uid ? index + 1 : 0;
  }

  /** How many UIDs are smaller than `uid`. `from`: an index known to be at or below the answer. */
  indexOf(uid: number, from = 0): number {
    const numbers = this.#column.numbers;
    // Most look-ups go on where the last one was.
    if (from < this.count && numbers[from] === uid) return from;
    if (from + 1 < this.count && numbers[from + 1] === uid) return from + 1;
    let low = from;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((numbers[middle] as number) < uid) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** With more UIDs, all greater than {@link UidMap.last}, behind. */
  append(uids: ArrayLike<number>): UidMap {
    if (uids.length === 0) return this;
    const column = this.#column.used === this.count ? this.#column : { numbers: this.#column.numbers, used: -1 };
    const count = this.count + uids.length;
    // Another map went on from here already, or there is no room: continue in a copy with some room to grow.
    if (column.used < 0 || column.numbers.length < count) {
      const numbers = new Uint32Array(count + (count >> 3) + 32);
      numbers.set(this.#column.numbers.subarray(0, this.count));
      numbers.set(uids, this.count);
      return new UidMap({ numbers, used: count }, count);
    }
    column.numbers.set(uids, this.count);
    column.used = count;
    return new UidMap(column, count);
  }

  /** Without the messages at the given indexes (ascending); a copy. */
  without(indexes: ArrayLike<number>): UidMap {
    if (indexes.length === 0) return this;
    const kept = new Uint32Array(this.count - indexes.length);
    copyWithout(this.#column.numbers, this.count, indexes, kept);
    return UidMap.from(kept);
  }

  /** Indexes of the messages that are not in `later`, a later map of the same mailbox; ascending. */
  goneIn(later: UidMap): number[] {
    if (later.#column === this.#column && later.count >= this.count) return [];
    const gone: number[] = [];
    const mine = this.#column.numbers;
    const theirs = later.#column.numbers;
    let j = 0;
    for (let i = 0; i < this.count; i++) {
      if (j < later.count && theirs[j] === mine[i]) j++;
      else gone.push(i);
    }
    return gone;
  }

  /** UIDs of message numbers. Numbers above `count` are left out. */
  uidsOf(seqs: UidSet): UidSet {
    // UIDs between two messages of a mailbox belong to messages that are gone, so a range of numbers is a range of UIDs.
    const ranges = seqs.ranges
      .filter(([first]) => first <= this.count)
      .map(([first, last]): [number, number] => [this.uid(first), this.uid(Math.min(last, this.count))]);
    return UidSet.fromRanges(ranges);
  }

  /** Message numbers of those of `uids` that are in the map, as index ranges, end exclusive; ascending. */
  indexRanges(uids: UidSet): [start: number, end: number][] {
    const ranges: [number, number][] = [];
    let from = 0;
    for (const [first, last] of uids.ranges) {
      if (first > this.last) break;
      const start = this.indexOf(first, from);
      const end = this.indexOf(last + 1, start);
      if (end > start) ranges.push([start, end]);
      from = end;
    }
    return ranges;
  }
}

/** Copies the first `count` values of `source` but those at `indexes` (ascending) to `target`. */
export function copyWithout<T extends Uint32Array | Uint8Array | Float64Array>(
  source: T,
  count: number,
  indexes: ArrayLike<number>,
  target: T,
): void {
  let from = 0;
  let to = 0;
  for (let i = 0; i <= indexes.length; i++) {
    const end = i < indexes.length ? (indexes[i] as number) : count;
    target.set(source.subarray(from, end), to);
    to += end - from;
    from = end + 1;
  }
}
