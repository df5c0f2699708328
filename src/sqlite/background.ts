/** Hands work to the background thread and waits for its answers. */

import { Worker } from 'node:worker_threads';
import type { BackgroundAnswer, BackgroundTask, WorkerSettings } from './background-worker.ts';
import type { IndexedBatch } from './search-index.ts';

interface Waiting {
  resolve(batch: IndexedBatch | null): void;
  reject(error: Error): void;
}

/** One thread for an engine; it starts with the first task and lets the process end when it has none. */
export class Background {
  readonly #settings: WorkerSettings;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #lastId = 0;

  constructor(settings: WorkerSettings) {
    this.#settings = settings;
  }

  /** Resolves when the task is done; with what an index task took up. */
  run(task: BackgroundTask): Promise<IndexedBatch | null> {
    const id = ++this.#lastId;
    const worker = this.#start();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, task });
    });
  }

  /** Lets go of an account's files, where the thread has any. */
  async release(path: string): Promise<void> {
    if (this.#worker) await this.run({ kind: 'release', path });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
    this.#failAll(new Error('the background thread was ended'));
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./background-worker.js', import.meta.url), {
      workerData: this.#settings,
    });
    worker.on('message', (answer: BackgroundAnswer) => this.#settle(worker, answer));
    worker.on('error', (error: Error) => {
      if (this.#worker === worker) this.#worker = null;
      this.#failAll(error);
    });
    this.#worker = worker;
    return worker;
  }

  #settle(worker: Worker, { id, error, errcode, batch }: BackgroundAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) worker.unref();
    if (error === null) waiting?.resolve(batch);
    else waiting?.reject(Object.assign(new Error(error), { errcode }));
  }

  #failAll(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
