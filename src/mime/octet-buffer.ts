/** Octets that arrive in pieces, in one growing buffer. */

const EMPTY: Buffer = Buffer.alloc(0);

/** Grows by doubling; what is appended is copied. */
export class OctetBuffer {
  readonly #capacity: number;
  #octets: Buffer = EMPTY;
  #length = 0;

  /** @param capacity octets to make room for with the first ones */
  constructor(capacity = 4096) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#length;
  }

  append(octets: Uint8Array): void {
    const length = this.#length + octets.length;
    if (length > this.#octets.length) this.#grow(length);
    this.#octets.set(octets, this.#length);
    this.#length = length;
  }

  /** A view, valid until the next change. */
  view(start = 0, end: number = this.#length): Buffer {
    return this.#octets.subarray(start, Math.min(end, this.#length));
  }

  /** Removes the octets from `start` on and returns a copy of them. */
  cut(start: number): Buffer {
    const removed = Buffer.from(this.view(start));
    this.#length = start;
    return removed;
  }

  clear(): void {
    this.#length = 0;
  }

  /** All octets; the buffer is not used after this. Copies only when much of it is empty. */
  take(): Buffer {
    return this.#length * 2 < this.#octets.length ? Buffer.from(this.view()) : this.view();
  }

  #grow(length: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(length, this.#octets.length * 2, this.#capacity));
    grown.set(this.view());
    this.#octets = grown;
  }
}
