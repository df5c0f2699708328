/** Searches answered from memory find what the store finds. */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isFlagSearch, searchFlags } from '../../src/imap/flag-search.ts';
import { SharedMailbox } from '../../src/imap/shared-mailbox.ts';
import type { Account } from '../../src/model/account.ts';
import type { SearchQuery } from '../../src/model/search-query.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { openTestedStore } from '../engine-under-test.ts';
import { testMessage } from './imap-fixture.ts';

let store: MessageStore;
let account: Account;
let shared: SharedMailbox;

beforeAll(async () => {
  store = await openTestedStore();
  account = await store.accounts.create({ name: 'ann' });
  const message = await store.prepare(testMessage(1));
  await store.appendPrepared(
    account.id,
    'INBOX',
    Array.from({ length: 40 }, () => ({ message })),
  );
  const flags = ['\\Seen', '\\Flagged', '\\Answered', '\\Draft', '\\Deleted', 'one', 'Two', '$three'];
  for (const [n, flag] of flags.entries()) {
    const uids = UidSet.from(Array.from({ length: 40 }, (_, i) => i + 1).filter((uid) => (uid * (n + 3)) % 7 < 3));
    await store.storeFlags(account.id, 'INBOX', uids, { mode: 'add', flags: [flag] });
  }
  await store.expunge(account.id, 'INBOX', UidSet.of(3, 17, 40), { any: true });
  shared = new SharedMailbox(store, account.id, await store.openMailbox(account.id, 'INBOX'));
  await shared.loadFlags();
});
afterAll(() => store.close());

const { query } = fc.letrec<{ query: SearchQuery }>((tie) => ({
  query: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant<SearchQuery>({ key: 'all' }),
    fc.record({ key: fc.constant('flag' as const), mask: fc.constantFrom(1, 2, 4, 8, 16), set: fc.boolean() }),
    fc.record({
      key: fc.constant('keyword' as const),
      keyword: fc.constantFrom('one', 'TWO', '$Three', 'four'),
      set: fc.boolean(),
    }),
    fc.record({ key: fc.constant('modSeq' as const), from: fc.integer({ min: 1, max: 14 }) }),
    fc
      .array(fc.integer({ min: 1, max: 45 }), { maxLength: 6 })
      .map((uids) => ({ key: 'uid', set: UidSet.from(uids) }) as const),
    fc.record({ key: fc.constantFrom('and', 'or'), of: fc.array(tie('query'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ key: fc.constant('not' as const), of: tie('query') }),
  ),
}));

test('for any query of numbers and flags', async () => {
  const { table } = shared.flags;
  if (!table) throw new Error('flags are not loaded');
  await fc.assert(
    fc.asyncProperty(query, async (each) => {
      expect(isFlagSearch(each)).toBe(true);
      const found = searchFlags(shared.map, table, each);
      expect([...(found ?? [])]).toEqual([...(await store.search(account.id, 'INBOX', each))]);
    }),
    { numRuns: 200 },
  );
});

test('other queries are left to the store', () => {
  const { table } = shared.flags;
  if (!table) throw new Error('flags are not loaded');
  const text: SearchQuery = { key: 'subject', text: 'x' };
  for (const each of [
    text,
    { key: 'not', of: text },
    { key: 'or', of: [{ key: 'all' }, text] },
  ] satisfies SearchQuery[]) {
    expect(isFlagSearch(each)).toBe(false);
    expect(searchFlags(shared.map, table, each)).toBeNull();
  }
});
