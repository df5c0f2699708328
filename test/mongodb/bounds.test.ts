/** Statements and documents stay below the 16 MB that either may have, however large an account is. */

import { BSON } from 'mongodb';
import { expect, test } from 'vitest';
import { isEiderError } from '../../src/errors.ts';
import type { Mailbox } from '../../src/model/mailbox.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import { newState, StateDraft } from '../../src/mongodb/account-state.ts';
import type { StateDocument } from '../../src/mongodb/documents.ts';
import { placementKey } from '../../src/mongodb/keys.ts';
import { exactFilters, keyLists, uidFilter } from '../../src/mongodb/uid-filter.ts';

const MB = 1024 * 1024;
const ACCOUNT = 'a'.repeat(64);

test('a change of 300,000 scattered messages is several statements of bounded length', () => {
  const uids = UidSet.fromSorted(Array.from({ length: 300_000 }, (_, index) => 2 * index + 1));
  const filters = exactFilters(ACCOUNT, 1, uids);
  expect(filters.reduce((sum, { count }) => sum + count, 0)).toBe(300_000);
  const seen = new Set<string>();
  for (const { keys, count } of filters) {
    expect(BSON.calculateObjectSize({ $or: keys.map((key) => ({ _id: key })) })).toBeLessThan(3 * MB);
    const [key] = keys as { $in: string[] }[];
    expect(key?.$in).toHaveLength(count);
    for (const one of key?.$in ?? []) seen.add(one);
  }
  expect(seen.size).toBe(300_000);
  expect(seen.has(placementKey(ACCOUNT, 1, 599_999))).toBe(true);
  expect(seen.has(placementKey(ACCOUNT, 1, 2))).toBe(false);
});

test('a set that is one filter stays one', () => {
  for (const uids of [UidSet.of(1), UidSet.range(1, 4_000_000), UidSet.of(1, 3, 5)]) {
    expect(exactFilters(ACCOUNT, 1, uids)).toEqual([{ keys: uidFilter(ACCOUNT, 1, uids).keys, count: uids.size }]);
  }
});

test('lists of keys are cut, and nothing is lost', () => {
  const keys = Array.from({ length: 50_001 }, (_, index) => placementKey(ACCOUNT, 1, index + 1));
  const lists = keyLists(keys);
  expect(lists.flat()).toEqual(keys);
  for (const list of lists) expect(BSON.calculateObjectSize({ _id: { $in: list } })).toBeLessThan(3 * MB);
  expect(keyLists([])).toEqual([]);
});

/** The largest that a mailbox's numbers can be. */
const grown = (id: number, path: string): Mailbox => ({
  id: Number.MAX_SAFE_INTEGER - id,
  path,
  uidValidity: 0xffffffff,
  uidNext: 0xffffffff,
  specialUse: '\\Important',
  messages: 0xffffffff,
  unseen: 0xffffffff,
  deleted: 0xffffffff,
  octets: Number.MAX_SAFE_INTEGER,
  createdModSeq: Number.MAX_SAFE_INTEGER,
  highestModSeq: Number.MAX_SAFE_INTEGER,
});

function stateOf(mailboxes: number, subscriptions: number, length: number): StateDocument {
  const name = (number: number): string => String(number).padStart(length, 'x');
  return {
    ...newState(ACCOUNT),
    mailboxes: Array.from({ length: mailboxes }, (_, index) => grown(index, name(index))),
    subscriptions: Array.from({ length: subscriptions }, (_, index) => name(index)),
    writer: '0'.repeat(36),
  };
}

test('10,000 mailboxes with names of 400 octets, all subscribed, are one document', () => {
  const draft = new StateDraft(stateOf(9_999, 10_000, 400), '');
  draft.addMailbox('one more', null);
  expect(BSON.calculateObjectSize(draft.now)).toBeLessThan(12 * MB);
});

test.each([
  ['a mailbox', (draft: StateDraft) => draft.addMailbox('x'.repeat(1000), null)],
  ['a longer name', (draft: StateDraft) => draft.renameMailbox(Number.MAX_SAFE_INTEGER, 'x'.repeat(1000))],
  ['a subscription', (draft: StateDraft) => draft.setSubscribed('y'.repeat(1000), true)],
])('names beyond what a document can have are refused: %s', (_, add) => {
  // As many as there may be: one octet more would be too many.
  let low = 0;
  let high = 20_000;
  const refused = (subscriptions: number): boolean => {
    const draft = new StateDraft(stateOf(5_000, subscriptions, 1000), '');
    try {
      add(draft);
      return false;
    } catch (error) {
      if (!isEiderError(error, 'MAILBOX_LIMIT')) throw error;
      return true;
    }
  };
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (refused(middle)) high = middle;
    else low = middle;
  }
  expect(low).toBeGreaterThan(5_000);
  // Deliveries and flags still find room, whatever numbers they bring.
  const full = new StateDraft(stateOf(5_000, low, 1000), '');
  add(full);
  expect(BSON.calculateObjectSize(full.now)).toBeLessThan(15 * MB);
  full.count(Number.MAX_SAFE_INTEGER, { messages: 1, unseen: 1, deleted: 0, octets: 1 });
  // What makes it smaller is always allowed.
  const overfull = new StateDraft(stateOf(5_000, 20_000, 1000), '');
  overfull.setSubscribed('none', false);
  overfull.removeMailbox(Number.MAX_SAFE_INTEGER);
});
