/** SEARCH arguments. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ImapSyntaxError } from '../../../src/imap/wire/imap-syntax-error.ts';
import { encodeUtf8 } from '../../../src/imap/wire/mailbox-name.ts';
import { Scanner } from '../../../src/imap/wire/scanner.ts';
import type { SearchKey } from '../../../src/imap/wire/search-key.ts';
import { parseSearch, resolveSearchKey, type SearchArguments } from '../../../src/imap/wire/search-program.ts';
import { SequenceSet } from '../../../src/imap/wire/sequence-set.ts';
import { formatDay } from '../../../src/imap/wire/write-date.ts';
import { quoted } from '../../../src/imap/wire/write-string.ts';
import { formatEmailId, formatThreadId } from '../../../src/model/ids.ts';
import { UidSet } from '../../../src/model/uid-set.ts';

const parse = (text: string, ...literals: readonly string[]): SearchArguments =>
  parseSearch(new Scanner(` ${text}`, { literals: literals.map((literal) => Buffer.from(literal, 'latin1')) }));
const key = (text: string): SearchKey => parse(text).key;
const set = (text: string): SequenceSet => SequenceSet.parse(text) as SequenceSet;

test.each<[string, SearchKey]>([
  ['ALL', { key: 'all' }],
  ['seen', { key: 'flag', mask: 1, set: true }],
  ['UNSEEN', { key: 'flag', mask: 1, set: false }],
  ['ANSWERED', { key: 'flag', mask: 2, set: true }],
  ['UNFLAGGED', { key: 'flag', mask: 4, set: false }],
  ['DRAFT', { key: 'flag', mask: 8, set: true }],
  ['UNDELETED', { key: 'flag', mask: 16, set: false }],
  ['KEYWORD $Forwarded', { key: 'keyword', keyword: '$Forwarded', set: true }],
  ['UNKEYWORD x', { key: 'keyword', keyword: 'x', set: false }],
  ['NEW', { key: 'not', of: { key: 'all' } }],
  ['RECENT', { key: 'not', of: { key: 'all' } }],
  ['OLD', { key: 'all' }],
  ['FROM "a b"', { key: 'from', text: 'a b' }],
  ['BCC x', { key: 'bcc', text: 'x' }],
  ['SUBJECT "\xc3\xa9"', { key: 'subject', text: 'é' }],
  ['HEADER X-Spam ""', { key: 'header', field: 'X-Spam', text: '' }],
  ['BODY x', { key: 'body', text: 'x' }],
  ['TEXT x', { key: 'text', text: 'x' }],
  ['LARGER 4294967296', { key: 'larger', octets: 4_294_967_296 }],
  ['SMALLER 0', { key: 'smaller', octets: 0 }],
  ['BEFORE 1-Feb-2024', { key: 'internalDay', before: 19_754 }],
  ['ON "1-Feb-2024"', { key: 'internalDay', from: 19_754, before: 19_755 }],
  ['SINCE 1-Feb-2024', { key: 'internalDay', from: 19_754 }],
  ['SENTON 1-Feb-2024', { key: 'sentDay', from: 19_754, before: 19_755 }],
  ['SENTSINCE 1-Feb-2024', { key: 'sentDay', from: 19_754 }],
  ['SAVEDBEFORE 1-Feb-2024', { key: 'saveDay', before: 19_754 }],
  ['SAVEDATESUPPORTED', { key: 'all' }],
  ['OLDER 3600', { key: 'older', seconds: 3600 }],
  ['YOUNGER 1', { key: 'younger', seconds: 1 }],
  ['UID 1:*', { key: 'uid', set: set('1:*') }],
  ['2,4:*', { key: 'seq', set: set('2,4:*') }],
  ['$', { key: 'savedResult' }],
  ['EMAILID Mz', { key: 'contentId', id: 35 }],
  ['THREADID T10', { key: 'threadId', id: 36 }],
  ['EMAILID Tz', { key: 'not', of: { key: 'all' } }],
  ['EMAILID M00z', { key: 'not', of: { key: 'all' } }],
  ['MODSEQ 620162338', { key: 'modSeq', from: 620_162_338 }],
  ['MODSEQ "/flags/\\\\draft" all 7', { key: 'modSeq', from: 7 }],
  ['NOT SEEN', { key: 'not', of: { key: 'flag', mask: 1, set: true } }],
  [
    'OR 1 2',
    {
      key: 'or',
      of: [
        { key: 'seq', set: set('1') },
        { key: 'seq', set: set('2') },
      ],
    },
  ],
  [
    'OR 1 OR 2 $',
    { key: 'or', of: [{ key: 'seq', set: set('1') }, { key: 'seq', set: set('2') }, { key: 'savedResult' }] },
  ],
  ['(ALL)', { key: 'all' }],
  ['ALL (ALL $)', { key: 'and', of: [{ key: 'all' }, { key: 'and', of: [{ key: 'all' }, { key: 'savedResult' }] }] }],
])('%s', (text, expected) => {
  expect(key(text)).toEqual(expected);
});

test.each([
  '',
  'FOO',
  'ALL ',
  'ALL  ALL',
  '()',
  '(ALL',
  'ALL)',
  'NOT',
  'OR 1',
  'OR 1 ',
  'FROM',
  'FROM (a)',
  'SINCE yesterday',
  'LARGER -1',
  'OLDER 0',
  'KEYWORD \\Seen',
  'UID 0',
  '0',
  'MODSEQ "/flags/x" nobody 7',
  'SUBJECT "\xff"',
  'RETURN ALL',
  'RETURN (FOO) ALL',
  'RETURN ()',
  'RETURN () CHARSET UTF-8',
])('%j is refused', (text) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ name: 'ImapSyntaxError', status: 'BAD' }));
});

describe('RETURN', () => {
  test('is absent in the old form', () => {
    expect(parse('ALL').returns).toBeNull();
  });

  test('of nothing is ALL', () => {
    expect(parse('RETURN () SEEN').returns).toEqual({
      min: false,
      max: false,
      all: true,
      count: false,
      save: false,
      partial: null,
      relevancy: false,
      update: false,
      updateItems: [],
    });
  });

  test('has its options', () => {
    expect(parse('RETURN (min MAX COUNT SAVE) CHARSET UTF-8 SEEN')).toMatchObject({
      returns: { min: true, max: true, all: false, count: true, save: true },
      key: { key: 'flag' },
    });
  });
});

test('MODSEQ is told of, wherever it stands', () => {
  expect(parse('SEEN').modSeq).toBe(false);
  expect(parse('OR SEEN (NOT MODSEQ 7)').modSeq).toBe(true);
});

describe('charset', () => {
  test.each([
    ['US-ASCII', 'x', 'x'],
    ['utf-8', '\xc3\xa9', 'é'],
    ['ISO-8859-1', '\xe9', 'é'],
    ['"koi8-r"', '\xc1', 'а'],
    ['ISO-2022-JP', '\x1b$B$"\x1b(B', 'あ'],
  ])('%s', (charset, octets, expected) => {
    expect(parse(`CHARSET ${charset} SUBJECT {1}\n`, octets).key).toEqual({ key: 'subject', text: expected });
  });

  test('that nobody knows is BADCHARSET', () => {
    expect(() => parse('CHARSET FOO ALL')).toThrow(
      expect.objectContaining({ status: 'NO', code: 'BADCHARSET (US-ASCII UTF-8)' }),
    );
  });

  test('that the text is not in is refused', () => {
    expect(() => parse('CHARSET Shift_JIS TEXT {1}\n', '\x81')).toThrow(ImapSyntaxError);
  });
});

describe('limits', () => {
  test('nesting of 50', () => {
    expect(key(`${'('.repeat(50)}ALL${')'.repeat(50)}`)).toEqual({ key: 'all' });
    expect(() => parse(`${'('.repeat(51)}ALL${')'.repeat(51)}`)).toThrow(/nested/);
    expect(() => parse(`${'NOT '.repeat(51)}ALL`)).toThrow(/nested/);
    expect(() => parse(`${'OR '.repeat(51)}${'1 '.repeat(51)}2`)).toThrow(/nested|expected/);
    expect(() => parse('('.repeat(10_000))).toThrow(/nested/);
    expect(() => parse('NOT '.repeat(10_000))).toThrow(/nested/);
    expect(() => parse('OR '.repeat(10_000))).toThrow(ImapSyntaxError);
  });

  test('1,000 keys, also as a chain of OR', () => {
    expect(key(Array(1000).fill('ALL').join(' '))).toMatchObject({ key: 'and' });
    expect(() => parse(Array(1001).fill('ALL').join(' '))).toThrow(/more than 1000 keys/);
    expect(key(`${'OR FROM a '.repeat(400)}FROM b`)).toMatchObject({ key: 'or', of: { length: 401 } });
    expect(() => parse(`${'OR ALL '.repeat(600)}ALL`)).toThrow(/more than 1000 keys/);
  });
});

test('sets become UIDs', () => {
  const sets = {
    seq: (given: SequenceSet) =>
      UidSet.from(
        given
          .resolve(3)
          .toArray()
          .map((seq) => seq * 10),
      ),
    uid: (given: SequenceSet) => given.resolve(30),
    saved: () => UidSet.of(7),
  };
  const query = resolveSearchKey(key('OR (2:* NOT UID 5) (UID $ $ SEEN)'), sets);
  expect(query).toEqual({
    key: 'or',
    of: [
      {
        key: 'and',
        of: [
          { key: 'uid', set: UidSet.of(20, 30) },
          { key: 'not', of: { key: 'uid', set: UidSet.of(5) } },
        ],
      },
      {
        key: 'and',
        of: [
          { key: 'uid', set: UidSet.of(7) },
          { key: 'uid', set: UidSet.of(7) },
          { key: 'flag', mask: 1, set: true },
        ],
      },
    ],
  });
});

const FLAG_WORDS: Record<number, string> = { 1: 'SEEN', 2: 'ANSWERED', 4: 'FLAGGED', 8: 'DRAFT', 16: 'DELETED' };
const DAY_WORDS = { internalDay: '', sentDay: 'SENT', saveDay: 'SAVED' };

/** Writes a key as a client would. */
function format(k: SearchKey): string {
  switch (k.key) {
    case 'all':
      return 'ALL';
    case 'and':
      return `(${k.of.map(format).join(' ')})`;
    case 'or':
      return k.of.map((of, i) => (i < k.of.length - 1 ? `OR ${format(of)}` : format(of))).join(' ');
    case 'not':
      return `NOT ${format(k.of)}`;
    case 'flag':
      return `${k.set ? '' : 'UN'}${FLAG_WORDS[k.mask]}`;
    case 'keyword':
      return `${k.set ? '' : 'UN'}KEYWORD ${k.keyword}`;
    case 'header':
      return `HEADER ${k.field} ${quoted(encodeUtf8(k.text))}`;
    case 'larger':
    case 'smaller':
      return `${k.key.toUpperCase()} ${k.octets}`;
    case 'older':
    case 'younger':
      return `${k.key.toUpperCase()} ${k.seconds}`;
    case 'internalDay':
    case 'sentDay':
    case 'saveDay': {
      const word = k.from === undefined ? 'BEFORE' : k.before === undefined ? 'SINCE' : 'ON';
      return `${DAY_WORDS[k.key]}${word} ${formatDay(k.from ?? (k.before as number))}`;
    }
    case 'modSeq':
      return `MODSEQ ${k.from}`;
    case 'contentId':
      return `EMAILID ${formatEmailId(k.id)}`;
    case 'threadId':
      return `THREADID ${formatThreadId(k.id)}`;
    case 'seq':
      return k.set.toString();
    case 'uid':
      return `UID ${k.set}`;
    case 'savedResult':
      return '$';
    default:
      return `${k.key.toUpperCase()} ${quoted(encodeUtf8(k.text))}`;
  }
}

test('a generated program comes back', () => {
  const text = fc.string({ unit: 'binary', maxLength: 8 }).map((t) => t.replace(/[\0\r\n]/g, ''));
  const day = fc.integer({ min: -20_000, max: 100_000 });
  const days = fc.oneof(
    day.map((from) => ({ from })),
    day.map((before) => ({ before })),
    day.map((from) => ({ from, before: from + 1 })),
  );
  const number = fc.integer({ min: 1, max: 0xffffffff });
  const ranges = fc
    .array(fc.tuple(number, fc.option(number)), { minLength: 1, maxLength: 4 })
    .map((list) => set(list.map(([a, b]) => (b === null ? `${a}` : b === a ? `${a}` : `${a}:${b}`)).join(',')));
  const leaf: fc.Arbitrary<SearchKey> = fc.oneof(
    fc.constantFrom<SearchKey>({ key: 'all' }, { key: 'savedResult' }),
    fc.record({ key: fc.constant('flag' as const), mask: fc.constantFrom(1, 2, 4, 8, 16), set: fc.boolean() }),
    fc.record({ key: fc.constant('keyword' as const), keyword: fc.constantFrom('$x', 'Work'), set: fc.boolean() }),
    fc.record({ key: fc.constantFrom('from', 'to', 'cc', 'bcc', 'subject', 'body', 'text'), text }),
    fc.record({ key: fc.constant('header' as const), field: fc.constantFrom('X-A', 'List-Id'), text }),
    fc.record({ key: fc.constantFrom('larger', 'smaller'), octets: fc.maxSafeNat() }),
    fc.record({ key: fc.constantFrom('older', 'younger'), seconds: number }),
    fc.tuple(fc.constantFrom('internalDay', 'sentDay', 'saveDay'), days).map(([k, d]) => ({ key: k, ...d })),
    fc.record({ key: fc.constant('modSeq' as const), from: fc.maxSafeNat() }),
    fc.record({ key: fc.constantFrom('contentId', 'threadId'), id: fc.maxSafeNat() }),
    fc.record({ key: fc.constantFrom('seq', 'uid'), set: ranges }),
  );
  const tree = fc.letrec<{ key: SearchKey }>((tie) => ({
    key: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      leaf,
      fc.array(tie('key'), { minLength: 2, maxLength: 4 }).map((of): SearchKey => ({ key: 'and', of })),
      // An OR within OR at the end is written as a longer chain: give it parentheses by a NOT.
      fc
        .array(tie('key'), { minLength: 2, maxLength: 4 })
        .filter((of) => of.at(-1)?.key !== 'or')
        .map((of): SearchKey => ({ key: 'or', of })),
      tie('key').map((of): SearchKey => ({ key: 'not', of })),
    ),
  })).key;
  fc.assert(
    fc.property(tree, (program) => {
      // Parentheses around one key leave no trace.
      expect(key(format(program))).toEqual(program);
    }),
    { numRuns: 500 },
  );
});
