/** Which contents of an account several placements have, in two bits for each content. */

import type { ContentId } from '../model/ids.ts';

/** Contents of one page of bits. */
const PAGE: number = 64 * 1024;

/** Counts up to two. */
export class SharedContents {
  readonly #pages = new Map<number, Uint8Array>();

  add(id: ContentId): void {
    const number = Math.floor(id / PAGE);
    let page = this.#pages.get(number);
    if (!page) {
      page = new Uint8Array(PAGE / 4);
      this.#pages.set(number, page);
    }
    const at = (id % PAGE) >> 2;
    const shift = 2 * (id % 4);
    const octet = page[at] as number;
    const count = (octet >> shift) & 3;
    if (count < 2) page[at] = (octet & ~(3 << shift)) | ((count + 1) << shift);
  }

  has(id: ContentId): boolean {
    const octet = this.#pages.get(Math.floor(id / PAGE))?.[(id % PAGE) >> 2] ?? 0;
    return ((octet >> (2 * (id % 4))) & 3) === 2;
  }
}
