/** `eider account`. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import { eider, mustEider } from './run-eider.ts';

let data: string;
beforeEach(async () => {
  data = path.join(await mkdtemp(path.join(tmpdir(), 'eider-account-')), 'data');
});
afterEach(() => rm(path.dirname(data), { recursive: true, force: true }));

async function opens(name: string, password: string): Promise<boolean> {
  await using store = await openStore({ path: data });
  return await store.accounts.authenticate(name, password).then(
    () => true,
    () => false,
  );
}

test('add makes the account with its addresses, limit and a password that it prints', async () => {
  const line = [
    'account',
    'add',
    'Ann',
    '--address',
    'ann@example.org',
    '--address',
    'anna@example.org',
    '--quota',
    '1.5GB',
  ];
  const out = await mustEider([...line, '--data', data]);
  expect(out).toContain('account ann made for ann@example.org, anna@example.org');
  const password = /^password: (\S{20})$/m.exec(out)?.[1] ?? '';
  expect(await opens('anna@example.org', password)).toBe(true);
  const [listed] = (await mustEider(['account', 'list', '--json', '--data', data])).trim().split('\n');
  expect(JSON.parse(listed as string)).toMatchObject({
    name: 'ann',
    addresses: ['ann@example.org', 'anna@example.org'],
    copies: 'label',
    limits: { octets: 1.5e9, messages: null },
    usage: { octets: 0, messages: 0 },
  });
});

test('passwords come from an option, from standard input, or by chance', async () => {
  const out = await mustEider(['account', 'add', 'one', '--password', 'first secret', '--json', '--data', data]);
  expect(JSON.parse(out)).not.toHaveProperty('password');
  await mustEider(['account', 'add', 'two', '--password-stdin', '--data', data], { input: 'second secret\r\nmore\n' });
  const three = JSON.parse(await mustEider(['account', 'add', 'three', '--json', '--data', data])) as {
    password: string;
  };
  expect([
    await opens('one', 'first secret'),
    await opens('two', 'second secret'),
    await opens('three', three.password),
  ]).toEqual([true, true, true]);
  expect((await eider(['account', 'add', 'four', '--password-stdin', '--data', data])).code).toBe(2);
});

test('add takes the hash of another server, and refuses what is none', async () => {
  const add = (name: string, ...more: string[]) => eider(['account', 'add', name, ...more, '--data', data]);
  const bcrypt = '$2b$04$abcdefghijklmnopqrstuuMFdJu9yVgmagVAIC24fOZkaFqd3s9JC';
  const made = await add('ann', '--password-hash', bcrypt);
  expect(made).toMatchObject({ code: 0, stdout: 'account ann made\n' });
  expect([await opens('ann', 'b'), await opens('ann', 'a'), await opens('ann', 'a')]).toEqual([false, true, true]);
  const unknown = await add('bob', '--password-hash', 'secret');
  expect(unknown).toMatchObject({ code: 1, stdout: '' });
  expect(unknown.stderr).toMatch(/\(INVALID_ARGUMENT\)\n$/);
  expect((await add('bob', '--password-hash', bcrypt, '--password', 'a')).code).toBe(2);
});

test('passwd changes it', async () => {
  await mustEider(['account', 'add', 'ann', '--password', 'old secret', '--data', data]);
  await mustEider(['account', 'passwd', 'ann', '--password', 'new secret', '--data', data]);
  expect([await opens('ann', 'old secret'), await opens('ann', 'new secret')]).toEqual([false, true]);
});

test('what the store refuses is one line with its code', async () => {
  await mustEider(['account', 'add', 'ann', '--data', data]);
  const again = await eider(['account', 'add', 'ANN', '--data', data]);
  expect(again).toMatchObject({ code: 1, stdout: '' });
  expect(again.stderr).toMatch(/^eider: .*\(ACCOUNT_EXISTS\)\n$/);
  expect((await eider(['account', 'passwd', 'bob', '--data', data])).stderr).toMatch(/\(ACCOUNT_NOT_FOUND\)\n$/);
});

test('remove forgets it', async () => {
  await mustEider(['account', 'add', 'ann', '--data', data]);
  expect((await eider(['account', 'remove', 'ann', '--data', data])).code).toBe(2);
  expect(await mustEider(['account', 'remove', 'ann', '--yes', '--data', data])).toContain('account ann removed');
  expect(await mustEider(['account', 'list', '--json', '--data', data])).toBe('');
});

test('limits are shown and set, each on its own', async () => {
  await mustEider(['account', 'add', 'ann', '--data', data]);
  const limits = (...args: string[]): Promise<string> =>
    mustEider(['account', 'limits', 'ann', ...args, '--data', data]);
  expect(await limits()).toMatch(/^octets +none$/m);
  await limits('--set', 'octets=1.5GB, filters=10,messageOctets=20MB');
  expect(JSON.parse(await limits('--set', 'octets=none', '--json'))).toEqual({
    octets: null,
    messages: null,
    messageOctets: 20_000_000,
    filters: 10,
  });
  for (const set of ['octets', 'messages=-1', 'colour=3', 'messages=']) {
    expect((await eider(['account', 'limits', 'ann', '--set', set, '--data', data])).code).toBe(2);
  }
});
