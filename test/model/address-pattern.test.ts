import { describe, expect, test } from 'vitest';
import {
  comparePatterns,
  isPattern,
  matchesLocalpart,
  parsePattern,
  withoutDots,
} from '../../src/model/address-pattern.ts';

describe('parsePattern', () => {
  test.each([
    ['*@Example.ORG', '*@example.org', 'example.org'],
    [' Sales*@example.org ', 'sales*@example.org', 'example.org'],
    ['*-BOUNCE@example.org', '*-bounce@example.org', 'example.org'],
    ['ann.*@example.org', 'ann.*@example.org', 'example.org'],
    ['*.ann@example.org', '*.ann@example.org', 'example.org'],
    ['ann+*@example.org', 'ann+*@example.org', 'example.org'],
    ['Jo\u0308*@xn--bcher-kva.example', 'jö*@bücher.example', 'bücher.example'],
    ['用户*@例子.中国', '用户*@例子.中国', '例子.中国'],
    ['Postmaster@*', 'postmaster@*', null],
    ['"ann"@*', 'ann@*', null],
    [`${'x'.repeat(32)}*@example.org`, `${'x'.repeat(32)}*@example.org`, 'example.org'],
    [`*${'😀'.repeat(32)}@example.org`, `*${'😀'.repeat(32)}@example.org`, 'example.org'],
    ['*@[192.0.2.1]', '*@[192.0.2.1]', '[192.0.2.1]'],
  ])('%j is %j', (text, address, domain) => {
    expect(isPattern(text)).toBe(true);
    expect(parsePattern(text)).toMatchObject({ address, domain });
    expect(parsePattern(address)).toEqual(parsePattern(text));
  });

  test.each([
    '**@example.org',
    'a*b@example.org',
    '*a*@example.org',
    '"a*"@example.org',
    '"*"@example.org',
    '*@*',
    'a*@*',
    'a+b@*',
    '"a b"@*',
    '*@',
    '*@exa mple.org',
    '*@*.example.org',
    '*@-a.example',
    'a b*@example.org',
    'a@b*@example.org',
    'a,*@example.org',
    '\u202ea*@example.org',
    'a\u0000*@example.org',
    '\ud800*@example.org',
    `${'x'.repeat(33)}*@example.org`,
    `*${'x'.repeat(33)}@example.org`,
    `${'x'.repeat(33)}@*`,
    `*@${'a'.repeat(1_000)}.example`,
  ])('%j is refused', (text) => {
    expect(() => parsePattern(text)).toThrow(expect.objectContaining({ code: 'ADDRESS_INVALID' }));
  });
});

test('what is no pattern is not taken for one', () => {
  for (const text of ['ann@example.org', 'ann', '*', '*@', 'ann@*.example', '']) expect(isPattern(text)).toBe(false);
});

test.each([
  ['*', 'anything', true],
  ['*', '"with spaces"', true],
  ['head*', 'head', true],
  ['head*', 'headline', true],
  ['head*', 'ahead', false],
  ['*tail', 'tail', true],
  ['*tail', 'cocktail', true],
  ['*tail', 'tailor', false],
  ['a*', '"a b"', true],
  ['*b', '"a b"', true],
  ['jo*', 'jörg', false],
])('%j and %j: %s', (pattern, localpart, expected) => {
  expect(matchesLocalpart(pattern, localpart, false)).toBe(expected);
});

test('dots are dropped on both sides where they do not count', () => {
  expect(matchesLocalpart('a.b*', 'ab.c', true)).toBe(true);
  expect(matchesLocalpart('a.b*', 'ab.c', false)).toBe(false);
  expect(matchesLocalpart('*b.c', 'a.bc', true)).toBe(true);
});

test('the longest comes first, of equal ones the head', () => {
  const patterns = ['*', '*ab', 'ab*', 'abc*', '*abcd', '*x'];
  expect(patterns.sort(comparePatterns)).toEqual(['*abcd', 'abc*', 'ab*', '*ab', '*x', '*']);
});

test('withoutDots leaves the detail and what is quoted alone', () => {
  expect(withoutDots('a.b.c')).toBe('abc');
  expect(withoutDots('a.b+c.d')).toBe('ab+c.d');
  expect(withoutDots('"a.b c"')).toBe('"a.b c"');
  expect(withoutDots('+a.b')).toBe('+ab');
});
