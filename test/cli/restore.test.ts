/** `eider restore`, `retention`, `hold` and `jobs`. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { openStore } from '../../src/open-store.ts';
import { eider, mustEider } from './run-eider.ts';

let folder: string;
let account: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-restore-'));
  await using store = await openStore({ path: path.join(folder, 'data') });
  account = (await store.accounts.create({ name: 'ann', address: 'ann@example.org' })).id;
  for (const name of ['one', 'two']) {
    await store.append(account, 'INBOX', `Subject: ${name}\r\n\r\nFrom here: ${name}\r\n`, {
      internalDate: new Date('2024-05-06T07:08:09Z'),
    });
  }
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]): Promise<string> => mustEider([...args, '--data', path.join(folder, 'data')]);

test('an expunged message, a deleted mailbox and a removed account come back', async () => {
  {
    await using store = await openStore({ path: path.join(folder, 'data') });
    await store.createMailbox(account, 'Work');
    await store.move(account, 'INBOX', UidSet.of(1), 'Work');
    await store.deleteMailbox(account, 'Work');
    await store.expunge(account, 'INBOX', undefined, { any: true });
  }
  expect(await run('restore', 'list', 'ann')).toMatch(/INBOX +1 +.*\n.*Work +yes +1 /s);
  expect(await run('restore', 'messages', 'ann', 'INBOX')).toMatch(
    /^1\t\d{4}-\d\d-\d\d \d\d:\d\d\t\d+\tFrom here: two$/m,
  );
  expect(await run('restore', 'mailbox', 'ann', 'Work')).toBe('1 messages are back in Work\n');
  expect(await run('restore', 'mailbox', 'ann', 'INBOX', '--keys', '1', '--to', 'Archive')).toBe(
    '1 messages are back in Archive\n',
  );
  const again = await eider(['restore', 'mailbox', 'ann', 'INBOX', '--data', path.join(folder, 'data')]);
  expect([again.code, again.stderr]).toEqual([1, 'eider: nothing of INBOX can be brought back\n']);

  expect(await run('account', 'remove', 'ann', '--yes')).toContain('"eider restore account" brings it back');
  expect(JSON.parse(await run('restore', 'accounts', '--json'))).toMatchObject([{ account: { name: 'ann' } }]);
  expect(await run('restore', 'account', 'ann@example.org')).toBe('account ann is back\n');
  expect(await run('account', 'list')).toContain('ann');
});

test('retention is shown and set, and the job that applies it is listed and run', async () => {
  expect(await run('retention', 'ann')).toMatch(/Junk +30\n/);
  expect(await run('retention', 'ann', 'Archive', '--days', '7')).toMatch(/Archive +7 +chosen\n/);
  expect(await run('retention', 'ann', 'Trash', '--days', 'never')).toMatch(/Trash +for ever +chosen\n/);
  expect(await run('retention', 'ann', 'Archive', '--days', 'default')).toMatch(/Archive +for ever\n/);
  for (const days of ['x', '1.5']) {
    const refused = await eider(['retention', 'ann', 'Trash', '--days', days, '--data', path.join(folder, 'data')]);
    expect(refused.code).toBe(2);
  }
  expect(await run('jobs', 'run')).toBe('jobs done: 2\n');
  expect(await run('jobs', 'run')).toBe('jobs done: 0\n');
  const jobs = JSON.parse(await run('jobs', 'list', '--json')) as { kind: string; state: string }[];
  expect(jobs.map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual(['retention waiting', 'sweep waiting']);
  expect(await run('jobs', 'cancel', 'sweep')).toBe('job sweep cancelled\n');
});

test('a hold is made, listed, exported as mbox and ended', async () => {
  const { id } = JSON.parse(await run('hold', 'add', 'ann', '--since', '2024-05-01', '--note', 'case 7', '--json'));
  expect(await run('hold', 'list', 'ann')).toMatch(new RegExp(`${id} +2024-05-01 00:00 +never +never +case 7`));
  const file = path.join(folder, 'held.mbox');
  expect(await run('hold', 'export', 'ann', id, file)).toBe(`exported 2 messages to ${file}\n`);
  expect(await readFile(file, 'utf8')).toBe(
    ['one', 'two']
      .map((name) => `From MAILER-DAEMON Mon May  6 07:08:09 2024\nSubject: ${name}\r\n\r\n>From here: ${name}\r\n\n`)
      .join(''),
  );
  expect(await run('hold', 'remove', 'ann', id)).toContain('ended');
  const again = await eider(['hold', 'export', 'ann', id, file, '--data', path.join(folder, 'data')]);
  expect(again.code).toBe(1);
});
