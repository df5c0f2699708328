/** Checking, sweeping and counting the whole store. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryBlobStore } from '../../src/blobs/memory-blob-store.ts';
import type { BlobStore } from '../../src/engine/blob-store.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import { openParts } from '../../src/open-store.ts';
import { StoreMaintenance } from '../../src/store/maintenance.ts';
import type { StoreFinding } from '../../src/store/maintenance-api.ts';
import { emptyPlace } from '../engine-under-test.ts';
import { storedOctets } from '../stored-octets.ts';
import {
  ALL,
  expectClean,
  type Fixture,
  letter,
  noise,
  octetsOf,
  openTestStore,
  readAll,
  withFile,
} from './store-fixture.ts';

async function findings({ store }: Fixture, options = {}): Promise<StoreFinding[]> {
  const found = [];
  for await (const finding of store.maintenance.check(options)) found.push(finding);
  return found;
}

describe('stats', () => {
  it('1,000 messages, 100 with one file of 1 MB in three widths: shown once, and nothing of it on the text path', {
    timeout: 60_000,
  }, async () => {
    const place = await emptyPlace();
    const fixture = await openTestStore({ ...place, unchecked: true });
    const { store, account } = fixture;
    const file = noise(1_000_000);
    const before = await store.maintenance.stats();
    const prepared = [];
    let encoded = 0;
    let octets = 0;
    for (let index = 0; index < 1000; index++) {
      const raw =
        index % 10 === 0
          ? withFile(`m${index}`, file, [60, 72, 76][(index / 10) % 3])
          : Buffer.from(letter(`m${index}`));
      if (index % 10 === 0) encoded += Math.ceil(1_000_000 / 3) * 4;
      octets += raw.length;
      prepared.push({ message: await store.prepare(raw) });
    }
    await store.appendPrepared(account, 'INBOX', prepared);
    await store.search(account, 'INBOX', { key: 'text', text: 'about' });
    const stats = await store.maintenance.stats();
    expect(stats).toMatchObject({
      accounts: 1,
      messages: 1000,
      mailOctets: octets,
      blobs: 1,
      attachmentsStored: 1_000_000,
    });
    expect(stats.attachmentsEncoded).toBeGreaterThan(encoded);
    expect(stats.attachmentsEncoded).toBeLessThan(encoded * 1.05);
    expect(stats.text - before.text).toBeLessThan(600_000);
    const fast = stats.text + stats.metadata + stats.search + stats.free;
    expect(fast).toBeLessThan(6_000_000);
    expect(await store.maintenance.stats({ account })).toMatchObject({
      messages: 1000,
      blobs: 1,
      attachmentsStored: 1_000_000,
    });
    expect(await storedOctets(place).attachments()).toEqual([1_000_000]);
    const [first] = await readAll({ store, account }, 'INBOX').then((all) => all.slice(10, 11));
    expect(first?.raw.equals(withFile('m10', file, 72))).toBe(true);
  });

  it('counts a mention in each account, and the blob once', async () => {
    const fixture = await openTestStore();
    const bob = await fixture.store.accounts.create({ name: 'bob' });
    for (const id of [fixture.account, bob.id]) await fixture.store.append(id, 'INBOX', withFile('x', noise(90_000)));
    const stats = await fixture.store.maintenance.stats();
    expect(stats).toMatchObject({ accounts: 2, messages: 2, blobs: 1, attachmentsStored: 90_000 });
    expect(stats.attachmentsEncoded).toBeGreaterThan(2 * 120_000);
  });
});

describe('old changes', () => {
  it('are dropped by a sweep, and whoever was away for longer starts anew', async () => {
    const { store, account } = await openTestStore();
    const start = await store.modSeq(account);
    for (const text of ['one', 'two', 'three']) await store.append(account, 'INBOX', `Subject: ${text}\r\n\r\n`);
    await store.expunge(account, 'INBOX', UidSet.of(2), { any: true });
    expect((await store.mailboxChanges(account, 'INBOX', start)).vanished?.toString()).toBe('2');

    expect(await store.maintenance.sweep({ changesMs: -1000, dryRun: true })).toMatchObject({
      changes: expect.any(Number),
    });
    expect((await store.mailboxChanges(account, 'INBOX', start)).vanished).not.toBeNull();
    const { changes } = await store.maintenance.sweep({ changesMs: -1000 });
    expect(changes).toBeGreaterThanOrEqual(4);

    const now = await store.modSeq(account);
    expect((await store.mailboxChanges(account, 'INBOX', start)).vanished).toBeNull();
    expect((await store.mailboxChanges(account, 'INBOX', now)).vanished?.isEmpty).toBe(true);
    await expect(store.changes(account, { since: start })[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    expect(await store.maintenance.sweep({ changesMs: -1000 })).toMatchObject({ changes: 0 });
  });
});

describe('sweep', () => {
  it('takes what nobody mentions, and only after the grace period', async () => {
    const place = await emptyPlace();
    const fixture = await openTestStore({ ...place, restorableDays: 0 });
    const { store, account } = fixture;
    await store.append(account, 'INBOX', withFile('kept', noise(10_000, 1)));
    await store.append(account, 'INBOX', withFile('gone', noise(20_000, 2)));
    await store.expunge(account, 'INBOX', UidSet.of(2), { any: true });
    expect(await store.maintenance.sweep()).toEqual({ blobs: 0, octets: 0, changes: 0, expired: 0 });
    const stored = storedOctets(place);
    await stored.age(2 * 3_600_000);
    expect(await findings(fixture)).toEqual([
      { account: null, kind: 'blobOrphan', detail: expect.any(String), repairable: true },
    ]);
    expect(await store.maintenance.sweep({ dryRun: true })).toEqual({
      blobs: 1,
      octets: 20_000,
      changes: 0,
      expired: 0,
    });
    expect(await stored.attachments()).toEqual([10_000, 20_000]);
    expect(await store.maintenance.sweep()).toEqual({ blobs: 1, octets: 20_000, changes: 0, expired: 0 });
    expect(await stored.attachments()).toEqual([10_000]);
    expect((await readAll(fixture, 'INBOX'))[0]?.raw.equals(withFile('kept', noise(10_000, 1)))).toBe(true);
  });

  it('takes small records that have expired, and with dryRun only counts them', async () => {
    const parts = await openParts(await emptyPlace());
    onTestFinished(async () => {
      await parts.engine.close();
      await parts.blobs.close();
    });
    const { vault } = parts.engine;
    const maintenance = new StoreMaintenance(parts);
    const at = (key: string) => ({ owner: '192.0.2.0/24', kind: 'failures', key });
    for (const key of ['a', 'b']) await vault.count(at(key), 1, Date.now() - 1);
    await vault.count(at('c'), 1, Date.now() + 3_600_000);
    await vault.put(at('d'), { value: 'for ever' });
    const nothing = { blobs: 0, octets: 0, changes: 0 };
    expect(await maintenance.sweep({ signal: AbortSignal.abort() })).toEqual({ ...nothing, expired: 0 });
    expect(await maintenance.sweep({ dryRun: true })).toEqual({ ...nothing, expired: 2 });
    expect(await maintenance.sweep()).toEqual({ ...nothing, expired: 2 });
    expect(await maintenance.sweep()).toEqual({ ...nothing, expired: 0 });
    expect(await vault.list(at(''), { limit: 10 })).toHaveLength(2);
  });

  it('keeps what another account or another mailbox mentions', async () => {
    const fixture = await openTestStore({ restorableDays: 0 });
    const { store, account } = fixture;
    const bob = await store.accounts.create({ name: 'bob' });
    await store.append(account, 'INBOX', withFile('x', noise(10_000)));
    await store.append(bob.id, 'INBOX', withFile('y', noise(10_000)));
    await store.expunge(account, 'INBOX', ALL, { any: true });
    expect(await store.maintenance.sweep({ graceMs: 0 })).toEqual({ blobs: 0, octets: 0, changes: 0, expired: 0 });
    await store.accounts.remove(bob.id);
    expect(await store.maintenance.sweep({ graceMs: 0 })).toEqual({ blobs: 1, octets: 10_000, changes: 0, expired: 0 });
  });

  it('keeps a blob that a delivery took up again while it swept', async () => {
    const blobs = new LateBlobs();
    const fixture = await openTestStore({ blobs, restorableDays: 0 });
    const { store, account } = fixture;
    const seeds = [1, 2, 3];
    for (const seed of seeds) await store.append(account, 'INBOX', withFile('first', noise(10_000, seed)));
    await store.expunge(account, 'INBOX', ALL, { any: true });
    await new Promise((resolve) => setTimeout(resolve, 60));
    // Nobody mentioned them when the sweep asked; the first is deleted, and then the others are delivered once more.
    blobs.afterDelete = async () => {
      for (const seed of seeds) await store.append(account, 'INBOX', withFile('again', noise(10_000, seed)));
    };
    await store.maintenance.sweep({ graceMs: 50 });
    const raws = (await readAll(fixture, 'INBOX')).map((message) => message.raw);
    expect(raws).toEqual(seeds.map((seed) => withFile('again', noise(10_000, seed))));
  });
});

describe('check', () => {
  it('names a missing and a shortened blob; the other messages still read', async () => {
    const place = await emptyPlace();
    const fixture = await openTestStore({ ...place, unchecked: true });
    const { store, account } = fixture;
    const raws = [1, 2, 3].map((seed) => withFile(`m${seed}`, noise(10_000 * seed, seed)));
    for (const raw of raws) await store.append(account, 'INBOX', raw);
    await store.append(account, 'INBOX', letter('plain'));
    await expectClean(store);
    await storedOctets(place).lose(10_000);
    await storedOctets(place).shorten(20_000);
    const found = await findings(fixture);
    expect(found.map(({ kind, repairable }) => `${kind} ${repairable}`).sort()).toEqual([
      'blobCorrupt false',
      'blobMissing false',
    ]);
    for (const finding of found) expect(finding.account).toBe(account);
    const outcomes: string[] = [];
    for await (const message of store.fetch(account, 'INBOX', ALL, { body: true })) {
      const outcome = await octetsOf(message).then(
        (octets) => (octets.equals(raws[message.uid - 1] ?? Buffer.from(letter('plain'))) ? 'same' : 'differs'),
        (error: { code?: string }) => error.code ?? String(error),
      );
      outcomes.push(outcome);
    }
    expect(outcomes).toEqual(['BLOB_MISSING', 'BLOB_CORRUPT', 'same', 'same']);
  });

  it('with rehash names a blob whose octets changed', async () => {
    const place = await emptyPlace();
    const fixture = await openTestStore({ ...place, unchecked: true });
    await fixture.store.append(fixture.account, 'INBOX', withFile('x', noise(50_000)));
    await storedOctets(place).flip(50_000);
    expect(await findings(fixture)).toEqual([]);
    const kinds = (await findings(fixture, { rehash: true })).map((finding) => finding.kind);
    expect(kinds.length).toBeGreaterThan(0);
    for (const kind of kinds) expect(['digest', 'blobCorrupt']).toContain(kind);
  });

  it('with rehash names a text whose octets changed', async () => {
    const place = await emptyPlace();
    const fixture = await openTestStore({ ...place, unchecked: true });
    await fixture.store.append(fixture.account, 'INBOX', letter('x'));
    await storedOctets(place).changeText(fixture.account);
    expect((await findings(fixture, { rehash: true })).map((finding) => finding.kind)).toEqual(['digest']);
  });

  it('mends counters, and says which it mended', async () => {
    const place = await emptyPlace();
    const fixture = await openTestStore(place);
    await fixture.store.append(fixture.account, 'INBOX', letter('x'));
    await storedOctets(place).miscount(fixture.account);
    const found = await findings(fixture, { repair: true });
    expect(found.map(({ kind, repairable }) => [kind, repairable])).toEqual([
      ['counter', true],
      ['counter', true],
    ]);
    expect((await fixture.store.mailbox(fixture.account, 'INBOX')).unseen).toBe(1);
  });

  it('an aborted check stops', async () => {
    const fixture = await openTestStore();
    for (let index = 0; index < 50; index++) await fixture.store.append(fixture.account, 'INBOX', letter(`${index}`));
    expect(await findings(fixture, { rehash: true, signal: AbortSignal.abort() })).toEqual([]);
  });
});

/** Blobs in memory, with something happening after the first is deleted. */
class LateBlobs extends MemoryBlobStore {
  afterDelete: (() => Promise<void>) | null = null;

  override async delete(...blob: Parameters<BlobStore['delete']>): Promise<boolean> {
    const was = await super.delete(...blob);
    const happen = this.afterDelete;
    this.afterDelete = null;
    await happen?.();
    return was;
  }
}
