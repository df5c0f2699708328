/** Reads the conditions of a filter, and refuses what cannot be one. */

import {
  type AttachmentTest,
  type FieldTest,
  type FilterCondition,
  type FilterTest,
  type HeaderTest,
  type SizeTest,
  type SpamTest,
  type TagTest,
  type TextMatch,
  type TextTest,
  type TimeTest,
  WEEKDAYS,
} from '../model/filter.ts';
import { foldText } from '../model/tokens.ts';
import {
  invalid,
  type JsonObject,
  member,
  readBoolean,
  readInteger,
  readList,
  readNumber,
  readObject,
  readText,
  readWord,
} from './filter-json.ts';
import { parseTextQuery } from './filter-text-query.ts';
import { isTimeZone } from './filter-time.ts';

/** Most levels of groups, a test alone being one. */
export const MAX_CONDITION_DEPTH = 10;
/** Most tests of one filter. */
export const MAX_TESTS = 100;
/** Most characters of a text that is looked for. */
export const MAX_PATTERN = 1_000;
const MAX_HEADER_NAME = 100;
const MAX_SCORE = 1_000_000;

// RFC 5322 section 3.6.8: printable ASCII but the colon.
const HEADER_NAME = /^[!-9;-~]+$/;
const CLOCK = /^(?:[01]\d|2[0-3]):[0-5]\d$/;

const MATCHES = ['contains', 'is'] as const;
const MATCHES_OR_EXISTS = [...MATCHES, 'exists'] as const;

/** Reads conditions. @throws `FILTER_INVALID`. */
export function readConditions(value: unknown, path = 'conditions'): FilterCondition {
  return new ConditionReader().read(value, path, MAX_CONDITION_DEPTH);
}

class ConditionReader {
  #tests = 0;
  #groups = 0;

  read(value: unknown, path: string, levels: number): FilterCondition {
    if (levels === 0) throw invalid(path, `conditions have at most ${MAX_CONDITION_DEPTH} levels`);
    const names = typeof value === 'object' && value !== null ? Object.keys(value) : [];
    const group = names.find((name) => name === 'all' || name === 'any' || name === 'not');
    if (group === undefined) return this.#test(value, path);
    // Empty ones cost too.
    if (++this.#groups > MAX_TESTS) throw invalid(path, `a filter has at most ${MAX_TESTS} groups`);
    const given = readObject(value, path, [group]).get(group);
    const inside = member(path, group);
    if (group === 'not') return { not: this.read(given, inside, levels - 1) };
    const min = group === 'any' ? 1 : 0;
    const list = readList(given, inside, [min, MAX_TESTS], (one, at) => this.read(one, at, levels - 1));
    return group === 'all' ? { all: list } : { any: list };
  }

  #test(value: unknown, path: string): FilterTest {
    if (++this.#tests > MAX_TESTS) throw invalid(path, `a filter has at most ${MAX_TESTS} tests`);
    const { test } = (typeof value === 'object' && value !== null ? value : {}) as { test?: unknown };
    if (typeof test !== 'string') throw invalid(path, 'is neither a test nor all, any or not');
    const reader = READERS.get(test);
    if (!reader) throw invalid(member(path, 'test'), `is none of ${[...READERS.keys()].join(', ')}`);
    return reader(value, path);
  }
}

type TestReader = (value: unknown, path: string) => FilterTest;

const READERS: ReadonlyMap<string, TestReader> = new Map<string, TestReader>([
  ['header', readHeaderTest],
  ['from', fieldTest('from')],
  ['to', fieldTest('to')],
  ['subject', fieldTest('subject')],
  ['listId', fieldTest('listId')],
  ['size', readSizeTest],
  ['attachment', readAttachmentTest],
  ['text', readTextTest],
  ['spam', readSpamTest],
  ['tag', readTagTest],
  ['time', readTimeTest],
]);

function readHeaderTest(value: unknown, path: string): HeaderTest {
  const object = readObject(value, path, ['test', 'name', ...MATCHES_OR_EXISTS]);
  const name = readText(object.get('name'), member(path, 'name'), [1, MAX_HEADER_NAME]);
  if (!HEADER_NAME.test(name)) throw invalid(member(path, 'name'), 'is no name of a header field');
  return { test: 'header', name, ...readMatchOrExists(object, path) };
}

function fieldTest(test: FieldTest['test']): TestReader {
  return (value, path) => {
    const object = readObject(value, path, ['test', ...MATCHES]);
    return { test, ...readMatch(object, path, onlyOne(object, path, MATCHES)) };
  };
}

function readSizeTest(value: unknown, path: string): SizeTest {
  const object = readObject(value, path, ['test', 'larger', 'smaller']);
  const octets = (name: string): number =>
    readInteger(object.get(name), member(path, name), 0, Number.MAX_SAFE_INTEGER);
  if (!object.has('larger') && !object.has('smaller')) throw invalid(path, 'needs larger or smaller');
  return {
    test: 'size',
    ...(object.has('larger') && { larger: octets('larger') }),
    ...(object.has('smaller') && { smaller: octets('smaller') }),
  };
}

function readAttachmentTest(value: unknown, path: string): AttachmentTest {
  return { test: 'attachment', ...readMatchOrExists(readObject(value, path, ['test', ...MATCHES_OR_EXISTS]), path) };
}

function readTagTest(value: unknown, path: string): TagTest {
  return { test: 'tag', ...readMatchOrExists(readObject(value, path, ['test', ...MATCHES_OR_EXISTS]), path) };
}

function readTextTest(value: unknown, path: string): TextTest {
  const object = readObject(value, path, ['test', 'query']);
  return { test: 'text', query: readTextQuery(object.get('query'), member(path, 'query')) };
}

/** What a `text` test looks for. @throws `FILTER_INVALID`. */
export function readTextQuery(value: unknown, path: string): string {
  const query = readText(value, path, [1, MAX_PATTERN]);
  if (parseTextQuery(query).length === 0) throw invalid(path, 'has no word');
  return query;
}

function readSpamTest(value: unknown, path: string): SpamTest {
  const names = ['verdict', 'above', 'below'] as const;
  const object = readObject(value, path, ['test', ...names]);
  const name = onlyOne(object, path, names);
  const at = member(path, name);
  const given = object.get(name);
  if (name === 'verdict') return { test: 'spam', verdict: readWord(given, at, ['spam', 'ham', 'unknown']) };
  const score = readNumber(given, at, -MAX_SCORE, MAX_SCORE);
  return name === 'above' ? { test: 'spam', above: score } : { test: 'spam', below: score };
}

function readTimeTest(value: unknown, path: string): TimeTest {
  const object = readObject(value, path, ['test', 'zone', 'weekdays', 'from', 'until', 'since', 'before']);
  const read = <T>(name: string, reader: (given: unknown, at: string) => T): { readonly [name: string]: T } =>
    object.has(name) ? { [name]: reader(object.get(name), member(path, name)) } : {};
  if (object.has('from') !== object.has('until')) throw invalid(path, 'from and until come together');
  if (object.size === (object.has('zone') ? 2 : 1)) throw invalid(path, 'says no time');
  return {
    test: 'time',
    ...read('zone', readZone),
    ...read('weekdays', (given, at) => [
      ...new Set(readList(given, at, [1, 7], (one, place) => readWord(one, place, WEEKDAYS))),
    ]),
    ...read('from', readClock),
    ...read('until', readClock),
    ...read('since', readDay),
    ...read('before', readDay),
  };
}

function readZone(value: unknown, path: string): string {
  const zone = readText(value, path, [1, 64]);
  if (!isTimeZone(zone)) throw invalid(path, 'is no time zone');
  return zone;
}

function readClock(value: unknown, path: string): string {
  const text = readText(value, path, [1, 5]);
  if (!CLOCK.test(text)) throw invalid(path, 'is no time such as 08:30');
  return text;
}

function readDay(value: unknown, path: string): string {
  const text = readText(value, path, [1, 10]);
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text);
  if (!isDay) throw invalid(path, 'is no day such as 2030-12-31');
  return text;
}

function readMatch(object: JsonObject, path: string, name: 'contains' | 'is'): TextMatch {
  const text = readText(object.get(name), member(path, name), [1, MAX_PATTERN]);
  if (foldText(text).trim() === '') throw invalid(member(path, name), 'is empty');
  return name === 'is' ? { is: text } : { contains: text };
}

function readMatchOrExists(object: JsonObject, path: string): TextMatch | { readonly exists: boolean } {
  const name = onlyOne(object, path, MATCHES_OR_EXISTS);
  if (name !== 'exists') return readMatch(object, path, name);
  return { exists: readBoolean(object.get('exists'), member(path, 'exists')) };
}

/** The one of the names that is there. */
function onlyOne<const T extends string>(object: JsonObject, path: string, names: readonly T[]): T {
  const given = names.filter((name) => object.has(name));
  if (given.length !== 1) throw invalid(path, `needs one of ${names.join(', ')}`);
  return given[0] as T;
}
