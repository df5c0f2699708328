/** Commands on what leaves a store: DKIM keys, automatic replies, forwarding. */

import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { DkimKey } from '../../src/model/dkim.ts';
import { openStore } from '../../src/open-store.ts';
import { eider } from './run-eider.ts';

const SECRET = Buffer.alloc(32, 3);

async function place() {
  const folder = await mkdtemp(path.join(tmpdir(), 'eider-outgoing-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const data = path.join(folder, 'data');
  const secretFile = path.join(folder, 'secret');
  await writeFile(secretFile, SECRET);
  const store = await openStore({ path: data, secret: SECRET });
  await store.accounts.create({ name: 'ann', address: 'ann@example.org' });
  await store.close();
  const run = (args: readonly string[], input?: string) =>
    eider([...args, '--data', data], { env: { EIDER_SECRET_FILE: secretFile }, ...(input !== undefined && { input }) });
  const must = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(args);
    expect([args.join(' '), code, stderr]).toEqual([args.join(' '), 0, '']);
    return stdout;
  };
  return { folder, data, run, must };
}

test('a DKIM key is made, published, activated, replaced and removed', async () => {
  const { data, run, must } = await place();
  const made = await must('dkim', 'create', 'Example.org', '--selector', 'a1');
  expect(made).toMatch(
    /^key a1 of example\.org: rsa-sha256, 2048 bits, signs nothing yet\na1\._domainkey\.example\.org\. IN TXT \(\n {2}"v=DKIM1; k=rsa; p=[^"]{237}"\n {2}"[^"]+" \)\n$/,
  );
  await must('dkim', 'create', 'example.org', '--algorithm', 'ed25519', '--selector', 'e1', '--active');
  expect(await must('dkim', 'activate', 'example.org', 'a1')).toBe('key a1 of example.org signs from now on\n');
  expect(await must('dkim', 'list')).toMatch(
    /example\.org +a1 +rsa-sha256 +2048 +yes[\s\S]*example\.org +e1 +ed25519-sha256 +256 +yes/,
  );
  const key = JSON.parse(await must('dkim', 'show', 'example.org', 'e1', '--json')) as DkimKey;
  expect(key).toMatchObject({ selector: 'e1', active: true, record: { name: 'e1._domainkey.example.org' } });
  await must('dkim', 'deactivate', 'example.org', 'e1');
  const store = await openStore({ path: data, secret: SECRET });
  expect(await store.dkim.sign('example.org', [Buffer.from('From: ann@example.org\r\n\r\nx\r\n')])).toMatch(/s=a1;/);
  await store.close();
  expect(await must('dkim', 'remove', 'example.org', 'a1')).toBe('key a1 of example.org removed\n');
  expect(await must('dkim', 'list', 'example.org', '--json')).not.toContain('"a1"');
  for (const act of ['show', 'activate', 'deactivate', 'remove']) {
    expect(await run(['dkim', act, 'example.org', 'a1'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no key a1'),
    });
  }
  expect(await run(['dkim', 'create', 'example.org', '--algorithm', 'dsa'])).toMatchObject({ code: 2 });
  expect(await run(['dkim', 'create', 'not a domain'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('DOMAIN_INVALID'),
  });
});

test('a DKIM key of another server is taken over, of a file or standard input', async () => {
  const { folder, run, must } = await place();
  const pem = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs1', format: 'pem' });
  const file = path.join(folder, 'key.pem');
  await writeFile(file, pem);
  expect(await must('dkim', 'import', '*', '--key', file, '--selector', 'old')).toMatch(
    /^key old of \*: .*\nwarning: an RSA key should have 2048 bits.*\nold\._domainkey IN TXT/,
  );
  const raw = 'nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n';
  expect(await run(['dkim', 'import', 'example.org', '--key', '-', '--selector', 'raw'], raw)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='),
  });
  expect(await run(['dkim', 'import', 'example.org', '--key', `${file}.none`])).toMatchObject({ code: 1 });
  const garbage = await run(['dkim', 'import', 'example.org', '--key', '-'], 'garbage');
  expect(garbage).toMatchObject({ code: 1, stderr: expect.stringContaining('DKIM_KEY_INVALID') });
});

test('an automatic reply is set, shown and switched off', async () => {
  const { folder, run, must } = await place();
  expect(await must('auto-reply', 'show', 'ann')).toBe('ann has no automatic reply\n');
  const html = path.join(folder, 'away.html');
  await writeFile(html, '<p>Fort</p>');
  const words = ['--text', 'I am away.', '--html-file', html, '--from', 'Ann'];
  const set = await must(
    'auto-reply',
    'set',
    'ann',
    ...words,
    '--start',
    '2030-01-02',
    '--end',
    '2030-02-03',
    '--days',
    '7',
  );
  expect(set).toBe(
    'on from 2030-01-02 00:00 until 2030-02-03 00:00, once in 7 days\nfrom: Ann\nsubject: Auto: and that of the message\nHTML: 11 octets\n\nI am away.\n',
  );
  await must('auto-reply', 'set', 'ann@example.org', '--subject', 'Fort', '--end', 'never');
  expect(JSON.parse(await must('auto-reply', 'show', 'ann', '--json'))).toMatchObject({
    subject: 'Fort',
    end: null,
    text: 'I am away.',
  });
  await must('auto-reply', 'off', 'ann');
  expect(await must('auto-reply', 'show', 'ann')).toMatch(/^off from 2030-01-02/);
  expect(await run(['auto-reply', 'set', 'ann', '--days', 'many'])).toMatchObject({ code: 2 });
  expect(await run(['auto-reply', 'set', 'ann', '--text', 'a', '--text-file', html])).toMatchObject({ code: 2 });
  expect(await run(['auto-reply', 'set', 'ann', '--days', '0'])).toMatchObject({ code: 1 });
  expect(await run(['auto-reply', 'set', 'nobody', '--text', 'a'])).toMatchObject({ code: 1 });
});

test('forwarding is set, shown and switched off', async () => {
  const { run, must } = await place();
  expect(await must('forwarding', 'show', 'ann')).toBe('mail of ann stays with it\n');
  expect(await must('forwarding', 'set', 'ann', '--to', 'Bob@example.net, eve@example.net')).toBe(
    'mail of ann goes on to bob@example.net, eve@example.net; a copy is kept\n',
  );
  expect(await must('forwarding', 'set', 'ann', '--no-copy')).toMatch(/eve@example\.net; nothing is kept\n$/);
  expect(JSON.parse(await must('forwarding', 'show', 'ann', '--json'))).toEqual({
    targets: ['bob@example.net', 'eve@example.net'],
    keepCopy: false,
  });
  expect(await run(['forwarding', 'set', 'ann', '--to', 'ann@example.org'])).toMatchObject({ code: 1 });
  expect(await run(['forwarding', 'set', 'ann', '--to', 'nobody'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('ADDRESS_INVALID'),
  });
  await must('forwarding', 'off', 'ann');
  expect(await must('forwarding', 'show', 'ann', '--json')).toBe('null\n');
});
