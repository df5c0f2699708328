/** Commands on keys and encryption. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as openpgp from 'openpgp';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import { eider, type RunResult } from './run-eider.ts';

const makeKey = () =>
  openpgp.generateKey({ userIDs: [{ name: 'Ann', email: 'ann@example.org' }], date: new Date(Date.now() - 60_000) });

async function place() {
  const folder = await mkdtemp(path.join(tmpdir(), 'eider-key-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const data = path.join(folder, 'data');
  const store = await openStore({ path: data });
  await store.accounts.create({ name: 'ann' });
  await store.close();
  const file = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(path.join(folder, name), content);
    return path.join(folder, name);
  };
  const run = (args: readonly string[], input?: string): Promise<RunResult> =>
    eider(['key', ...args, '--data', data], input === undefined ? {} : { input });
  const must = async (args: readonly string[], input?: string): Promise<string> => {
    const { code, stdout, stderr } = await run(args, input);
    expect([args.join(' '), code, stderr]).toEqual([args.join(' '), 0, '']);
    return stdout;
  };
  return { file, run, must };
}

test('a key is added from a file, encryption switched on, and the last key stays', async () => {
  const { file, run, must } = await place();
  const { publicKey } = await makeKey();
  const added = await must(['add', 'ann', await file('ann.asc', publicKey)]);
  const id = /^key ([0-9a-f]{40}) of ann: OpenPGP 4 x25519\nencryption is off: /.exec(added)?.[1] as string;
  expect(id).toBeDefined();
  expect(await must(['list', 'ann'])).toMatch(
    new RegExp(`^id +kind +added +ends +of\n${id}  OpenPGP 4 x25519  .{16}  never  Ann <ann@example\\.org>\n$`),
  );
  expect(JSON.parse(await must(['list', 'ann', '--json']))).toMatchObject([{ id, type: 'openpgp', expires: null }]);
  expect(await must(['encryption', 'ann'])).toBe('encryption of ann is off, subject clear\n');
  expect(await must(['encryption', 'ann', 'on', '--subject', 'hidden'])).toBe(
    'encryption of ann is on, subject hidden\n',
  );
  expect(JSON.parse(await must(['encryption', 'ann', '--json']))).toEqual({ enabled: true, subject: 'hidden' });
  expect(await run(['remove', 'ann', id])).toMatchObject({ code: 1, stderr: expect.stringContaining('(KEY_INVALID)') });
  expect(await must(['encryption', 'ann', 'off'])).toBe('encryption of ann is off, subject hidden\n');
  expect(await must(['remove', 'ann', id.toUpperCase()])).toBe(`key ${id} of ann removed\n`);
  expect(await run(['remove', 'ann', id])).toMatchObject({ code: 1, stderr: `eider: ann has no key ${id}\n` });
});

test('one mailbox is encrypted', async () => {
  const { file, run, must } = await place();
  expect(await run(['encryption', 'ann', 'on', '--mailbox', 'Archive'])).toMatchObject({ code: 1 });
  await must(['add', 'ann', await file('ann.asc', (await makeKey()).publicKey)]);
  expect(await must(['encryption', 'ann', 'on', '--mailbox', 'Archive'])).toBe('encryption of Archive of ann is on\n');
  expect(await must(['encryption', 'ann'])).toBe('encryption of ann is off, subject clear\n');
  expect(await must(['encryption', 'ann', '--mailbox', 'INBOX'])).toBe('encryption of INBOX of ann is off\n');
  expect(JSON.parse(await must(['encryption', 'ann', 'off', '--mailbox', 'Archive', '--json']))).toEqual({
    mailbox: 'Archive',
    enabled: false,
  });
  expect(await run(['encryption', 'ann', '--mailbox', 'None'])).toMatchObject({ code: 1 });
  expect(await run(['encryption', 'ann', '--mailbox', 'INBOX', '--subject', 'clear'])).toMatchObject({ code: 2 });
});

test('standard input is read, binary too, and what is no key is refused with a reason', async () => {
  const { file, run, must } = await place();
  const { publicKey, privateKey } = await makeKey();
  const octets = (await openpgp.readKey({ armoredKey: publicKey })).write();
  const first = JSON.parse(await must(['add', 'ann', '-', '--json'], publicKey)) as { id: string };
  const second = JSON.parse(await must(['add', 'ann', await file('ann.gpg', octets), '--json'])) as { id: string };
  expect(second.id).toBe(first.id);
  for (const [input, reason] of [
    [privateKey, 'it holds a secret key: give the public one alone'],
    ['', 'there is no key in it'],
  ] as const) {
    expect(await run(['add', 'ann', '-'], input)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `eider: ${reason} (KEY_INVALID)\n`,
    });
  }
  expect(await run(['add', 'ann', await file('long', 'x'.repeat(2_000_000))])).toMatchObject({ code: 1 });
  expect(await run(['add', 'ann', 'no-such-file'])).toMatchObject({ code: 1 });
});

test('what the line may not say', async () => {
  const { run } = await place();
  expect(await run(['encryption', 'ann', 'perhaps'])).toMatchObject({ code: 2 });
  expect(await run(['encryption', 'ann', '--subject', 'some'])).toMatchObject({ code: 2 });
  expect(await run(['encryption', 'ann', 'on'])).toMatchObject({ code: 1 });
  expect(await run(['encryption', 'bob', 'off'])).toMatchObject({ code: 1 });
  expect(await run(['add', 'ann'])).toMatchObject({ code: 2 });
});
