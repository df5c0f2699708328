/** Makes one segment of the search index from several, without the contents that are gone. */

import { EiderError } from '../errors.ts';
import type { ContentId } from '../model/ids.ts';
import type { Merge, MergeSource } from './merge.ts';
import { mergeFields } from './merge-fields.ts';
import { mergeWords } from './merge-words.ts';
import { Pace } from './pace.ts';
import { BLOCK_OCTETS, type SegmentBlock, type SegmentEntry, type SegmentOptions } from './term-segment.ts';

/** What a merge is given beside the segments. */
export interface MergeOptions extends SegmentOptions {
  /** Whether a content is to stay. Asked once for each, in ascending order. */
  readonly isAlive: (contentId: ContentId) => boolean;
  /** Stores a block of the new segment; the next one comes when it resolves. Field blocks come first. */
  readonly write: (block: SegmentBlock) => Promise<void>;
}

/**
 * Merges segments that follow each other into one, whose entry it gives; that covers all that they covered. It keeps in
 * memory one block of each segment, and the ids of contents that are gone. Field blocks are read first, segment by
 * segment; then the word blocks of all of them side by side. Others get a turn every few milliseconds.
 *
 * @throws `INVALID_ARGUMENT` when segments are not in order; `STORE_CORRUPT` when a block is damaged or missing. What
 * was written until then is of no use.
 */
export async function mergeSegments(
  sources: readonly MergeSource[],
  { isAlive, write, blockOctets = BLOCK_OCTETS }: MergeOptions,
): Promise<SegmentEntry> {
  const first = sources[0]?.entry;
  const last = sources.at(-1)?.entry;
  const ordered = sources.every(
    ({ entry }, i) => i === 0 || entry.firstId > (sources[i - 1] as MergeSource).entry.lastId,
  );
  if (!first || !last || !ordered) throw new EiderError('INVALID_ARGUMENT', 'segments to be merged are not in order');
  const merge: Merge = { sources, isAlive, write, blockOctets, pace: new Pace(), base: first.firstId };
  const { contents, fieldBlocks, gone } = await mergeFields(merge);
  const fences = contents === 0 ? [] : await mergeWords(merge, gone);
  return { firstId: first.firstId, lastId: last.lastId, contents, fences, fieldBlocks };
}
