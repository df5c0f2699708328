/** Order, under several writers and readers, in one process and in several: nothing is missed, no number is used twice. */

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { openStore } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { ENGINE, emptyPlace, openTestedStore, runs } from '../engine-under-test.ts';
import { expectClean } from './store-fixture.ts';
import { writeAtRandom } from './write-at-random.mjs';

const LONG = process.env.EIDER_LONG !== undefined;
const BOXES = ['INBOX', 'Archive', 'Sent'];

interface Told {
  readonly modSeq: number;
  /** Milliseconds that the write took. */
  readonly ms: number;
  readonly added?: readonly { readonly mailbox: string; readonly uid: number; readonly emailId?: number }[];
}

/** A session that knows mailboxes only by what it is told of changes. */
class Follower {
  readonly #store: MessageStore;
  readonly #account: string;
  readonly #views = new Map(BOXES.map((path) => [path, new Map<number, string>()]));
  readonly #positions = new Map<string, number>();
  readonly emails = new Map<string, number>();

  constructor(store: MessageStore, account: string) {
    this.#store = store;
    this.#account = account;
  }

  /** Catches up with every mailbox; where nothing came between, compares with the mailbox itself. */
  async follow(): Promise<void> {
    for (const path of BOXES) {
      const view = this.#views.get(path)!;
      const since = this.#positions.get(path) ?? 0;
      const { vanished, changed, modSeq, mailbox } = await this.#store.mailboxChanges(this.#account, path, since);
      expect(modSeq).toBeGreaterThanOrEqual(since);
      // From before the beginning nothing can be said of what went, and nothing need be.
      for (const uid of vanished && since > 0 ? vanished : []) view.delete(uid);
      for (const [index, uid] of changed.uids.entries()) {
        expect(changed.modSeqs[index]).toBeGreaterThan(since);
        view.set(uid, `${changed.masks[index]} ${changed.keywords.get(uid) ?? ''}`);
      }
      this.#positions.set(path, modSeq);
      expect(mailbox?.messages, `${path} at ${modSeq}`).toBe(view.size);
    }
  }

  /** Compares all that was learned with what is there. Nobody writes meanwhile. */
  async compare(): Promise<void> {
    for (const path of BOXES) {
      const flags = await this.#store.flags(this.#account, path);
      const there = [...flags.uids].map((uid, index) => [
        uid,
        `${flags.masks[index]} ${flags.keywords.get(uid) ?? ''}`,
      ]);
      expect([...this.#views.get(path)!].sort(([a], [b]) => a - b)).toEqual(there);
    }
  }

  /** A UID that names one message now must never have named another. */
  async identify(): Promise<void> {
    for (const path of BOXES) {
      for await (const { uid, emailId } of this.#store.fetch(this.#account, path, UidSet.range(1, 0xffffffff))) {
        const key = `${path} ${uid}`;
        expect(this.emails.get(key) ?? emailId, `UID ${key}`).toBe(emailId);
        this.emails.set(key, emailId);
      }
    }
  }
}

/** What writers were told must be told by the feed, in order, and must name no UID twice. */
function judge(told: readonly Told[], fed: readonly number[], emails: ReadonlyMap<string, number>): void {
  expect(fed).toEqual([...new Set(fed)].sort((a, b) => a - b));
  const feed = new Set(fed);
  for (const { modSeq } of told) expect(feed.has(modSeq), `change ${modSeq} in the feed`).toBe(true);
  expect(new Set(told.map(({ modSeq }) => modSeq)).size).toBe(told.length);
  const highest = new Map<string, number>();
  for (const { added, modSeq } of [...told].sort((a, b) => a.modSeq - b.modSeq)) {
    for (const { mailbox, uid, emailId } of added ?? []) {
      expect(uid, `UID of change ${modSeq}`).toBeGreaterThan(highest.get(mailbox) ?? 0);
      highest.set(mailbox, uid);
      const seen = emails.get(`${mailbox} ${uid}`);
      if (emailId !== undefined && seen !== undefined) expect(seen).toBe(emailId);
    }
  }
}

/** Runs writers while readers follow. */
async function observe(
  store: MessageStore,
  account: string,
  writers: readonly (() => Promise<void>)[],
  told: Told[],
): Promise<void> {
  const since = await store.modSeq(account);
  const controller = new AbortController();
  const fed: number[] = [];
  const feed = (async () => {
    for await (const change of store.changes(account, { since, signal: controller.signal })) fed.push(change.modSeq);
  })();
  const followers = [new Follower(store, account), new Follower(store, account)];
  let writing = true;
  const readers = followers.map(async (follower) => {
    while (writing) {
      await follower.follow();
      await follower.identify();
      await new Promise((done) => setTimeout(done, 1));
    }
  });
  await Promise.all(writers.map((write) => write()));
  writing = false;
  await Promise.all(readers);
  const last = await store.modSeq(account);
  for (const follower of followers) {
    await follower.follow();
    await follower.compare();
  }
  await expect.poll(() => fed.at(-1) ?? since, { timeout: 5000 }).toBe(last);
  controller.abort();
  await feed;
  judge(told, fed, followers[0]!.emails);
}

describe('order', () => {
  it('in one process', { timeout: LONG ? 600_000 : 60_000 }, async () => {
    const store = await openTestedStore();
    let accounts = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { minLength: 2, maxLength: 5 }), async (seeds) => {
        const { id } = await store.accounts.create({ name: `a${accounts++}` });
        const told: Told[] = [];
        const writers = seeds.map(
          (seed) => () => writeAtRandom(store, id, { seed, count: 25, UidSet }, (line: Told) => told.push(line)),
        );
        await observe(store, id, writers, told);
        for await (const finding of store.maintenance.check({ account: id }))
          expect.unreachable(JSON.stringify(finding));
      }),
      { numRuns: runs(LONG ? 200 : 5) },
    );
    await store.close();
  });

  it('in four processes on one store, two writers each', { timeout: LONG ? 600_000 : 120_000 }, async () => {
    const place = await emptyPlace();
    const store = await openStore(place);
    const { id } = await store.accounts.create({ name: 'ann' });
    const told: Told[] = [];
    const count = LONG ? 250 : ENGINE === 'sqlite' ? 40 : 20;
    const here = (seed: number) => () =>
      writeAtRandom(store, id, { seed, count, UidSet }, (line: Told) => told.push(line));
    const there = (...seeds: number[]) => [
      () => writeInProcess([JSON.stringify(place), id, String(count), ...seeds.map(String)], told),
    ];
    await observe(store, id, [here(1), here(2), ...there(3, 4), ...there(5, 6), ...there(7, 8)], told);
    await expectClean(store);
    await store.close();
    reportWaits(
      'writes',
      told.map(({ ms }) => ms),
    );
  });

  it('reads are not held up by another process that writes all the time', { timeout: 120_000 }, async () => {
    const place = await emptyPlace();
    const store = await openStore(place);
    const { id } = await store.accounts.create({ name: 'ann' });
    const told: Told[] = [];
    const reads: number[] = [];
    let writing = true;
    const written = writeInProcess([JSON.stringify(place), id, '40', '1', '2'], told).finally(() => {
      writing = false;
    });
    while (writing) {
      const begun = performance.now();
      const { mailbox, changed } = await store.mailboxChanges(id, 'INBOX', 0);
      expect(changed.uids).toHaveLength(mailbox?.messages ?? 0);
      for await (const { uid } of store.fetch(id, 'INBOX', UidSet.range(1, 0xffffffff), { envelope: true })) {
        expect(uid).toBeGreaterThan(0);
      }
      reads.push(performance.now() - begun);
      // Where reads wait for nothing, nothing else would ever have its turn.
      await new Promise((done) => setTimeout(done, 1));
    }
    await written;
    await store.close();
    reportWaits('reads meanwhile', reads);
    expect(reads.length).toBeGreaterThan(5);
    expect(Math.max(...reads)).toBeLessThan(10_000);
  });
});

/** Says how long something took: whoever is always overtaken shows in the last figures. */
function reportWaits(what: string, took: readonly number[]): void {
  const waits = [...took].sort((a, b) => a - b);
  const at = (share: number): string => (waits[Math.floor((waits.length - 1) * share)] ?? 0).toFixed(1);
  console.log(`${ENGINE}: ${waits.length} ${what}, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`);
}

/** Runs the writer as a process of its own and collects what it was told. */
async function writeInProcess(options: readonly string[], told: Told[]): Promise<void> {
  const script = fileURLToPath(new URL('./order-writer.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, resolve(process.env.EIDER_DIST ?? 'dist'), ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const code = await new Promise((done) => child.on('close', done));
  expect(code).toBe(0);
  for (const line of output.trim().split('\n')) told.push(JSON.parse(line) as Told);
}
