/** The Date field, with the obsolete forms and the common slips. RFC 5322 sections 3.3 and 4.3. */

import { FieldScanner } from './field-scanner.ts';

/** When a message says that it was sent. */
export interface SentDate {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The calendar day as written, disregarding time and zone, as days since 1970. */
  readonly day: number;
}

const DAY = 86_400_000;
const MINUTE = 60_000;

const PLUS = 0x2b;
const COMMA = 0x2c;
const DASH = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Minutes east of UTC. RFC 5322 section 4.3: all other names, and the military letters, say nothing. */
const ZONES: Readonly<Record<string, number>> = {
  edt: -240,
  est: -300,
  cdt: -300,
  cst: -360,
  mdt: -360,
  mst: -420,
  pdt: -420,
  pst: -480,
};

const LETTERS = /[a-z]+/iy;
const DIGITS = /\d{1,4}/y;
const SIGNED_ZONE = /[+-]\d{4}/y;

/** Reads a date, or gives `null` for what is not one: a day that its month does not have, an hour 24, no year. */
export function parseDate(text: string): SentDate | null {
  const scanner = new FieldScanner(text.slice(0, 512));
  const date = readDay(scanner);
  if (date === null) return null;
  const seconds = readTime(scanner);
  if (seconds === null) return null;
  const zone = readZone(scanner);
  if (zone === null) return null;
  return { time: date + seconds * 1000 - zone * MINUTE, day: date / DAY };
}

/** `Mon, 2 Jan 2006`: midnight of it in UTC. */
function readDay(scanner: FieldScanner): number | null {
  skip(scanner);
  take(scanner, LETTERS);
  const day = Number(take(scanner, DIGITS) || Number.NaN);
  const month = MONTHS.indexOf(take(scanner, LETTERS).slice(0, 3).toLowerCase());
  const digits = scanner.take(DIGITS);
  if (month < 0 || digits.length < 2) return null;
  const year = fullYear(digits);
  const date = Date.UTC(year, month, day);
  // Date.UTC takes 31 June for 1 July; a NaN differs too.
  return new Date(date).getUTCDate() === day && year >= 1900 ? date : null;
}

/** RFC 5322 section 4.3: two digits up to 49 are of this century, all other short years count from 1900. */
function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length === 4) return year;
  return digits.length === 2 && year < 50 ? 2000 + year : 1900 + year;
}

/** `15:04` or `15:04:05`, as seconds. */
function readTime(scanner: FieldScanner): number | null {
  const hour = readNumber(scanner);
  scanner.skipSpace();
  // A dot for the colon is a known slip.
  if (!scanner.takeCode(COLON) && !scanner.takeCode(DOT)) return null;
  const minute = readNumber(scanner);
  scanner.skipSpace();
  const second = scanner.takeCode(COLON) || scanner.takeCode(DOT) ? readNumber(scanner) : 0;
  if (!(hour < 24 && minute < 60 && second <= 60)) return null;
  return hour * 3600 + minute * 60 + second;
}

/** Minutes east of UTC; none means UTC. */
function readZone(scanner: FieldScanner): number | null {
  skip(scanner);
  const signed = scanner.take(SIGNED_ZONE);
  if (signed !== '') {
    const minutes = Number(signed.slice(1, 3)) * 60 + Number(signed.slice(3));
    return signed.startsWith('-') ? -minutes : minutes;
  }
  const name = scanner.take(LETTERS).toLowerCase();
  const offset = Object.hasOwn(ZONES, name) ? (ZONES[name] as number) : 0;
  // `GMT+0200`; what follows is a zone or ends it.
  const isPrefix = (name === 'gmt' || name === 'utc') && (scanner.code === PLUS || scanner.code === DASH);
  return isPrefix ? readZone(scanner) : offset;
}

function readNumber(scanner: FieldScanner): number {
  scanner.skipSpace();
  return Number(scanner.take(DIGITS) || Number.NaN);
}

/** Takes a part of the day, and what stands behind it: white space, a comma, or the dash of `21-Nov-1997`. */
function take(scanner: FieldScanner, pattern: RegExp): string {
  const text = scanner.take(pattern);
  skip(scanner);
  if (scanner.takeCode(DASH)) skip(scanner);
  return text;
}

/** Passes white space, comments and commas. */
function skip(scanner: FieldScanner): void {
  do scanner.skipSpace();
  while (scanner.takeCode(COMMA));
}
