/** A merge of segments of the search index on its way. */

import type { ContentId } from '../model/ids.ts';
import type { Pace } from './pace.ts';
import type { BlockSource, SegmentBlock, SegmentEntry } from './term-segment.ts';

/** A segment to be merged: its blocks of both kinds, in order of their numbers, each read once. */
export interface MergeSource {
  readonly entry: SegmentEntry;
  readonly fieldBlocks: BlockSource;
  readonly wordBlocks: BlockSource;
}

/** What the parts of a merge share. */
export interface Merge {
  readonly sources: readonly MergeSource[];
  readonly isAlive: (contentId: ContentId) => boolean;
  readonly write: (block: SegmentBlock) => Promise<void>;
  readonly blockOctets: number;
  readonly pace: Pace;
  /** First id of the first segment: what numbers in blocks count from. */
  readonly base: ContentId;
}
