/** Syncs of a log that are shared. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WalSync } from '../../src/sqlite/wal-sync.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eider-wal-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('WalSync', () => {
  it('who comes while a sync runs shares the next one, never the one that runs', async () => {
    const path = join(folder, 'log');
    await writeFile(path, 'x');
    const wal = new WalSync(path);
    const order: string[] = [];
    const first = wal.sync().then(() => order.push('first'));
    const second = wal.sync();
    const third = wal.sync();
    expect(third).toBe(second);
    expect(wal.pending).toBe(second);
    await Promise.all([first, second.then(() => order.push('second'))]);
    expect(order).toEqual(['first', 'second']);
    expect(wal.pending).toBeNull();
    await wal.close();
  });

  it('a log that cannot be synced fails those who wait, and the next try is a new one', async () => {
    const path = join(folder, 'log');
    const wal = new WalSync(path);
    const outcomes = await Promise.allSettled([wal.sync(), wal.sync()]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
    await writeFile(path, 'x');
    await wal.sync();
    await wal.close();
  });

  it('close waits for what runs', async () => {
    const path = join(folder, 'log');
    await writeFile(path, 'x');
    const wal = new WalSync(path);
    let synced = false;
    void wal.sync().then(() => {
      synced = true;
    });
    await wal.close();
    expect(synced).toBe(true);
  });
});
