/** Collects the words of a batch of contents and gives them in order, each with the contents that have it. */

import type { Pace } from './pace.ts';
import type { PostingList } from './posting-list.ts';
import { cutWord, termOf } from './term.ts';

/** Terms that are sorted at once. */
const RUN = 2048;

/** Words of contents, added content by content. */
export class TermCollector {
  /** Which terms there are; also words that are not their own terms. */
  readonly #indexes = new Map<string, number>();
  readonly #terms: string[] = [];
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

  /** Adds words with a space between. */
  async add(words: string, place: number): Promise<void> {
    const start = this.#contents.at(-1)?.start as number;
    for (let at = 0; at < words.length; ) {
      const space = words.indexOf(' ', at);
      const end = space < 0 ? words.length : space;
      if (end > at) this.#addWord(words.slice(at, end), place, start);
      at = end + 1;
      if (this.#pace.due(2)) await this.#pace.turn();
    }
  }

  #addWord(word: string, place: number, start: number): void {
    const term = this.#indexOf(cutWord(word));
    const last = this.#lastPostings[term] as number;
    if (last >= start) {
      this.#postingPlaces[last] = (this.#postingPlaces[last] as number) | place;
      return;
    }
    this.#lastPostings[term] = this.#postingTerms.length;
    this.#counts[term] = (this.#counts[term] as number) + 1;
    this.#postingTerms.push(term);
    this.#postingPlaces.push(place);
  }

  #indexOf(word: string): number {
    const known = this.#indexes.get(word);
    if (known !== undefined) return known;
    const term = termOf(word);
    const index = term === word ? this.#addTerm(term) : this.#indexOf(term);
    this.#indexes.set(word, index);
    return index;
  }

  #addTerm(term: string): number {
    this.#terms.push(term);
    this.#counts.push(0);
    this.#lastPostings.push(-1);
    return this.#terms.length - 1;
  }

  /** Hands out each term in order with its postings, whose numbers count from `base`. */
  async eachTerm(base: number, list: PostingList, take: (term: string) => void): Promise<void> {
    const postings = await this.#postingsByTerm();
    for (const term of await this.#sorted()) {
      const index = this.#indexes.get(term) as number;
      list.begin();
      const end = postings.ends[index] as number;
      for (let i = end - (this.#counts[index] as number); i < end; i++) {
        const posting = postings.order[i] as number;
        list.push((postings.ids[i] as number) - base, this.#postingPlaces[posting] as number);
      }
      take(term);
      if (this.#pace.due(4 + list.length)) await this.#pace.turn();
    }
  }

  /** The numbers of all postings ordered by term, with their contents' ids; and for each term where its own end. */
  async #postingsByTerm(): Promise<{ order: Uint32Array; ids: Float64Array; ends: Uint32Array }> {
    const ends = new Uint32Array(this.#terms.length);
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

  /** The terms in the order of strings: short runs, merged two by two. */
  async #sorted(): Promise<string[]> {
    let runs: string[][] = [];
    for (let at = 0; at < this.#terms.length; at += RUN) {
      runs.push(this.#terms.slice(at, at + RUN).sort());
      if (this.#pace.due(RUN)) await this.#pace.turn();
    }
    while (runs.length > 1) {
      const merged: string[][] = [];
      for (let i = 0; i < runs.length; i += 2) merged.push(await this.#merged(runs[i] as string[], runs[i + 1] ?? []));
      runs = merged;
    }
    return runs[0] ?? [];
  }

  async #merged(left: readonly string[], right: readonly string[]): Promise<string[]> {
    if (right.length === 0) return left as string[];
    const merged: string[] = [];
    let i = 0;
    let j = 0;
    while (i < left.length && j < right.length) {
      merged.push((left[i] as string) < (right[j] as string) ? (left[i++] as string) : (right[j++] as string));
      if (this.#pace.due(1)) await this.#pace.turn();
    }
    for (; i < left.length; i++) merged.push(left[i] as string);
    for (; j < right.length; j++) merged.push(right[j] as string);
    return merged;
  }
}
