/** Finds contents by their words. */

import { IdSet } from './id-set.ts';
import { Pace } from './pace.ts';
import { IN_BODY, IN_HEADER, PostingList } from './posting-list.ts';
import { compareOctets, sharedLength, termOf } from './term.ts';
import { type BlockSource, MAX_CONTENT_ID, type WordSpace } from './term-segment.ts';
import { WordBlockReader } from './word-block.ts';

/**
 * Ids of the contents that have a word in `space` that begins with `word` (folded, not empty; of both the first 128
 * UTF-16 code units count), ascending. `blocks` are the word blocks that {@link wordBlocksFor} names, of one segment or
 * of several, in any order.
 *
 * @throws `STORE_CORRUPT` when a block is damaged.
 */
export async function matchWords(blocks: BlockSource, word: string, space: WordSpace): Promise<Float64Array> {
  const prefix = Buffer.from(termOf(word));
  const places = space === 'body' ? IN_BODY : IN_BODY | IN_HEADER;
  const found = new IdSet();
  const list = new PostingList();
  const pace = new Pace();
  for await (const octets of blocks) {
    const block = new WordBlockReader(octets);
    while (block.next()) {
      const order = comparePrefix(block, prefix);
      if (order > 0) break;
      if (order < 0 || (block.tag !== 0 && (block.tag & places) === 0)) continue;
      list.begin();
      block.readPostings(list, block.base, MAX_CONTENT_ID);
      found.addPostings(list, places);
      if (pace.due(list.length)) await pace.turn();
    }
    // Going through a block takes some tenths of a millisecond.
    if (pace.due(1000)) await pace.turn();
  }
  return found.toArray();
}

/** 0 when the term begins with the prefix; below 0 when it comes before such terms, above when after. */
function comparePrefix({ term, termLength }: WordBlockReader, prefix: Uint8Array): number {
  const at = sharedLength(term, termLength, prefix, prefix.length);
  if (at === prefix.length) return 0;
  return at === termLength ? -1 : compareOctets(term[at] as number, prefix[at] as number);
}
