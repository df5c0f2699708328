/**
 * A client with QRESYNC that was away while others changed its mailbox ends, after one SELECT, with exactly what is
 * there: whatever they did, whatever it kept, and also when the records of what went were dropped meanwhile.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Account } from '../../src/model/account.ts';
import { formatFlags } from '../../src/model/flags.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import { ENGINE, runs } from '../engine-under-test.ts';
import { type ImapFixture, startImap, testMessage } from './imap-fixture.ts';
import type { LineClient } from './line-client.ts';

/** A change of the mailbox; `picks` choose among the messages that are there. */
interface Change {
  readonly kind: 'append' | 'add' | 'remove' | 'expunge' | 'moveOut' | 'moveBack' | 'copyWithin' | 'moveWithin';
  readonly picks: readonly number[];
  readonly flag: string;
}

/** What the client sends of what it knows. */
interface Telling {
  readonly uids: 'all' | 'none';
  /** Which of its pairs of numbers and UIDs. */
  readonly pairs: readonly number[];
}

interface Absence {
  readonly changes: readonly Change[];
  /** Behind so many changes the records of changes are dropped; beyond the last one: never. */
  readonly dropAfter: number;
  /** Another session has the mailbox open: what the server remembers of it is in use, and moves on. */
  readonly watched: boolean;
  readonly telling: Telling;
}

const KINDS = ['append', 'add', 'remove', 'expunge', 'moveOut', 'moveBack', 'copyWithin', 'moveWithin'] as const;

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom(...KINDS),
  picks: fc.array(fc.nat(30), { minLength: 1, maxLength: 5 }),
  flag: fc.constantFrom('\\Seen', '\\Flagged', '\\Deleted', 'blue', 'green'),
});

const absences: fc.Arbitrary<Absence[]> = fc.array(
  fc.record({
    changes: fc.array(change, { maxLength: 8 }),
    dropAfter: fc.oneof({ weight: 2, arbitrary: fc.constant(99) }, fc.nat(8)),
    watched: fc.boolean(),
    telling: fc.record({
      uids: fc.constantFrom('all' as const, 'none' as const),
      pairs: fc.uniqueArray(fc.nat(30), { maxLength: 4 }),
    }),
  }),
  { minLength: 1, maxLength: 4 },
);

/** A copy of a mailbox, kept from connection to connection. RFC 7162 section 6. */
class Copy {
  /** Flags by UID, in the order of the mailbox. */
  flags = new Map<number, string>();
  uidValidity = 0;
  modSeq = 0;
  /** UIDs that it was told to have vanished, whether it had them or not. */
  vanished: UidSet = UidSet.empty;

  /** The parameters of its SELECT. */
  parameters({ uids, pairs }: Telling): string {
    if (this.uidValidity === 0) return '(CONDSTORE)';
    const known = [...this.flags.keys()];
    if (known.length === 0) return `(QRESYNC (${this.uidValidity} ${this.modSeq}))`;
    const list = uids === 'all' ? ` ${UidSet.fromSorted(known)}` : '';
    const numbers = pairs.filter((index) => index < known.length).sort((a, b) => a - b);
    const sides = [numbers.map((index) => index + 1), numbers.map((index) => known[index])];
    const match = numbers.length > 0 ? ` (${sides.map((side) => side.join()).join(' ')})` : '';
    return `(QRESYNC (${this.uidValidity} ${this.modSeq}${list}${match}))`;
  }

  /** Takes in the answer to SELECT, and fails on what contradicts itself. */
  take(lines: readonly string[]): { readonly exists: number } {
    const number = (pattern: RegExp): number =>
      Number(lines.map((line) => pattern.exec(line)?.[1]).find((text) => text !== undefined));
    const validity = number(/^\* OK \[UIDVALIDITY (\d+)\]/);
    if (validity !== this.uidValidity) this.flags.clear();
    this.uidValidity = validity;
    this.vanished = UidSet.empty;
    for (const line of lines) {
      const gone = /^\* VANISHED \(EARLIER\) ([\d:,]+)$/.exec(line)?.[1];
      if (gone) for (const uid of UidSet.parse(gone)) this.flags.delete(uid);
      if (gone) this.vanished = UidSet.parse(gone);
      this.takeFetch(line);
    }
    this.modSeq = number(/^\* OK \[HIGHESTMODSEQ (\d+)\]/);
    return { exists: number(/^\* (\d+) EXISTS$/) };
  }

  takeFetch(line: string): void {
    const [, uid, flags] = /^\* \d+ FETCH \(UID (\d+) FLAGS \(([^)]*)\) MODSEQ \(\d+\)\)$/.exec(line) ?? [];
    if (uid === undefined || flags === undefined) return;
    expect(this.vanished.has(Number(uid)), 'what is there has not vanished').toBe(false);
    this.flags.set(Number(uid), flags);
    this.flags = new Map([...this.flags].sort(([a], [b]) => a - b));
  }
}

/** Runs a change on behalf of somebody else. */
async function make({ store }: ImapFixture, account: string, { kind, picks, flag }: Change): Promise<void> {
  const there = [...(await store.uids(account, 'INBOX'))];
  const some = UidSet.from(picks.flatMap((pick) => (there.length > 0 ? [there[pick % there.length] as number] : [])));
  if (kind === 'append') await store.append(account, 'INBOX', testMessage(picks[0] as number), { flags: [flag] });
  else if (kind === 'expunge') await store.expunge(account, 'INBOX', some, { any: true });
  else if (kind === 'moveOut') await store.move(account, 'INBOX', some, 'Archive');
  else if (kind === 'moveBack') await store.move(account, 'Archive', UidSet.range(1, 99), 'INBOX');
  else if (kind === 'copyWithin') await store.copy(account, 'INBOX', some, 'INBOX');
  else if (kind === 'moveWithin') await store.move(account, 'INBOX', some, 'INBOX');
  else await store.storeFlags(account, 'INBOX', some, { mode: kind, flags: [flag] });
}

async function truthOf({ store }: ImapFixture, account: string): Promise<[number, string][]> {
  const { uids, masks, keywords } = await store.flags(account, 'INBOX');
  return [...uids].map((uid, index) => [uid, formatFlags(masks[index] as number, keywords.get(uid) ?? '')]);
}

describe('after an absence', () => {
  let fixture: ImapFixture;
  beforeAll(async () => {
    fixture = await startImap({ limits: { sessionsPerAccount: 1000, connectionsPerAddress: 1000 } });
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  /** A client comes, goes, and comes again after each absence. */
  async function liveThrough(account: Account, all: readonly Absence[]): Promise<void> {
    const client = await fixture.login(account);
    const watcher = await fixture.login(account);
    try {
      await client.run('e', 'ENABLE QRESYNC');
      const copy = new Copy();
      await synchronize(client, copy, account, { uids: 'none', pairs: [] });
      for (const { changes, dropAfter, watched, telling } of all) {
        await client.run('u', 'UNSELECT');
        await watcher.run('w', watched ? 'SELECT INBOX' : 'SELECT Drafts');
        for (const [index, each] of changes.entries()) {
          if (index === dropAfter) await fixture.store.maintenance.sweep({ changesMs: -1 });
          await make(fixture, account.id, each);
          if (watched) await watcher.run('n', 'NOOP');
        }
        if (dropAfter === changes.length) await fixture.store.maintenance.sweep({ changesMs: -1 });
        await synchronize(client, copy, account, telling);
      }
    } finally {
      client.destroy();
      watcher.destroy();
    }
  }

  async function synchronize(client: LineClient, copy: Copy, account: Account, telling: Telling): Promise<void> {
    const fresh = copy.uidValidity === 0;
    const last = Math.max(0, ...copy.flags.keys());
    const { exists } = copy.take(await client.run('s', `SELECT INBOX ${copy.parameters(telling)}`));
    // RFC 7162 section 3.2.5.1: of UIDs that a client does not list it is told nothing, so it asks for those above.
    if (fresh || telling.uids === 'all')
      for (const line of await client.run('f', `UID FETCH ${last + 1}:* (FLAGS MODSEQ)`)) copy.takeFetch(line);
    const truth = await truthOf(fixture, account.id);
    expect([...copy.flags]).toEqual(truth);
    expect(exists).toBe(truth.length);
    for (const [uid] of truth) expect(copy.vanished.has(uid)).toBe(false);
  }

  test('of any changes, it has what is there', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(absences, async (all) => {
        const account = await fixture.account();
        await fixture.fill(account, 'INBOX', 6);
        await liveThrough(account, all);
        await fixture.store.accounts.remove(account.id);
      }),
      { numRuns: runs(60) },
    );
  });

  test('longer than records are kept, it is told of all that is not there, and of nothing that is', async () => {
    const account = await fixture.account();
    await fixture.fill(account, 'INBOX', 6);
    const client = await fixture.login(account);
    await client.run('e', 'ENABLE QRESYNC');
    const copy = new Copy();
    await synchronize(client, copy, account, { uids: 'none', pairs: [] });
    await client.run('u', 'UNSELECT');
    await fixture.store.expunge(account.id, 'INBOX', UidSet.of(2, 5), { any: true });
    await fixture.store.append(account.id, 'INBOX', testMessage(7));
    // What happened within the clock's last tick is not older than nothing.
    await new Promise((resolve) => setTimeout(resolve, ENGINE === 'sqlite' ? 5 : 50));
    await fixture.store.maintenance.sweep({ changesMs: 0 });
    await synchronize(client, copy, account, { uids: 'all', pairs: [0, 2, 3] });
    expect(copy.vanished.toString()).toBe('2,5');
    expect([...copy.flags.keys()]).toEqual([1, 3, 4, 6, 7]);
  });

  test('in which the mailbox was deleted and made again, it starts anew', async () => {
    const account = await fixture.account();
    const { store } = fixture;
    await store.createMailbox(account.id, 'Work');
    await fixture.fill(account, 'Work', 3);
    const client = await fixture.login(account);
    await client.run('e', 'ENABLE QRESYNC');
    const copy = new Copy();
    copy.take(await client.run('s', 'SELECT Work (CONDSTORE)'));
    await client.run('u', 'UNSELECT');
    await store.deleteMailbox(account.id, 'Work');
    await store.createMailbox(account.id, 'Work');
    await fixture.fill(account, 'Work', 2);
    const before = copy.uidValidity;
    const lines = await client.run('s', `SELECT Work ${copy.parameters({ uids: 'none', pairs: [] })}`);
    expect(copy.take(lines)).toEqual({ exists: 2 });
    expect(copy.uidValidity).toBeGreaterThan(before);
    expect(lines.filter((line) => /VANISHED|FETCH/.test(line))).toEqual([]);
  });
});
