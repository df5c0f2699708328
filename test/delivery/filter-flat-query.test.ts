/** Conditions go into the flat form of WildDuck's API and back. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FlatFilterQuery, fromFlatQuery, toFlatQuery } from '../../src/delivery/filter-flat-query.ts';
import type { FilterCondition } from '../../src/model/filter.ts';

const word = fc.stringMatching(/^[a-zA-Zäöü.@*$🎉]{1,20}$/u);
const query = fc
  .record(
    {
      from: word,
      to: word,
      subject: word,
      listId: word,
      text: word.filter((text) => text !== 'OR'),
      ha: fc.constant(true as const),
      size: fc.integer({ min: -1e9, max: 1e9 }).filter((size) => size !== 0),
    },
    { requiredKeys: [] },
  )
  .filter((one) => Object.keys(one).length > 0);

test('there and back', () => {
  fc.assert(
    fc.property(query, (flat) => {
      expect(toFlatQuery(fromFlatQuery(flat))).toEqual(flat);
    }),
  );
});

test('each field is a test', () => {
  expect(
    fromFlatQuery({ from: 'a', to: 'b', subject: '$c', listId: 'd', text: 'e OR f', ha: true, size: -100 }),
  ).toEqual({
    all: [
      { test: 'from', contains: 'a' },
      { test: 'to', contains: 'b' },
      { test: 'subject', contains: '$c' },
      { test: 'listId', contains: 'd' },
      { test: 'text', query: 'e OR f' },
      { test: 'attachment', exists: true },
      { test: 'size', smaller: 100 },
    ],
  });
  expect(fromFlatQuery({ size: 7, ha: false, from: '' })).toEqual({ all: [{ test: 'size', larger: 7 }] });
});

test.each([
  [{}, /^query: says nothing/],
  [{ ha: false, size: 0, from: '' }, /^query: says nothing/],
  [{ from: null }, /^query: says nothing/],
  [{ from: 1 }, /^query\.from: is no text/],
  [{ size: 1.5 }, /^query\.size: is no whole number/],
  [{ ha: 'yes' }, /^query\.ha: is neither/],
  [{ body: 'x' }, /^query\.body: is not known/],
  [{ text: 'OR' }, /^query\.text: has no word/],
])('%j is refused', (flat, message) => {
  expect(() => fromFlatQuery(flat as FlatFilterQuery)).toThrow(message);
});

test.each<FilterCondition>([
  { any: [{ test: 'from', contains: 'a' }] },
  { not: { test: 'from', contains: 'a' } },
  { all: [] },
  {
    all: [
      { test: 'from', contains: 'a' },
      { test: 'from', contains: 'b' },
    ],
  },
  { all: [{ all: [{ test: 'from', contains: 'a' }] }] },
  { test: 'from', is: 'a' },
  { test: 'size', larger: 1, smaller: 2 },
  { test: 'size', larger: 0 },
  { test: 'attachment', exists: false },
  { test: 'attachment', contains: '.pdf' },
  { test: 'header', name: 'X', contains: 'a' },
  { test: 'tag', exists: true },
])('%j has no flat form', (conditions) => {
  expect(toFlatQuery(conditions)).toBeNull();
});
