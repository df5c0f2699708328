/** Tells whether a moment is one that a filter means. */

import { type TimeTest, WEEKDAYS, type Weekday } from '../model/filter.ts';

const DEFAULT_ZONE = 'UTC';
/** Names come from outside: most zones that are remembered. */
const MAX_FORMATS = 64;

const formats = new Map<string, Intl.DateTimeFormat>();

/** What calendar and clock of a zone show. */
interface LocalTime {
  readonly weekday: Weekday;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  /** `HH:MM`. */
  readonly clock: string;
}

/** Whether there is a time zone of that name. */
export function isTimeZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** Whether a moment, in milliseconds since 1970, is one of those that a test means. */
export function isAtTime(test: TimeTest, time: number): boolean {
  const { weekday, day, clock } = localTime(test.zone ?? DEFAULT_ZONE, time);
  if (test.weekdays && !test.weekdays.includes(weekday)) return false;
  if (test.since !== undefined && day < test.since) return false;
  if (test.before !== undefined && day >= test.before) return false;
  if (test.from === undefined || test.until === undefined) return true;
  const overMidnight = test.from > test.until;
  return overMidnight ? clock >= test.from || clock < test.until : clock >= test.from && clock < test.until;
}

function localTime(zone: string, time: number): LocalTime {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(time)
      .map(({ type, value }) => [type as string, value]),
  );
  const part = (name: string): string => parts.get(name) ?? '';
  const day = `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
  // Of the date and not of the zone's words: `Mon` is not what every locale says.
  const weekday = WEEKDAYS[(new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7] as Weekday;
  return { weekday, day, clock: `${part('hour')}:${part('minute')}` };
}

/** @throws RangeError for a zone that there is not. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    if (formats.size >= MAX_FORMATS) formats.clear();
    formats.set(zone, format);
  }
  return format;
}
