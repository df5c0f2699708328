/** Waits that end with a signal. */

/** Resolves when a clock shows that time, in milliseconds since 1970, or the signal comes, or another promise resolves. */
export function until(time: number, signal: AbortSignal, other?: Promise<unknown>): Promise<void> {
  const ms = time - Date.now();
  if (signal.aborted || ms <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(ms, MAX_MS)).unref();
    signal.addEventListener('abort', end, { once: true });
    void other?.then(end, end);
  });
}

/** Longer ones begin anew. */
const MAX_MS = 3_600_000;
