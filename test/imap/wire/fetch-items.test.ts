/** FETCH arguments. */

import { describe, expect, test } from 'vitest';
import { type FetchArguments, parseFetch } from '../../../src/imap/wire/fetch-items.ts';
import { ImapSyntaxError } from '../../../src/imap/wire/imap-syntax-error.ts';
import { Scanner } from '../../../src/imap/wire/scanner.ts';

const parse = (text: string): FetchArguments => parseFetch(new Scanner(` ${text}`));
const item = (text: string): unknown => parse(`1 (${text})`).items[0];

test('one item without parentheses', () => {
  expect(parse('1:5,* flags')).toMatchObject({
    items: [{ kind: 'flags', name: 'FLAGS' }],
    changedSince: null,
    vanished: false,
  });
});

test.each([
  ['FAST', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE']],
  ['all', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE']],
  ['Full', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY']],
])('the macro %s', (macro, names) => {
  expect(parse(`1 ${macro}`).items.map(({ name }) => name)).toEqual(names);
  expect(() => parse(`1 (${macro})`)).toThrow(ImapSyntaxError);
});

test.each([
  ['UID', { kind: 'uid', name: 'UID' }],
  ['BODYSTRUCTURE', { kind: 'bodyStructure', name: 'BODYSTRUCTURE' }],
  ['BODY', { kind: 'body', name: 'BODY' }],
  ['MODSEQ', { kind: 'modSeq', name: 'MODSEQ' }],
  ['EMAILID', { kind: 'emailId', name: 'EMAILID' }],
  ['THREADID', { kind: 'threadId', name: 'THREADID' }],
  ['SAVEDATE', { kind: 'saveDate', name: 'SAVEDATE' }],
  ['PREVIEW', { kind: 'preview', name: 'PREVIEW', lazy: false }],
  ['PREVIEW (LAZY)', { kind: 'preview', name: 'PREVIEW', lazy: true }],
  ['RFC822', { kind: 'section', name: 'RFC822', section: { path: [], kind: 'all' }, partial: null, peek: false }],
  ['RFC822.HEADER', { kind: 'section', name: 'RFC822.HEADER', section: { path: [], kind: 'header' }, peek: true }],
  ['RFC822.TEXT', { kind: 'section', name: 'RFC822.TEXT', section: { path: [], kind: 'text' }, peek: false }],
  ['BODY[]', { name: 'BODY[]', section: { path: [], kind: 'all' }, peek: false }],
  ['body.peek[text]', { name: 'BODY[TEXT]', section: { path: [], kind: 'text' }, peek: true }],
  ['BODY[1.2.MIME]', { name: 'BODY[1.2.MIME]', section: { path: [1, 2], kind: 'mime' } }],
  ['BODY[3.HEADER]<0.100>', { name: 'BODY[3.HEADER]<0>', partial: { start: 0, count: 100 } }],
  ['BODY[1]', { name: 'BODY[1]', section: { path: [1], kind: 'all' } }],
  [
    'BODY.PEEK[HEADER.FIELDS (From "to" X]y)]<5.1>',
    {
      name: 'BODY[HEADER.FIELDS (FROM TO X]Y)]<5>',
      section: { path: [], kind: 'headerFields', fields: ['From', 'to', 'X]y'] },
    },
  ],
  [
    'BODY[2.HEADER.FIELDS.NOT (Received)]',
    {
      name: 'BODY[2.HEADER.FIELDS.NOT (RECEIVED)]',
      section: { path: [2], kind: 'headerFieldsNot', fields: ['Received'] },
    },
  ],
  ['BINARY[1.2]<3.4>', { kind: 'binary', name: 'BINARY[1.2]<3>', path: [1, 2], peek: false }],
  ['BINARY.PEEK[]', { kind: 'binary', name: 'BINARY[]', path: [], peek: true }],
  ['BINARY.SIZE[1]', { kind: 'binarySize', name: 'BINARY.SIZE[1]', path: [1] }],
])('%s', (text, expected) => {
  expect(item(text)).toMatchObject(expected);
});

test.each([
  '',
  '1',
  '1 ',
  'x FLAGS',
  '1 ()',
  '1 (FLAGS',
  '1 (FLAGS  UID)',
  '1 FLAGS UID',
  '1 FOO',
  '1 FLAGS[1]',
  '1 BODY[',
  '1 BODY[MIME]',
  '1 BODY[0]',
  '1 BODY[1.]',
  '1 BODY[1TEXT]',
  '1 BINARY[1.]',
  '1 BODY[.1]',
  '1 BODY[FOO]',
  '1 BODY[HEADER.FIELDS]',
  '1 BODY[HEADER.FIELDS ()]',
  '1 BODY[HEADER.FIELDS ("a b")]',
  '1 BODY[HEADER.FIELDS ("a:")]',
  '1 BODY[]<0>',
  '1 BODY[]<0.0>',
  '1 BODY[]<-1.5>',
  '1 BODY[TEXT.1]',
  `1 BODY[${'1.'.repeat(200)}1]`,
  '1 BINARY',
  '1 BINARY[TEXT]',
  '1 BINARY.FOO[1]',
  '1 PREVIEW (EAGER)',
  '1 FLAGS (VANISHED)',
  '1 FLAGS (CHANGEDSINCE)',
  '1 FLAGS (FOO 1)',
  '1 FLAGS ()',
])('%j is refused', (text) => {
  expect(() => parse(text)).toThrow(ImapSyntaxError);
});

describe('modifiers', () => {
  test('CHANGEDSINCE and VANISHED', () => {
    expect(parse('1:* (FLAGS) (CHANGEDSINCE 12345 VANISHED)')).toMatchObject({ changedSince: 12_345, vanished: true });
    expect(parse('1:* PREVIEW (CHANGEDSINCE 5)')).toMatchObject({ changedSince: 5, items: [{ lazy: false }] });
    expect(parse('1 PREVIEW (LAZY) (CHANGEDSINCE 5)')).toMatchObject({ changedSince: 5, items: [{ lazy: true }] });
  });
});

describe('repetition', () => {
  test('is dropped, and what sets \\Seen stays', () => {
    const items = parse('1 (UID UID BODY.PEEK[] BODY[] BODY.PEEK[] BODY[]<0.5> BODY[]<0.6>)').items;
    expect(items.map(({ name }) => name)).toEqual(['UID', 'BODY[]', 'BODY[]<0>', 'BODY[]<0>']);
    expect(items[1]).toMatchObject({ peek: false });
  });

  test('of what differs has a limit', () => {
    const parts = (count: number): string => Array.from({ length: count }, (_, i) => `BODY[${i + 1}]`).join(' ');
    expect(parse(`1 (${parts(100)})`).items.length).toBe(100);
    expect(() => parse(`1 (${parts(101)})`)).toThrow(ImapSyntaxError);
  });
});
