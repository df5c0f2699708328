/** A segment of the search index: the terms of a run of contents, in blocks that are read one by one. */

import type { ContentId } from '../model/ids.ts';
import type { AddressField } from '../model/search-query.ts';
import { termOf } from './term.ts';

/** What the manifest knows of a segment; from it follows which blocks a query needs. */
export interface SegmentEntry {
  /** The ids that the segment covers, both inclusive. It need not have contents at either end. */
  readonly firstId: ContentId;
  readonly lastId: ContentId;
  /** Contents in the segment, those included that were removed since. With 0 there are no blocks. */
  readonly contents: number;
  /**
   * For each word block a string that comes after all terms before the block and not after its first, in the order of
   * strings; `''` for the first. A term that goes on from the block before is its own fence.
   */
  readonly fences: readonly string[];
  /** How many field blocks there are. */
  readonly fieldBlocks: number;
}

/** A block to be stored. Blocks of a kind are numbered from 0 on. */
export interface SegmentBlock {
  readonly kind: 'word' | 'field';
  readonly number: number;
  /** At most 1 MB, mostly about the target. */
  readonly octets: Uint8Array;
}

/** Octets of blocks as they come from where they are stored. */
export type BlockSource = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Where words are looked for: in the body, or (`text`) in header and body. */
export type WordSpace = 'body' | 'text';

/** Fields that are searched by substring, in the order in which field blocks have them. */
export const SEARCH_FIELDS: readonly SearchField[] = ['from', 'to', 'cc', 'bcc', 'subject'];

export type SearchField = AddressField | 'subject';

/** Octets at which a block ends. */
export const BLOCK_OCTETS: number = 65_536;

/** For those who make segments. */
export interface SegmentOptions {
  /** Octets at which a block ends. Tests make blocks small. @defaultValue 65,536, and not more */
  readonly blockOctets?: number;
}

/** The largest content id. */
export const MAX_CONTENT_ID: number = 2 ** 48;

/** Numbers of blocks in a row: `from` inclusive, `to` exclusive; none when both are the same. */
export interface BlockRange {
  readonly from: number;
  readonly to: number;
}

/** The word blocks that may have terms that begin with `word`. */
export function wordBlocksFor({ fences }: Pick<SegmentEntry, 'fences'>, word: string): BlockRange {
  const term = termOf(word);
  // A fence that is the term itself may divide its postings, so the block before has some, too.
  const from = Math.max(0, firstWhere(fences, (fence) => fence >= term) - 1);
  const to = firstWhere(fences, (fence) => fence > term && !fence.startsWith(term));
  return { from, to };
}

/** The first index for which `test` holds, which then holds for all that follow. */
function firstWhere(fences: readonly string[], test: (fence: string) => boolean): number {
  let low = 0;
  let high = fences.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(fences[middle] as string)) high = middle;
    else low = middle + 1;
  }
  return low;
}
