/** Reads JSON of strangers strictly: what is not as it must be is refused by the path at which it stands. */

import { EiderError } from '../errors.ts';

/** What a member of an object is read by. */
export type JsonObject = ReadonlyMap<string, unknown>;

const UNFIT = /[\p{Cs}]|(?![\t\r\n])\p{Cc}/u;

/** A refusal that names the place. */
export function invalid(path: string, what: string): EiderError {
  return new EiderError('FILTER_INVALID', `${path === '' ? 'filter' : path}: ${what}`);
}

/** The path of a member. */
export function member(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** A plain object with no members but those of `names`; members that are `undefined` are as if they were not there. */
export function readObject(value: unknown, path: string, names: readonly string[]): JsonObject {
  const object = new Map<string, unknown>();
  for (const [name, one] of membersOf(value, path)) {
    if (!names.includes(name)) throw invalid(member(path, shown(name)), 'is not known here');
    if (one !== undefined) object.set(name, one);
  }
  return object;
}

/** A list of `min` to `max` values. */
export function readList<T>(
  value: unknown,
  path: string,
  [min, max]: readonly [number, number],
  read: (value: unknown, path: string) => T,
): T[] {
  if (!Array.isArray(value)) throw invalid(path, 'is no list');
  if (value.length < min || value.length > max) {
    throw invalid(path, min === 0 ? `has more than ${max} entries` : `has not ${min} to ${max} entries`);
  }
  return Array.from(value, (one: unknown, index) => read(one, `${path}[${index}]`));
}

/** Text of `min` to `max` characters, without controls but for white space. */
export function readText(value: unknown, path: string, [min, max]: readonly [number, number]): string {
  if (typeof value !== 'string') throw invalid(path, 'is no text');
  if (value.length < min || value.length > max) throw invalid(path, `has not ${min} to ${max} characters`);
  if (UNFIT.test(value)) throw invalid(path, 'has a character that is not allowed');
  return value;
}

/** `true` or `false`. */
export function readBoolean(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw invalid(path, 'is neither true nor false');
  return value;
}

/** One of some words. */
export function readWord<const T extends string>(value: unknown, path: string, words: readonly T[]): T {
  const found = words.find((word) => word === value);
  if (found === undefined) throw invalid(path, `is none of ${words.join(', ')}`);
  return found;
}

/** A number in a range, both ends inclusive. */
export function readNumber(value: unknown, path: string, min: number, max: number): number {
  if (typeof value !== 'number' || !(value >= min && value <= max))
    throw invalid(path, `is no number ${min} to ${max}`);
  return value;
}

/** A whole number in a range, both ends inclusive. */
export function readInteger(value: unknown, path: string, min: number, max: number): number {
  if (!Number.isSafeInteger(value) || !((value as number) >= min && (value as number) <= max)) {
    throw invalid(path, `is no whole number ${min} to ${max}`);
  }
  return value as number;
}

/** Any JSON, copied: no deeper and no more than the bounds, so that what goes in a circle ends too. */
export function readJson(
  value: unknown,
  path: string,
  bounds: { readonly levels: number; readonly values: number },
): unknown {
  let left = bounds.values;
  const copy = (one: unknown, at: string, levels: number): unknown => {
    if (--left < 0) throw invalid(at, `there are more than ${bounds.values} values`);
    if (one === null || typeof one === 'boolean' || typeof one === 'string') return one;
    if (typeof one === 'number' && Number.isFinite(one)) return one;
    if (typeof one !== 'object') throw invalid(at, 'is nothing that JSON has');
    if (levels === 0) throw invalid(at, 'lies too deep');
    if (Array.isArray(one))
      return Array.from(one, (inner: unknown, index) => copy(inner, `${at}[${index}]`, levels - 1));
    const members = membersOf(one, at).filter(([, inner]) => inner !== undefined);
    // Defines members, and sets none.
    return Object.fromEntries(members.map(([name, inner]) => [name, copy(inner, member(at, shown(name)), levels - 1)]));
  };
  return copy(value, path, bounds.levels);
}

function membersOf(value: unknown, path: string): [string, unknown][] {
  const isPlain =
    typeof value === 'object' &&
    value !== null &&
    (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null);
  if (!isPlain) throw invalid(path, 'is no object');
  const members = Object.entries(value);
  if (members.some(([name]) => name === '__proto__')) throw invalid(member(path, '__proto__'), 'is not known here');
  return members;
}

/** A name from outside, as a message may have it. */
function shown(name: string): string {
  return JSON.stringify(name.slice(0, 64)).slice(1, -1);
}
