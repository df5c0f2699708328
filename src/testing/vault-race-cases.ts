/** Cases of small records that several want at once, and of counters. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Vault, VaultEntry } from '../engine/vault.ts';
import { eventually, type Suite, type SuiteContext } from './suite.ts';
import { at, content, LATER_MS, valueAt, valuesOf } from './vault-cases.ts';

/** Registers the cases. */
export function vaultRaceCases(suite: Suite): void {
  suite.group('races', () => {
    suite.test('of 20 who take a record one gets it', oneTakes);
    suite.test('of 20 who create a record one does', oneCreates);
    suite.test('of 20 who update a version one does', oneUpdates);
    suite.test('20 who put leave the record of one', oneRemains);
    suite.test('two engines on the same place share every record', shared, 'processes');
    suite.test('races between two engines have one winner', racesBetweenEngines, 'processes');
  });
  suite.group('counters', () => {
    suite.test('50 who count come to the sum, each to another', countsAdd);
    suite.test('a counter begins anew when it has expired, and not before', countersExpire);
    suite.test('a counter is a record, and counting makes one of any record', countersAreRecords);
  });
}

function times<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => work(index)));
}

async function oneTakes({ engine: { vault } }: SuiteContext): Promise<void> {
  await vault.put(at('a'), content('the one'));
  const taken = await times(20, () => vault.take(at('a')));
  assert.deepEqual(valuesOf(taken.filter((entry) => entry !== null)), ['the one']);
  assert.equal(await vault.get(at('a')), null);
  assert.equal(await vault.take(at('a')), null);
}

async function oneCreates({ engine: { vault } }: SuiteContext): Promise<void> {
  const made = await times(20, (index) => vault.create(at('a'), content(String(index))));
  assert.equal(made.filter(Boolean).length, 1);
  assert.equal(await valueAt(vault, at('a')), String(made.indexOf(true)));
  await vault.put(at('b'), content('over', Date.now() - 1));
  const again = await times(20, (index) => vault.create(at('b'), content(String(index))));
  assert.equal(again.filter(Boolean).length, 1);
  assert.equal(await valueAt(vault, at('b')), String(again.indexOf(true)));
}

async function oneUpdates({ engine: { vault } }: SuiteContext): Promise<void> {
  await vault.put(at('a'), content('before'));
  const { version } = (await vault.get(at('a'))) as VaultEntry;
  const updated = await times(20, (index) => vault.update(at('a'), version, content(String(index))));
  assert.equal(updated.filter(Boolean).length, 1);
  assert.equal(await valueAt(vault, at('a')), String(updated.indexOf(true)));
}

async function oneRemains({ engine: { vault } }: SuiteContext): Promise<void> {
  await times(20, (index) => vault.put(at('a'), content(String(index))));
  assert.equal((await vault.list(at(''), { limit: 30 })).length, 1);
  assert.match((await valueAt(vault, at('a'))) ?? '', /^1?[0-9]$/);
}

async function countsAdd({ engine: { vault } }: SuiteContext): Promise<void> {
  const expires = Date.now() + LATER_MS;
  const counts = await times(50, (index) => vault.count(at('a'), 1, expires + index));
  assert.deepEqual(
    counts.map(({ count }) => count).sort((a, b) => a - b),
    Array.from({ length: 50 }, (_, index) => index + 1),
  );
  const first = counts.find(({ count }) => count === 1);
  assert.ok(
    counts.every((count) => count.expires === first?.expires),
    'the first decides on the end',
  );
  assert.deepEqual(await vault.count(at('a'), -8, 0), { count: 42, expires: first?.expires });
  assert.deepEqual(await vault.count(at('a'), 0, 0), { count: 42, expires: first?.expires });
}

async function countersExpire({ engine: { vault } }: SuiteContext): Promise<void> {
  const over = Date.now() - 1;
  assert.deepEqual(await vault.count(at('a'), 5, over), { count: 5, expires: over });
  const soon = Date.now() + 150;
  assert.deepEqual(await vault.count(at('a'), 2, soon), { count: 2, expires: soon });
  assert.equal((await vault.count(at('b'), 3, soon + LATER_MS)).count, 3);
  await eventually(() => Date.now() > soon);
  const later = soon + LATER_MS;
  assert.deepEqual(await vault.count(at('a'), 1, later), { count: 1, expires: later });
  assert.equal((await vault.count(at('b'), 3, later)).count, 6);
}

async function countersAreRecords({ engine: { vault } }: SuiteContext): Promise<void> {
  const expires = Date.now() + LATER_MS;
  await vault.count(at('a'), 7, expires);
  const seven = (await vault.get(at('a'))) as VaultEntry;
  assert.deepEqual([seven.value, seven.expires], ['7', expires]);
  await vault.count(at('a'), 1, expires);
  assert.equal(await vault.update(at('a'), seven.version, content('late')), false);
  assert.deepEqual(valuesOf(await vault.list(at(''), { limit: 10 })), ['8']);
  assert.equal(await vault.create(at('a'), content('there is one')), false);
  assert.equal((await vault.take(at('a')))?.value, '8');
  assert.equal((await vault.count(at('a'), 1, expires)).count, 1);

  await vault.put(at('a'), content('100'));
  assert.deepEqual(await vault.count(at('a'), 1, expires), { count: 1, expires });
  assert.equal(await valueAt(vault, at('a')), '1');
  const { version } = (await vault.get(at('a'))) as VaultEntry;
  assert.equal(await vault.update(at('a'), version, content('no counter')), true);
  assert.equal(await valueAt(vault, at('a')), 'no counter');
  assert.deepEqual(await vault.count(at('a'), 2, expires + 1), { count: 2, expires: expires + 1 });
}

async function shared(t: SuiteContext): Promise<void> {
  const { vault } = t.engine;
  const other = (await t.reopen()).vault;
  await vault.put(at('a'), content('1'));
  const { version } = (await other.get(at('a'))) as VaultEntry;
  assert.equal(await other.update(at('a'), version, content('2')), true);
  assert.equal(await vault.update(at('a'), version, content('3')), false);
  assert.equal(await valueAt(vault, at('a')), '2');
  assert.equal((await other.take(at('a')))?.value, '2');
  assert.equal(await vault.get(at('a')), null);
  assert.equal((await vault.count(at('n'), 2, Date.now() + LATER_MS)).count, 2);
  assert.equal((await other.count(at('n'), 3, 0)).count, 5);
  await other.clear('someone');
  assert.deepEqual(await vault.list(at(''), { limit: 10 }), []);
}

async function racesBetweenEngines(t: SuiteContext): Promise<void> {
  const vaults = [t.engine.vault, (await t.reopen()).vault];
  const of = (index: number): Vault => vaults[index % 2] as Vault;
  const owner = randomBytes(4).toString('hex');
  for (let round = 0; round < 5; round++) {
    const place = at(String(round), 'race', owner);
    const made = await times(20, (index) => of(index).create(place, content(String(index))));
    assert.equal(made.filter(Boolean).length, 1);
    const { version } = (await of(0).get(place)) as VaultEntry;
    const updated = await times(20, (index) => of(index).update(place, version, content(String(index))));
    assert.equal(updated.filter(Boolean).length, 1);
    const taken = await times(20, (index) => of(index).take(place));
    assert.deepEqual(valuesOf(taken.filter((entry) => entry !== null)), [String(updated.indexOf(true))]);
  }
  await times(50, (index) => of(index).count(at('n', 'race', owner), index, Date.now() + LATER_MS));
  assert.equal((await of(1).count(at('n', 'race', owner), 0, 0)).count, 1225);
}
