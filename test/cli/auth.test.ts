/** Commands on logging in: app passwords, second factors, tokens, states, the log. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generate } from 'otplib';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { PARTY, u2fOf } from '../auth/key-fixture.ts';
import { SoftwareKey } from '../auth/software-key.ts';
import { eider } from './run-eider.ts';

const SECRET = Buffer.alloc(32, 3);

async function place() {
  const folder = await mkdtemp(path.join(tmpdir(), 'eider-auth-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const data = path.join(folder, 'data');
  const secretFile = path.join(folder, 'secret');
  await writeFile(secretFile, SECRET);
  const open = (): Promise<MessageStore> =>
    openStore({ path: data, secret: SECRET, authentication: { relyingParty: PARTY } });
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
  return { open, run, must, login };
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

test('security keys and passkeys are listed, renamed and removed; with the last one the second factor is off', async () => {
  const { open, run, must, login } = await place();
  const keys = ['second-factor', 'keys'];
  expect(await must(...keys, 'list', 'ann')).toBe('id  kind  name  made  last use\n');
  const { passkey, old } = await (async () => {
    await using store = await open();
    const { id } = await store.accounts.get('ann');
    const soft = new SoftwareKey();
    const answer = soft.create(await store.auth.beginSecurityKey(id, { passkey: true }));
    const passkey = await store.auth.finishSecurityKey(id, 'my phone', answer);
    const outcome = await store.auth.completePasskey(soft.get(await store.auth.beginPasskey()), {
      scope: 'rest',
      address: '192.0.2.7',
    });
    expect(outcome.kind).toBe('granted');
    return { passkey, old: await store.auth.addU2fKey(id, 'blue key', u2fOf(new SoftwareKey())) };
  })();
  expect(await login('secret words')).toBe('appPasswordRequired');
  const listed = (await must(...keys, 'list', 'ann')).split('\n');
  expect(listed[1]).toMatch(new RegExp(`^${passkey.id} +passkey +my phone +20\\d\\d-.* rest 192\\.0\\.2\\.7$`));
  expect(listed[2]).toMatch(new RegExp(`^${old.id} +u2f +blue key +20\\d\\d-.* +never$`));
  await must(...keys, 'rename', 'ann', old.id, 'green key');
  expect(JSON.parse(await must(...keys, 'list', 'ann', '--json'))).toMatchObject([
    { id: passkey.id, passkey: true },
    { id: old.id, name: 'green key', kind: 'u2f' },
  ]);
  expect(await must(...keys, 'remove', 'ann', old.id)).toBe(`key ${old.id} of ann removed\n`);
  const again = await run(...keys, 'remove', 'ann', old.id);
  expect(again).toMatchObject({ code: 1, stderr: `eider: ann has no security key ${old.id}\n` });
  expect(await run(...keys, 'rename', 'ann', passkey.id, '\n')).toMatchObject({ code: 1, stdout: '' });
  expect(await login('secret words')).toBe('appPasswordRequired');
  expect(await must(...keys, 'remove', 'ann', passkey.id)).toContain('the password alone is enough now');
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
