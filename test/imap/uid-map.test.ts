/** The map between message numbers and UIDs, against a plain list. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UidMap } from '../../src/imap/uid-map.ts';
import { UidSet } from '../../src/model/uid-set.ts';

const list = (map: UidMap): number[] => [...map.uids.subarray(0, map.count)];

test('an empty map', () => {
  const { empty } = UidMap;
  expect([empty.count, empty.last, empty.seq(1)]).toEqual([0, 0, 0]);
  expect(empty.uidsOf(UidSet.range(1, 9)).isEmpty).toBe(true);
  expect(empty.indexRanges(UidSet.range(1, 9))).toEqual([]);
});

test('appending does not change who was there before, also when two go on from one place', () => {
  const base = UidMap.from(Uint32Array.of(1, 2, 3));
  const first = base.append([5]);
  const second = base.append([6, 7]);
  const third = first.append([8]);
  const fourth = first.append([9]);
  expect([base, first, second, third, fourth].map(list)).toEqual([
    [1, 2, 3],
    [1, 2, 3, 5],
    [1, 2, 3, 6, 7],
    [1, 2, 3, 5, 8],
    [1, 2, 3, 5, 9],
  ]);
});

test('appending one at a time copies seldom', () => {
  let map = UidMap.empty;
  const buffers = new Set<Uint32Array>();
  for (let uid = 1; uid <= 100_000; uid++) {
    map = map.append([uid]);
    buffers.add(map.uids);
  }
  expect(buffers.size).toBeLessThan(100);
  expect(map.seq(77_777)).toBe(77_777);
});

const uids = fc
  .uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 60 })
  .map((each) => each.sort((a, b) => a - b));

test('numbers, UIDs and what is gone', () => {
  fc.assert(
    fc.property(uids, fc.array(fc.nat(59)), uids, fc.integer({ min: 1, max: 60 }), (before, picks, asked, from) => {
      const map = UidMap.from(Uint32Array.from(before));
      before.forEach((uid, index) => {
        expect(map.seq(uid)).toBe(index + 1);
        expect(map.uid(index + 1)).toBe(uid);
        if (from <= index + 1) expect(map.seq(uid, from)).toBe(index + 1);
      });
      expect(map.seq(201)).toBe(0);
      const gone = [...new Set(picks.filter((index) => index < before.length))].sort((a, b) => a - b);
      const later = map.without(gone).append([300, 301]);
      expect(list(later)).toEqual([...before.filter((_, index) => !gone.includes(index)), 300, 301]);
      expect(map.goneIn(later)).toEqual(gone);
      expect(list(map)).toEqual(before);
      const set = UidSet.from(asked);
      const found = map.indexRanges(set).flatMap(([start, end]) => before.slice(start, end));
      expect(found).toEqual(before.filter((uid) => set.has(uid)));
      const seqs = UidSet.from(asked);
      const named = map.uidsOf(seqs);
      expect(before.filter((uid) => named.has(uid))).toEqual(before.filter((_, index) => seqs.has(index + 1)));
    }),
  );
});
