/** Goes through the words of a segment, block after block. */

import { damaged } from './block-octets.ts';
import type { PostingList } from './posting-list.ts';
import type { BlockSource, SegmentEntry } from './term-segment.ts';
import { WordBlockReader } from './word-block.ts';

/** Stands at an entry, or after the last. */
export class WordCursor {
  readonly #entry: SegmentEntry;
  readonly #blocks: Iterator<Uint8Array> | AsyncIterator<Uint8Array>;
  #read = 0;
  /** The block that it stands in, `null` after the last. */
  block: WordBlockReader | null = null;

  constructor(entry: SegmentEntry, blocks: BlockSource) {
    this.#entry = entry;
    this.#blocks = Symbol.asyncIterator in blocks ? blocks[Symbol.asyncIterator]() : blocks[Symbol.iterator]();
  }

  /**
   * Goes to the first entry of the next block.
   *
   * @throws `STORE_CORRUPT` when it does not follow, or the segment should have had one more.
   */
  async nextBlock(): Promise<void> {
    const previous = this.block;
    const { done, value } = await this.#blocks.next();
    this.block = done ? null : new WordBlockReader(value);
    const { block } = this;
    if (!block) {
      if (this.#read !== this.#entry.fences.length) throw damaged('word blocks are missing');
      return;
    }
    this.#read++;
    if (block.base !== this.#entry.firstId || !block.next()) throw damaged('it is of another segment');
    if (previous && previous.compare(block) > 0) throw damaged('terms do not ascend');
  }

  /** Adds the postings of the entry, counting from `base`. */
  readPostings(list: PostingList, base: number): void {
    const { firstId, lastId } = this.#entry;
    this.block?.readPostings(list, firstId - base, lastId - base);
  }

  /** Reads no more blocks. */
  async close(): Promise<void> {
    await this.#blocks.return?.();
  }
}
