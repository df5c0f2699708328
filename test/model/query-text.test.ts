/** Queries as people type them. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EiderError } from '../../src/errors.ts';
import type { Mailbox } from '../../src/model/mailbox.ts';
import { parseQueryText } from '../../src/model/query-text.ts';
import type { SearchQuery } from '../../src/model/search-query.ts';

const NOW = Date.UTC(2024, 5, 1);

function mailbox(id: number, path: string, specialUse: Mailbox['specialUse'] = null): Mailbox {
  const counters = { messages: 0, unseen: 0, deleted: 0, octets: 0, createdModSeq: 1, highestModSeq: 1 };
  return { id, path, specialUse, uidValidity: 1, uidNext: 1, ...counters };
}

const mailboxes = [
  mailbox(1, 'INBOX'),
  mailbox(2, 'Gesendet', '\\Sent'),
  mailbox(3, 'Work/Big Deal'),
  mailbox(4, 'Entwürfe'),
];
const parse = (text: string): SearchQuery => parseQueryText(text, { mailboxes, now: NOW });
const text = (value: string): SearchQuery => ({ key: 'text', text: value });
const and = (...of: SearchQuery[]): SearchQuery => ({ key: 'and', of });
const or = (...of: SearchQuery[]): SearchQuery => ({ key: 'or', of });
const not = (of: SearchQuery): SearchQuery => ({ key: 'not', of });
const from = (value: string): SearchQuery => ({ key: 'from', text: value });
const subject = (value: string): SearchQuery => ({ key: 'subject', text: value });
const ALL: SearchQuery = { key: 'all' };
const recipient = (value: string): SearchQuery =>
  or({ key: 'to', text: value }, { key: 'cc', text: value }, { key: 'bcc', text: value });
const day = (...ymd: [number, number, number]): number => Date.UTC(ymd[0], ymd[1] - 1, ymd[2]) / 86_400_000;

const CASES: readonly [string, SearchQuery][] = [
  ['', ALL],
  ['  ', ALL],
  ['lunch', text('lunch')],
  ['lunch today', and(text('lunch'), text('today'))],
  ['"lunch today"', text('lunch today')],
  ['"never closed', text('never closed')],
  ['+exact', text('exact')],
  ['-spam', not(text('spam'))],
  ['a - b', and(text('a'), text('b'))],
  ['well-known', text('well-known')],
  ['a OR b', or(text('a'), text('b'))],
  ['a | b', or(text('a'), text('b'))],
  ['a OR b OR c', or(text('a'), text('b'), text('c'))],
  ['x a OR b', and(text('x'), or(text('a'), text('b')))],
  ['a AND b', and(text('a'), text('b'))],
  ['OR a', text('a')],
  ['a OR', text('a')],
  ['oracle', text('oracle')],
  ['{a b}', or(text('a'), text('b'))],
  ['(a b) OR c', or(and(text('a'), text('b')), text('c'))],
  ['-(a b)', not(and(text('a'), text('b')))],
  ['((a))', text('a')],
  ['(a', text('a')],
  ['a) b', and(text('a'), text('b'))],
  ['()', ALL],
  ['from:ann', from('ann')],
  ['FROM:Ann', from('Ann')],
  ['from:"Ann Example"', from('Ann Example')],
  ['from:(ann OR bob)', or(from('ann'), from('bob'))],
  ['from:{ann bob}', or(from('ann'), from('bob'))],
  ['subject:(big deal)', and(subject('big'), subject('deal'))],
  ['-from:ann', not(from('ann'))],
  ['from:', ALL],
  ['to:bob', recipient('bob')],
  ['cc:bob', { key: 'cc', text: 'bob' }],
  ['list:dev@example.org', { key: 'header', field: 'list-id', text: 'dev@example.org' }],
  ['rfc822msgid:<a@b>', { key: 'header', field: 'message-id', text: 'a@b' }],
  ['deliveredto:me@example.org', { key: 'header', field: 'delivered-to', text: 'me@example.org' }],
  ['has:attachment', { key: 'attachment', text: '' }],
  ['filename:pdf', { key: 'attachment', text: 'pdf' }],
  ['has:yellow-star', { key: 'flag', mask: 4, set: true }],
  ['has:nothing', not(ALL)],
  ['has:userlabels', or({ key: 'mailbox', id: 3 }, { key: 'mailbox', id: 4 })],
  ['is:unread', { key: 'flag', mask: 1, set: false }],
  ['is:read', { key: 'flag', mask: 1, set: true }],
  ['is:starred', { key: 'flag', mask: 4, set: true }],
  ['is:important', { key: 'keyword', keyword: '$Important', set: true }],
  ['in:inbox', { key: 'mailbox', id: 1 }],
  ['in:sent', { key: 'mailbox', id: 2 }],
  ['in:gesendet', { key: 'mailbox', id: 2 }],
  ['label:work-big-deal', { key: 'mailbox', id: 3 }],
  ['label:"Work/Big Deal"', { key: 'mailbox', id: 3 }],
  ['label:entwürfe', { key: 'mailbox', id: 4 }],
  ['label:none', not(ALL)],
  ['in:anywhere', ALL],
  ['after:2024/04/16', { key: 'internalDay', from: day(2024, 4, 16) }],
  ['newer:04/16/2024', { key: 'internalDay', from: day(2024, 4, 16) }],
  ['before:2024-04-16', { key: 'internalDay', before: day(2024, 4, 16) }],
  ['older:2024-4-6', { key: 'internalDay', before: day(2024, 4, 6) }],
  [`after:${NOW / 1000 - 60}`, { key: 'younger', seconds: 60 }],
  ['before:2024/02/30', text('before 2024/02/30')],
  ['newer_than:2d', { key: 'younger', seconds: 172_800 }],
  ['older_than:1y', { key: 'older', seconds: 31_536_000 }],
  ['older_than:soon', text('older_than soon')],
  ['larger:10M', { key: 'larger', octets: 10_485_760 }],
  ['size:1000', { key: 'larger', octets: 1000 }],
  ['smaller:1.5k', { key: 'smaller', octets: 1536 }],
  ['larger:huge', text('larger huge')],
  ['http://example.org/', text('http://example.org/')],
  ['re: lunch', and(text('re:'), text('lunch'))],
  ['category:primary', ALL],
  ['🎉', ALL],
  [
    'from:ann is:unread -in:sent "the report"',
    and(from('ann'), { key: 'flag', mask: 1, set: false }, not({ key: 'mailbox', id: 2 }), text('the report')),
  ],
];

describe('a query', () => {
  it.each(CASES)('%s', (typed, query) => {
    expect(parse(typed)).toEqual(query);
  });

  it.each([
    ['too long', 'a'.repeat(8193)],
    ['too many terms', 'a '.repeat(1001)],
    ['too deep', '('.repeat(60)],
    ['too many negations', `${'-'.repeat(60)}a`],
  ])('that is %s is refused', (_, typed) => {
    expect(() => parse(typed)).toThrow(EiderError);
  });

  it('of any characters comes to something, in little time', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom(
          '(',
          ')',
          '{',
          '}',
          '"',
          '-',
          ' ',
          'OR',
          '|',
          'from:',
          'in:',
          'after:',
          'larger:',
          'AND ',
          '\\',
          ':',
        ),
        fc.string({ unit: 'binary', maxLength: 6 }),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        try {
          expect(parse(parts.join(''))).toHaveProperty('key');
        } catch (error) {
          expect(error).toMatchObject({ code: 'LIMIT_EXCEEDED' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
