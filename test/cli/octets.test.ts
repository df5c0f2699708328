/** Amounts as people write them. */

import { expect, test } from 'vitest';
import { formatCount, formatOctets, formatSpan, parseOctets, parsePort, parseSpan } from '../../src/cli/octets.ts';

test.each([
  ['0', 0],
  ['1000', 1000],
  ['1GB', 1e9],
  ['1 GiB', 2 ** 30],
  ['1.5k', 1500],
  ['2MB', 2e6],
])('octets of %s', (text, octets) => {
  expect(parseOctets(text)).toBe(octets);
});

test.each(['', 'GB', '-1', '1e9', '1XB', '1 2', '99999999999TB', '1i'])('%j is no amount', (text) => {
  expect(() => parseOctets(text)).toThrow(/not an amount/);
});

test.each([
  ['1h', 3_600_000],
  ['90', 90_000],
  ['1.5s', 1500],
  ['10ms', 10],
  ['2w', 1_209_600_000],
])('span of %s', (text, ms) => {
  expect(parseSpan(text)).toBe(ms);
});

test.each(['', 'h', '-1h', '1y'])('%j is no span', (text) => {
  expect(() => parseSpan(text)).toThrow(/not a span/);
});

test('ports', () => {
  expect(parsePort('0')).toBe(0);
  expect(parsePort('65535')).toBe(65535);
  for (const text of ['65536', '-1', 'x', '', '1.5']) expect(() => parsePort(text)).toThrow(/not a port/);
});

test('amounts for people', () => {
  expect([0, 999, 1000, 12_345, 123_456, 999_999, 1.5e9].map(formatOctets)).toEqual([
    '0 B',
    '999 B',
    '1.0 KB',
    '12.3 KB',
    '123 KB',
    '1.0 MB',
    '1.5 GB',
  ]);
  expect([0, 59_499, 200_000, 7_500_000].map(formatSpan)).toEqual(['0 s', '59 s', '3 min 20 s', '2 h 5 min']);
});

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [-123456, '-123,456'],
  [1234567890, '1,234,567,890'],
])('count %d', (count, text) => {
  expect(formatCount(count)).toBe(text);
});
