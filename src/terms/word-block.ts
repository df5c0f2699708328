/** Blocks of words: terms in order, each with the contents that have it. */

import { BlockWriter, damaged, type OctetReader, openBlock, WORD_BLOCK } from './block-octets.ts';
import type { PostingList } from './posting-list.ts';
import { compareOctets, compareTerms, fenceBefore, MAX_TERM_OCTETS, sharedLength, termKey } from './term.ts';

/** A finished block with the fence that divides it from the one before, `''` for the first. */
export interface WordBlock {
  readonly fence: string;
  readonly octets: Buffer;
}

/**
 * Writes blocks of words. After the base (the content id that numbers count from) a block has entries: how many octets
 * the term shares with the one before, how many follow, these; how many octets of postings times four and their tag;
 * the postings. A term with many postings has several entries in a row, also over blocks.
 */
export class WordBlockWriter {
  readonly #base: number;
  readonly #target: number;
  /** Postings of one entry at most, so that no block is much longer than the target. */
  readonly #maxPostings: number;
  readonly #block: BlockWriter = new BlockWriter();
  readonly #postings: BlockWriter = new BlockWriter();
  readonly #previous: Uint8Array = new Uint8Array(MAX_TERM_OCTETS);
  #previousLength = 0;
  #fence = '';
  #finished: WordBlock[] = [];

  /** Blocks end when they have `target` octets. */
  constructor(base: number, target: number) {
    this.#base = base;
    this.#target = target;
    this.#maxPostings = Math.max(1, target >> 4);
  }

  /** Entries take at most so many postings. */
  get maxPostings(): number {
    return this.#maxPostings;
  }

  /** Adds a term with its postings, numbers counting from the base. Terms ascend; one may come again with more. */
  add(term: Uint8Array, length: number, list: PostingList): void {
    for (let from = 0; from < list.length; from += this.#maxPostings)
      this.#addEntry(term, length, list, from, Math.min(from + this.#maxPostings, list.length));
  }

  get hasFinished(): boolean {
    return this.#finished.length > 0;
  }

  /** The blocks that were finished since the last call. */
  finished(): WordBlock[] {
    const finished = this.#finished;
    this.#finished = [];
    return finished;
  }

  /** Finishes the last block. */
  end(): void {
    if (this.#block.length === 0) return;
    this.#finished.push({ fence: this.#fence, octets: this.#block.end() });
    this.#block.length = 0;
  }

  #addEntry(term: Uint8Array, length: number, list: PostingList, from: number, to: number): void {
    let shared = 0;
    if (this.#block.length === 0) this.#begin(term, length);
    else shared = sharedLength(term, length, this.#previous, this.#previousLength);
    const tag = list.tag(from, to);
    this.#postings.length = 0;
    list.write(this.#postings, tag, from, to);
    this.#block.varint(shared);
    this.#block.varint(length - shared);
    this.#block.append(term, shared, length);
    this.#block.varint(this.#postings.length * 4 + tag);
    this.#block.append(this.#postings.octets, 0, this.#postings.length);
    for (let i = shared; i < length; i++) this.#previous[i] = term[i] as number;
    this.#previousLength = length;
    if (this.#block.length >= this.#target) this.end();
  }

  #begin(term: Uint8Array, length: number): void {
    this.#fence = this.#previousLength === 0 ? '' : fenceBefore(term, length, this.#previous, this.#previousLength);
    this.#block.begin(WORD_BLOCK);
    this.#block.varint(this.#base);
  }
}

/** Reads a block entry by entry: `next`, then the term, and its postings if wanted. */
export class WordBlockReader {
  /** The content id that the numbers of postings count from. */
  readonly base: number;
  readonly term: Uint8Array = new Uint8Array(MAX_TERM_OCTETS);
  termLength = 0;
  /** {@link termKey} of the term. */
  key = 0;
  /** What {@link PostingList.tag} said. */
  tag = 0;
  readonly #reader: OctetReader;
  /** Where the postings of the entry are, and the next entry. */
  #postingsAt: number;
  #entryEnd: number;

  /** @throws `STORE_CORRUPT` when it is no such block. */
  constructor(octets: Uint8Array) {
    this.#reader = openBlock(WORD_BLOCK, octets);
    this.base = this.#reader.varint();
    if (this.base === 0) throw damaged('its base is no content id');
    this.#postingsAt = this.#entryEnd = this.#reader.at;
  }

  /**
   * Goes on to the next entry; false after the last.
   *
   * @throws `STORE_CORRUPT` when there is none that can follow.
   */
  next(): boolean {
    const reader = this.#reader;
    reader.at = this.#entryEnd;
    if (reader.at === reader.end) return false;
    const shared = reader.varint();
    const length = shared + reader.varint();
    if (shared > this.termLength || length === 0 || length > MAX_TERM_OCTETS)
      throw damaged('a term has no such length');
    if (length - shared > reader.left) throw damaged('it ends early');
    this.#checkOrder(shared, length);
    for (let i = shared; i < length; i++) this.term[i] = reader.octets[reader.at++] as number;
    this.termLength = length;
    this.key = termKey(this.term, length);
    const size = reader.varint();
    this.tag = size % 4;
    this.#postingsAt = reader.at;
    this.#entryEnd = reader.at + Math.floor(size / 4);
    if (this.#entryEnd > reader.end) throw damaged('it ends early');
    if (this.#entryEnd === reader.at) throw damaged('a term has no postings');
    return true;
  }

  /** Adds the postings of the entry to `list`; see {@link PostingList.read}. */
  readPostings(list: PostingList, shift: number, max: number): void {
    this.#reader.at = this.#postingsAt;
    list.read(this.#reader, this.#entryEnd, this.tag, shift, max);
  }

  /** Below 0, 0 or above 0: the order of the terms at which two readers stand. */
  compare(other: WordBlockReader): number {
    return this.key - other.key || compareTerms(this.term, this.termLength, other.term, other.termLength);
  }

  /** The first octet that is not shared decides; the same term once more is in order. */
  #checkOrder(shared: number, length: number): void {
    if (shared === this.termLength) return;
    const { octets, at } = this.#reader;
    if (length === shared || compareOctets(octets[at] as number, this.term[shared] as number) <= 0)
      throw damaged('terms do not ascend');
  }
}
