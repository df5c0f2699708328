/** When mail that could not be sent is tried again, and when no more. RFC 5321 section 4.5.4.1. */

const MINUTE = 60_000;
const DELAYS = [1, 5, 15, 60, 120, 240].map((minutes) => minutes * MINUTE);
/** From when mail is put into the outbox. */
const GIVE_UP_MS = 3 * 24 * 60 * MINUTE;

/**
 * When the next try is, milliseconds since 1970, after 1, 5 and 15 minutes, 1, 2 and 4 hours, then every 4 hours; the
 * last three days after the mail was made. `null` after that one.
 *
 * @param failures tries before this one
 */
export function nextTry(failures: number, created: number, now: number): number | null {
  const end = created + GIVE_UP_MS;
  if (now >= end) return null;
  const delay = DELAYS[Math.min(failures, DELAYS.length - 1)] as number;
  return Math.min(now + delay, end);
}
