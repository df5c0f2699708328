/** Waits that end with a time, a signal, or a bell. */

import { Wake } from '../store/wake.ts';

/** Longer ones end early. */
const MAX_MS = 3_600_000;

/**
 * Resolves when a clock shows that time, in milliseconds since 1970, or the signal comes, or the bell rings, of which
 * `heard` is the next ring. The bell is rung at the end in any case: what waits for a ring that never comes would be
 * kept with it.
 */
export async function until(
  time: number,
  signal: AbortSignal,
  bell: Wake = new Wake(),
  heard: Promise<void> = bell.next(),
): Promise<void> {
  const ms = time - Date.now();
  if (signal.aborted || ms <= 0) return;
  const ring = (): void => bell.ring();
  const timer = setTimeout(ring, Math.min(ms, MAX_MS)).unref();
  signal.addEventListener('abort', ring, { once: true });
  await heard;
  clearTimeout(timer);
  signal.removeEventListener('abort', ring);
}
