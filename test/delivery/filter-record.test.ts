/** What is no filter is refused with the path of the fault; what is one stays as it is. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  filterKey,
  filterValue,
  patchFilter,
  readFilterOptions,
  readFilters,
} from '../../src/delivery/filter-record.ts';
import { isEiderError } from '../../src/errors.ts';
import type { Filter, FilterOptions } from '../../src/model/filter.ts';
import { filterOf } from './facts-fixture.ts';

const read = (options: unknown): unknown => readFilterOptions(options as FilterOptions);
const conditions = { all: [] };
const actions = { seen: true };

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isEiderError(error, 'FILTER_INVALID')) return error.message;
    throw error;
  }
  return 'accepted';
}

const withTest = (test: unknown): unknown => ({ conditions: test, actions });
const withActions = (given: unknown): unknown => ({ conditions, actions: given });
const nested = (levels: number): unknown => {
  let inner: unknown = { all: [] };
  for (let level = 1; level < levels; level++) inner = { not: inner };
  return inner;
};
const circle: { all: unknown[] } = { all: [] };
circle.all.push(circle);
const circularMetadata: Record<string, unknown> = {};
circularMetadata.again = circularMetadata;
let bomb: unknown = { all: [] };
for (let level = 0; level < 8; level++) bomb = { all: Array.from({ length: 50 }, () => bomb) };

const FAULTS: readonly (readonly [string, unknown, RegExp])[] = [
  ['no object', null, /^filter: is no object/],
  ['a list', [], /^filter: is no object/],
  ['a text', 'x', /^filter: is no object/],
  ['of a class', new Date(), /^filter: is no object/],
  ['without conditions', { actions }, /^conditions: are missing/],
  ['without actions', { conditions }, /^actions: there are none/],
  ['with no action left', withActions({ seen: null }), /^actions: there are none/],
  ['an unknown member', { conditions, actions, color: 1 }, /^color: is not known/],
  ['an id', { conditions, actions, id: 'a' }, /^id: is not known/],
  ['__proto__', JSON.parse('{"conditions":{"all":[]},"actions":{"seen":true},"__proto__":{}}'), /^__proto__: is not/],
  ['a prototype name', { conditions, actions, constructor: 1 }, /^constructor: is not known/],
  ['a name that is none', { conditions, actions, name: 1 }, /^name: is no text/],
  ['a name that is long', { conditions, actions, name: 'x'.repeat(256) }, /^name: has not 0 to 255/],
  ['a name with controls', { conditions, actions, name: 'a\0' }, /^name: has a character/],
  ['a name with half a character', { conditions, actions, name: '\ud800' }, /^name: has a character/],
  ['enabled that is no boolean', { conditions, actions, enabled: 'yes' }, /^enabled: is neither/],
  ['metadata that are a list', { conditions, actions, metadata: [] }, /^metadata: is no object/],
  ['metadata that are a function', { conditions, actions, metadata: { a: () => 1 } }, /^metadata\.a: is nothing/],
  ['metadata with no number', { conditions, actions, metadata: { a: [Number.NaN] } }, /^metadata\.a\[0\]: is nothing/],
  [
    'metadata with a prototype',
    { conditions, actions, metadata: JSON.parse('{"a":{"__proto__":1}}') },
    /^metadata\.a\./,
  ],
  ['metadata in a circle', { conditions, actions, metadata: circularMetadata }, /^metadata(?:\.again)+: lies too deep/],
  [
    'much metadata',
    { conditions, actions, metadata: { a: new Array(3_000).fill(1) } },
    /^metadata\.a\[\d+\]: there are/,
  ],
  ['conditions that are none', withTest(null), /^conditions: is neither/],
  ['conditions of no kind', withTest({}), /^conditions: is neither/],
  ['two groups', withTest({ all: [], any: [] }), /^conditions\.any: is not known/],
  ['a group with a test', withTest({ all: [], test: 'from' }), /^conditions\.test: is not known/],
  ['all of no list', withTest({ all: {} }), /^conditions\.all: is no list/],
  ['any of none', withTest({ any: [] }), /^conditions\.any: has not 1 to/],
  ['not of a list', withTest({ not: [] }), /^conditions\.not: is neither/],
  ['deep conditions', withTest(nested(11)), /^conditions(?:\.not)+: .* 10 levels/],
  ['conditions in a circle', withTest(circle), /^conditions(?:\.all\[0\])+: .* 10 levels/],
  ['many groups', withTest(bomb), /^conditions\.all.*: a filter has at most 100 groups/],
  [
    'many tests',
    withTest({
      all: ['a', 'b'].map(() => ({ all: Array.from({ length: 60 }, () => ({ test: 'tag', exists: true })) })),
    }),
    /^conditions\.all\[1\]\.all\[40\]: .* 100 tests/,
  ],
  ['an unknown test', withTest({ test: 'moon', is: 'full' }), /^conditions\.test: is none of header/],
  ['a test by a prototype name', withTest({ test: 'constructor' }), /^conditions\.test: is none of/],
  ['a test that is no text', withTest({ test: {} }), /^conditions: is neither/],
  [
    'an unknown member of a test',
    withTest({ any: [{ test: 'from', is: 'a', 'x\n': 1 }] }),
    /^conditions\.any\[0\]\.x\\n: is not/,
  ],
  ['no match', withTest({ test: 'from' }), /^conditions: needs one of contains, is/],
  ['two matches', withTest({ test: 'from', is: 'a', contains: 'b' }), /^conditions: needs one of/],
  ['from that exists', withTest({ test: 'from', exists: true }), /^conditions\.exists: is not known/],
  ['an empty match', withTest({ test: 'from', contains: '' }), /^conditions\.contains: has not 1 to 1000/],
  ['a blank match', withTest({ test: 'subject', is: ' \t' }), /^conditions\.is: is empty/],
  ['a match of marks alone', withTest({ test: 'subject', contains: '\u0301' }), /^conditions\.contains: is empty/],
  ['a long match', withTest({ test: 'subject', contains: 'x'.repeat(1_001) }), /^conditions\.contains: has not/],
  ['a match that is a number', withTest({ test: 'subject', contains: 1 }), /^conditions\.contains: is no text/],
  ['a header without name', withTest({ test: 'header', is: 'a' }), /^conditions\.name: is no text/],
  ['a header that is none', withTest({ test: 'header', name: 'X Y', is: 'a' }), /^conditions\.name: is no name/],
  ['a header with a colon', withTest({ test: 'header', name: 'X:', exists: true }), /^conditions\.name: is no name/],
  ['exists that is no boolean', withTest({ test: 'tag', exists: 1 }), /^conditions\.exists: is neither/],
  ['a size of nothing', withTest({ test: 'size' }), /^conditions: needs larger or smaller/],
  ['a negative size', withTest({ test: 'size', larger: -1 }), /^conditions\.larger: is no whole number/],
  ['half an octet', withTest({ test: 'size', smaller: 0.5 }), /^conditions\.smaller: is no whole number/],
  ['a huge size', withTest({ test: 'size', larger: 1e300 }), /^conditions\.larger: is no whole number/],
  ['a size in words', withTest({ test: 'size', larger: '5' }), /^conditions\.larger: is no whole number/],
  ['text without a word', withTest({ test: 'text', query: ' , OR' }), /^conditions\.query: has no word/],
  ['text of quotes', withTest({ test: 'text', query: '""' }), /^conditions\.query: has no word/],
  ['a verdict that is none', withTest({ test: 'spam', verdict: 'maybe' }), /^conditions\.verdict: is none of spam/],
  ['a huge score', withTest({ test: 'spam', above: 1e9 }), /^conditions\.above: is no number/],
  ['no score', withTest({ test: 'spam', below: Number.NaN }), /^conditions\.below: is no number/],
  ['two scores', withTest({ test: 'spam', below: 1, above: 2 }), /^conditions: needs one of/],
  ['no time', withTest({ test: 'time' }), /^conditions: says no time/],
  ['a zone alone', withTest({ test: 'time', zone: 'UTC' }), /^conditions: says no time/],
  ['half a time', withTest({ test: 'time', from: '08:00' }), /^conditions: from and until/],
  ['a zone that is none', withTest({ test: 'time', zone: 'Moon/Sea', weekdays: ['mon'] }), /^conditions\.zone: is no/],
  ['no weekday', withTest({ test: 'time', weekdays: [] }), /^conditions\.weekdays: has not 1 to 7/],
  [
    'a weekday that is none',
    withTest({ test: 'time', weekdays: ['Mon'] }),
    /^conditions\.weekdays\[0\]: is none of mon/,
  ],
  ['24 hours', withTest({ test: 'time', from: '24:00', until: '08:00' }), /^conditions\.from: is no time/],
  ['a day that is none', withTest({ test: 'time', since: '2026-02-30' }), /^conditions\.since: is no day/],
  ['a day in words', withTest({ test: 'time', before: 'today' }), /^conditions\.before: is no day/],
  ['actions that are none', withActions('seen'), /^actions: is no object/],
  ['an unknown action', withActions({ explode: true }), /^actions\.explode: is not known/],
  ['a mailbox that is none', withActions({ mailbox: 'a//b' }), /^actions\.mailbox: is no mailbox/],
  ['a mailbox id that is none', withActions({ mailbox: 0 }), /^actions\.mailbox: is no whole number/],
  ['a huge mailbox id', withActions({ mailbox: 1e20 }), /^actions\.mailbox: is no whole number/],
  ['no labels', withActions({ labels: [] }), /^actions\.labels: has not 1 to 20/],
  ['many labels', withActions({ labels: Array.from({ length: 21 }, (_, at) => at + 1) }), /^actions\.labels: has not/],
  ['a label that is none', withActions({ labels: ['Lists', {}] }), /^actions\.labels\[1\]: is no text/],
  ['seen that is no boolean', withActions({ seen: 1 }), /^actions\.seen: is neither/],
  ['a keyword that is none', withActions({ keywords: ['a b'] }), /^actions\.keywords\[0\]: is no keyword/],
  ['a system flag', withActions({ keywords: ['\\Seen'] }), /^actions\.keywords\[0\]: is no keyword/],
  ['\\Recent', withActions({ keywords: ['\\Recent'] }), /^actions\.keywords\[0\]: is no keyword/],
  ['an address that is none', withActions({ forward: ['ann'] }), /^actions\.forward\[0\]: is no address/],
  [
    'an address with a line',
    withActions({ forward: ['a@b.example\r\nBcc: c@d.example'] }),
    /^actions\.forward\[0\]: is no/,
  ],
  ['one address', withActions({ forward: 'a@b.example' }), /^actions\.forward: is no list/],
  [
    'many addresses',
    withActions({ forward: Array.from({ length: 21 }, (_, at) => `a${at}@b.example`) }),
    /^actions\.forward: has/,
  ],
  ['a file as webhook', withActions({ webhooks: ['file:///etc/passwd'] }), /^actions\.webhooks\[0\]: is no URL/],
  ['a script as webhook', withActions({ webhooks: ['javascript:alert(1)'] }), /^actions\.webhooks\[0\]: is no URL/],
  ['a webhook without host', withActions({ webhooks: ['https://'] }), /^actions\.webhooks\[0\]: is no URL/],
  [
    'a webhook with a password',
    withActions({ webhooks: ['https://a:b@x.example/'] }),
    /^actions\.webhooks\[0\]: has a name/,
  ],
  [
    'a long webhook',
    withActions({ webhooks: [`https://x.example/${'a'.repeat(2_048)}`] }),
    /^actions\.webhooks\[0\]: has not/,
  ],
  [
    'many webhooks',
    withActions({ webhooks: Array.from({ length: 6 }, (_, at) => `https://${at}.example/`) }),
    /^actions\.web/,
  ],
];

describe('refuses', () => {
  test.each(FAULTS)('%s', (_, options, message) => {
    expect(refusal(() => read(options))).toMatch(message);
  });

  test('a record of more than 32 KB', () => {
    const words = Array.from({ length: 99 }, () => ({ test: 'subject', contains: 'ä'.repeat(400) }));
    const filter = { ...filterOf({ all: [] }), conditions: { any: words } } as Filter;
    expect(refusal(() => filterValue(filter))).toMatch(/^filter: has more than 32768 octets/);
  });

  test('anything that is no filter, always by the one error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.record({ conditions: fc.anything(), actions: fc.anything() }),
          fc.record({
            conditions: fc.record({
              test: fc.constantFrom('header', 'from', 'size', 'text', 'spam', 'time', 'tag', 'attachment', 'toString'),
              contains: fc.anything(),
              larger: fc.anything(),
              query: fc.string(),
              weekdays: fc.anything(),
            }),
            actions: fc.constant(actions),
          }),
        ),
        (options) => {
          expect(typeof refusal(() => read(options))).toBe('string');
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('takes', () => {
  test('a filter with everything, in its normal form', () => {
    const given = {
      name: 'Ünï',
      enabled: false,
      conditions: { any: [{ test: 'text', query: 'a OR "b c"' }, { not: { test: 'time', weekdays: ['mon', 'mon'] } }] },
      actions: {
        mailbox: 'inbox/Lists/',
        labels: [4, 4],
        seen: null,
        keywords: ['$Work', '$Work'],
        forward: ['Ann@EXAMPLE.org', 'ann@example.org'],
        webhooks: ['HTTPS://Example.org/a b#c'],
        stop: true,
      },
      metadata: { deep: [{ constructor: 'a', toString: null }] },
    };
    expect(read(given)).toEqual({
      ...given,
      conditions: { any: [{ test: 'text', query: 'a OR "b c"' }, { not: { test: 'time', weekdays: ['mon'] } }] },
      actions: {
        mailbox: 'INBOX/Lists',
        labels: [4],
        keywords: ['$Work'],
        forward: ['ann@example.org'],
        webhooks: ['https://example.org/a%20b'],
        stop: true,
      },
    });
  });

  test('conditions as deep and as many as they may be', () => {
    expect(refusal(() => read(withTest(nested(10))))).toBe('accepted');
    const most = { all: Array.from({ length: 100 }, () => ({ test: 'tag', exists: true })) };
    expect(refusal(() => read(withTest(most)))).toBe('accepted');
  });

  test('a change: what is absent stays, an action that is null goes', () => {
    const before = filterOf({ all: [] }, { seen: true, flag: true, forward: ['a@b.example'] });
    const { name, actions: left } = patchFilter(before, { name: 'new', actions: { seen: null, flag: false } });
    expect([name, left]).toEqual(['new', { flag: false, forward: ['a@b.example'] }]);
    const none = { seen: null, flag: null, forward: null };
    expect(refusal(() => patchFilter(before, { actions: none }))).toMatch(/^actions: there are none/);
    expect(refusal(() => patchFilter(before, { id: 'b' } as object))).toMatch(/^id: is not known/);
  });
});

describe('records', () => {
  const entry = (key: string, value: unknown) => ({
    key,
    value: typeof value === 'string' ? value : JSON.stringify(value),
    version: 1,
    expires: null,
  });
  const ids = ['a', 'b', 'c'].map((letter) => letter.repeat(16)) as [string, string, string];
  const stored = (id: string, created: number) =>
    entry(filterKey(id) as string, filterValue({ ...filterOf({ test: 'tag', is: 'x' }), id, created }));

  test('are read in their order, others passed over', () => {
    const all = [
      stored(ids[0], 30),
      stored(ids[1], 20),
      stored(ids[2], 10),
      entry('spam', 'no filter'),
      entry('filterOrder', [ids[1], 'gone']),
      entry('key 00', '?'),
    ];
    const { filters, unreadable } = readFilters(all);
    expect(filters.map(({ id }) => id)).toEqual([ids[1], ids[2], ids[0]]);
    expect(filters[0]).toEqual({ ...filterOf({ test: 'tag', is: 'x' }), id: ids[1], created: 20 });
    expect(unreadable).toEqual([]);
  });

  test('of a newer version are told, and the others hold', () => {
    const newer = { ...filterOf({ all: [] }), conditions: { test: 'moon' }, id: undefined };
    const { filters, unreadable } = readFilters([
      entry(`filter ${ids[0]}`, newer),
      entry(`filter ${ids[1]}`, '{'),
      stored(ids[2], 1),
    ]);
    expect(filters.map(({ id }) => id)).toEqual([ids[2]]);
    expect(unreadable).toEqual([ids[0], ids[1]]);
  });

  test('have ids that cannot name another record', () => {
    for (const id of ['', 'a', 'spam', '../a', `${ids[0]} `, 'A'.repeat(16), '\0'.repeat(16)])
      expect(filterKey(id)).toBeNull();
  });
});
