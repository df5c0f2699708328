/** What responses are written of, and that it is read back. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Scanner } from '../../../src/imap/wire/scanner.ts';
import { formatDay, formatInternalDate } from '../../../src/imap/wire/write-date.ts';
import { capabilityLine, statusLine } from '../../../src/imap/wire/write-response.ts';
import { astring, formatMailbox, imapString, literal, nstring, quoted } from '../../../src/imap/wire/write-string.ts';

describe('strings', () => {
  test.each([
    ['a', '"a"'],
    ['', '""'],
    ['q"b\\s', '"q\\"b\\\\s"'],
    ['a\r\nb', '{4}\r\na\r\nb'],
    ['\xc3\xa9', '{2}\r\n\xc3\xa9'],
    ['x'.repeat(1001), `{1001}\r\n${'x'.repeat(1001)}`],
  ])('%j', (value, expected) => {
    expect(imapString(value)).toBe(expected);
  });

  test('8-bit is quoted where UTF-8 is on', () => {
    expect(imapString('\xc3\xa9', true)).toBe('"\xc3\xa9"');
  });

  test('NIL is no atom', () => {
    expect(astring('nil')).toBe('"nil"');
    expect(nstring(null)).toBe('NIL');
    expect(nstring('NIL')).toBe('"NIL"');
    expect(astring('')).toBe('""');
    expect(astring('a]b')).toBe('a]b');
    expect(astring('a b')).toBe('"a b"');
    expect(quoted('x')).toBe('"x"');
    expect(literal('x')).toBe('{1}\r\nx');
  });

  test('mailboxes', () => {
    expect(formatMailbox('INBOX', false)).toBe('INBOX');
    expect(formatMailbox('Entwürfe', false)).toBe('Entw&APw-rfe');
    expect(formatMailbox('Gesendete Elemente', false)).toBe('"Gesendete Elemente"');
    expect(formatMailbox('Entwürfe', true)).toBe('"Entw\xc3\xbcrfe"');
    expect(formatMailbox('R&D', false)).toBe('R&-D');
  });

  test('are read back', () => {
    const octets = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(octets, fc.boolean(), (value, utf8) => {
        for (const text of [astring(value, utf8), imapString(value, utf8)]) {
          // A literal as the reader hands it to the scanner.
          const announced = /^\{[0-9]+\}\r\n/.exec(text);
          const scanner = announced
            ? new Scanner(announced[0].replace('\r', ''), {
                literals: [Buffer.from(text.slice(announced[0].length), 'latin1')],
              })
            : new Scanner(text);
          expect(scanner.astring()).toBe(value);
          scanner.end();
        }
      }),
    );
  });

  test('a mailbox is read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (path, utf8) => {
        fc.pre(!/[\0\r\n]/.test(path) && path.toUpperCase() !== 'INBOX');
        const text = formatMailbox(path, utf8);
        fc.pre(!text.startsWith('{'));
        expect(new Scanner(text, { utf8 }).mailbox()).toBe(path);
      }),
    );
  });
});

describe('dates', () => {
  test.each([
    [Date.UTC(1996, 6, 17, 2, 44, 25, 999), '"17-Jul-1996 02:44:25 +0000"'],
    [0, '" 1-Jan-1970 00:00:00 +0000"'],
    [-1, '"31-Dec-1969 23:59:59 +0000"'],
    [Date.UTC(12_000, 0, 1), '" 1-Jan-9999 00:00:00 +0000"'],
  ])('%d', (ms, expected) => {
    expect(formatInternalDate(ms)).toBe(expected);
  });

  test('are read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -60_000_000_000, max: 250_000_000_000 }), (seconds) => {
        expect(new Scanner(formatInternalDate(seconds * 1000)).dateTime()).toBe(seconds * 1000);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: -700_000, max: 2_900_000 }), (day) => {
        expect(new Scanner(formatDay(day)).date()).toBe(day);
      }),
    );
  });

  test('100,000 take no time to speak of', () => {
    const started = performance.now();
    let length = 0;
    for (let i = 0; i < 100_000; i++) length += formatInternalDate(1_700_000_000_000 + i * 60_000).length;
    expect(length).toBe(2_800_000);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

test('status responses', () => {
  expect(statusLine('a1', 'OK', 'done')).toBe('a1 OK done\r\n');
  expect(statusLine('*', 'OK', 'next', 'UIDNEXT 5')).toBe('* OK [UIDNEXT 5] next\r\n');
  expect(statusLine('a1', 'NO', 'two\r\nlines é')).toBe('a1 NO two lines ?\r\n');
  expect(statusLine('a1', 'NO', '')).toBe('a1 NO -\r\n');
  expect(capabilityLine(['IMAP4rev1', 'IDLE'])).toBe('* CAPABILITY IMAP4rev1 IDLE\r\n');
});
