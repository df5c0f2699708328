/** Dates of commands. RFC 9051 section 9, date and date-time. */

/** What was read, and where it ends. */
export interface Scanned {
  readonly value: number;
  readonly end: number;
}

const DAY_MS = 86_400_000;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DATE = /("?)([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})\1/y;
// date-day-fixed has two characters; one digit alone is taken too.
const DATE_TIME =
  /"[ ]?([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"/y;

/** A date at `at` as days since 1970-01-01, or `null` when there is none or no such day. */
export function scanDate(text: string, at: number): Scanned | null {
  DATE.lastIndex = at;
  const match = DATE.exec(text);
  if (match === null) return null;
  const value = dayNumber(Number(match[4]), match[3] as string, Number(match[2]));
  return value === null ? null : { value, end: DATE.lastIndex };
}

/** A date-time with its quotes at `at` in milliseconds since 1970, or `null` when there is none or no such time. */
export function scanDateTime(text: string, at: number): Scanned | null {
  DATE_TIME.lastIndex = at;
  const match = DATE_TIME.exec(text);
  if (match === null) return null;
  const day = dayNumber(Number(match[3]), match[2] as string, Number(match[1]));
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6])];
  const [zoneHours, zoneMinutes] = [Number(match[8]), Number(match[9])];
  // A leap second is the first second of the next minute, as POSIX time has it.
  if (day === null || hour > 23 || minute > 59 || second > 60 || zoneHours > 23 || zoneMinutes > 59) return null;
  const zone = (match[7] === '-' ? -1 : 1) * (zoneHours * 60 + zoneMinutes);
  return { value: day * DAY_MS + ((hour * 60 + minute - zone) * 60 + second) * 1000, end: DATE_TIME.lastIndex };
}

function dayNumber(year: number, monthName: string, day: number): number | null {
  const month = MONTHS.indexOf(monthName.toLowerCase());
  const date = new Date(0);
  // Not Date.UTC: it takes years below 100 for those of the 20th century.
  date.setUTCFullYear(year, month, day);
  return month >= 0 && day >= 1 && date.getUTCDate() === day ? date.getTime() / DAY_MS : null;
}
