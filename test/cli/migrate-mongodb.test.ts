/** `eider migrate` to MongoDB and back, killed where it pleases, and run again. */

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freshUri, MONGODB_URI, openTestClient } from '../mongodb/mongo-test.ts';
import { mustEider, startEider } from './run-eider.ts';
import { readMaildir } from './sample-maildir.ts';
import { json, makeStore } from './two-accounts.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-migrate-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test.skipIf(MONGODB_URI === null)(
  'killed again and again, it ends with all of it, and the account is not there before',
  {
    timeout: 300_000,
  },
  async () => {
    const { data } = await makeStore(folder, 60);
    const uri = freshUri();
    await mustEider(['mongodb', 'init', '--mongodb', uri]);
    const args = ['migrate', '--from', data, '--account', 'ann', '--json'];
    const env = { EIDER_TO: uri };
    let kills = 0;
    const contents = openTestClient({}, uri).db().collection('contents');
    const begun = async (): Promise<void> =>
      vi.waitFor(async () => expect(await contents.findOne()).not.toBeNull(), { timeout: 60_000, interval: 5 });
    for (let wait = 1500; ; wait *= 1.7) {
      const child = startEider(args, env);
      let stdout = '';
      child.stdout?.on('data', (chunk) => {
        stdout += chunk;
      });
      const ended = once(child, 'close');
      const isOver = await Promise.race([
        ended.then(() => true),
        (kills === 0 ? begun() : delay(wait)).then(() => false),
      ]);
      if (isOver) {
        expect(json(stdout)).toEqual([expect.objectContaining({ name: 'ann', messages: 76 })]);
        break;
      }
      child.kill('SIGKILL');
      await ended;
      kills++;
      const seen = (await mustEider(['account', 'list', '--json', '--mongodb', uri])).trim();
      expect(seen === '' || (JSON.parse(seen) as { usage: { messages: number } }).usage.messages === 76).toBe(true);
    }
    expect(kills).toBeGreaterThan(0);
    expect(await mustEider(['check', '--rehash', '--mongodb', uri])).toBe('no findings\n');
    const back = path.join(folder, 'back');
    await mustEider(['migrate', '--from', uri, '--to', back]);
    const digests: string[] = [];
    for (const [name, store] of [
      ['one', data],
      ['two', back],
    ] as const) {
      await mustEider(['export', 'ann', path.join(folder, name), '--data', store]);
      digests.push(JSON.stringify(await readMaildir(path.join(folder, name))));
    }
    expect(digests[0]).toBe(digests[1]);
  },
);
