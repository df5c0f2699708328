/** Keeps the octets of text parts while they pass, as many as search reads. */

import type { MimePart } from '../model/mime-part.ts';
import { OctetBuffer } from './octet-buffer.ts';
import { MAX_SEARCHED } from './search-text.ts';

/** The beginning of the text of a message, by part. */
export class TextSample {
  readonly #octets: OctetBuffer;
  readonly #spans = new Map<object, { readonly start: number; end: number }>();

  constructor(capacity: number) {
    this.#octets = new OctetBuffer(Math.min(Math.max(capacity, 16), 32 * 1024));
  }

  /** Octets of a part, in order, one part after the other. */
  add(part: object, octets: Buffer): void {
    const room = MAX_SEARCHED - this.#octets.length;
    if (room <= 0) return;
    const span = this.#spans.get(part) ?? { start: this.#octets.length, end: 0 };
    this.#octets.append(octets.length > room ? octets.subarray(0, room) : octets);
    span.end = this.#octets.length;
    this.#spans.set(part, span);
  }

  /** What was kept of a part, or `null`. */
  of(part: MimePart): Buffer | null {
    const span = this.#spans.get(part);
    return span === undefined ? null : this.#octets.view(span.start, span.end);
  }
}
