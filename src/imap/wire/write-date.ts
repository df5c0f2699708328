/** Dates of responses. RFC 9051 section 9, date-time. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TWO_DIGITS = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'));
const DAY_S = 86_400;
const DAY_MS = 86_400_000;

let lastDay = Number.NaN;
let lastText = '';

/** `"17-Jul-1996 02:44:25 +0000"` with its quotes, in UTC. `ms` since 1970, rounded down to the second. */
export function formatInternalDate(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const day = Math.floor(seconds / DAY_S);
  const rest = seconds - day * DAY_S;
  if (day !== lastDay) {
    lastText = dayText(day, ' ');
    lastDay = day;
  }
  const hour = TWO_DIGITS[Math.floor(rest / 3600)] as string;
  const minute = TWO_DIGITS[Math.floor(rest / 60) % 60] as string;
  return `"${lastText} ${hour}:${minute}:${TWO_DIGITS[rest % 60] as string} +0000"`;
}

/** `17-Jul-1996` of days since 1970, in UTC. */
export function formatDay(day: number): string {
  return dayText(day, '');
}

function dayText(day: number, pad: '' | ' '): string {
  const date = new Date(day * DAY_MS);
  // date-year has four digits; the ends of what they can say stand for what lies beyond.
  const year = Math.min(Math.max(date.getUTCFullYear(), 0), 9999);
  const dayOfMonth = date.getUTCDate();
  return `${dayOfMonth < 10 ? pad : ''}${dayOfMonth}-${MONTHS[date.getUTCMonth()]}-${String(year).padStart(4, '0')}`;
}
