/** Long work on many messages, in turns that leave room for other sessions. */

import { performance } from 'node:perf_hooks';
import { setImmediate as pause } from 'node:timers/promises';

/** How long a turn may last, in milliseconds. */
const TURN_MS = 8;
/** Steps between two looks at the clock. */
const STEPS = 256;

/** Tells long work when to let others in: `if (turns.due) await turns.next()`. */
export class Turns {
  readonly #now: () => number;
  #steps = 0;
  #began: number;

  /** @param now milliseconds since any time */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#began = now();
  }

  /** Counts a small step; whether the turn is over. */
  get due(): boolean {
    return ++this.#steps % STEPS === 0 && this.#now() - this.#began > TURN_MS;
  }

  /** Resolves when the others had their turn. */
  async next(): Promise<void> {
    await pause();
    this.#began = this.#now();
  }
}

/** Sorts in place, keeping the order of equals, in turns. */
export async function sortInTurns(
  items: Uint32Array,
  compare: (a: number, b: number) => number,
  turns: Turns,
): Promise<void> {
  let source: Uint32Array = items;
  let target: Uint32Array = new Uint32Array(items.length);
  for (let width = 1; width < items.length; width *= 2) {
    for (let start = 0; start < items.length; start += 2 * width) {
      const middle = Math.min(start + width, items.length);
      const end = Math.min(start + 2 * width, items.length);
      let left = start;
      let right = middle;
      for (let at = start; at < end; at++) {
        const takeLeft =
          left < middle && (right >= end || compare(source[left] as number, source[right] as number) <= 0);
        target[at] = source[takeLeft ? left++ : right++] as number;
        if (turns.due) await turns.next();
      }
    }
    [source, target] = [target, source];
  }
  if (source !== items) items.set(source);
}
