/** Arguments of STORE, STATUS, LIST, LSUB, SELECT and APPEND. */

import { describe, expect, test } from 'vitest';
import {
  endAppendLiteral,
  hasMoreParts,
  parseAppendItem,
  parseAppendLiteral,
  parseCatPart,
} from '../../../src/imap/wire/append-args.ts';
import { ImapSyntaxError } from '../../../src/imap/wire/imap-syntax-error.ts';
import { listPatterns, parseList, parseLsub } from '../../../src/imap/wire/list-args.ts';
import { Scanner } from '../../../src/imap/wire/scanner.ts';
import { parseSelect } from '../../../src/imap/wire/select-args.ts';
import { parseStatus } from '../../../src/imap/wire/status-items.ts';
import { parseStore } from '../../../src/imap/wire/store-args.ts';
import { UidSet } from '../../../src/model/uid-set.ts';

const scan = (text: string): Scanner => new Scanner(` ${text}`);

describe('STORE', () => {
  test.each([
    ['1 FLAGS (\\Seen)', { mode: 'replace', silent: false, flags: ['\\Seen'], unchangedSince: null }],
    ['1 +flags \\Seen $x', { mode: 'add', silent: false, flags: ['\\Seen', '$x'] }],
    ['1 -FLAGS.SILENT ()', { mode: 'remove', silent: true, flags: [] }],
    ['1 (UNCHANGEDSINCE 0) +FLAGS.SILENT (\\Deleted)', { mode: 'add', silent: true, unchangedSince: 0 }],
  ])('%s', (text, expected) => {
    expect(parseStore(scan(text))).toMatchObject(expected);
  });

  test.each([
    '1',
    '1 FLAGS',
    '1 FLAGS ',
    '1 *FLAGS x',
    '1 FLAGS.LOUD x',
    '1 FLAGS (x) y',
    '1 FLAGS (x',
    '1 (UNCHANGEDSINCE 1 UNCHANGEDSINCE 2) FLAGS x',
    '1 (FOO 1) FLAGS x',
    '1 (UNCHANGEDSINCE -1) FLAGS x',
    '1 FLAGS {3}',
  ])('%j is refused', (text) => {
    expect(() => parseStore(scan(text))).toThrow(ImapSyntaxError);
  });
});

describe('STATUS', () => {
  test('has a mailbox and items, each once', () => {
    expect(parseStatus(scan('inbox (MESSAGES unseen MESSAGES HIGHESTMODSEQ SIZE)'))).toEqual({
      mailbox: 'INBOX',
      items: ['MESSAGES', 'UNSEEN', 'HIGHESTMODSEQ', 'SIZE'],
    });
  });

  test.each(['inbox', 'inbox ()', 'inbox MESSAGES', 'inbox (FOO)', 'inbox (MESSAGES) x'])('%j is refused', (text) => {
    expect(() => parseStatus(scan(text))).toThrow(ImapSyntaxError);
  });
});

describe('LIST', () => {
  test('the basic form', () => {
    const args = parseList(scan('"" a/%'));
    expect(args).toMatchObject({ extended: false, reference: '', patterns: ['a/%'] });
    expect(args.returns).toEqual({
      subscribed: false,
      children: false,
      specialUse: false,
      status: null,
      metadata: null,
    });
  });

  test('everything of the extended form', () => {
    expect(
      parseList(
        scan('(SUBSCRIBED RECURSIVEMATCH) "" (INBOX "Sent/%") RETURN (CHILDREN SPECIAL-USE STATUS (MESSAGES UNSEEN))'),
      ),
    ).toEqual({
      extended: true,
      selection: { subscribed: true, remote: false, recursiveMatch: true, specialUse: false },
      reference: '',
      patterns: ['INBOX', 'Sent/%'],
      returns: { subscribed: false, children: true, specialUse: true, status: ['MESSAGES', 'UNSEEN'], metadata: null },
    });
  });

  test('empty options', () => {
    expect(parseList(scan('() "" % RETURN ()'))).toMatchObject({ extended: true, patterns: ['%'] });
  });

  test('the reference stands before each pattern', () => {
    const [first, second] = listPatterns(parseList(scan('a/ (% b*)')));
    expect([first?.pattern, second?.pattern]).toEqual(['a/%', 'a/b*']);
  });

  test.each([
    '""',
    '"" ()',
    '"" a b',
    '(FOO) "" *',
    '(RECURSIVEMATCH) "" *',
    '(RECURSIVEMATCH REMOTE) "" *',
    '"" * RETURN',
    '"" * RETURN (FOO)',
    '"" * RETURN (STATUS)',
    '"" * RETURN (STATUS ())',
    '"" * RETURN (CHILDREN) x',
    `"" (${Array(101).fill('*').join(' ')})`,
  ])('%j is refused', (text) => {
    expect(() => parseList(scan(text))).toThrow(ImapSyntaxError);
  });

  test('LSUB has the basic form only', () => {
    expect(parseLsub(scan('"" *'))).toMatchObject({
      extended: false,
      patterns: ['*'],
      selection: { subscribed: true },
    });
    expect(() => parseLsub(scan('"" (a b)'))).toThrow(ImapSyntaxError);
  });
});

describe('SELECT', () => {
  test.each([
    ['INBOX', { mailbox: 'INBOX', condstore: false, qresync: null }],
    ['"a b" (CONDSTORE)', { mailbox: 'a b', condstore: true, qresync: null }],
    [
      'a (QRESYNC (67890007 90060115194045000))',
      { qresync: { uidValidity: 67_890_007, knownUids: null, match: null } },
    ],
    ['a (QRESYNC (1 2 1:5,7))', { qresync: { modSeq: 2, knownUids: UidSet.parse('1:5,7'), match: null } }],
    [
      'a (QRESYNC (1 2 1:9 (1,3 5,9)) CONDSTORE)',
      { condstore: true, qresync: { match: { seqs: UidSet.of(1, 3), uids: UidSet.of(5, 9) } } },
    ],
    ['a (QRESYNC (1 2 (1,3 5,9)))', { qresync: { knownUids: null, match: { seqs: UidSet.of(1, 3) } } }],
  ])('%s', (text, expected) => {
    expect(parseSelect(scan(text))).toMatchObject(expected);
  });

  test.each([
    'a ()',
    'a (FOO)',
    'a (QRESYNC)',
    'a (QRESYNC (0 1))',
    'a (QRESYNC (1))',
    'a (QRESYNC (1 2 *))',
    'a (QRESYNC (1 2 $))',
    'a (QRESYNC (1 2 1:9 (1,2 5)))',
    'a (CONDSTORE) x',
  ])('%j is refused', (text) => {
    expect(() => parseSelect(scan(text))).toThrow(ImapSyntaxError);
  });
});

describe('APPEND', () => {
  const message = { size: 5, binary: false, synchronizing: true };
  const item = (text: string): unknown => {
    const scanner = new Scanner(` ${text}`, { message });
    const parsed = parseAppendItem(scanner);
    return { ...parsed, literal: parsed.data === 'literal' ? parseAppendLiteral(scanner) : null };
  };

  test.each([
    ['{5}', { flags: [], internalDate: null, data: 'literal', literal: { ...message, utf8: false } }],
    ['(\\Seen x) {5}', { flags: ['\\Seen', 'x'], internalDate: null }],
    ['() " 1-Feb-2024 00:00:00 +0000" {5}', { flags: [], internalDate: Date.UTC(2024, 1, 1) }],
    ['"01-Feb-2024 00:00:00 +0100" ~{5+}', { internalDate: Date.UTC(2024, 0, 31, 23) }],
    ['UTF8 (~{5}', { literal: { ...message, utf8: true } }],
    ['(x) CATENATE (', { flags: ['x'], data: 'catenate' }],
  ])('%s', (text, expected) => {
    expect(item(text)).toMatchObject(expected);
  });

  test.each(['', '(\\Seen){5}', '{5} ', 'x {5}', '"yesterday" {5}', 'UTF8 {5}', '"a"', 'CATENATE {5}'])(
    '%j is refused',
    (text) => {
      expect(() => item(text)).toThrow(ImapSyntaxError);
    },
  );

  test('without a message is refused', () => {
    expect(() => parseAppendItem(scan('"text"'))).toThrow(ImapSyntaxError);
  });

  test('UTF8 is closed behind the literal', () => {
    const parsed = parseAppendLiteral(new Scanner('UTF8 (~{5}', { message }));
    const rest = new Scanner(')');
    endAppendLiteral(rest, parsed);
    expect(rest.atEnd).toBe(true);
    expect(() => endAppendLiteral(new Scanner(''), parsed)).toThrow(ImapSyntaxError);
  });

  test('the parts of CATENATE', () => {
    const part = (text: string): unknown => parseCatPart(new Scanner(text, { message }));
    expect(part('URL "/a;UID=1"')).toEqual({ kind: 'url', url: '/a;UID=1' });
    expect(part('text {5}')).toEqual({ kind: 'text', literal: { ...message, utf8: false } });
    expect(part('UTF8 (~{5}')).toEqual({ kind: 'text', literal: { ...message, utf8: true } });
    for (const text of ['', 'URL', 'TEXT "x"', 'TEXT{5}', 'X {5}']) expect(() => part(text)).toThrow(ImapSyntaxError);
    expect(hasMoreParts(new Scanner(' '))).toBe(true);
    expect(hasMoreParts(new Scanner(')'))).toBe(false);
    expect(() => hasMoreParts(new Scanner('x'))).toThrow(ImapSyntaxError);
  });
});
