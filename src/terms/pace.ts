/** Lets others have a turn while something long is computed. */

import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds of work between turns. */
const SLICE = 3;
/** Steps between looks at the clock. */
const STEPS = 512;

/** Counts steps of work: each some ten to hundred nanoseconds. `if (pace.due(steps)) await pace.turn();` */
export class Pace {
  #steps = 0;
  #since: number = performance.now();

  /** Adds `steps` to what was done; whether it is time for others. */
  due(steps: number): boolean {
    this.#steps += steps;
    if (this.#steps < STEPS) return false;
    this.#steps = 0;
    return performance.now() - this.#since > SLICE;
  }

  async turn(): Promise<void> {
    await nextTurn();
    this.#since = performance.now();
  }
}
