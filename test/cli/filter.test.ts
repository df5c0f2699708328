/** Commands on filters and spam. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Filter } from '../../src/model/filter.ts';
import { openStore } from '../../src/open-store.ts';
import { letter } from '../store/store-fixture.ts';
import { eider, type RunResult } from './run-eider.ts';

const BILLS = {
  name: 'bills',
  conditions: { test: 'subject', contains: 'invoice' },
  actions: { mailbox: 'Archive', labels: ['Trash'], seen: true },
};

async function place() {
  const folder = await mkdtemp(path.join(tmpdir(), 'eider-filter-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const data = path.join(folder, 'data');
  const store = await openStore({ path: data });
  for (const name of ['ann', 'bob']) await store.accounts.create({ name });
  const ann = (await store.accounts.get('ann')).id;
  for (const subject of ['invoice 1', 'news', 'invoice \u001b[2J']) await store.append(ann, 'INBOX', letter(subject));
  await store.close();
  const run = (args: readonly string[], input?: string): Promise<RunResult> =>
    eider([...args, '--data', data], input === undefined ? {} : { input });
  const must = async (args: readonly string[], input = ''): Promise<string> => {
    const { code, stdout, stderr } = await run(args, input);
    expect([args.join(' '), code, stderr]).toEqual([args.join(' '), 0, '']);
    return stdout;
  };
  const file = path.join(folder, 'filter.json');
  await writeFile(file, JSON.stringify(BILLS));
  return { run, must, file };
}

test('a filter is added, listed, shown, taken to another account, changed and removed', async () => {
  const { run, must, file } = await place();
  const made = JSON.parse(await must(['filter', 'add', 'ann', '--file', file, '--json'])) as Filter;
  expect(await must(['filter', 'list', 'ann'])).toMatch(
    new RegExp(`^id +name +state +does +made\n${made.id} +bills +on +mailbox,labels,seen +20`),
  );
  const shown = await must(['filter', 'show', 'ann', made.id]);
  expect(JSON.parse(shown)).toEqual({ ...BILLS, enabled: true, metadata: null });
  expect(await must(['filter', 'add', 'bob', '--file', '-'], shown)).toMatch(/^filter \S+ of bob added\n$/);
  const second = JSON.parse(await must(['filter', 'add', 'ann', '--file', file, '--json'])) as Filter;
  await must(
    ['filter', 'update', 'ann', second.id, '--file', '-', '--first', '--no-enable'],
    '{"actions":{"seen":null}}',
  );
  expect(await must(['filter', 'list', 'ann'])).toMatch(
    new RegExp(`\n${second.id} +bills +off +mailbox,labels +20.*\n${made.id} `),
  );
  await must(['filter', 'remove', 'ann', second.id]);
  for (const word of ['remove', 'apply']) {
    expect(await run(['filter', word, 'ann', second.id])).toMatchObject({
      code: 1,
      stderr: `eider: ann has no filter ${second.id}\n`,
    });
  }
});

test('a filter is tried on mail, and applied to it', async () => {
  const { must, file } = await place();
  const found = await must(['filter', 'test', 'ann', '--file', file]);
  expect(found).toMatch(/^uid +came +from +subject\n +3 +\S+ \S+ +ann@made\.example +invoice {2}\[2J\n +1 /);
  expect(found).toContain('2 of 3 messages match\n');
  expect(found).toContain('each would get {"mailbox":"Archive","labels":["Trash"],"seen":true}');
  expect(JSON.parse(await must(['filter', 'test', 'ann', '--file', file, '--limit', '1', '--json']))).toMatchObject({
    examined: 1,
    more: true,
    matches: [{ uid: 3 }],
  });
  const { id } = JSON.parse(await must(['filter', 'add', 'ann', '--file', file, '--json'])) as Filter;
  await must(['filter', 'update', 'ann', id, '--file', '-'], '{"actions":{"labels":null}}');
  expect(await must(['filter', 'test', 'ann', id, '--mailbox', 'Archive'])).toContain('0 of 0 messages match\n');
  expect(await must(['filter', 'apply', 'ann', id])).toBe('3 messages looked at, 2 matched\n');
  expect(await must(['filter', 'apply', 'ann', id])).toBe('1 messages looked at, 0 matched\n');
  expect(await must(['filter', 'test', 'ann', id, '--mailbox', 'Archive'])).toContain('2 of 2 messages match\n');
});

test('what is no filter is refused, by its place', async () => {
  const { run, file } = await place();
  const refused = async (input: string): Promise<[number | null, string]> => {
    const { code, stderr } = await run(['filter', 'add', 'ann', '--file', '-'], input);
    return [code, stderr];
  };
  expect(await refused('{"conditions":{"all":[{"test":"from"}]},"actions":{"seen":true}}')).toEqual([
    1,
    'eider: conditions.all[0]: needs one of contains, is (FILTER_INVALID)\n',
  ]);
  expect(await refused('{')).toEqual([1, expect.stringMatching(/^eider: standard input is no JSON: /)]);
  expect(await refused('{"conditions":{"all":[]},"actions":{"mailbox":"No"}}')).toEqual([
    1,
    'eider: no such mailbox: No (MAILBOX_NOT_FOUND)\n',
  ]);
  for (const args of [
    ['test', 'ann', 'x', '--file', file],
    ['test', 'ann', 'x', '--limit', 'many'],
    ['update', 'ann', 'x'],
  ]) {
    expect(await run(['filter', ...args])).toMatchObject({ code: 2 });
  }
  expect(await run(['filter', 'add', 'ann', '--file', `${file}.no`])).toMatchObject({ code: 1 });
});

test('senders are allowed, blocked and forgotten', async () => {
  const { run, must } = await place();
  const spam = (...args: string[]) => must(['spam', 'ann', ...args]);
  expect(await spam()).toBe('level: 50\nallowed: nobody\nblocked: nobody\n');
  await spam('--level', '20', '--allow', 'Bob@Example.ORG, friends.example');
  expect(await spam('--block', 'FRIENDS.example,@spam.example')).toBe(
    'level: 20\nallowed: bob@example.org\nblocked: friends.example, spam.example\n',
  );
  expect(JSON.parse(await spam('--forget', 'bob@example.org,spam.example', '--json'))).toEqual({
    level: 20,
    allow: [],
    block: ['friends.example'],
  });
  for (const wrong of [
    ['--level', '101'],
    ['--level', ''],
    ['--allow', 'a.example', '--block', 'a.example'],
  ]) {
    expect(await run(['spam', 'ann', ...wrong])).toMatchObject({ code: 2 });
  }
  expect(await run(['spam', 'ann', '--allow', 'a b'])).toMatchObject({ code: 1 });
  expect(await spam()).toBe('level: 20\nallowed: nobody\nblocked: friends.example\n');
});
