/** A set of message numbers or UIDs as a client writes it, with `*` and `$`. RFC 9051 section 9, sequence-set. */

import { UidSet } from '../../model/uid-set.ts';

/** Stands for `*` in a range: the greatest number in use. */
export const STAR = 0;

/** Two ends of a range in the order in which they were written, inclusive; {@link STAR} for `*`. */
export type SequenceRange = readonly [a: number, b: number];

const MAX_NUMBER = 0xffffffff;
const PART = /([0-9]{1,10}|\*)(?::([0-9]{1,10}|\*))?(,|$)/y;

/** A parsed sequence-set. `*` and `$` are resolved when the set is used. */
export class SequenceSet {
  /** The set `$`: what the last SEARCH RETURN (SAVE) found. RFC 9051 section 6.4.4.1. `ranges` is empty then. */
  static readonly SAVED: SequenceSet = new SequenceSet([], true);

  readonly ranges: readonly SequenceRange[];
  readonly saved: boolean;

  private constructor(ranges: readonly SequenceRange[], saved: boolean) {
    this.ranges = ranges;
    this.saved = saved;
  }

  /** `null` when `text` is no sequence-set. */
  static parse(text: string): SequenceSet | null {
    if (text === '$') return SequenceSet.SAVED;
    const ranges: SequenceRange[] = [];
    for (let at = 0; ; at = PART.lastIndex) {
      PART.lastIndex = at;
      const part = PART.exec(text);
      if (part === null) return null;
      const a = parseNumber(part[1] as string);
      const b = part[2] === undefined ? a : parseNumber(part[2]);
      if (a < 0 || b < 0) return null;
      ranges.push([a, b]);
      if (part[3] === '') return new SequenceSet(ranges, false);
    }
  }

  /** Whether `*` is in it. */
  get hasStar(): boolean {
    return this.ranges.some(([a, b]) => a === STAR || b === STAR);
  }

  /** Whether it is a single number, or `*`. */
  get isOne(): boolean {
    const [first] = this.ranges;
    return this.ranges.length === 1 && first !== undefined && first[0] === first[1];
  }

  /** The greatest number written out, 0 when there is none. */
  get greatest(): number {
    let greatest = 0;
    for (const [a, b] of this.ranges) greatest = Math.max(greatest, a, b);
    return greatest;
  }

  /** The numbers, with `max` for `*`. With `max` 0 (an empty mailbox) ranges with `*` are empty. Not for `$`. */
  resolve(max: number): UidSet {
    const [only] = this.ranges;
    if (this.ranges.length === 1 && only !== undefined) {
      const [a, b] = fill(only, max);
      return a === 0 || b === 0 ? UidSet.empty : a <= b ? UidSet.range(a, b) : UidSet.range(b, a);
    }
    return UidSet.fromRanges(this.ranges.map((range) => fill(range, max)).filter(([a, b]) => a > 0 && b > 0));
  }

  /** As IMAP writes it. */
  toString(): string {
    if (this.saved) return '$';
    const show = (n: number): string => (n === STAR ? '*' : String(n));
    return this.ranges.map(([a, b]) => (a === b ? show(a) : `${show(a)}:${show(b)}`)).join(',');
  }
}

function fill([a, b]: SequenceRange, max: number): [number, number] {
  return [a === STAR ? max : a, b === STAR ? max : b];
}

/** The number, {@link STAR}, or -1 when it is none of 1 to 2^32-1. */
function parseNumber(text: string): number {
  if (text === '*') return STAR;
  const number = Number(text);
  return number >= 1 && number <= MAX_NUMBER ? number : -1;
}
