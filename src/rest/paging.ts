/** Pages of lists: cursors that say where a page begins. They are opaque to clients, and checked when they come back. */

import { ApiError } from './problems.ts';

/** Where a page lies: after an entry, or before it, in the order of the list. */
export interface PagePlace<Key> {
  readonly after?: Key;
  readonly before?: Key;
}

/** A page as it was found. */
export interface Page<Entry, Key> {
  readonly entries: readonly Entry[];
  /** Of the first and the last entry, where there is a page before and after. */
  readonly first: Key | null;
  readonly last: Key | null;
}

/** The fields of an answer. */
export interface PageFields {
  readonly page: number;
  readonly previousCursor: string | false;
  readonly nextCursor: string | false;
}

/** What is asked for. @throws {@link ApiError} `InputValidationError` for a cursor that is none. */
export function placeOf<Key extends string | number>(
  input: { readonly next?: string | undefined; readonly previous?: string | undefined },
  isKey: (value: unknown) => value is Key,
): PagePlace<Key> {
  if (input.next !== undefined) return { after: readCursor(input.next, 'next', isKey) };
  if (input.previous !== undefined) return { before: readCursor(input.previous, 'previous', isKey) };
  return {};
}

/** What an answer says of the pages around it. */
export function pageFieldsOf<Key extends string | number>(
  page: Page<unknown, Key>,
  input: { readonly page?: number | undefined },
): PageFields {
  return {
    page: input.page ?? 1,
    previousCursor: page.first === null ? false : writeCursor(page.first),
    nextCursor: page.last === null ? false : writeCursor(page.last),
  };
}

function writeCursor(key: string | number): string {
  return Buffer.from(JSON.stringify([1, key])).toString('base64url');
}

function readCursor<Key>(text: string, name: string, isKey: (value: unknown) => value is Key): Key {
  try {
    const value = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown;
    if (Array.isArray(value) && value.length === 2 && value[0] === 1 && isKey(value[1])) return value[1];
  } catch {
    // It is none.
  }
  throw new ApiError('InputValidationError', `"${name}": is no cursor`, { details: { [name]: 'is no cursor' } });
}

/** A key that is a name. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 512;
}

/** A key that is a number from 0. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A page of a list that is there as a whole, such as one of an account's filters. */
export function pageOfList<Entry, Key extends string | number>(
  all: readonly Entry[],
  keyOf: (entry: Entry) => Key,
  place: PagePlace<Key>,
  limit: number,
): Page<Entry, Key> {
  const at = (key: Key): number => all.findIndex((entry) => keyOf(entry) === key);
  let from = 0;
  if (place.after !== undefined) from = at(place.after) + 1;
  else if (place.before !== undefined) from = Math.max(0, at(place.before) - limit);
  const entries = all.slice(from, from + limit);
  const [first, last] = [entries[0], entries.at(-1)];
  return {
    entries,
    first: from > 0 && first !== undefined ? keyOf(first) : null,
    last: from + limit < all.length && last !== undefined ? keyOf(last) : null,
  };
}

/** A page of a list in the order of its keys, which need not have that of the place any more. */
export function pageOfSorted<Entry extends { readonly key: string }>(
  all: readonly Entry[],
  order: 'asc' | 'desc',
  place: PagePlace<string>,
  limit: number,
): Page<Entry, string> {
  const sign = order === 'desc' ? -1 : 1;
  const sorted = all.toSorted((a, b) => (a.key < b.key ? -sign : sign));
  const isBeyond = (key: string, than: string): boolean => (order === 'desc' ? key < than : key > than);
  /** How many come before a key. */
  const before = (key: string): number => sorted.filter((entry) => isBeyond(key, entry.key)).length;
  let from = 0;
  if (place.after !== undefined) {
    from = before(place.after);
    if (sorted[from]?.key === place.after) from++;
  } else if (place.before !== undefined) from = Math.max(0, before(place.before) - limit);
  const entries = sorted.slice(from, from + limit);
  const [first, last] = [entries[0], entries.at(-1)];
  return {
    entries,
    first: from > 0 && first ? first.key : null,
    last: from + limit < sorted.length && last ? last.key : null,
  };
}
