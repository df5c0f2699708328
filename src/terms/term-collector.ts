/** Collects the words of a batch of contents and gives them in order, each with the contents that have it. */

import type { Pace } from './pace.ts';
import type { PostingList } from './posting-list.ts';
import { cutWord, MAX_TERM_OCTETS, MAX_TERM_UNITS } from './term.ts';
import { addToHash, NO_HASH, TermTable } from './term-table.ts';

const SPACE = 0x20;

/** Words of contents, added content by content. */
export class TermCollector {
  readonly #terms = new TermTable();
  /** For each term how many postings it has, and which was the last. */
  readonly #counts: number[] = [];
  readonly #lastPostings: number[] = [];
  /** For each posting, in order of contents: its term, and where that stands. */
  readonly #postingTerms: number[] = [];
  readonly #postingPlaces: number[] = [];
  /** For each content its id and its first posting. */
  readonly #contents: { readonly id: number; readonly start: number }[] = [];
  readonly #pace: Pace;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /** The words added next are of this content. Ids ascend. */
  begin(id: number): void {
    this.#contents.push({ id, start: this.#postingTerms.length });
  }

  /** Adds words with a space between. Half characters, which UTF-8 cannot say, become U+FFFD. */
  async add(words: string, place: number): Promise<void> {
    const octets = Buffer.from(words);
    const { length } = octets;
    let from = 0;
    let hash = NO_HASH;
    for (let at = 0; at <= length; at++) {
      const octet = at < length ? (octets[at] as number) : SPACE;
      if (octet !== SPACE) {
        hash = addToHash(hash, octet);
        continue;
      }
      if (at - from > MAX_TERM_UNITS) this.#addLongWord(octets.toString('utf8', from, at), place);
      else if (at > from) this.#addPosting(this.#terms.numberOf(octets, from, at, hash), place);
      if (this.#pace.due(1 + ((at - from) >> 3))) await this.#pace.turn();
      from = at + 1;
      hash = NO_HASH;
    }
  }

  #addLongWord(word: string, place: number): void {
    const octets = Buffer.from(cutWord(word));
    const hash = octets.reduce(addToHash, NO_HASH);
    this.#addPosting(this.#terms.numberOf(octets, 0, octets.length, hash), place);
  }

  #addPosting(term: number, place: number): void {
    if (term === this.#counts.length) {
      this.#counts.push(0);
      this.#lastPostings.push(-1);
    }
    const last = this.#lastPostings[term] as number;
    if (last >= (this.#contents.at(-1)?.start ?? 0)) {
      this.#postingPlaces[last] = (this.#postingPlaces[last] as number) | place;
      return;
    }
    this.#lastPostings[term] = this.#postingTerms.length;
    this.#counts[term] = (this.#counts[term] as number) + 1;
    this.#postingTerms.push(term);
    this.#postingPlaces.push(place);
  }

  /** Hands out each term in order with its postings, whose numbers count from `base`. */
  async eachTerm(base: number, list: PostingList, take: (term: Uint8Array, length: number) => void): Promise<void> {
    const { order, ids, ends } = await this.#postingsByTerm();
    const term = new Uint8Array(MAX_TERM_OCTETS);
    for (const number of await this.#terms.sorted(this.#pace)) {
      list.begin();
      const end = ends[number] as number;
      for (let i = end - (this.#counts[number] as number); i < end; i++)
        list.push((ids[i] as number) - base, this.#postingPlaces[order[i] as number] as number);
      take(term, this.#terms.copy(number, term));
      if (this.#pace.due(4 + list.length)) await this.#pace.turn();
    }
  }

  /** The numbers of all postings ordered by term, with their contents' ids; and for each term where its own end. */
  async #postingsByTerm(): Promise<{ order: Uint32Array; ids: Float64Array; ends: Uint32Array }> {
    const ends = new Uint32Array(this.#counts.length);
    for (let term = 1; term < ends.length; term++)
      ends[term] = (ends[term - 1] as number) + (this.#counts[term - 1] as number);
    const order = new Uint32Array(this.#postingTerms.length);
    const ids = new Float64Array(order.length);
    for (const [number, { id, start }] of this.#contents.entries()) {
      const end = this.#contents[number + 1]?.start ?? order.length;
      for (let posting = start; posting < end; posting++) {
        const term = this.#postingTerms[posting] as number;
        const place = ends[term] as number;
        ends[term] = place + 1;
        order[place] = posting;
        ids[place] = id;
      }
      if (this.#pace.due(end - start)) await this.#pace.turn();
    }
    return { order, ids, ends };
  }
}
