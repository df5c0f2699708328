/** The tokens of the grammar, good and bad. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFetch } from '../../../src/imap/wire/fetch-items.ts';
import { ImapSyntaxError } from '../../../src/imap/wire/imap-syntax-error.ts';
import { parseList, parseLsub } from '../../../src/imap/wire/list-args.ts';
import { Scanner } from '../../../src/imap/wire/scanner.ts';
import { parseSearch } from '../../../src/imap/wire/search-program.ts';
import { parseSelect } from '../../../src/imap/wire/select-args.ts';
import { parseStatus } from '../../../src/imap/wire/status-items.ts';
import { parseStore } from '../../../src/imap/wire/store-args.ts';

type Read = (scanner: Scanner) => unknown;

/** What `read` gives for all of `text`. */
function all(text: string, read: Read, options?: ConstructorParameters<typeof Scanner>[1]): unknown {
  const scanner = new Scanner(text, options);
  const value = read(scanner);
  scanner.end();
  return value;
}

const READS: Record<string, Read> = {
  atom: (s) => s.atom(),
  astring: (s) => s.astring(),
  string: (s) => s.string(),
  nstring: (s) => s.nstring(),
  text: (s) => s.text(),
  tag: (s) => s.tag(),
  number: (s) => s.number(),
  nzNumber: (s) => s.nzNumber(),
  number64: (s) => s.number64(),
  mailbox: (s) => s.mailbox(),
  listMailbox: (s) => s.listMailbox(),
  flag: (s) => s.flag(),
  flagList: (s) => s.flagList(),
  date: (s) => s.date(),
  dateTime: (s) => s.dateTime(),
  sequenceSet: (s) => String(s.sequenceSet()),
  skipValue: (s) => s.skipValue(),
};

test.each([
  ['atom', 'a.b+c[1', 'a.b+c[1'],
  ['astring', 'a]b', 'a]b'],
  ['astring', '"a b"', 'a b'],
  ['astring', '""', ''],
  ['string', '"q\\"b\\\\s"', 'q"b\\s'],
  ['string', '"\xc3\xa9"', '\xc3\xa9'],
  ['nstring', 'nil', null],
  ['nstring', '"NIL"', 'NIL'],
  ['text', '"\xc3\xa9"', 'é'],
  ['tag', 'A.1-[]', 'A.1-[]'],
  ['number', '4294967295', 4_294_967_295],
  ['nzNumber', '1', 1],
  ['number64', '9223372036854775807', Number.MAX_SAFE_INTEGER],
  ['number64', '9007199254740991', Number.MAX_SAFE_INTEGER],
  ['mailbox', 'iNbOx', 'INBOX'],
  ['mailbox', 'inbox/a', 'inbox/a'],
  ['mailbox', '"Entw&APw-rfe"', 'Entwürfe'],
  ['mailbox', '"Entw\xc3\xbcrfe"', 'Entwürfe'],
  ['mailbox', '""', ''],
  ['listMailbox', 'a/%]*', 'a/%]*'],
  ['listMailbox', '"R&D %"', 'R&D %'],
  ['listMailbox', 'Entw&APw-%', 'Entwü%'],
  ['flag', '\\Seen', '\\Seen'],
  ['flag', '$Forwarded', '$Forwarded'],
  ['flagList', '()', []],
  ['flagList', '(\\Seen a)', ['\\Seen', 'a']],
  ['date', '1-Feb-2024', 19_754],
  ['date', '"29-feb-2024"', 19_782],
  ['date', '01-JAN-1970', 0],
  ['date', '31-Dec-0099', -683_004],
  ['dateTime', '"17-Jul-1996 02:44:25 -0700"', Date.UTC(1996, 6, 17, 9, 44, 25)],
  ['dateTime', '" 7-Jul-1996 23:59:60 +0130"', Date.UTC(1996, 6, 7, 22, 30, 0)],
  ['sequenceSet', '1:*,7', '1:*,7'],
  ['sequenceSet', '$', '$'],
  ['skipValue', '(a "b" ({} (1:*)) ())'.replace('{} ', ''), undefined],
])('%s reads %j', (name, text, expected) => {
  expect(all(text, READS[name] as Read)).toEqual(expected);
});

test.each([
  ['atom', ''],
  ['atom', 'a b'],
  ['atom', 'a]'],
  ['atom', '\xe9'],
  ['atom', 'a\0b'],
  ['astring', '(a)'],
  ['astring', '"a'],
  ['string', 'a'],
  ['string', '"a\\n"'],
  ['string', '"a\rb"'],
  ['string', '"a\0b"'],
  ['string', '{3}'],
  ['string', '{3}\nabc'],
  ['string', '{-1}\n'],
  ['text', '"\xff"'],
  ['tag', 'a+b'],
  ['number', '4294967296'],
  ['number', '-1'],
  ['nzNumber', '0'],
  ['number64', '9223372036854775808'],
  ['number64', '99999999999999999999'],
  ['mailbox', 'R&D'],
  ['mailbox', '"\xff"'],
  ['mailbox', 'a*'],
  ['flag', '\\*'],
  ['flag', '\\'],
  ['flagList', '(\\Seen'],
  ['flagList', '(\\Seen  a)'],
  ['date', '30-Feb-2024'],
  ['date', '29-Feb-2023'],
  ['date', '0-Jan-2024'],
  ['date', '"1-Jan-2024'],
  ['date', '1-Foo-2024'],
  ['date', '1-Jan-24'],
  ['dateTime', '17-Jul-1996 02:44:25 -0700'],
  ['dateTime', '"17-Jul-1996 24:00:00 +0000"'],
  ['dateTime', '"17-Jul-1996 02:44:25 UTC"'],
  ['dateTime', '"31-Apr-1996 02:44:25 +0000"'],
  ['sequenceSet', '0'],
  ['skipValue', '('.repeat(10_000)],
  ['skipValue', '(a'],
])('%s refuses %j', (name, text) => {
  expect(() => all(text, READS[name] as Read)).toThrow(ImapSyntaxError);
});

describe('literals', () => {
  const literals = [Buffer.from('a "b\r\n'), Buffer.from('')];

  test('stand where they are announced', () => {
    const text = '{6}\n {0+}\n x';
    const read: Read = (s) => [s.astring(), s.space(), s.string(), s.space(), s.atom()];
    expect(all(text, read, { literals })).toEqual(['a "b\r\n', undefined, '', undefined, 'x']);
  });

  test('with NUL are refused', () => {
    expect(() => all('{1}\n', (s) => s.string(), { literals: [Buffer.from([0])] })).toThrow(ImapSyntaxError);
  });

  test('cannot be hidden in a quoted string', () => {
    expect(() => all('"x{5}\nabcde"', (s) => s.string(), { literals: [Buffer.from('abcde')] })).toThrow(
      ImapSyntaxError,
    );
  });
});

describe('with UTF-8 enabled', () => {
  test('an ampersand is one', () => {
    expect(all('"R&D &AOk-"', (s) => s.mailbox(), { utf8: true })).toBe('R&D &AOk-');
  });

  test('other encodings are refused with NO', () => {
    expect(() => all('"\xe9"', (s) => s.mailbox(), { utf8: true })).toThrow(
      expect.objectContaining({ status: 'NO', code: 'CANNOT' }),
    );
  });
});

test('words end where they end', () => {
  const scanner = new Scanner('uidx UID(');
  expect(scanner.tryWord('UID')).toBe(false);
  expect(scanner.word()).toBe('UIDX');
  scanner.space();
  expect(scanner.tryWord('UID')).toBe(true);
  expect(scanner.peek()).toBe('(');
});

describe('whatever octets come', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...[
        '(',
        ')',
        ' ',
        '"',
        '\\',
        '{3}\n',
        '~{1+}\n',
        '[',
        ']',
        '<',
        '>',
        '.',
        '*',
        '%',
        '$',
        ',',
        ':',
        '1',
        '0',
        '\n',
      ],
      ...[
        'BODY[',
        'HEADER.FIELDS',
        'OR ',
        'NOT ',
        'UID ',
        'RETURN (',
        'CHARSET ',
        'FLAGS',
        '1-Jan-2024',
        'INBOX',
        '&AOk-',
      ],
    ),
    fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 6 }),
  );
  const parsers: Read[] = [parseFetch, parseList, parseLsub, parseSearch, parseSelect, parseStatus, parseStore];

  test('only ImapSyntaxError is thrown', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), fc.array(fc.uint8Array({ maxLength: 4 })), (pieces, octets) => {
        const literals = octets.map((o) => Buffer.from(o));
        for (const read of [...Object.values(READS), ...parsers]) {
          for (const text of [pieces.join(''), ` ${pieces.join('')}`, ` 1 ${pieces.join('')}`]) {
            try {
              read(new Scanner(text, { literals }));
            } catch (error) {
              expect(error).toBeInstanceOf(ImapSyntaxError);
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
