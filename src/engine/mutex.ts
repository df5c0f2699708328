/** One at a time, in order of arrival. */

/** A queue of asynchronous work of which one piece runs at a time. */
export class Mutex {
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Runs `work` after all that came before it. */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const done = this.#tail.then(work, work).finally(() => {
      this.#waiting--;
    });
    this.#tail = done.catch(() => {});
    return done;
  }

  /** Whether nothing runs or waits. */
  get idle(): boolean {
    return this.#waiting === 0;
  }
}
