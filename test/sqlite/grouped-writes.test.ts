/** Writes that come together: one commit, and yet each with a result of its own. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { EiderError } from '../../src/errors.ts';
import { Database } from '../../src/sqlite/database.ts';
import { loadDriver } from '../../src/sqlite/driver.ts';
import { GroupedWrites } from '../../src/sqlite/grouped-writes.ts';

let folder: string;
let db: Database;
let writes: GroupedWrites;
let commits: number;
let onCommit: () => void;
let isOpen: boolean;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eider-grouped-'));
  db = connect();
  db.exec('CREATE TABLE number (n INTEGER PRIMARY KEY)');
  commits = 0;
  onCommit = () => {};
  isOpen = true;
  const requireOpen = (): void => {
    if (!isOpen) throw new EiderError('STORE_CLOSED', 'closed');
  };
  const committed = (): void => {
    commits++;
    onCommit();
  };
  writes = new GroupedWrites(db, { requireOpen, committed });
});
afterEach(async () => {
  db.close();
  await rm(folder, { recursive: true });
});

function connect(): Database {
  const connected = new Database(loadDriver(), join(folder, 'x.db'));
  connected.opened();
  return connected;
}

const add = (n: number) => (): number => {
  db.run('INSERT INTO number VALUES (?)', n);
  return n;
};
const there = (): number[] => db.all<{ n: number }>('SELECT n FROM number').map(({ n }) => n);

it('of one turn are one commit, in their order', async () => {
  const order: number[] = [];
  const all = Array.from({ length: 50 }, (_, n) => writes.run(add(n)).then((done) => order.push(done)));
  expect(there()).toEqual([]);
  await Promise.all(all);
  expect(order).toEqual(there());
  expect(order).toHaveLength(50);
  expect(commits).toBe(1);
});

it('fail alone, without a trace, and the others do not', async () => {
  const half = (): never => {
    db.run('INSERT INTO number VALUES (100)');
    throw new EiderError('INVALID_ARGUMENT', 'half');
  };
  const outcomes = await Promise.allSettled([
    writes.run(add(1)),
    writes.run(add(1)),
    writes.run(half),
    writes.run(add(2)),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect((outcomes[2] as PromiseRejectedResult).reason).toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(there()).toEqual([1, 2]);
  await writes.run(add(3));
  expect(there()).toEqual([1, 2, 3]);
});

it('give others their turn when they take long together', async () => {
  const slow = (n: number) => (): number => {
    for (const end = performance.now() + 4; performance.now() < end; );
    return add(n)();
  };
  let turns = 0;
  let isOver = false;
  const looking = (async () => {
    for (; !isOver; turns++) await turn();
  })();
  const committedIn = new Set<number>();
  onCommit = () => committedIn.add(turns);
  await Promise.all(Array.from({ length: 30 }, (_, n) => writes.run(slow(n))));
  isOver = true;
  await looking;
  // Three of four milliseconds each fill a turn.
  expect(commits).toBeGreaterThanOrEqual(10);
  expect(committedIn.size, 'turns with a commit').toBe(commits);
  expect(there()).toHaveLength(30);
});

it('wait for another connection without being run, and are told when it takes too long', async () => {
  const other = connect();
  other.exec('BEGIN IMMEDIATE');
  const work = vi.fn(add(1));
  const waiting = writes.run(work);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(work).not.toHaveBeenCalled();
  const start = Date.now();
  const now = vi.spyOn(Date, 'now').mockReturnValue(start + 9_000);
  const later = writes.run(add(2));
  now.mockReturnValue(start + 10_001);
  await expect(waiting).rejects.toMatchObject({ code: 'BUSY' });
  other.exec('COMMIT');
  expect(await later).toBe(2);
  now.mockRestore();
  expect(there()).toEqual([2]);
  other.close();
});

it('are refused when the database is closed meanwhile', async () => {
  const waiting = writes.run(add(1));
  isOpen = false;
  await expect(waiting).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  expect(there()).toEqual([]);
});

it('wait while they are held, and go on however that ends', async () => {
  let end = (_: Error): void => {};
  const failing = writes.hold(
    () =>
      new Promise((_, reject) => {
        end = reject;
      }),
  );
  const waiting = writes.run(add(1));
  for (let n = 0; n < 5; n++) await turn();
  expect(there()).toEqual([]);
  end(new Error('held in vain'));
  await expect(failing).rejects.toThrow('held in vain');
  expect(await waiting).toBe(1);
});
