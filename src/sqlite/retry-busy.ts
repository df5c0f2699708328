/** Work on the directory's database, which other processes may hold for a moment. */

import { setTimeout as delay } from 'node:timers/promises';
import { EiderError } from '../errors.ts';
import { isBusy, toEiderError } from './sqlite-error.ts';

/** How long to try, in milliseconds. */
export const BUSY_MS = 10_000;
/** Between two tries, in milliseconds. */
export const PAUSE_MS = 5;

/** Does `work` once nobody is in the way; in between the event loop runs. @throws `BUSY`, and what `work` throws. */
export async function retryBusy<T>(work: () => T): Promise<T> {
  const until = Date.now() + BUSY_MS;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error)) throw toEiderError(error);
      if (Date.now() > until) throw busyTooLong(error);
    }
    await delay(PAUSE_MS);
  }
}

/** Who has waited for so long is told so. */
export function busyTooLong(cause: unknown): EiderError {
  return new EiderError('BUSY', 'another process holds the directory', { cause });
}
