/** What the command says of a cluster that it cannot reach, or was named wrongly: never a password. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freePort } from '../durability/balancer.ts';
import { eider, type RunResult } from './run-eider.ts';

vi.setConfig({ testTimeout: 120_000 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-no-cluster-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a server that is down is one line within 5 seconds, without the password', async () => {
  const at = `127.0.0.1:${await freePort()}`;
  const uri = `mongodb://ann:s3cret@${at}/mail?retryWrites=true`;
  const commands = [['stats'], ['serve', '--insecure-auth', '--processes', '2'], ['mongodb', 'init']];
  const timed = async (args: readonly string[]): Promise<RunResult & { ms: number }> => {
    const started = performance.now();
    return { ...(await eider(args)), ms: performance.now() - started };
  };
  // What a busy machine takes to load the program, as often at once as below.
  const starts = await Promise.all(commands.map(() => timed(['stats', '--data', path.join(folder, 'none')])));
  const startMs = Math.max(...starts.map(({ ms }) => ms));
  const told = await Promise.all(commands.map((args) => timed([...args, '--mongodb', uri])));
  for (const { code, stdout, stderr, ms } of told) {
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(`eider: mongodb://***@${at}/mail: the database cannot be reached at present (UNAVAILABLE)\n`);
    expect(ms).toBeLessThan(5000 + 3 * startMs);
  }
  const debug = await eider(['stats', '--mongodb', `${uri}&maxPoolSize=none`], { env: { EIDER_DEBUG: '1' } });
  expect(debug.code).toBe(1);
  expect(debug.stderr).not.toContain('s3cret');
});

test('a connection string goes where it belongs', async () => {
  const env = { EIDER_MONGODB: 'mongodb://ann:s3cret@127.0.0.1/', EIDER_DATA: folder };
  const both = await eider(['stats'], { env });
  expect(both).toMatchObject({ code: 2 });
  expect(both.stderr).toContain('EIDER_DATA and EIDER_MONGODB name two places');
  const word = await eider(['gc', 'mongodb://ann:s3cret@127.0.0.1/']);
  expect(word.code).toBe(2);
  expect(word.stderr).not.toContain('s3cret');
});
