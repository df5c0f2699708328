/** Cases of the small records beside the mail. */

import assert from 'node:assert/strict';
import type { Vault, VaultContent, VaultEntry, VaultPlace } from '../engine/vault.ts';
import { eventually, rejects, type Suite, type SuiteContext } from './suite.ts';

/** Registers the cases. */
export function vaultCases(suite: Suite): void {
  suite.group('vault', () => {
    suite.test('gives a record as it was put, to the last octet', givesAsPut);
    suite.test('each change of a record gives it another version, also after its end', versionsDiffer);
    suite.test('keeps owners, kinds and keys apart', keepsApart);
    suite.test('create makes a record only where there is none', createsOnce);
    suite.test('update replaces only the version that it names', updatesOneVersion);
    suite.test('what has expired is not there', expiredIsGone);
    suite.test('lists by the octets of the keys, in pages', listsInPages);
    suite.test('gives all of an owner but counters, by kind and key, in pages', allInPages);
    suite.test('clears one kind, or all', clears);
    suite.test('sweeps what has expired and nothing else', sweeps);
    suite.test('refuses what is over a bound, and then changes nothing', refuses);
    suite.test('what an account owns goes with it', goesWithAccount);
    suite.test('every record is there after opening again', reopened, 'persistence');
  });
}

/** Longer than any case takes. */
export const LATER_MS = 600_000;

/** A place. */
export const at = (key: string, kind = 'ticket', owner = 'someone'): VaultPlace => ({ owner, kind, key });
/** What a record is to hold. */
export const content = (value: string, expires: number | null = null): VaultContent => ({ value, expires });
const keysOf = (entries: readonly VaultEntry[]): string[] => entries.map(({ key }) => key);
/** What records hold. */
export const valuesOf = (entries: readonly VaultEntry[]): string[] => entries.map(({ value }) => value);

/** The value of a record that may not be there. */
export async function valueAt(vault: Vault, place: VaultPlace): Promise<string | null> {
  return (await vault.get(place))?.value ?? null;
}

async function givesAsPut({ engine: { vault } }: SuiteContext): Promise<void> {
  const expires = Date.now() + LATER_MS;
  const values = ['', 'a', '\0 and \u{1f4ec} and \uffff', `{"x":"${'é'.repeat(32_764)}"}`];
  assert.equal(await vault.get(at('0')), null);
  for (const [index, value] of values.entries()) {
    await vault.put(at(String(index)), index % 2 === 0 ? { value } : { value, expires });
    const found = await vault.get(at(String(index)));
    const { version, ...rest } = found as VaultEntry;
    assert.deepEqual(rest, { key: String(index), value, expires: index % 2 === 0 ? null : expires });
    assert.ok(Number.isSafeInteger(version));
  }
  assert.deepEqual(valuesOf(await vault.list(at(''), { limit: 10 })), values);
  await vault.put(at('1'), content('replaced'));
  assert.deepEqual(
    { ...(await vault.get(at('1'))), version: 0 },
    { key: '1', value: 'replaced', version: 0, expires: null },
  );
}

async function versionsDiffer({ engine: { vault } }: SuiteContext): Promise<void> {
  const versions: number[] = [];
  const note = async (): Promise<number> => {
    const { version } = (await vault.get(at('a'))) as VaultEntry;
    versions.push(version);
    return version;
  };
  await vault.put(at('a'), content('same'));
  await note();
  await vault.put(at('a'), content('same'));
  const last = await note();
  assert.equal(await vault.update(at('a'), last, content('same')), true);
  const updated = await note();
  assert.deepEqual((await vault.take(at('a')))?.version, updated);
  assert.equal(await vault.create(at('a'), content('same')), true);
  await note();
  assert.equal(new Set(versions).size, 4);
  assert.equal(await vault.update(at('a'), last, content('late')), false);
}

/** Places that would be one, were their parts only written one after the other. */
const ALIKE: readonly VaultPlace[] = [
  at('c.d', 'b', 'a'),
  at('d', 'c', 'a.b'),
  at('d', 'bc', 'a'),
  at('cd', 'b', 'a'),
  at('C.d', 'b', 'a'),
  at('c.d', 'B', 'a'),
  at('c.d', 'b', 'A'),
  at('c.d ', 'b', 'a'),
  at('1', 'login', '192.0.2.0/24'),
  at('1', 'login', '192.0.2.0/2'),
  at('\u{e9}', 'x', 'y'),
  at('e\u{301}', 'x', 'y'),
  at('%', 'x', 'y'),
  at('$where', 'x', 'y'),
];

async function keepsApart({ engine: { vault } }: SuiteContext): Promise<void> {
  for (const [index, place] of ALIKE.entries()) await vault.put(place, content(String(index)));
  for (const [index, place] of ALIKE.entries()) assert.equal(await valueAt(vault, place), String(index));
  assert.deepEqual(keysOf(await vault.list({ owner: 'a', kind: 'b' }, { limit: 10 })), ['C.d', 'c.d', 'c.d ', 'cd']);
  await vault.clear('a');
  assert.deepEqual(await vault.all('a', { limit: 10 }), []);
  assert.deepEqual(keysOf(await vault.all('a.b', { limit: 10 })), ['d']);
  assert.deepEqual(keysOf(await vault.all('A', { limit: 10 })), ['c.d']);
}

async function createsOnce({ engine: { vault } }: SuiteContext): Promise<void> {
  assert.equal(await vault.create(at('a'), content('first')), true);
  assert.equal(await vault.create(at('a'), content('second')), false);
  assert.equal(await valueAt(vault, at('a')), 'first');
  await vault.put(at('a'), content('over', Date.now() - 1));
  assert.equal(await vault.create(at('a'), content('third')), true);
  assert.deepEqual([await valueAt(vault, at('a')), (await vault.get(at('a')))?.expires], ['third', null]);
}

async function updatesOneVersion({ engine: { vault } }: SuiteContext): Promise<void> {
  assert.equal(await vault.update(at('a'), 1, content('nothing there')), false);
  assert.equal(await vault.get(at('a')), null);
  await vault.put(at('a'), content('1'));
  const { version } = (await vault.get(at('a'))) as VaultEntry;
  const expires = Date.now() + LATER_MS;
  assert.equal(await vault.update(at('a'), version, content('2', expires)), true);
  assert.equal(await vault.update(at('a'), version, content('3')), false);
  const now = (await vault.get(at('a'))) as VaultEntry;
  assert.deepEqual([now.value, now.expires], ['2', expires]);
  assert.equal(await vault.update(at('a'), now.version, content('over', Date.now() - 1)), true);
  assert.equal(await vault.update(at('a'), now.version, content('4')), false);
  assert.equal(await vault.get(at('a')), null);
}

async function expiredIsGone({ engine: { vault } }: SuiteContext): Promise<void> {
  const soon = Date.now() + 100;
  await vault.put(at('a'), content('short', soon));
  await vault.put(at('b'), content('long', soon + LATER_MS));
  await eventually(() => Date.now() >= soon);
  assert.equal(await vault.get(at('a')), null);
  assert.deepEqual(keysOf(await vault.list(at(''), { limit: 1 })), ['b']);
  assert.deepEqual(keysOf(await vault.all('someone', { limit: 1 })), ['b']);
  assert.equal(await vault.take(at('a')), null);
  assert.equal(await vault.create(at('a'), content('new')), true);
  assert.equal(await valueAt(vault, at('a')), 'new');
}

/** By octets in UTF-8; by code units the last two would change places. */
const KEYS = ['!', '-', '10', '2', 'A', 'a', 'a!', 'aa', 'b', 'z', '\u{e9}', '\u{ffe0}', '\u{1f4ec}'];

async function listsInPages({ engine: { vault } }: SuiteContext): Promise<void> {
  for (const key of [...KEYS].reverse()) await vault.put(at(key), content(key));
  await vault.put(at('other', 'ticke'), content(''));
  await vault.put(at('other', 'tickets'), content(''));
  const found: string[] = [];
  for (let after: string | undefined; ; after = found.at(-1)) {
    const page = await vault.list(at(''), { ...(after !== undefined && { after }), limit: 4 });
    assert.ok(page.length <= 4);
    if (page.length === 0) break;
    found.push(...keysOf(page));
  }
  assert.deepEqual(found, KEYS);
  assert.deepEqual(keysOf(await vault.list(at(''), { after: 'a ', limit: 2 })), ['a!', 'aa']);
}

async function allInPages({ engine: { vault } }: SuiteContext): Promise<void> {
  const places = ['B', 'a', 'ab', 'b'].flatMap((kind) => ['1', '2', '\u{1f4ec}'].map((key) => at(key, kind)));
  for (const place of [...places].reverse()) await vault.put(place, content(`${place.kind} ${place.key}`));
  await vault.count(at('0', 'a'), 1, Date.now() + LATER_MS);
  await vault.put(at('1', 'a', 'someone else'), content(''));
  const found: Omit<VaultPlace, 'owner'>[] = [];
  for (;;) {
    const after = found.at(-1);
    const page = await vault.all('someone', { ...(after && { after }), limit: 5 });
    assert.ok(page.length <= 5);
    if (page.length === 0) break;
    for (const { kind, key, value } of page) {
      assert.equal(value, `${kind} ${key}`);
      found.push({ kind, key });
    }
  }
  assert.deepEqual(
    found,
    places.map(({ kind, key }) => ({ kind, key })),
  );
}

async function clears({ engine: { vault } }: SuiteContext): Promise<void> {
  const places = [at('1', 'a'), at('2', 'a'), at('1', 'ab'), at('1', 'a', 'someone2')];
  for (const place of places) await vault.put(place, content('kept'));
  await vault.count(at('3', 'a'), 1, Date.now() + LATER_MS);
  const left = () => Promise.all(places.map((place) => valueAt(vault, place)));
  await vault.clear('someone', 'b');
  assert.deepEqual(await left(), ['kept', 'kept', 'kept', 'kept']);
  await vault.clear('someone', 'a');
  assert.deepEqual(await left(), [null, null, 'kept', 'kept']);
  assert.equal(await vault.get(at('3', 'a')), null);
  await vault.clear('someone');
  assert.deepEqual(await left(), [null, null, null, 'kept']);
}

async function sweeps({ engine: { vault } }: SuiteContext): Promise<void> {
  const now = Date.now();
  for (let index = 0; index < 1100; index += 50) {
    const some = Array.from({ length: 50 }, (_, more) => index + more);
    await Promise.all(some.map((n) => vault.count(at(String(n), 'log', `owner ${n % 7}`), 1, now - 1 - n)));
  }
  await vault.put(at('old'), content('', now));
  await vault.put(at('never'), content('kept'));
  await vault.put(at('later'), content('kept', now + LATER_MS));
  assert.equal(await vault.sweep({ dryRun: true }), 1101);
  assert.equal(await vault.sweep(), 1101);
  assert.equal(await vault.sweep(), 0);
  assert.equal(await vault.sweep({ dryRun: true }), 0);
  assert.deepEqual(keysOf(await vault.list(at(''), { limit: 10 })), ['later', 'never']);
}

const WRONG_PLACES: readonly VaultPlace[] = [
  at(''),
  at('k'.repeat(257)),
  at('a\0b'),
  at('a\tb'),
  at('lone \ud800'),
  at('k', ''),
  at('k', 'a'.repeat(33)),
  at('k', 'a-b'),
  at('k', 'a\n'),
  at('k', 'é'),
  at('k', 'a', ''),
  at('k', 'a', 'o'.repeat(129)),
  at('k', 'a', 'o\tp'),
  at('k', 'a', '\udfff'),
];

const WRONG_CONTENTS: readonly VaultContent[] = [
  content('v'.repeat(65_537)),
  content('é'.repeat(32_769)),
  content('lone \udc00'),
  content('v', 1.5),
  content('v', Number.NaN),
  content('v', Number.POSITIVE_INFINITY),
];

async function refuses({ engine: { vault } }: SuiteContext): Promise<void> {
  await vault.put(at('a'), content('before'));
  const { version } = (await vault.get(at('a'))) as VaultEntry;
  for (const place of WRONG_PLACES) {
    await rejects(vault.get(place), 'INVALID_ARGUMENT');
    await rejects(vault.put(place, content('')), 'INVALID_ARGUMENT');
    await rejects(vault.create(place, content('')), 'INVALID_ARGUMENT');
    await rejects(vault.update(place, version, content('')), 'INVALID_ARGUMENT');
    await rejects(vault.take(place), 'INVALID_ARGUMENT');
    await rejects(vault.count(place, 1, 1), 'INVALID_ARGUMENT');
  }
  for (const wrong of WRONG_CONTENTS) {
    await rejects(vault.put(at('a'), wrong), 'INVALID_ARGUMENT');
    await rejects(vault.create(at('b'), wrong), 'INVALID_ARGUMENT');
    await rejects(vault.update(at('a'), version, wrong), 'INVALID_ARGUMENT');
  }
  await rejects(vault.count(at('b'), 0.5, 1), 'INVALID_ARGUMENT');
  await rejects(vault.count(at('b'), 1, Number.NaN), 'INVALID_ARGUMENT');
  await rejects(vault.list({ owner: '', kind: 'a' }, { limit: 1 }), 'INVALID_ARGUMENT');
  await rejects(vault.list({ owner: 'a', kind: '.' }, { limit: 1 }), 'INVALID_ARGUMENT');
  await rejects(vault.all('', { limit: 1 }), 'INVALID_ARGUMENT');
  await rejects(vault.clear(''), 'INVALID_ARGUMENT');
  await rejects(vault.clear('someone', ''), 'INVALID_ARGUMENT');
  assert.deepEqual(valuesOf(await vault.all('someone', { limit: 10 })), ['before']);
  assert.equal(await vault.get(at('b')), null);
  const longest = at('k'.repeat(256), 'K'.repeat(32), '\u{ffff}'.repeat(128));
  await vault.put(longest, content('v'.repeat(65_536)));
  assert.equal((await vault.take(longest))?.value.length, 65_536);
}

async function goesWithAccount(t: SuiteContext): Promise<void> {
  const { vault, directory } = t.engine;
  const account = await t.account();
  const other = await t.account();
  for (const owner of [account, other, `${account}.`]) await vault.put(at('1', 'a', owner), content('kept'));
  await vault.count(at('2', 'a', account), 1, Date.now() + LATER_MS);
  await directory.delete(account);
  t.accounts.delete(account);
  assert.equal(await vault.get(at('1', 'a', account)), null);
  assert.equal(await vault.get(at('2', 'a', account)), null);
  assert.equal(await valueAt(vault, at('1', 'a', other)), 'kept');
  assert.equal(await valueAt(vault, at('1', 'a', `${account}.`)), 'kept');
}

async function reopened(t: SuiteContext): Promise<void> {
  const expires = Date.now() + LATER_MS;
  await t.engine.vault.put(at('a'), content('kept', expires));
  await t.engine.vault.count(at('n'), 3, expires);
  const before = await t.engine.vault.list(at(''), { limit: 10 });
  await rejects(
    (async () => {
      const gone = await t.reopen();
      await gone.close();
      await gone.vault.get(at('a'));
    })(),
    'STORE_CLOSED',
  );
  const { vault } = await t.reopen();
  assert.deepEqual(await vault.list(at(''), { limit: 10 }), before);
  assert.deepEqual(valuesOf(before), ['kept', '3']);
}
