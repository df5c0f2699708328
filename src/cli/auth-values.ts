/** Values that the commands on logging in take and print. */

import { UsageError } from './command.ts';

/** `a, b,c` as its parts. */
export function parseList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** @throws {@link UsageError} for what is no date. */
export function parseDate(option: string, text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new UsageError(`${option} takes a date such as 2030-12-31`);
  return date;
}

/** `2024-05-06 07:08`, in UTC; `never` for `null`. */
export function showTime(time: number | null): string {
  return time === null ? 'never' : new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}
