/** Hands comparisons to the thread that computes them, one after the other. */

import { Worker } from 'node:worker_threads';
import { TaskLimit } from '../task-limit.ts';
import type { CryptAnswer, CryptTask } from './crypt-worker.ts';

interface Waiting {
  resolve(right: boolean): void;
  reject(error: Error): void;
}

/** One thread; it starts with the first comparison, and lets the process end when it has none. */
export class CryptThread {
  /** One is computed, and so many wait: a queue with an end, as each takes a second or more of a processor. */
  readonly #limit = new TaskLimit(1, 1_000);
  #worker: Worker | null = null;
  #waiting: (Waiting & { readonly id: number }) | null = null;
  #lastId = 0;

  /** @throws EiderError `BUSY` when 1,000 wait. */
  compare(hash: string, password: Buffer): Promise<boolean> {
    return this.#limit.run(
      () =>
        new Promise<boolean>((resolve, reject) => {
          const task: CryptTask = { id: ++this.#lastId, hash, password: new Uint8Array(password) };
          this.#waiting = { id: task.id, resolve, reject };
          const worker = this.#start();
          worker.ref();
          worker.postMessage(task);
        }),
    );
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./crypt-worker.js', import.meta.url));
    worker.on('message', ({ id, right }: CryptAnswer) => {
      worker.unref();
      if (this.#waiting?.id === id) this.#waiting.resolve(right);
    });
    worker.on('error', (error: Error) => {
      // The next comparison starts another.
      if (this.#worker === worker) this.#worker = null;
      this.#waiting?.reject(error);
    });
    this.#worker = worker;
    return worker;
  }
}
