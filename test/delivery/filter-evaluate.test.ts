/** Each test and each action of filters, by tables. */

import { describe, expect, test } from 'vitest';
import { evaluateFilters, MAX_FORWARDS, MAX_WEBHOOKS, needsText } from '../../src/delivery/filter-evaluate.ts';
import type { FilterCondition } from '../../src/model/filter.ts';
import { ANN, factsOf, filterOf, holds, outcomeOf, WEDNESDAY } from './facts-fixture.ts';

const LETTER = `Received: from elsewhere
X-Spam-Status: Yes, score=7.5 required=5.0
Delivered-To: team@example.org
From: =?utf-8?q?J=C3=B6rg?= Müller <Joerg@Example.COM>, =?utf-8?q?caf=C3=A9?= <bar@xn--caf-dma.example>
To: "Ann, of Foo" <ann+shop@example.org>
Cc: Bob <bob@example.net>
Subject: =?utf-8?b?w4RyZ2Vy?= with   your
\tinvoice [x.y*]
List-Id: A list of cats <cats.lists.example.org>
X-Mailer: Handmade 1.0
X-Empty:
X-Twice: one
X-Twice: two
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=edge

--edge
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Dear Ann, the due   date of the Rechnung is near (a+b)? 🎉 100% [sic]
--edge
Content-Type: text/html

<p>Please <b>pay</b>&nbsp;now</p>
--edge
Content-Type: text/plain
Content-Disposition: attachment; filename="Résumé 2026.PDF"

words of the attachment
--edge--
`;

const POSITIVE: readonly FilterCondition[] = [
  { test: 'header', name: 'x-mailer', contains: 'HANDmade' },
  { test: 'header', name: 'X-Mailer', is: 'handmade 1.0' },
  { test: 'header', name: 'X-Twice', is: 'two' },
  { test: 'header', name: 'X-Empty', exists: true },
  { test: 'header', name: '__proto__', exists: false },
  { test: 'header', name: 'constructor', exists: false },
  { test: 'header', name: 'X-None', exists: false },
  { test: 'header', name: 'subject', contains: 'with your invoice' },
  { test: 'from', contains: 'jörg' },
  { test: 'from', contains: 'jorg muller' },
  { test: 'from', contains: '@example.com' },
  { test: 'from', contains: 'café.example' },
  { test: 'from', is: 'joerg@example.com' },
  { test: 'from', is: 'bar@café.example' },
  { test: 'from', is: 'BAR@xn--caf-dma.example' },
  { test: 'to', contains: 'of foo' },
  { test: 'to', is: 'bob@example.net' },
  { test: 'to', is: 'team@example.org' },
  { test: 'to', is: 'ann@example.org' },
  { test: 'to', contains: 'ann@example' },
  { test: 'subject', contains: 'ärger' },
  { test: 'subject', contains: 'your  INVOICE' },
  { test: 'subject', contains: '[x.y*]' },
  { test: 'subject', is: 'Ärger with your invoice [x.y*]' },
  { test: 'listId', contains: 'list of cats' },
  { test: 'listId', is: 'cats.lists.example.org' },
  { test: 'size', larger: 100 },
  { test: 'size', smaller: 10_000 },
  { test: 'size', larger: 100, smaller: 10_000 },
  { test: 'attachment', exists: true },
  { test: 'attachment', contains: '.pdf' },
  { test: 'attachment', is: 'resume 2026.pdf' },
  { test: 'text', query: 'rechnung' },
  { test: 'text', query: 'RECHNUNG near' },
  { test: 'text', query: 'near,rechnung , date' },
  { test: 'text', query: '"the due date"' },
  { test: 'text', query: 'nothing OR rechnung' },
  { test: 'text', query: 'nothing here OR "pay now"' },
  { test: 'text', query: '🎉' },
  { test: 'text', query: '(a+b)?' },
  { test: 'text', query: '"date of" OR zebra' },
  { test: 'text', query: '100% [sic]' },
  { test: 'text', query: '"unclosed OR near' },
  { test: 'spam', verdict: 'unknown' },
  { test: 'tag', exists: false },
  { test: 'time', weekdays: ['wed'] },
  { test: 'time', from: '09:30', until: '09:31' },
  { test: 'time', zone: 'Asia/Tokyo', from: '18:00', until: '19:00' },
  { test: 'time', from: '22:00', until: '10:00' },
  { test: 'time', since: '2026-07-01', before: '2026-07-02' },
  { test: 'time', zone: 'Pacific/Kiritimati', since: '2026-07-01', weekdays: ['wed'] },
  { test: 'time', zone: 'Pacific/Pago_Pago', before: '2026-07-01', since: '2026-06-30', weekdays: ['tue'] },
  { all: [] },
  {
    any: [
      { test: 'subject', is: 'no' },
      { test: 'from', contains: 'example' },
    ],
  },
  {
    not: {
      all: [
        { test: 'from', contains: 'example' },
        { test: 'subject', contains: 'no such' },
      ],
    },
  },
];

const NEGATIVE: readonly FilterCondition[] = [
  { test: 'header', name: 'X-Mailer', contains: 'machine' },
  { test: 'header', name: 'X-Mailer', is: 'handmade' },
  { test: 'header', name: 'X-Twice', contains: 'three' },
  { test: 'header', name: 'X-None', contains: 'a' },
  { test: 'header', name: 'X-Empty', exists: false },
  { test: 'header', name: 'X-Empty', contains: 'e' },
  { test: 'from', contains: 'ann@example.org' },
  { test: 'from', is: 'example.com' },
  // What differs by a mark is another address.
  { test: 'from', is: 'bar@cafe.example' },
  { test: 'to', is: 'joerg@example.com' },
  { test: 'subject', contains: 'x.y+' },
  { test: 'subject', contains: '[xzy' },
  { test: 'subject', is: 'Ärger' },
  { test: 'listId', is: 'lists.example.org' },
  { test: 'size', larger: 100_000 },
  { test: 'size', smaller: 100 },
  { test: 'attachment', exists: false },
  { test: 'attachment', contains: '.zip' },
  { test: 'text', query: 'rechnung zebra' },
  { test: 'text', query: '"date due"' },
  { test: 'text', query: 'attachment' },
  { test: 'text', query: '<b>' },
  { test: 'text', query: 'r.chnung' },
  { test: 'text', query: 'zebra OR "near Rechnung"' },
  { test: 'spam', verdict: 'spam' },
  { test: 'spam', above: 1 },
  { test: 'spam', below: 100 },
  { test: 'tag', contains: 's' },
  { test: 'time', weekdays: ['mon', 'sun'] },
  { test: 'time', from: '09:31', until: '09:30' },
  { test: 'time', from: '08:00', until: '09:30' },
  { test: 'time', before: '2026-07-01' },
  { test: 'time', since: '2026-07-02' },
  { test: 'time', weekdays: ['wed'], from: '10:00', until: '11:00' },
  { any: [{ test: 'subject', is: 'no' }] },
  { not: { all: [] } },
];

const shown = (conditions: readonly FilterCondition[]): [string, FilterCondition][] =>
  conditions.map((one) => [JSON.stringify(one), one]);

describe('tests of a filter', () => {
  test.each(shown(POSITIVE))('%s holds', async (_, condition) => {
    const facts = await factsOf(LETTER);
    expect(holds(condition, facts)).toBe(true);
    expect(holds({ not: condition }, facts)).toBe(false);
  });

  test.each(shown(NEGATIVE))('%s does not hold', async (_, condition) => {
    const facts = await factsOf(LETTER);
    expect(holds(condition, facts)).toBe(false);
    expect(holds({ not: condition }, facts)).toBe(true);
  });

  test.each([
    [{ test: 'tag', exists: true }, 'Shop', true],
    [{ test: 'tag', is: 'shop' }, 'Shop', true],
    [{ test: 'tag', contains: 'ho' }, 'Shop', true],
    [{ test: 'tag', is: 'sho' }, 'Shop', false],
    [{ test: 'tag', exists: true }, null, false],
  ] as const)('%j with the tag %j: %j', async (condition, detail, expected) => {
    expect(holds(condition, await factsOf(LETTER), { ...ANN, detail })).toBe(expected);
  });

  test.each([
    [{ test: 'spam', verdict: 'spam' }, true],
    [{ test: 'spam', verdict: 'ham' }, false],
    [{ test: 'spam', above: 7 }, true],
    [{ test: 'spam', above: 7.5 }, false],
    [{ test: 'spam', below: 8 }, true],
    [{ test: 'spam', below: 7.5 }, false],
  ] as const)('%j with a score of 7.5: %j', async (condition, expected) => {
    const facts = await factsOf(LETTER, { trust: { anywhere: ['X-Spam-Status'] } });
    expect(holds(condition, facts)).toBe(expected);
  });

  test('the clock goes by the zone, on the day when its clocks are changed too', async () => {
    // In Berlin 2026-03-29 has no 02:30: 01:30 UTC is 03:30 there.
    const facts = await factsOf(LETTER, { time: Date.UTC(2026, 2, 29, 1, 30) });
    expect(holds({ test: 'time', zone: 'Europe/Berlin', from: '03:00', until: '04:00' }, facts)).toBe(true);
    expect(holds({ test: 'time', zone: 'Europe/Berlin', from: '02:00', until: '03:00' }, facts)).toBe(false);
  });

  test('text of parts in blobs is found once it was loaded', async () => {
    const long = `Subject: long\n\n${'all work and no play\n'.repeat(30_000)}the needle`;
    const facts = await factsOf(long);
    expect(facts.size).toBeGreaterThan(512 * 1024);
    await facts.loadText();
    expect(holds({ test: 'text', query: 'needle' }, facts)).toBe(true);
    expect(holds({ test: 'text', query: '"play the needle"' }, facts)).toBe(true);
  });

  test('a message of any octets has facts', async () => {
    for (const octets of [
      Buffer.alloc(0),
      Buffer.from('\n'),
      Buffer.alloc(3000, 0xff),
      Buffer.from('From: <\nTo: @\n\n'),
    ]) {
      const facts = await factsOf(octets);
      expect(
        holds(
          {
            any: [
              { test: 'from', is: 'a@b' },
              { test: 'text', query: 'a' },
            ],
          },
          facts,
        ),
      ).toBe(false);
    }
  });

  test('what is true of one recipient is not of the next', async () => {
    const facts = await factsOf(LETTER);
    const forBob: FilterCondition = {
      all: [
        { test: 'to', is: 'bo@example.org' },
        { test: 'tag', is: 'x' },
      ],
    };
    const bo = { address: 'bo@example.org', detail: 'x' };
    expect([holds(forBob, facts), holds(forBob, facts, bo), holds(forBob, facts)]).toEqual([false, true, false]);
  });
});

describe('what filters come to', () => {
  test('of the first kind of actions the first filter decides, of the second all', async () => {
    const facts = await factsOf(LETTER);
    expect(
      outcomeOf(
        facts,
        { mailbox: 3, seen: false, forward: ['a@x.example'], labels: [5], webhooks: ['https://one.example/'] },
        { mailbox: 4, seen: true, flag: true, junk: false, forward: ['b@x.example', 'a@x.example'], labels: [6, 5] },
        { junk: true, delete: true, keywords: ['$Work'], webhooks: ['http://two.example/'] },
      ),
    ).toEqual({
      matched: ['a', 'b', 'c'],
      mailbox: 3,
      labels: [5, 6],
      seen: false,
      flag: true,
      keywords: ['$Work'],
      junk: false,
      delete: true,
      forward: ['a@x.example', 'b@x.example'],
      webhooks: ['https://one.example/', 'http://two.example/'],
    });
  });

  test('no filter, nothing', async () => {
    const nothing = {
      matched: [],
      mailbox: null,
      labels: [],
      seen: false,
      flag: false,
      keywords: [],
      junk: null,
      delete: false,
      forward: [],
      webhooks: [],
    };
    const facts = await factsOf(LETTER);
    expect(evaluateFilters([], facts, ANN)).toEqual(nothing);
    const off = { ...filterOf({ all: [] }), enabled: false };
    const other = filterOf({ test: 'subject', contains: 'zebra' });
    expect(evaluateFilters([off, other], facts, ANN)).toEqual(nothing);
  });

  test('stop ends, where its filter matches', async () => {
    const facts = await factsOf(LETTER);
    expect(outcomeOf(facts, { flag: true, stop: true }, { seen: true })).toMatchObject({ matched: ['a'], seen: false });
    expect(outcomeOf(facts, { flag: true, stop: false }, { seen: true })).toMatchObject({ matched: ['a', 'b'] });
    const stopped = [
      filterOf({ test: 'subject', is: 'no' }, { stop: true }, 'a'),
      filterOf({ all: [] }, { seen: true }, 'b'),
    ];
    expect(evaluateFilters(stopped, facts, ANN).matched).toEqual(['b']);
  });

  test('targets have bounds', async () => {
    const facts = await factsOf(LETTER);
    const many = Array.from({ length: 26 }, (_, index) => ({
      forward: Array.from({ length: 20 }, (__, at) => `a${at}@${index}.x.example`),
      webhooks: [`https://${index}.example/`],
    }));
    const outcome = outcomeOf(facts, ...many);
    expect([outcome.forward.length, outcome.webhooks.length]).toEqual([MAX_FORWARDS, MAX_WEBHOOKS]);
  });
});

test('text is wanted where an active filter looks at it', () => {
  const text = filterOf({ not: { any: [{ all: [{ test: 'text', query: 'a' }] }] } });
  expect(needsText([filterOf({ all: [] }), text])).toBe(true);
  expect(needsText([filterOf({ test: 'subject', is: 'a' }), { ...text, enabled: false }])).toBe(false);
});

test('a Wednesday is one', () => {
  expect(new Date(WEDNESDAY).getUTCDay()).toBe(3);
});
