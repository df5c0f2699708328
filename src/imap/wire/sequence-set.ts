/** A set of message numbers or UIDs as a client writes it, with `*` and `$`. RFC 9051 section 9, sequence-set. */

import { UidSet } from '../../model/uid-set.ts';

/** Stands for `*` in a range: the greatest number in use. */
export const STAR: number = 0;

/** Two ends of a range in the order in which they were written, inclusive; {@link STAR} for `*`. */
export type SequenceRange = readonly [a: number, b: number];

/** A parsed sequence-set. `*` and `$` are resolved when the set is used. */
export declare class SequenceSet {
  /** The set `$`: what the last SEARCH RETURN (SAVE) found. RFC 9051 section 6.4.4.1. `ranges` is empty then. */
  static readonly SAVED: SequenceSet;
  readonly ranges: readonly SequenceRange[];
  readonly saved: boolean;
  /** `null` when `text` is no sequence-set. */
  static parse(text: string): SequenceSet | null;
  /** Whether `*` is in it. */
  get hasStar(): boolean;
  /** The greatest number written out, 0 when there is none. */
  get greatest(): number;
  /** The numbers, with `max` for `*`. With `max` 0 (an empty mailbox) ranges with `*` are empty. Not for `$`. */
  resolve(max: number): UidSet;
  /** As IMAP writes it. */
  toString(): string;
}
