/** The events of all accounts: each once, in order, whoever writes and whoever dies. */

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryBlobStore } from '../../src/blobs/memory-blob-store.ts';
import type { ReadTransaction } from '../../src/engine/engine.ts';
import { PassingEngine } from '../../src/engine/passing-engine.ts';
import { EiderError } from '../../src/errors.ts';
import { MAX_KEYWORD_LENGTH, MAX_KEYWORDS } from '../../src/model/flags.ts';
import type { EventsOptions, StoreEvent } from '../../src/model/store-event.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import { openStore } from '../../src/open-store.ts';
import { EventLog } from '../../src/store/events/event-log.ts';
import { LogTail } from '../../src/store/events/log-tail.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { Wake } from '../../src/store/wake.ts';
import { emptyPlace, openTestedEngine } from '../engine-under-test.ts';
import { ALL, letter, openTestStore } from './store-fixture.ts';

/** Follows until the end of the test, or until it is ended. */
function follow(store: MessageStore, options: EventsOptions = {}): { told: StoreEvent[]; end(): Promise<void> } {
  const controller = new AbortController();
  const told: StoreEvent[] = [];
  const following = (async () => {
    for await (const event of store.events({ ...options, signal: controller.signal })) told.push(event);
  })();
  const end = async (): Promise<void> => {
    controller.abort();
    await following;
  };
  onTestFinished(end);
  return { told, end };
}

const brief = ({ ev, user, mailbox, message }: StoreEvent & Record<string, unknown>) => [ev, user, mailbox, message];

/** An engine that cannot read the changes of one account. */
class PartlyBroken extends PassingEngine {
  broken: string | null = null;

  override read<T>(account: string, work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return super.read(account, (tx) => {
      const changes = tx.changes.bind(tx);
      tx.changes = async (since, limit) => {
        if (account === this.broken) throw new EiderError('STORE_CORRUPT', 'a page cannot be read');
        return changes(since, limit);
      };
      return work(tx);
    });
  }
}

describe('who waits for the end of the log', () => {
  it('waits for one bell, which rings for entries of others too', async () => {
    const { vault } = await openTestedEngine();
    const [log, other] = [new EventLog(vault), new EventLog(vault)];
    const written = new Wake();
    const tail = new LogTail(log, written);
    const heard = written.next();
    const waiting = tail.beyond(0, heard, new AbortController().signal);
    await other.append({ number: 1, events: [], told: new Map() });
    await waiting;
    // Whatever waited for it is let go.
    await heard;
    expect((await log.after(0)).map(({ number }) => number)).toEqual([1]);
  });
});

describe('events', () => {
  it('tell of messages and mailboxes of all accounts from a position on', async () => {
    const { store, account } = await openTestStore();
    await store.append(account, 'INBOX', letter('before'));
    const after = await store.eventPosition();
    const { id: other } = await store.accounts.create({ name: 'ben' });
    const inbox = await store.mailbox(account, 'INBOX');
    const { uid } = await store.append(account, 'INBOX', letter('a'), { flags: ['\\Flagged', 'work'] });
    await store.storeFlags(account, 'INBOX', UidSet.of(uid), { mode: 'add', flags: ['\\Seen'] });
    const { to } = await store.move(account, 'INBOX', UidSet.of(uid), 'Junk');
    const junk = await store.mailbox(account, 'Junk');
    await store.expunge(account, 'Junk', ALL, { any: true });
    await store.createMailbox(account, 'Projects');
    await store.renameMailbox(account, 'Projects', 'Projekte');
    await store.deleteMailbox(account, 'Projekte');
    const { told } = follow(store, { after, account });
    await expect.poll(() => told.length).toBe(8);
    const [moved] = [...to];
    expect(told.map((event) => brief(event).filter((field) => field !== undefined))).toEqual([
      ['message.received', account, inbox.id, uid],
      ['message.flags', account, inbox.id, uid],
      ['message.moved', account, junk.id, moved],
      ['marked.spam', account, junk.id, moved],
      ['message.deleted', account, junk.id, moved],
      ['mailbox.created', account, expect.any(Number)],
      ['mailbox.renamed', account, expect.any(Number)],
      ['mailbox.deleted', account, expect.any(Number)],
    ]);
    expect(told[2]).toMatchObject({ previousMailbox: inbox.id, previousMessage: uid });
    expect(told.map(({ id }) => id)).toEqual([...new Set(told.map(({ id }) => id))].sort());
    const all = follow(store, { after, types: ['mailbox.*'] });
    await expect.poll(() => all.told.filter(({ user }) => user === other).length).toBe(6);
    const made = all.told.filter(({ user }) => user === other).map((event) => (event as { path?: string }).path);
    expect(made.sort()).toEqual(['Archive', 'Drafts', 'INBOX', 'Junk', 'Sent', 'Trash']);
  });

  it('without a position tell only what comes, and of the types that are asked for', async () => {
    const { store, account } = await openTestStore();
    await store.append(account, 'INBOX', letter('old'));
    const { told } = follow(store, { types: ['message.received', 'mailbox.*'] });
    await store.eventPosition();
    await new Promise((done) => setTimeout(done, 100));
    const { uid } = await store.append(account, 'INBOX', letter('new'));
    await store.storeFlags(account, 'INBOX', ALL, { mode: 'add', flags: ['\\Seen'] });
    await store.createMailbox(account, 'Last');
    await expect.poll(() => told.length).toBe(2);
    expect(told).toMatchObject([
      { ev: 'message.received', message: uid },
      { ev: 'mailbox.created', path: 'Last' },
    ]);
  });

  it('go on after each event, also in the middle of a transaction of many messages', async () => {
    const { store, account } = await openTestStore();
    const start = await store.eventPosition();
    for (let index = 0; index < 7; index++) await store.append(account, 'INBOX', letter(`m${index}`));
    for (let round = 0; round < 6; round++) await store.copy(account, 'INBOX', ALL, 'INBOX');
    await store.storeFlags(account, 'INBOX', ALL, { mode: 'add', flags: ['k'.repeat(60)] });
    const count = 7 * 64;
    const { told, end } = follow(store, { after: start });
    await expect.poll(() => told.length, { timeout: 20_000 }).toBe(count * 2);
    await end();
    const seen = new Set(told.filter(({ ev }) => ev === 'message.flags').map((event) => brief(event).join()));
    expect(seen.size).toBe(count);
    for (const at of [0, 1, 300, 700, count * 2 - 2]) {
      const rest = follow(store, { after: (told[at] as StoreEvent).id });
      await expect.poll(() => rest.told.length).toBe(count * 2 - at - 1);
      expect(rest.told).toEqual(told.slice(at + 1));
      await rest.end();
    }
  }, 60_000);

  it('begin with a reset at a position that is none', async () => {
    const { store, account } = await openTestStore();
    for (const after of ['nonsense', 'f'.repeat(24), '0'.repeat(24)]) {
      const { told, end } = follow(store, { after });
      await expect.poll(() => told[0]?.ev).toBe('reset');
      await store.append(account, 'INBOX', letter(after));
      await expect.poll(() => told.at(-1)?.ev).toBe('message.received');
      await end();
    }
  });

  it('can be followed from while there is no pause in what happens', async () => {
    const { store, account } = await openTestStore();
    await store.eventPosition();
    let writing = true;
    const writers = Array.from({ length: 4 }, async (_, index) => {
      while (writing) await store.append(account, 'INBOX', letter(`busy ${index}`));
    });
    onTestFinished(async () => {
      writing = false;
      await Promise.all(writers);
    });
    for (let round = 0; round < 3; round++) {
      const { told, end } = follow(store, { after: await store.eventPosition() });
      await expect.poll(() => told.length, { timeout: 10_000 }).toBeGreaterThan(0);
      await end();
    }
    writing = false;
    await Promise.all(writers);
  }, 60_000);

  it('refuse a type that names nothing', async () => {
    const { store } = await openTestStore();
    const events = store.events({ types: ['message.recieved'] })[Symbol.asyncIterator]();
    await expect(events.next()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('of a message with more keywords than an entry holds come without them, and those after it with theirs', async () => {
    const { store, account } = await openTestStore();
    const after = await store.eventPosition();
    const flags = Array.from({ length: MAX_KEYWORDS }, (_, index) => `${index}-`.padEnd(MAX_KEYWORD_LENGTH, 'x'));
    await store.append(account, 'INBOX', letter('many'), { flags });
    await store.append(account, 'Archive', letter('few'), { flags: ['few'] });
    const { told } = follow(store, { after });
    await expect.poll(() => told.length).toBe(2);
    expect(told[0]).toMatchObject({ ev: 'message.received', message: 1 });
    expect(told[0]).not.toHaveProperty('flags');
    expect(told[1]).toMatchObject({ ev: 'message.received', flags: ['few'] });
  });

  it('of other accounts are told while one cannot be read, and its own when it can again', async () => {
    const engine = new PartlyBroken(await openTestedEngine());
    const store = await openStore({ engine, blobs: new MemoryBlobStore() });
    onTestFinished(() => store.close());
    const [ann, ben] = [await store.accounts.create({ name: 'ann' }), await store.accounts.create({ name: 'ben' })];
    const { told } = follow(store, { after: await store.eventPosition() });
    await store.append(ann.id, 'INBOX', letter('first'));
    await expect.poll(() => told.length).toBe(1);
    engine.broken = ann.id;
    await store.storeFlags(ann.id, 'INBOX', ALL, { mode: 'add', flags: ['\\Seen'] });
    await store.append(ben.id, 'INBOX', letter('ben'));
    await expect.poll(() => told.map(({ user }) => user)).toEqual([ann.id, ben.id]);
    // Nor does it keep others from beginning.
    const other = follow(store, { after: await store.eventPosition() });
    await store.append(ben.id, 'INBOX', letter('again'));
    await expect.poll(() => other.told.length).toBe(1);
    engine.broken = null;
    await expect.poll(() => told.at(-1), { timeout: 10_000 }).toMatchObject({ ev: 'message.flags', user: ann.id });
  });

  it('have positions that never fall back, whoever writes them down', async () => {
    const { vault } = await openTestedEngine();
    const logs = Array.from({ length: 8 }, () => new EventLog(vault));
    await Promise.all(
      Array.from({ length: 160 }, (_, index) => logs[index % 8]?.setCheckpoint(((index * 71) % 160) + 1)),
    );
    expect(await new EventLog(vault).checkpoint()).toBe(160);
  });

  it('are each told once, in order, while processes write and die', async () => {
    const place = await emptyPlace();
    const store = await openStore(place);
    onTestFinished(() => store.close());
    const accounts = await Promise.all(['ann', 'ben'].map((name) => store.accounts.create({ name })));
    const start = await store.eventPosition();
    const told: StoreEvent[] = [];
    let writing = true;
    // A follower that is ended at random, and goes on after what it saw last, with another store each time.
    const following = (async () => {
      for (let round = 0; writing || round < 2; round++) {
        const other = await openStore(place);
        const after = told.at(-1)?.id ?? start;
        const events = other.events({ after, types: ['message.*'] })[Symbol.asyncIterator]();
        for (let left = 1 + ((round * 37) % 50); left > 0; left--) {
          const next = await Promise.race([events.next(), new Promise<null>((done) => setTimeout(done, 1_500, null))]);
          if (!next || next.done) break;
          told.push(next.value);
        }
        await other.close();
      }
    })();
    const writers = accounts.flatMap(({ id }, index) => [writer(place, id, 31 + index), writer(place, id, 77 + index)]);
    // One dies in the midst of it.
    const [doomed] = writers as [Writer];
    await expect.poll(doomed.acknowledged, { timeout: 30_000 }).toBeGreaterThan(5);
    doomed.kill();
    const ends = await Promise.all(writers.map(({ ended }) => ended));
    expect(ends).toEqual(['SIGKILL', null, null, null]);
    writing = false;
    await following;
    for (const { id } of accounts) {
      // Whoever comes last finds what the dead left.
      const final = follow(store, { after: told.at(-1)?.id ?? start, types: ['message.*'] });
      const own = () => [...told, ...final.told].filter(({ user }) => user === id);
      await expect.poll(() => replay(own()), { timeout: 20_000 }).toEqual(await stateOf(store, id));
      await final.end();
      const ids = own().map((event) => event.id);
      expect(ids).toEqual([...new Set(ids)].sort());
    }
    expect(told.filter(({ ev }) => ev === 'reset')).toEqual([]);
  }, 120_000);
});

/** Which messages are where, as the events tell it; an event that fits nothing is an error. */
function replay(events: readonly StoreEvent[]): string[] {
  const there = new Set<string>();
  const put = (place: string): void => {
    if (there.has(place)) throw new Error(`${place} is there twice`);
    there.add(place);
  };
  const drop = (place: string): void => {
    if (!there.delete(place)) throw new Error(`${place} was not there`);
  };
  for (const event of events) {
    if (event.ev === 'message.received') put(`${event.mailbox}/${event.message}`);
    if (event.ev === 'message.deleted') drop(`${event.mailbox}/${event.message}`);
    if (event.ev === 'message.moved') {
      drop(`${event.previousMailbox}/${event.previousMessage}`);
      put(`${event.mailbox}/${event.message}`);
    }
  }
  return [...there].sort();
}

async function stateOf(store: MessageStore, account: string): Promise<string[]> {
  const found: string[] = [];
  for (const { id } of await store.mailboxes(account)) {
    for (const uid of await store.uids(account, id)) found.push(`${id}/${uid}`);
  }
  return found.sort();
}

/** A process that writes. */
interface Writer {
  /** The signal that ended it. */
  readonly ended: Promise<string | null>;
  /** How much it was answered so far. */
  acknowledged(): number;
  kill(): void;
}

function writer(place: object, account: string, seed: number): Writer {
  const script = fileURLToPath(new URL('./order-writer.mjs', import.meta.url));
  const args = [resolve(process.env.EIDER_DIST ?? 'dist'), JSON.stringify(place), account, '40', String(seed)];
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let lines = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    lines += chunk.toString().split('\n').length - 1;
  });
  return {
    ended: new Promise((done) => child.on('close', (_, signal) => done(signal))),
    acknowledged: () => lines,
    kill: () => child.kill('SIGKILL'),
  };
}
