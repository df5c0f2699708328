/** What a decompressor has to remember so that another one can go on where it stopped. RFC 1951 section 3.2. */

/** Octets that DEFLATE may refer back to. */
const WINDOW = 32_768;
const SMALLEST = 512;
/** How what was compressed ends after a flush (`Z_SYNC_FLUSH`): at a block's end, and at an octet's. */
const FLUSHED = 0x0000ffff;

/** The last octets that were decompressed, and whether the next one begins a block. */
export class InflateWindow {
  #octets: Buffer = Buffer.alloc(0);
  #end = 0;
  /** The last four compressed octets. */
  #tail = 0xffffffff;

  /** Whether a decompressor with {@link InflateWindow.dictionary} can go on: the other side has flushed. */
  get flushed(): boolean {
    return this.#tail === FLUSHED;
  }

  /** The last octets, 32 KB of them at most. */
  get dictionary(): Buffer {
    return this.#octets.subarray(Math.max(0, this.#end - WINDOW), this.#end);
  }

  /** Takes no more memory than what is kept. */
  shrink(): void {
    const kept = this.dictionary;
    this.#octets = Buffer.allocUnsafeSlow(kept.length);
    this.#end = kept.copy(this.#octets);
  }

  /** Sees octets on their way into the decompressor. */
  compressed(chunk: Uint8Array): void {
    for (const octet of chunk.subarray(-4)) this.#tail = ((this.#tail << 8) | octet) >>> 0;
  }

  /** Sees octets on their way out of it. */
  decompressed(chunk: Buffer): void {
    const kept = chunk.subarray(-WINDOW);
    if (this.#end + kept.length > this.#octets.length) this.#makeRoom(kept.length);
    kept.copy(this.#octets, this.#end);
    this.#end += kept.length;
  }

  /** Moves what is kept to the start, of a larger buffer when there is too little room; a copy of 32 KB for each 32 KB. */
  #makeRoom(more: number): void {
    const old = this.dictionary;
    if (old.length + more > this.#octets.length) {
      this.#octets = Buffer.allocUnsafeSlow(Math.min(Math.max(SMALLEST, 2 * (old.length + more)), 2 * WINDOW));
    }
    this.#octets.set(old);
    this.#end = old.length;
  }
}
