/** Accounts that go from SQLite to MongoDB, and back. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StoreContext } from '../../src/store/context.ts';
import { Store } from '../../src/store/store.ts';
import { transferAccount } from '../../src/store/transfer-account.ts';
import { freshUri, MONGODB_URI } from '../mongodb/mongo-test.ts';
import { all, everything, fill, findings, openHere, PASSWORDS, transferWithKills } from './transfer-fixture.ts';

const CORPUS = new URL('../../../shared/corpus/', import.meta.url);
if (!existsSync(CORPUS)) console.warn('SKIPPED: no corpus of odd messages beside the tree');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-transfer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const openFolder = (name: string): Promise<StoreContext> => openHere({ path: path.join(folder, name) });

function openCluster(): Promise<StoreContext> {
  return openHere({ mongodb: freshUri() });
}

test.skipIf(MONGODB_URI === null)(
  'there and back, two accounts at once, cut off at every step, attachments once',
  {
    timeout: 300_000,
  },
  async () => {
    const [first, cluster, second] = [await openFolder('one'), await openCluster(), await openFolder('two')];
    const ids = [await fill(first, 'ann'), await fill(first, 'bob')];
    const before = [await everything(first, ids[0] as string), await everything(first, ids[1] as string)];
    const counted = await all(first.blobs.list());
    await Promise.all([
      transferWithKills(first, cluster, ids[0] as string),
      transferAccount({ from: first, to: cluster, account: ids[1] as string }),
    ]);
    for (const [index, id] of ids.entries()) expect(await everything(cluster, id)).toEqual(before[index]);
    const names = (blobs: readonly { blobId: string; size: number }[]) =>
      blobs.map(({ blobId, size }) => `${blobId} ${size}`).sort();
    expect(names(await all(cluster.blobs.list()))).toEqual(names(counted));
    expect(await findings(cluster)).toEqual([]);
    for (const [index, id] of ids.entries()) {
      await transferAccount({ from: cluster, to: second, account: id });
      expect(await everything(second, id)).toEqual(before[index]);
    }
    expect(await findings(second)).toEqual([]);
  },
);

test.skipIf(MONGODB_URI === null || !existsSync(CORPUS))(
  'every message of the corpus beside the tree goes there and back',
  { timeout: 300_000 },
  async () => {
    const [first, cluster, second] = [await openFolder('one'), await openCluster(), await openFolder('two')];
    const store = new Store(first, PASSWORDS);
    const { id } = await store.accounts.create({ name: 'ann', password: 'secret' });
    const files = readdirSync(CORPUS, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const file of files) await store.append(id, 'INBOX', readFileSync(path.join(file.parentPath, file.name)));
    expect(files.length).toBeGreaterThan(100);
    const before = await everything(first, id);
    expect((await transferAccount({ from: first, to: cluster, account: id })).messages).toBe(files.length);
    expect(await everything(cluster, id)).toEqual(before);
    await transferAccount({ from: cluster, to: second, account: id });
    expect(await everything(second, id)).toEqual(before);
    for (const parts of [cluster, second]) expect(await findings(parts)).toEqual([]);
  },
);
