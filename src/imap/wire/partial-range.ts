/** A slice of a result: the n-th to the m-th, from either end. RFC 9394 section 4. */

import { ImapSyntaxError } from './imap-syntax-error.ts';
import type { Scanner } from './scanner.ts';

/** Positions 1 and up, inclusive. */
export interface PartialRange {
  readonly from: number;
  readonly to: number;
  /** Counted from the last one, which is 1. */
  readonly backwards: boolean;
  /** As typed. */
  readonly text: string;
}

/** `1:100`, or `-1:-100`; the ends in any order. @throws ImapSyntaxError */
export function parsePartialRange(scanner: Scanner): PartialRange {
  const backwards = scanner.tryChar('-');
  const a = scanner.nzNumber();
  scanner.expect(':');
  if (scanner.tryChar('-') !== backwards) throw new ImapSyntaxError('the ends of a range count from one side');
  const b = scanner.nzNumber();
  const sign = backwards ? '-' : '';
  return { from: Math.min(a, b), to: Math.max(a, b), backwards, text: `${sign}${a}:${sign}${b}` };
}

/** The part of a list of `count` that a range is, as indexes, end exclusive; empty where the list is too short. */
export function sliceBounds(
  { from, to, backwards }: PartialRange,
  count: number,
): readonly [start: number, end: number] {
  const start = Math.min(from - 1, count);
  const end = Math.min(to, count);
  return backwards ? [count - end, count - start] : [start, end];
}
