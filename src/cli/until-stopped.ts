/** Long work that Ctrl-C and SIGTERM end in good order. */

import { CommandError } from './command.ts';

/** Runs `work` with a signal that Ctrl-C and SIGTERM abort, so that the store is closed in good order. */
export async function untilStopped<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    // Who asks twice does not want to wait.
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    const result = await work(controller.signal);
    controller.signal.throwIfAborted();
    return result;
  } catch (error) {
    // Whatever gave way to the signal, the reason is that somebody stopped it.
    if (controller.signal.aborted) throw new CommandError('stopped before the end', { cause: error });
    throw error;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
