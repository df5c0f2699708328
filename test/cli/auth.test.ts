/** Commands on logging in: app passwords, second factors, tokens, states, the log. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generate } from 'otplib';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import { eider } from './run-eider.ts';

const SECRET = Buffer.alloc(32, 3);

async function place() {
  const folder = await mkdtemp(path.join(tmpdir(), 'eider-auth-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const data = path.join(folder, 'data');
  const secretFile = path.join(folder, 'secret');
  await writeFile(secretFile, SECRET);
  const open = () => openStore({ path: data, secret: SECRET });
  const store = await open();
  await store.accounts.create({ name: 'ann', password: 'secret words' });
  await store.close();
  const run = (...args: string[]) => eider([...args, '--data', data], { env: { EIDER_SECRET_FILE: secretFile } });
  const must = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args);
    expect([args.join(' '), code, stderr]).toEqual([args.join(' '), 0, '']);
    return stdout;
  };
  const login = async (password: string): Promise<string> => {
    await using opened = await open();
    const outcome = await opened.auth.authenticate('ann', password, { scope: 'imap', address: '192.0.2.1' });
    return outcome.kind === 'refused' ? outcome.reason : outcome.kind;
  };
  return { run, must, login };
}

test('an app password is printed once, works, is listed, and is taken back', async () => {
  const { run, must, login } = await place();
  const made = JSON.parse(
    await must('app-password', 'add', 'ann', '--scope', 'imap, pop3', '--description', 'my phone', '--json'),
  ) as {
    id: string;
    password: string;
  };
  expect(await login(made.password)).toBe('granted');
  const listed = await must('app-password', 'list', 'ann');
  expect(listed).toContain('my phone');
  expect(listed).toContain('imap 192.0.2.1');
  expect(listed).not.toContain(made.password);
  expect(await must('log', 'ann')).toMatch(new RegExp(`granted +1 +imap +192\\.0\\.2\\.1 +appPassword ${made.id}`));
  await must('app-password', 'remove', 'ann', made.id);
  expect(await login(made.password)).toBe('credentials');
  expect(await run('app-password', 'remove', 'ann', made.id)).toMatchObject({ code: 1 });
  expect(await run('app-password', 'add', 'ann', '--scope', 'ftp')).toMatchObject({ code: 2 });
  expect(await run('app-password', 'add', 'ann', '--scope', 'imap', '--expires', 'soon')).toMatchObject({ code: 2 });
});

test('one-time passwords are switched on by a code, and the password alone opens no mail program any more', async () => {
  const { run, must, login } = await place();
  const { secret } = JSON.parse(await must('second-factor', 'totp', 'begin', 'ann', '--json')) as { secret: string };
  expect(await run('second-factor', 'totp', 'confirm', 'ann', '000000')).toMatchObject({ code: 1 });
  await must('second-factor', 'totp', 'confirm', 'ann', await generate({ secret }));
  expect((await must('second-factor', 'recovery', 'ann')).trim().split('\n')).toHaveLength(10);
  expect(await must('second-factor', 'status', 'ann')).toBe('totp, recoveryCode; 10 recovery codes left\n');
  expect(await login('secret words')).toBe('appPasswordRequired');
  await must('second-factor', 'totp', 'remove', 'ann');
  expect(await login('secret words')).toBe('granted');
});

test('accounts are switched off and on, tokens made and taken back', async () => {
  const { must, login } = await place();
  for (const [word, state] of [
    ['disable', 'disabled'],
    ['enable', 'granted'],
    ['suspend', 'suspended'],
    ['enable', 'granted'],
  ] as const) {
    await must('account', word, 'ann');
    expect(await login('secret words')).toBe(state);
  }
  const root = JSON.parse(await must('token', 'create', '--role', 'root', '--json')) as { id: string; token: string };
  expect(root.token).toMatch(/^eider__[\w-]{43}$/);
  await must('token', 'create', '--role', 'account', '--account', 'ann', '--description', 'backup');
  expect(await must('token', 'list', '--account', 'ann')).toContain('backup');
  await must('token', 'remove', root.id);
  expect(await must('token', 'list')).not.toContain(root.id);
});
