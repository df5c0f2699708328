/** Search conditions of every key, with values that match some, all and none of a made-up mailbox. */

import type { SearchQuery } from '../model/search-query.ts';
import { UidSet } from '../model/uid-set.ts';

const DAY = 86_400_000;

const FIELD_TEXTS = [
  '',
  'ann',
  'ANN',
  'an',
  'a',
  'example',
  'Quarterly report',
  'rterly rep',
  'gruße',
  'GRÜSSE',
  'grusse',
  'koln',
  'müller',
  'muller',
  '你好',
  '世界',
  '你',
  'number 1',
  '%',
  '"',
  '(odd)',
  '*',
  '" OR "',
  "'",
  'istanbul',
  'σίσυφοσ',
  'no such text',
  'x',
  '@made.example>',
];

const WORD_TEXTS = [
  '',
  'figures',
  'fig',
  'FIGURES numbers',
  'numbers figures',
  'igures',
  'strasse',
  'straße',
  'brucke',
  '天气',
  '今天',
  '今',
  '气很',
  "don't",
  'oneil',
  'and',
  'OR',
  'not near',
  '"figures"',
  'fig*',
  '-',
  'fine',
  'viii',
  'filler',
  'a',
  'made',
  'made.example',
  'report',
];

/** Conditions for a mailbox whose dates lie around `now` (milliseconds since 1970). */
export function madeQueries(now: number): SearchQuery[] {
  const today = Math.floor(now / DAY);
  return [
    { key: 'all' },
    ...['1', '2:5', '1,3,5:7,100:200', '4000000000'].map(
      (set): SearchQuery => ({ key: 'uid', set: UidSet.parse(set) }),
    ),
    { key: 'uid', set: UidSet.empty },
    ...[1, 2, 4, 8, 16].flatMap((mask): SearchQuery[] => [true, false].map((set) => ({ key: 'flag', mask, set }))),
    ...['work', 'WORK', 'wor', 'w_rk', 'w%rk', 'w-rk', 'w?rk', '$forwarded', 'none'].flatMap((keyword): SearchQuery[] =>
      [true, false].map((set) => ({ key: 'keyword', keyword, set })),
    ),
    ...FIELD_TEXTS.flatMap((text): SearchQuery[] =>
      (['from', 'to', 'cc', 'bcc', 'subject'] as const).map((key) => ({ key, text })),
    ),
    ...['', 'invoice', 'INVOICE 2024', '.pdf', 'koln', 'übersicht', 'none'].map(
      (text): SearchQuery => ({ key: 'attachment', text }),
    ),
    ...['X-Spam', 'x-spam', 'List-Id', 'Subject', 'Spam', 'X-None'].flatMap((field): SearchQuery[] =>
      ['', 'yes', 'score', 'DEV', 'quarter'].map((text) => ({ key: 'header', field, text })),
    ),
    ...WORD_TEXTS.flatMap((text): SearchQuery[] => [
      { key: 'body', text },
      { key: 'text', text },
    ]),
    ...[0, 150, 1000, 1_000_000].flatMap((octets): SearchQuery[] => [
      { key: 'larger', octets },
      { key: 'smaller', octets },
    ]),
    ...(['internalDay', 'sentDay', 'saveDay'] as const).flatMap((key): SearchQuery[] => [
      { key },
      { key, from: today - 3 },
      { key, before: today - 3 },
      { key, from: today, before: today + 1 },
      { key, from: today + 1 },
      { key, from: 19_723, before: 19_730 },
    ]),
    ...[60, 86_400 * 3 + 500, 86_400 * 365].flatMap((seconds): SearchQuery[] => [
      { key: 'younger', seconds },
      { key: 'older', seconds },
    ]),
    ...[0, 5, 20, 1_000_000].map((from): SearchQuery => ({ key: 'modSeq', from })),
    ...[UidSet.empty, UidSet.parse('4000000000')].map(
      (set): SearchQuery => ({
        key: 'and',
        of: [
          { key: 'flag', mask: 16, set: true },
          { key: 'uid', set },
        ],
      }),
    ),
    {
      key: 'and',
      of: [
        { key: 'flag', mask: 16, set: true },
        { key: 'or', of: [] },
      ],
    },
    { key: 'emailId', id: 3 },
    { key: 'contentId', id: 3 },
    { key: 'threadId', id: 0 },
  ];
}
