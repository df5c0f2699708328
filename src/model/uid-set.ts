/** A set of UIDs (or message sequence numbers) as ascending ranges. RFC 9051 section 9, sequence-set. */

import { EiderError } from '../errors.ts';
import type { Uid } from './ids.ts';

/** First and last number of a run, both inclusive. */
export type UidRange = readonly [first: Uid, last: Uid];

const MAX_UID = 0xffffffff;

/** An immutable set of numbers 1 to 2^32-1, kept as disjoint ascending ranges. */
export class UidSet implements Iterable<Uid> {
  /** No number at all. */
  static readonly empty: UidSet = new UidSet([]);

  /** Ascending, disjoint, never adjacent. */
  readonly ranges: readonly UidRange[];

  private constructor(ranges: readonly UidRange[]) {
    this.ranges = ranges;
  }

  /** The set of the given numbers, in any order, repeated or not. */
  static of(...uids: readonly Uid[]): UidSet {
    return UidSet.from(uids);
  }

  /** The set of the given numbers, in any order, repeated or not. */
  static from(uids: Iterable<Uid>): UidSet {
    const list = Uint32Array.from(uids);
    let sorted = true;
    for (let i = 1; i < list.length && sorted; i++) sorted = (list[i - 1] as number) <= (list[i] as number);
    return UidSet.fromSorted(sorted ? list : list.sort());
  }

  /** The set of an ascending list. One pass, no copy of the numbers. */
  static fromSorted(uids: ArrayLike<Uid>): UidSet {
    if (uids.length === 0) return UidSet.empty;
    const ranges: UidRange[] = [];
    let first = uids[0] as Uid;
    let last = first;
    for (let i = 1; i < uids.length; i++) {
      const uid = uids[i] as Uid;
      if (uid > last + 1) {
        ranges.push([first, last]);
        first = uid;
      }
      last = uid;
    }
    ranges.push([first, last]);
    return new UidSet(ranges);
  }

  /** All numbers from `first` to `last`, inclusive; empty when `first` is the greater. */
  static range(first: Uid, last: Uid): UidSet {
    return first > last ? UidSet.empty : new UidSet([[first, last]]);
  }

  /** The set of ranges in any order, overlapping or not; ends of a range may be swapped (RFC 9051: `4:2` is `2:4`). */
  static fromRanges(ranges: Iterable<UidRange>): UidSet {
    const sorted = Array.from(ranges, ([a, b]): UidRange => (a <= b ? [a, b] : [b, a])).sort((a, b) => a[0] - b[0]);
    const merged: [Uid, Uid][] = [];
    for (const [first, last] of sorted) {
      const previous = merged.at(-1);
      if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
      else merged.push([first, last]);
    }
    return merged.length === 0 ? UidSet.empty : new UidSet(merged);
  }

  /**
   * Reads the form that {@link UidSet.toString} writes, such as `1:3,7`. An empty string is the empty set.
   *
   * @throws {@link EiderError} `INVALID_ARGUMENT` when the text is not a set of numbers 1 to 2^32-1.
   */
  static parse(text: string): UidSet {
    if (text === '') return UidSet.empty;
    return UidSet.fromRanges(
      text.split(',').map((part): UidRange => {
        const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(part);
        const first = Number(match?.[1]);
        const last = Number(match?.[2] ?? match?.[1]);
        if (!(first >= 1 && last >= 1 && first <= MAX_UID && last <= MAX_UID)) {
          throw new EiderError('INVALID_ARGUMENT', 'not a set of numbers');
        }
        return [first, last];
      }),
    );
  }

  /** How many numbers are in it. */
  get size(): number {
    let size = 0;
    for (const [first, last] of this.ranges) size += last - first + 1;
    return size;
  }

  get isEmpty(): boolean {
    return this.ranges.length === 0;
  }

  /** The smallest number, or `undefined` of an empty set. */
  get first(): Uid | undefined {
    return this.ranges[0]?.[0];
  }

  /** The greatest number, or `undefined` of an empty set. */
  get last(): Uid | undefined {
    return this.ranges.at(-1)?.[1];
  }

  has(uid: Uid): boolean {
    let low = 0;
    let high = this.ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [first, last] = this.ranges[middle] as UidRange;
      if (uid < first) high = middle - 1;
      else if (uid > last) low = middle + 1;
      else return true;
    }
    return false;
  }

  union(other: UidSet): UidSet {
    if (this.isEmpty) return other;
    if (other.isEmpty) return this;
    return UidSet.fromRanges([...this.ranges, ...other.ranges]);
  }

  intersection(other: UidSet): UidSet {
    const found: UidRange[] = [];
    let i = 0;
    let j = 0;
    while (i < this.ranges.length && j < other.ranges.length) {
      const a = this.ranges[i] as UidRange;
      const b = other.ranges[j] as UidRange;
      const first = Math.max(a[0], b[0]);
      const last = Math.min(a[1], b[1]);
      if (first <= last) found.push([first, last]);
      if (a[1] < b[1]) i++;
      else j++;
    }
    return found.length === 0 ? UidSet.empty : new UidSet(found);
  }

  difference(other: UidSet): UidSet {
    const left: UidRange[] = [];
    let j = 0;
    for (const [from, last] of this.ranges) {
      let first = from;
      while (j < other.ranges.length && (other.ranges[j] as UidRange)[1] < first) j++;
      for (let k = j; first <= last && k < other.ranges.length; k++) {
        const [otherFirst, otherLast] = other.ranges[k] as UidRange;
        if (otherFirst > last) break;
        if (otherFirst > first) left.push([first, otherFirst - 1]);
        first = otherLast + 1;
      }
      if (first <= last) left.push([first, last]);
    }
    return left.length === 0 ? UidSet.empty : new UidSet(left);
  }

  /** Ascending. */
  *[Symbol.iterator](): Generator<Uid> {
    for (const [first, last] of this.ranges) for (let uid = first; uid <= last; uid++) yield uid;
  }

  /** The numbers, ascending. */
  toArray(): Uid[] {
    return [...this];
  }

  /** The IMAP form, `1:3,7`; empty for the empty set. */
  toString(): string {
    return this.ranges.map(([first, last]) => (first === last ? `${first}` : `${first}:${last}`)).join(',');
  }
}
