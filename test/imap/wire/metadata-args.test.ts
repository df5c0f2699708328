/** Arguments of GETMETADATA, SETMETADATA, and of LIST's METADATA. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ImapSyntaxError } from '../../../src/imap/wire/imap-syntax-error.ts';
import { parseList } from '../../../src/imap/wire/list-args.ts';
import { parseGetMetadata, parseSetMetadata } from '../../../src/imap/wire/metadata-args.ts';
import { Scanner } from '../../../src/imap/wire/scanner.ts';
import { imapString } from '../../../src/imap/wire/write-string.ts';

const scan = (text: string, literals: readonly Buffer[] = []): Scanner => new Scanner(` ${text}`, { literals });

describe('GETMETADATA', () => {
  test.each([
    ['"" /shared/comment', { mailbox: '', names: ['/shared/comment'], depth: 0, maxSize: null }],
    ['inbox (/a "/b c" /a)', { mailbox: 'INBOX', names: ['/a', '/b c'] }],
    ['(MAXSIZE 0) a /b', { mailbox: 'a', names: ['/b'], maxSize: 0 }],
    ['a (depth infinity maxsize 4294967295) (/b)', { depth: 'infinity', maxSize: 4_294_967_295 }],
    ['(DEPTH 1) a (MAXSIZE 5) /b', { depth: 1, maxSize: 5, names: ['/b'] }],
    ['a comment', { names: ['comment'] }],
  ])('%s', (text, expected) => {
    expect(parseGetMetadata(scan(text))).toMatchObject(expected);
  });

  test('a name may come as a literal', () => {
    expect(parseGetMetadata(scan('a ({2}\n /c)', [Buffer.from('/b')])).names).toEqual(['/b', '/c']);
  });

  test.each([
    '',
    'a',
    'a ',
    'a ()',
    'a (/b',
    'a /b /c',
    'a (/b) (/c)',
    '(DEPTH 2) a /b',
    '(DEPTH) a /b',
    '(DEPTH 1 DEPTH 1) a /b',
    '(DEPTH 1) a (DEPTH 1) /b',
    '(MAXSIZE -1) a /b',
    '(MAXSIZE 4294967296) a /b',
    '(WIDTH 1) a /b',
    'a (DEPTH 1)',
    'a (DEPTH 1 /b)',
    'a (/*)',
    `a (${Array.from({ length: 101 }, (_, n) => `/${n}`).join(' ')})`,
  ])('%j is refused', (text) => {
    expect(() => parseGetMetadata(scan(text))).toThrow(ImapSyntaxError);
  });

  test('what is written is read', () => {
    const name = fc.string({ unit: fc.constantFrom('a', '/', ' ', '"', '\\', ']'), minLength: 1, maxLength: 6 });
    const names = fc.uniqueArray(
      name.map((text) => `/${text}`),
      { minLength: 1, maxLength: 5 },
    );
    const depth = fc.constantFrom(undefined, 0, 1, 'infinity');
    const maxSize = fc.option(fc.nat(), { nil: undefined });
    fc.assert(
      fc.property(names, depth, maxSize, fc.boolean(), (asked, deep, size, inFront) => {
        const options = [
          ...(deep === undefined ? [] : [`DEPTH ${deep}`]),
          ...(size === undefined ? [] : [`MAXSIZE ${size}`]),
        ];
        const group = options.length > 0 ? `(${options.join(' ')}) ` : '';
        const entries = `(${asked.map((one) => imapString(one)).join(' ')})`;
        const wanted = { names: asked, depth: deep ?? 0, maxSize: size ?? null };
        const text = inFront ? `${group}INBOX ${entries}` : `INBOX ${group}${entries}`;
        expect(parseGetMetadata(scan(text))).toEqual({ mailbox: 'INBOX', ...wanted });
        expect(parseList(scan(`"" % RETURN (CHILDREN METADATA ${group}${entries})`)).returns.metadata).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });
});

describe('SETMETADATA', () => {
  const values = (text: string, literals: readonly Buffer[] = []) =>
    [...parseSetMetadata(scan(text, literals)).values].map(([name, value]) => [
      name,
      value && Buffer.from(value).toString('latin1'),
    ]);

  test('values are strings, literals, or NIL', () => {
    expect(values('a (/b "x\\"" /c nil /d "NIL" /e "")')).toEqual([
      ['/b', 'x"'],
      ['/c', null],
      ['/d', 'NIL'],
      ['/e', ''],
    ]);
    expect(values('a (/b {1}\n /c ~{2}\n)', [Buffer.from('x'), Buffer.from([0, 255])])).toEqual([
      ['/b', 'x'],
      ['/c', '\0\xff'],
    ]);
  });

  test.each([
    '',
    'a',
    'a ()',
    'a (/b)',
    'a (/b )',
    'a (/b x)',
    'a (/b NILL)',
    'a (/b ~"x")',
    'a (/b ~)',
    'a (/b {1})',
    'a /b "x"',
    'a (/b "x" /c)',
    'a (/b "x") y',
  ])('%j is refused', (text) => {
    expect(() => parseSetMetadata(scan(text))).toThrow(ImapSyntaxError);
  });

  test('a NUL comes in a literal8 only', () => {
    expect(() => parseSetMetadata(scan('a (/b {1}\n)', [Buffer.from([0])]))).toThrow(ImapSyntaxError);
  });
});

test('whatever comes, nothing else is thrown', () => {
  const token = fc.constantFrom('(', ')', ' ', '"', 'a', '/b', '~', '{1}\n', 'NIL', 'DEPTH', 'MAXSIZE', '1', '\\', '*');
  fc.assert(
    fc.property(fc.array(token, { maxLength: 14 }), (tokens) => {
      for (const parse of [parseGetMetadata, parseSetMetadata]) {
        try {
          parse(scan(tokens.join(''), [Buffer.from('x'), Buffer.from([0])]));
        } catch (error) {
          expect(error).toBeInstanceOf(ImapSyntaxError);
        }
      }
    }),
    { numRuns: 3000 },
  );
});
