/** Lists as they were answered: while what a list tells of has not changed, the same question has the same answer. */

/** Octets of the answers that are remembered. */
const MAX_ANSWERED_OCTETS: number = 16 * 1024 * 1024;
/** Larger ones are made each time. */
const MAX_ANSWER_OCTETS: number = 256 * 1024;

interface Answered {
  readonly etag: string;
  readonly octets: Uint8Array<ArrayBuffer>;
}

/** The answers of a process, by question. The one that was asked for longest ago is forgotten first. */
export class AnsweredLists {
  readonly #answers = new Map<string, Answered>();
  #octets = 0;

  /** `null` when the question was not asked, or what it is about has changed since. */
  get(question: string, etag: string): Uint8Array<ArrayBuffer> | null {
    const found = this.#answers.get(question);
    if (!found) return null;
    this.#answers.delete(question);
    this.#answers.set(question, found);
    return found.etag === etag ? found.octets : null;
  }

  keep(question: string, etag: string, octets: Uint8Array<ArrayBuffer>): void {
    this.#forget(question);
    if (octets.length > MAX_ANSWER_OCTETS) return;
    this.#answers.set(question, { etag, octets });
    this.#octets += octets.length;
    for (const [oldest] of this.#answers) {
      if (this.#octets <= MAX_ANSWERED_OCTETS) return;
      this.#forget(oldest);
    }
  }

  #forget(question: string): void {
    this.#octets -= this.#answers.get(question)?.octets.length ?? 0;
    this.#answers.delete(question);
  }
}
