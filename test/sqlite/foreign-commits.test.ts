/** What another process wrote is synced before a reader is told of it. */

import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { WalSync } from '../../src/sqlite/wal-sync.ts';
import { openTestEngine } from './open-test-engine.ts';

const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  for (const end of ends.splice(0).reverse()) await end();
});

async function open(folder: string): Promise<Engine> {
  const engine = await openTestEngine(folder);
  ends.push(() => engine.close());
  return engine;
}

it('syncs the log once before it tells of a foreign commit, and not for its own', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'eider-foreign-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const reader = await open(folder);
  const limits = { octets: null, messages: null };
  const record = {
    id: 'a1',
    name: 'ann',
    addresses: [],
    limits,
    copies: 'label' as const,
    created: 0,
    passwordHash: null,
  };
  await reader.directory.create(record);
  expect(readdirSync(folder)).toContain('accounts');
  const writer = await open(folder);
  await reader.read('a1', (tx) => tx.mailboxes());
  await writer.write('a1', (tx) => tx.createMailbox('INBOX', null));

  const sync = vi.spyOn(WalSync.prototype, 'sync');
  expect(await reader.read('a1', (tx) => tx.mailboxes())).toHaveLength(1);
  expect(sync).toHaveBeenCalledTimes(1);
  await reader.read('a1', (tx) => tx.mailboxes());
  expect(sync).toHaveBeenCalledTimes(1);
});
