/** Conditions in the flat form of WildDuck's API, and back. */

import type { FieldTest, FilterCondition, FilterTest, SizeTest } from '../model/filter.ts';
import { readConditions, readTextQuery } from './filter-conditions.ts';
import { invalid, readBoolean, readInteger, readObject, readText } from './filter-json.ts';

/** Conditions that must all hold. Texts are looked for anywhere in their field. */
export interface FlatFilterQuery {
  readonly from?: string;
  /** In Cc and Delivered-To too. */
  readonly to?: string;
  readonly subject?: string;
  readonly listId?: string;
  /** Words and phrases as in the `text` test. */
  readonly text?: string;
  /** Has an attachment; `false` says nothing. */
  readonly ha?: boolean;
  /** Octets: more than that, or for a negative number, less than its absolute value; 0 says nothing. */
  readonly size?: number;
}

const FIELDS = ['from', 'to', 'subject', 'listId'] as const;
const MAX_FIELD = 1_000;

/** The same conditions as a tree. What is `null` or empty says nothing. @throws `FILTER_INVALID`. */
export function fromFlatQuery(query: FlatFilterQuery, path = 'query'): FilterCondition {
  const object = readObject(query, path, [...FIELDS, 'text', 'ha', 'size']);
  const given = (name: string): unknown => (object.get(name) === '' ? undefined : (object.get(name) ?? undefined));
  const tests: FilterTest[] = [];
  for (const test of FIELDS) {
    const value = given(test);
    if (value !== undefined) tests.push({ test, contains: readText(value, `${path}.${test}`, [1, MAX_FIELD]) });
  }
  const text = given('text');
  if (text !== undefined) tests.push({ test: 'text', query: readTextQuery(text, `${path}.text`) });
  const attachment = given('ha');
  if (attachment !== undefined && readBoolean(attachment, `${path}.ha`))
    tests.push({ test: 'attachment', exists: true });
  const bound = Number.MAX_SAFE_INTEGER;
  const size = given('size') === undefined ? 0 : readInteger(given('size'), `${path}.size`, -bound, bound);
  if (size !== 0) tests.push(size > 0 ? { test: 'size', larger: size } : { test: 'size', smaller: -size });
  if (tests.length === 0) throw invalid(path, 'says nothing');
  return readConditions({ all: tests }, path);
}

/** The flat form of conditions; `null` for those that it cannot say. */
export function toFlatQuery(conditions: FilterCondition): FlatFilterQuery | null {
  const flat = new Map<string, string | boolean | number>();
  const tests = 'all' in conditions ? conditions.all : [conditions];
  for (const one of tests) {
    const [name, value] = ('test' in one ? flatTest(one) : null) ?? [];
    // Said twice, it would have to be two fields.
    if (name === undefined || value === undefined || flat.has(name)) return null;
    flat.set(name, value);
  }
  return flat.size === 0 ? null : Object.fromEntries(flat);
}

function flatTest(one: FilterTest): readonly [string, string | boolean | number] | null {
  if (one.test === 'text') return ['text', one.query];
  if (one.test === 'attachment') return 'exists' in one && one.exists ? ['ha', true] : null;
  if (one.test === 'size') return flatSize(one);
  const isField = FIELDS.some((name) => name === one.test);
  return isField && 'contains' in one ? [one.test, (one as FieldTest & { contains: string }).contains] : null;
}

function flatSize({ larger, smaller }: SizeTest): readonly [string, number] | null {
  if (larger !== undefined && smaller === undefined && larger > 0) return ['size', larger];
  if (smaller !== undefined && larger === undefined && smaller > 0) return ['size', -smaller];
  return null;
}
