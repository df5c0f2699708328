/** `eider migrate`: the command, killed where it pleases, and run again. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import { eider, mustEider } from './run-eider.ts';
import { json, makeStore } from './two-accounts.ts';

// Each run of the command is a process; a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-migrate-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('copies from folder to folder; what was there before stays as it is', async () => {
  const { data } = await makeStore(folder, 3);
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
  const { data } = await makeStore(folder, 1);
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
