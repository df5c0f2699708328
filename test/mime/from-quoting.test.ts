/** Quoting of `From ` in mbox files: reversible, however the octets come. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changeFromQuoting, changeFromQuotingOf, FromQuoter, type FromQuoting } from '../../src/mime/from-quoting.ts';

const change = (text: string, how: 'quote' | FromQuoting): string =>
  changeFromQuoting(Buffer.from(text), how).toString();

describe('changeFromQuoting', () => {
  test.each([
    ['From me\n', '>From me\n'],
    ['a\nFrom b', 'a\n>From b'],
    ['a\n>From b\n', 'a\n>>From b\n'],
    ['a\r\n>>From b\r\n', 'a\r\n>>>From b\r\n'],
    ['a From b\nFromage\n> From c\nFrom', 'a From b\nFromage\n> From c\nFrom'],
    ['From From \nFrom ', '>From From \n>From '],
    ['', ''],
  ])('quotes %j', (plain, quoted) => {
    expect(change(plain, 'quote')).toBe(quoted);
    expect(change(quoted, 'mboxrd')).toBe(plain);
  });

  test('of an mboxo file only one > goes', () => {
    expect(change('>From a\n>>From b\n', 'mboxo')).toBe('From a\n>>From b\n');
    expect(change('>From a\n>>From b\n', 'none')).toBe('>From a\n>>From b\n');
  });
});

/** Text in which the interesting places are likely. */
const text = fc
  .array(fc.constantFrom('From ', '>', '\n', '\r\n', 'F', 'Fro', 'm ', 'x', ' '), { maxLength: 40 })
  .map((parts) => parts.join(''));

function inChunks(octets: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (octets.length + 1)), octets.length].sort((a, b) => a - b);
  return places.slice(1).map((end, index) => octets.subarray(places[index], end));
}

test('any text comes back, and no line of it begins with From_ meanwhile', () => {
  fc.assert(
    fc.property(text, (plain) => {
      const quoted = change(plain, 'quote');
      expect(quoted).not.toMatch(/^From /m);
      expect(change(quoted, 'mboxrd')).toBe(plain);
    }),
    { numRuns: 500 },
  );
});

test('chunks give what the whole gives', () => {
  fc.assert(
    fc.property(
      text,
      fc.array(fc.nat(200), { maxLength: 12 }),
      fc.constantFrom<'quote' | FromQuoting>('quote', 'mboxrd', 'mboxo', 'none'),
      (plain, cuts, how) => {
        const quoter = new FromQuoter(how);
        const pieces = inChunks(Buffer.from(plain), cuts).flatMap((chunk) => quoter.take(chunk));
        expect(Buffer.concat([...pieces, ...quoter.end()]).toString()).toBe(referenceChange(plain, how));
      },
    ),
    { numRuns: 1000 },
  );
});

test('a stream too', async () => {
  const chunks = (async function* () {
    for (const part of ['a\n>', '>Fr', 'om b\n', '>', 'From', ' c']) yield Buffer.from(part);
  })();
  const out: Buffer[] = [];
  for await (const piece of changeFromQuotingOf(chunks, 'mboxrd')) out.push(piece);
  expect(Buffer.concat(out).toString()).toBe('a\n>From b\nFrom c');
});

/** The rules in one line each. */
function referenceChange(plain: string, how: 'quote' | FromQuoting): string {
  if (how === 'quote')
    return plain.replace(/^(>*From )/gm, (match, _1, at: number) => (startsLine(plain, at) ? `>${match}` : match));
  if (how === 'none') return plain;
  const form = how === 'mboxrd' ? /^>(>*From )/gm : /^>(From )/gm;
  return plain.replace(form, (match, rest: string, at: number) => (startsLine(plain, at) ? rest : match));
}

// The m flag takes a bare CR for a line end as well; mbox does not.
function startsLine(plain: string, at: number): boolean {
  return at === 0 || plain[at - 1] === '\n';
}
