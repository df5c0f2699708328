/** `eider migrate`: the command, killed where it pleases, and run again. */

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import { freshDatabaseName, MONGODB_URI } from '../mongodb/mongo-test.ts';
import { eider, mustEider, startEider } from './run-eider.ts';
import { noise, oddMessages, readMaildir, withAttachment } from './sample-maildir.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-migrate-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A store with two accounts, attachments in a folder of their own. */
async function makeStore(count: number): Promise<{ data: string; attachments: string }> {
  const [data, attachments] = [path.join(folder, 'data'), path.join(folder, 'attachments')];
  await mustEider(['account', 'add', 'ann', '--password', 'old secret', '--data', data, '--attachments', attachments]);
  await mustEider(['account', 'add', 'bob', '--password', 'bobs secret', '--data', data]);
  await using store = await openStore({ path: data, attachmentsPath: attachments });
  for (const name of ['ann', 'bob']) {
    const { id } = await store.accounts.get(name);
    for (const octets of Object.values(oddMessages()))
      await store.append(id, 'INBOX', octets, { flags: ['\\Flagged'] });
    for (let n = 0; n < count; n++) {
      await store.append(id, 'Archive', withAttachment(`number ${n}`, noise(`${n % 7}`, 60_000), 76));
    }
  }
  return { data, attachments };
}

const json = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('copies from folder to folder; what was there before stays as it is', async () => {
  const { data } = await makeStore(3);
  const target = path.join(folder, 'target');
  const args = ['migrate', '--from', data, '--to', target, '--to-attachments', path.join(folder, 'elsewhere')];
  const first = json(await mustEider([...args, '--account', 'ann', '--json']));
  expect(first).toEqual([expect.objectContaining({ name: 'ann', outcome: 'copied', messages: 19, mailboxes: 6 })]);
  const both = json(await mustEider([...args, '--json']));
  expect(both.map(({ name, outcome }) => `${name} ${outcome}`).sort()).toEqual(['ann there', 'bob copied']);
  expect(await mustEider(args)).toMatch(/account (?:ann|bob) is there already\n/);
  expect(await mustEider(['check', '--rehash', '--data', target])).toBe('no findings\n');
  expect(await mustEider(['check', '--rehash', '--data', data])).toBe('no findings\n');
  await using store = await openStore({ path: target, attachmentsPath: path.join(folder, 'elsewhere') });
  expect((await store.accounts.authenticate('ann', 'old secret')).name).toBe('ann');
});

test('an account that cannot be copied is told, and all others are copied', async () => {
  const { data } = await makeStore(1);
  const target = path.join(folder, 'target');
  await mustEider(['account', 'add', 'ann', '--password', 'another', '--data', target]);
  const { code, stdout, stderr } = await eider(['migrate', '--from', data, '--to', target]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^account bob copied and compared: 17 messages in 6 mailboxes, /m);
  expect(stderr).toMatch(/^not copied: ann: .*\(ACCOUNT_EXISTS\)$/m);
});

test.each<[string, string[], RegExp]>([
  ['no source', ['--to', 'x'], /--from/],
  ['one store twice', ['--from', 'x', '--to', './x'], /one store/],
])('%s is a wrong line', async (_, args, message) => {
  const { code, stderr } = await eider(['migrate', ...args]);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});

describe.skipIf(MONGODB_URI === null)('to MongoDB', { timeout: 300_000 }, () => {
  test('killed again and again, it ends with all of it, and the account is not there before', async () => {
    const { data } = await makeStore(60);
    const uri = new URL(MONGODB_URI as string);
    uri.pathname = `/${freshDatabaseName()}`;
    await mustEider(['mongodb', 'init', '--mongodb', uri.href]);
    const args = ['migrate', '--from', data, '--account', 'ann', '--json'];
    const env = { EIDER_TO: uri.href };
    let kills = 0;
    for (let wait = 400; ; wait *= 1.3) {
      const child = startEider(args, env);
      let stdout = '';
      child.stdout?.on('data', (chunk) => {
        stdout += chunk;
      });
      const ended = once(child, 'close');
      const isOver = await Promise.race([ended.then(() => true), delay(wait).then(() => false)]);
      if (isOver) {
        expect(json(stdout)).toEqual([expect.objectContaining({ name: 'ann', messages: 76 })]);
        break;
      }
      child.kill('SIGKILL');
      await ended;
      kills++;
      const seen = (await mustEider(['account', 'list', '--json', '--mongodb', uri.href])).trim();
      expect(seen === '' || (JSON.parse(seen) as { usage: { messages: number } }).usage.messages === 76).toBe(true);
    }
    expect(kills).toBeGreaterThan(0);
    expect(await mustEider(['check', '--rehash', '--mongodb', uri.href])).toBe('no findings\n');
    const back = path.join(folder, 'back');
    await mustEider(['migrate', '--from', uri.href, '--to', back]);
    const digests: string[] = [];
    for (const [name, store] of [
      ['one', data],
      ['two', back],
    ] as const) {
      await mustEider(['export', 'ann', path.join(folder, name), '--data', store]);
      digests.push(JSON.stringify(await readMaildir(path.join(folder, name))));
    }
    expect(digests[0]).toBe(digests[1]);
  });
});
