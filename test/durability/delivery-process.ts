/** A process that has a store open and delivers to it, and is killed. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DeliverOptions } from '../../src/model/mail-transaction.ts';

const PROGRAM = fileURLToPath(new URL('./delivery-process.mjs', import.meta.url));

/** What it is started with. */
export interface DeliveryProcessOptions {
  /** The folder of the store. */
  readonly path: string;
  /** The file with a line `token kind target` for each mail that was sent. */
  readonly log: string;
  /** Whether it sends what is due. */
  readonly sends: boolean;
  /** Its folder for temporary files. @defaultValue the system's */
  readonly temporary?: string;
}

/** The process was killed before it answered. */
export class ProcessGone extends Error {}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One process. */
export class DeliveryProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #waiting = new Map<number, { resolve(results: string[]): void; reject(error: Error): void }>();
  #gone = false;
  #last = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    running.add(child);
    this.#ended = once(child, 'close').then(() => {
      running.delete(child);
      this.#gone = true;
      for (const { reject } of this.#waiting.values()) reject(new ProcessGone());
    });
  }

  /** Starts one; what it is told before it has opened the store waits. */
  static start({ path, log, sends, temporary }: DeliveryProcessOptions): DeliveryProcess {
    const env = { ...process.env, ...(temporary !== undefined && { TMPDIR: temporary }) };
    const started = fork(PROGRAM, [path, log, String(sends)], { serialization: 'advanced', env, execArgv: [] });
    const one = new DeliveryProcess(started);
    started.on('message', ({ number, results }: { number: number; results: string[] }) => {
      one.#waiting.get(number)?.resolve(results);
      one.#waiting.delete(number);
    });
    return one;
  }

  /** Its id. */
  get pid(): number {
    return this.#child.pid as number;
  }

  /** Delivers; what became of it for each recipient, or the code of the error. @throws {@link ProcessGone}. */
  deliver(message: Buffer, options: DeliverOptions): Promise<string[]> {
    if (this.#gone) return Promise.reject(new ProcessGone());
    const number = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      this.#child.send({ number, message, options }, (error) => error && reject(new ProcessGone()));
    });
  }

  /** Holds it still, with all that it has open. */
  stop(): void {
    this.#child.kill('SIGSTOP');
  }

  /** Ends it as a power switch does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
