/** What went into the splitter and has not come out: proof that no octet is lost or altered on the way. */

interface FedEntry {
  octets: Buffer;
  /** Went around the splitter. */
  readonly bypassed: boolean;
}

/** The input between the splitter's two ends. */
export class FedQueue {
  readonly #entries: FedEntry[] = [];
  #first = 0;

  /** Octets that go into the splitter next, or with `bypassed` around it, at this place. */
  add(octets: Buffer, bypassed: boolean): void {
    if (octets.length > 0) this.#entries.push({ octets, bypassed });
  }

  /**
   * Takes `value`, which came out of the splitter, from the front. Gives the octets of the input that it stands for,
   * bypassed ones among them, or `null` when it is not what went in; then nothing is taken.
   */
  take(value: Buffer): Buffer[] | null {
    if (!this.#matches(value)) return null;
    const runs: Buffer[] = [];
    let left = value.length;
    while (left > 0) {
      const entry = this.#entries[this.#first] as FedEntry;
      if (entry.bypassed || entry.octets.length <= left) {
        runs.push(entry.octets);
        if (!entry.bypassed) left -= entry.octets.length;
        this.#shift();
      } else {
        runs.push(entry.octets.subarray(0, left));
        entry.octets = entry.octets.subarray(left);
        left = 0;
      }
    }
    return runs;
  }

  /** Takes all that is left. */
  drain(): Buffer[] {
    const rest = this.#entries.slice(this.#first).map((entry) => entry.octets);
    this.#entries.length = 0;
    this.#first = 0;
    return rest;
  }

  #matches(value: Buffer): boolean {
    let at = 0;
    for (let i = this.#first; at < value.length; i++) {
      const entry = this.#entries[i];
      if (entry === undefined) return false;
      if (entry.bypassed) continue;
      const length = Math.min(entry.octets.length, value.length - at);
      if (!sameOctets(entry.octets, value, at, length)) return false;
      at += length;
    }
    return true;
  }

  #shift(): void {
    this.#first++;
    if (this.#first < 64) return;
    this.#entries.splice(0, this.#first);
    this.#first = 0;
  }
}

/** Most of what comes out is a view of what went in. */
function sameOctets(fed: Buffer, value: Buffer, at: number, length: number): boolean {
  if (fed.buffer === value.buffer && fed.byteOffset === value.byteOffset + at) return true;
  return fed.compare(value, at, at + length, 0, length) === 0;
}
