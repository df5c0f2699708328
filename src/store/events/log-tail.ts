/** Waiting for the log's next entry: however many wait in a process, one looks. */

import type { Wake } from '../wake.ts';
import type { EventLog } from './event-log.ts';

/** What other processes wrote is looked for so often, in milliseconds. */
const POLL_MS = 500;

/** The end of the log, as one process sees it. */
export class LogTail {
  readonly #log: EventLog;
  /** Up to which entry those who wait know the log. */
  readonly #waiting = new Map<symbol, number>();
  readonly #written: Wake;
  #timer: NodeJS.Timeout | null = null;

  /** @param written rings when this process has written an entry; it is rung for those of others too */
  constructor(log: EventLog, written: Wake) {
    this.#log = log;
    this.#written = written;
  }

  /** Resolves when there may be entries after that number, or the signal comes. @param heard the next ring of the bell */
  async beyond(number: number, heard: Promise<void>, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const me = Symbol();
    this.#waiting.set(me, number);
    this.#look();
    let stop = (): void => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
      signal.addEventListener('abort', stop, { once: true });
    });
    try {
      // One bell for both: what waits for a ring that never comes would be kept with it.
      await Promise.race([heard, stopped]);
    } finally {
      signal.removeEventListener('abort', stop);
      this.#waiting.delete(me);
    }
  }

  #look(): void {
    this.#timer ??= setTimeout(() => void this.#lookNow(), POLL_MS).unref();
  }

  async #lookNow(): Promise<void> {
    const known = Math.min(...this.#waiting.values());
    // Who waits asks the log itself, and hears what is wrong with it.
    const isNew = this.#waiting.size > 0 && (await this.#hasAfter(known));
    this.#timer = null;
    if (isNew) this.#written.ring();
    else if (this.#waiting.size > 0) this.#look();
  }

  async #hasAfter(number: number): Promise<boolean> {
    try {
      return (await this.#log.after(number)).length > 0;
    } catch {
      return true;
    }
  }
}
