/** Cases of search: every key and their combinations against a matcher that looks at each message. */

import assert from 'node:assert/strict';
import type { NewMessage } from '../engine/records.ts';
import type { AccountId, MailboxId } from '../model/ids.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { UidSet } from '../model/uid-set.ts';
import { matchesNaively, type SearchSubject } from './naive-search.ts';
import { madeQueries } from './search-queries.ts';
import { ALL, type MadeMessage, rejects, type Suite, type SuiteContext } from './suite.ts';

const DAY = 86_400_000;

/** Messages that differ in everything that can be searched. */
function corpus(now: number): MadeMessage[] {
  const common = Array.from({ length: 12 }, (_, index) => ({ internalDate: now - index * DAY - 1000 }));
  return [
    ...common,
    {
      from: 'Ann Example <ann@made.example>',
      subject: 'Quarterly report',
      body: 'figures and numbers',
      flags: ['\\Seen', 'Work'],
    },
    {
      from: 'Zoë Müller <zoe@made.example>',
      subject: 'Grüße aus Köln',
      body: 'Straße und Brücke',
      flags: ['\\Flagged', '$Forwarded'],
    },
    { from: '李雷 <li@made.example>', subject: '你好世界', body: '今天天气很好', cc: 'ann@made.example' },
    { from: 'x', to: 'y', subject: 'z', body: 'a b c', cc: 'q', bcc: 'hidden@made.example' },
    { subject: '', body: '', sentDate: null, internalDate: now - 40 * DAY },
    {
      subject: '100% "quoted" (odd) * text',
      body: "don't stop: O'Neil's AND-OR-NOT NEAR",
      flags: ['\\Deleted', '\\Answered', 'w_rk', 'w-rk'],
    },
    {
      subject: 'İstanbul ΣΊΣΥΦΟΣ',
      body: 'ﬁne ligature Ⅷ',
      fields: { 'X-Spam': 'No, score=1', 'List-Id': '<dev.made.example>' },
    },
    {
      subject: 'Re: Quarterly report',
      body: 'reporting',
      fields: { 'X-Spam': 'yes' },
      flags: ['\\Draft', 'work', '\\Seen'],
    },
    { subject: 'a very long one', body: 'filler '.repeat(3000) },
    { subject: 'old', body: 'ancient', internalDate: 0, sentDate: 0 },
    { subject: 'one attachment', fileName: 'Invoice 2024-07.PDF' },
    { subject: 'another', fileName: 'Übersicht_Köln.xlsx' },
  ];
}

/** Registers the cases. */
export function searchCases(suite: Suite): void {
  suite.group('search', () => {
    suite.test('each key answers as a look at each message does', async (t) => {
      const place = await fill(t);
      for (const query of madeQueries(Date.now())) await compare(t, place, query);
    });

    suite.test('keys combine freely under AND, OR and NOT', async (t) => {
      const place = await fill(t);
      const queries = madeQueries(Date.now());
      const pick = random(42);
      const build = (depth: number): SearchQuery => {
        const kind = depth === 0 ? 0 : pick(5);
        if (kind < 2) return queries[pick(queries.length)] as SearchQuery;
        if (kind === 2) return { key: 'not', of: build(depth - 1) };
        return { key: kind === 3 ? 'and' : 'or', of: Array.from({ length: pick(4) }, () => build(depth - 1)) };
      };
      for (let round = 0; round < 300; round++) await compare(t, place, build(4));
    });

    suite.test('an AND of nothing is everything, an OR of nothing is nothing', async (t) => {
      const place = await fill(t);
      await compare(t, place, { key: 'and', of: [] });
      await compare(t, place, { key: 'or', of: [] });
      await compare(t, place, { key: 'not', of: { key: 'or', of: [] } });
    });

    suite.test('long lists and deep nests are answered, not refused', async (t) => {
      const place = await fill(t);
      const odd = UidSet.from(Array.from({ length: 5000 }, (_, index) => 2 * index + 1));
      await compare(t, place, { key: 'uid', set: odd });
      const subjects = Array.from(
        { length: 1500 },
        (_, index): SearchQuery => ({ key: 'subject', text: `number ${index}` }),
      );
      await compare(t, place, { key: 'or', of: subjects.slice(0, 300) });
      const uids = Array.from(
        { length: 3000 },
        (_, index): SearchQuery => ({ key: 'uid', set: UidSet.of(2 * index + 1) }),
      );
      await compare(t, place, { key: 'or', of: uids });
      await compare(t, place, { key: 'and', of: uids.map((of): SearchQuery => ({ key: 'not', of })) });
      let nest: SearchQuery = { key: 'flag', mask: 1, set: true };
      for (let depth = 0; depth < 49; depth++)
        nest = { key: 'not', of: { key: 'or', of: [nest, { key: 'uid', set: UidSet.of(depth) }] } };
      await compare(t, place, nest);
    });

    suite.test('what is too deep or too long is refused as such', async (t) => {
      const { account, inbox } = await t.inbox();
      let nest: SearchQuery = { key: 'all' };
      for (let depth = 0; depth < 5000; depth++) nest = { key: 'not', of: nest };
      await rejects(
        t.engine.read(account, (tx) => tx.search(inbox.id, nest)),
        'LIMIT_EXCEEDED',
      );
      const of = Array.from({ length: 200_000 }, (): SearchQuery => ({ key: 'larger', octets: 1 }));
      await rejects(
        t.engine.read(account, (tx) => tx.search(inbox.id, { key: 'or', of })),
        'LIMIT_EXCEEDED',
      );
    });

    suite.test('follows messages to where they are now', async (t) => {
      const { account, inbox } = await t.inbox();
      const other = await t.mailbox(account, 'Other');
      await t.add(account, inbox.id, [{ body: 'apple' }, { body: 'apple pear' }, { body: 'pear' }]);
      const search = async (mailbox: MailboxId): Promise<number[]> => [
        ...(await t.engine.read(account, (tx) => tx.search(mailbox, { key: 'body', text: 'apple' }))),
      ];
      assert.deepEqual(await search(inbox.id), [1, 2]);
      await t.engine.write(account, (tx) => tx.copy(inbox.id, UidSet.of(2), other.id, 'separate'));
      await t.engine.write(account, (tx) => tx.move(inbox.id, UidSet.of(1), other.id));
      assert.deepEqual([await search(inbox.id), await search(other.id)], [[2], [1, 2]]);
      await t.engine.write(account, (tx) => tx.expunge(inbox.id, ALL));
      assert.deepEqual([await search(inbox.id), await search(other.id)], [[], [1, 2]]);
      await t.engine.write(account, (tx) => tx.expunge(other.id, ALL));
      assert.deepEqual(await search(other.id), []);
    });

    suite.test('finds message and thread by their ids', async (t) => {
      const { account, inbox } = await t.inbox();
      const threadId = await t.engine.write(account, (tx) => tx.newThread());
      const added = await t.add(account, inbox.id, [{}, { threadId }, { threadId }]);
      const search = (query: SearchQuery) => t.engine.read(account, (tx) => tx.search(inbox.id, query));
      assert.deepEqual([...(await search({ key: 'threadId', id: threadId }))], [2, 3]);
      assert.deepEqual([...(await search({ key: 'emailId', id: added[1]?.emailId ?? 0 }))], [2]);
      assert.deepEqual([...(await search({ key: 'emailId', id: 999_999 }))], []);
    });

    suite.test('finds what is in another mailbox too', async (t) => {
      const { account, inbox } = await t.inbox();
      const label = await t.mailbox(account, 'Label');
      const other = await t.mailbox(account, 'Other');
      await t.add(account, inbox.id, [{}, {}, {}, {}]);
      await t.add(account, label.id, [{}]);
      await t.engine.write(account, (tx) => tx.copy(inbox.id, UidSet.parse('2,4'), label.id, 'label'));
      await t.engine.write(account, (tx) => tx.copy(inbox.id, UidSet.parse('3'), label.id, 'separate'));
      await t.engine.write(account, (tx) => tx.copy(inbox.id, UidSet.parse('1:2'), other.id, 'label'));
      const search = async (mailbox: MailboxId, query: SearchQuery): Promise<number[]> => [
        ...(await t.engine.read(account, (tx) => tx.search(mailbox, query))),
      ];
      const labelled: SearchQuery = { key: 'mailbox', id: label.id };
      assert.deepEqual(await search(inbox.id, labelled), [2, 4]);
      assert.deepEqual(await search(inbox.id, { key: 'not', of: labelled }), [1, 3]);
      assert.deepEqual(await search(inbox.id, { key: 'mailbox', id: inbox.id }), [1, 2, 3, 4]);
      assert.deepEqual(await search(label.id, labelled), [1, 2, 3, 4]);
      assert.deepEqual(await search(label.id, { key: 'mailbox', id: inbox.id }), [2, 3]);
      const both: SearchQuery = { key: 'and', of: [labelled, { key: 'mailbox', id: other.id }] };
      assert.deepEqual(await search(inbox.id, both), [2]);
      assert.deepEqual(await search(inbox.id, { key: 'mailbox', id: 999_999 }), []);
      await t.engine.write(account, (tx) => tx.expunge(label.id, UidSet.of(2)));
      assert.deepEqual(await search(inbox.id, labelled), [4]);
    });

    suite.test('finds all copies of a message by its content', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{}, {}]);
      await t.engine.write(account, (tx) => tx.copy(inbox.id, UidSet.of(2), inbox.id, 'label'));
      const records = await t.all(account, inbox.id);
      assert.equal(records[2]?.contentId, records[1]?.contentId);
      const search = (id: number) => t.engine.read(account, (tx) => tx.search(inbox.id, { key: 'contentId', id }));
      assert.deepEqual([...(await search(records[1]?.contentId ?? 0))], [2, 3]);
      assert.deepEqual([...(await search(999_999))], []);
    });
  });
}

interface Place {
  readonly account: AccountId;
  readonly mailbox: MailboxId;
  readonly added: readonly NewMessage[];
}

async function fill(t: SuiteContext): Promise<Place> {
  const { account, inbox } = await t.inbox();
  const added = corpus(Date.now()).map((message) => t.message(message));
  for (const message of added) await t.engine.write(account, (tx) => tx.add(inbox.id, [message]));
  return { account, mailbox: inbox.id, added };
}

async function compare(t: SuiteContext, { account, mailbox, added }: Place, query: SearchQuery): Promise<void> {
  const { found, records } = await t.engine.read(account, async (tx) => ({
    found: await tx.search(mailbox, query),
    records: await tx.fetch(mailbox, ALL, { limit: 1000 }),
  }));
  const now = Date.now();
  const mailboxes = new Set([mailbox]);
  const subjects = records.map(
    (record): SearchSubject => ({ record, added: added[record.uid - 1] as NewMessage, mailboxes }),
  );
  const wanted = subjects.filter((subject) => matchesNaively(subject, query, now)).map(({ record }) => record.uid);
  assert.deepEqual([...found], wanted, `search ${JSON.stringify(query).slice(0, 1000)}`);
}

/** Numbers below `limit` that are the same for the same seed. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
