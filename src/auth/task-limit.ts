/** Lets a few tasks run at once and a bounded number wait. */

import { EiderError } from '../errors.ts';

/** Runs tasks in the order in which they come, `running` at a time. */
export class TaskLimit {
  readonly #max: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(max: number, maxWaiting: number) {
    this.#max = max;
    this.#maxWaiting = maxWaiting;
  }

  /** @throws {@link EiderError} `BUSY` when too many wait already; `task` does not run then. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#max) this.#running++;
    else await this.#wait();
    try {
      return await task();
    } finally {
      // The place is handed on, so that nobody who comes now gets in before those who wait.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting) throw new EiderError('BUSY', 'too many tasks wait');
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
