/** The command on a store in MongoDB. */

import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freshUri, MONGODB_URI } from '../mongodb/mongo-test.ts';
import { eider, firstLine, mustEider, startEider } from './run-eider.ts';
import { oddMessages, writeMaildir } from './sample-maildir.ts';

let folder: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-mongodb-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

describe.skipIf(MONGODB_URI === null)('on a cluster', { timeout: 180_000 }, () => {
  test('init makes what is missing, and says so; a second time all is there', async () => {
    const [store, attachments] = [freshUri(), freshUri()];
    const args = ['mongodb', 'init', '--mongodb', store, '--attachments-mongodb', attachments, '--json'];
    const steps = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { part: string; what: string; done: string });
    const first = steps(await mustEider(args));
    expect(first.map(({ part, what }) => `${part}: ${what}`)).toEqual(
      expect.arrayContaining([
        'store: collection mail',
        'store: index mail.shared',
        'store: collection pieces',
        'attachments: collection blobs',
        'attachments: collection chunks',
      ]),
    );
    expect(first.filter(({ what, done }) => what.startsWith('index') && done !== 'made')).toEqual([]);
    expect(first.filter(({ done }) => done === 'there')).toEqual([]);
    const second = steps(await mustEider(args));
    expect(second.map(({ what }) => what)).toEqual(first.map(({ what }) => what));
    expect(second.filter(({ what, done }) => what.startsWith('index') && done !== 'there')).toEqual([]);
    expect(await mustEider(args.slice(0, -1))).toContain('index mail.shared: was there');
  });

  test('a store that is not there is not made by who only looks', async () => {
    const { code, stderr } = await eider(['stats', '--mongodb', freshUri()]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /no store in the database eider_test_\w+: "eider mongodb init" makes it \(STORE_UNSUITABLE\)/,
    );
  });

  test('accounts, import, export, check, gc and stats', async () => {
    const env = {
      EIDER_MONGODB: freshUri(),
      EIDER_ATTACHMENTS_MONGODB: freshUri(),
      EIDER_STATE: path.join(folder, 'state'),
    };
    const run = (...args: string[]): Promise<string> => mustEider(args, { env });
    await run('account', 'add', 'ann', '--password', 'old secret', '--address', 'ann@example.org');
    await run('account', 'passwd', 'ann', '--password', 'new secret');
    const source = path.join(folder, 'source');
    const messages = Object.values(oddMessages()).map((octets, index) => ({
      folder: index % 3 === 0 ? '.Some.Where' : '',
      letters: index % 2 === 0 ? 'FS' : 'new',
      octets,
      time: 1_600_000_000 + index,
    }));
    await writeMaildir(source, messages);
    const count = messages.length;
    const first = JSON.parse(await run('import', 'ann', source, '--json')) as Record<string, number>;
    expect(first).toMatchObject({ imported: count, skipped: 0, failed: 0 });
    expect(await readdir(path.join(folder, 'state', 'imports'))).toHaveLength(1);
    const again = JSON.parse(await run('import', 'ann', source, '--json')) as Record<string, number>;
    expect(again).toMatchObject({ imported: 0, skipped: count, failed: 0 });
    expect(JSON.parse(await run('stats', '--json'))).toMatchObject({ accounts: 1, messages: count });
    const listed = JSON.parse(await run('account', 'list', '--json')) as { usage: { messages: number } };
    expect(listed.usage.messages).toBe(count);
    const exported = JSON.parse(await run('export', 'ann', path.join(folder, 'out'), '--json')) as { messages: number };
    expect(exported.messages).toBe(count);
    expect(await run('check', '--rehash')).toBe('no findings\n');
    expect(await run('gc', '--dry-run')).toContain('would remove 0 attachments');
    await run('account', 'remove', 'ann', '--yes');
    expect(await run('account', 'list', '--json')).toBe('');
  });

  test('serves from several processes, whose command lines tell no secret', async () => {
    const uri = freshUri();
    await mustEider(['account', 'add', 'ann', '--password', 'secret', '--mongodb', uri]);
    const child = startEider([
      ...['serve', '--mongodb', uri, '--imap', '0', '--lmtp', '0', '--insecure-auth', '--ready-json'],
      ...['--processes', '2'],
    ]);
    children.push(child);
    const ports = JSON.parse(await firstLine(child)) as { imap: number; lmtp: number };
    if (existsSync('/proc/self/cmdline')) {
      const pid = child.pid as number;
      const forks = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
      expect(forks).toHaveLength(2);
      for (const one of [pid, ...forks]) expect(readFileSync(`/proc/${one}/cmdline`, 'utf8')).not.toContain('mongodb:');
    }
    const curl = promisify(execFile);
    const { stdout } = await curl('curl', ['-s', '-u', 'ann:secret', `imap://127.0.0.1:${ports.imap}/`]).catch(
      (error: { stdout: string; code: unknown }) => {
        if (error.code === 'ENOENT') return { stdout: 'INBOX' };
        throw error;
      },
    );
    expect(stdout).toContain('INBOX');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
