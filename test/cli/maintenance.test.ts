/** `eider check`, `gc` and `stats`. */

import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import { eider, mustEider } from './run-eider.ts';
import { noise, withAttachment } from './sample-maildir.ts';

let folder: string;
let place: readonly string[];
const FILE = noise('file', 100_000);
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-maintenance-'));
  const [data, attachments] = [path.join(folder, 'ssd'), path.join(folder, 'hdd')];
  place = ['--data', data, '--attachments', attachments];
  const store = await openStore({ path: data, attachmentsPath: attachments });
  for (const name of ['ann', 'bob']) {
    const { id } = await store.accounts.create({ name });
    for (const width of [76, 72, 60]) await store.append(id, 'INBOX', withAttachment(`${width}`, FILE, width));
  }
  await store.close();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function blobs(): Promise<string[]> {
  const top = path.join(folder, 'hdd');
  const names = await readdir(top, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile() && /[0-9a-f]{64}$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

test('stats tells octets by tier, and the file is stored once', async () => {
  const found = JSON.parse(await mustEider(['stats', '--json', ...place])) as Record<string, number>;
  expect(found).toMatchObject({ accounts: 2, messages: 6, blobs: 1, attachmentsStored: FILE.length });
  expect(found.attachmentsEncoded).toBeGreaterThan((FILE.length * 4 * 6) / 3);
  const one = JSON.parse(await mustEider(['stats', '--account', 'ann', '--json', ...place])) as Record<string, number>;
  expect(one).toMatchObject({ accounts: 1, messages: 3 });
  const table = await mustEider(['stats', ...place]);
  expect(table).toMatch(/^2 accounts, 6 messages/);
  expect(table).toMatch(/^cheap +attachments, stored \(1\) +100,000 +100 KB$/m);
  expect(table).toMatch(/ratio of attachments as sent to stored: 8\.\d\d/);
});

test('where the attachments are is remembered', async () => {
  await mustEider(['check', '--rehash', ...place]);
  const without = place.slice(0, 2);
  expect(await mustEider(['check', '--rehash', ...without])).toBe('no findings\n');
  expect(await readdir(path.join(folder, 'ssd'))).not.toContain('attachments');
});

test('check finds nothing in a sound store, and says what is wrong with a broken one', async () => {
  expect(await mustEider(['check', '--rehash', ...place])).toBe('no findings\n');
  const [blob] = await blobs();
  await writeFile(blob as string, (await readFile(blob as string)).fill(0, 10, 20));
  expect((await eider(['check', ...place])).code).toBe(0);
  const rehashed = await eider(['check', '--rehash', ...place]);
  expect(rehashed.code).toBe(1);
  expect(rehashed.stdout).toMatch(/(?:blobCorrupt|digest) \(lost\)/);
  await rm(blob as string);
  const { code, stdout, stderr } = await eider(['check', '--repair', '--json', ...place]);
  expect(code).toBe(1);
  const findings = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; repaired: boolean });
  expect(findings.some(({ kind, repaired }) => kind === 'blobMissing' && !repaired)).toBe(true);
  expect(stderr).toMatch(/^eider: \d+ of \d+ findings are not repaired\n$/);
});

test('an export tells what cannot be read, and exports the rest', async () => {
  const [blob] = await blobs();
  const attachments = path.join(folder, 'hdd');
  const store = await openStore({ path: path.join(folder, 'ssd'), attachmentsPath: attachments });
  await store.append((await store.accounts.get('ann')).id, 'INBOX', 'Subject: sound\r\n\r\n');
  await store.close();
  await rm(blob as string);
  for (const format of ['maildir', 'mbox']) {
    const { code, stdout, stderr } = await eider([
      'export',
      'ann',
      path.join(folder, format),
      '--format',
      format,
      ...place,
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain('exported 1 messages');
    expect(stderr).toMatch(/not exported: INBOX UID 1/);
    expect(stderr).toMatch(/3 messages could not be read/);
  }
  expect(await readdir(path.join(folder, 'maildir', 'tmp'))).toEqual([]);
  expect(await readFile(path.join(folder, 'mbox', 'INBOX.mbox'), 'latin1')).toMatch(
    /^From MAILER-DAEMON .*\nSubject: sound\r\n\r\n\n$/,
  );
});

test('gc removes what nobody mentions, after the grace period, and with --dry-run nothing', async () => {
  for (const name of ['ann', 'bob']) await mustEider(['account', 'remove', name, '--yes', '--for-good', ...place]);
  expect(await mustEider(['gc', ...place])).toBe('removed 0 attachments, 0 B\n');
  expect(await mustEider(['gc', '--grace', '0', '--dry-run', ...place])).toBe('would remove 1 attachments, 100 KB\n');
  expect(await blobs()).toHaveLength(1);
  expect(JSON.parse(await mustEider(['gc', '--grace', '0', '--json', ...place]))).toEqual({
    blobs: 1,
    octets: 100_000,
    changes: 0,
    expired: 0,
    dryRun: false,
  });
  expect(await blobs()).toHaveLength(0);
  expect((await stat(path.join(folder, 'hdd'))).isDirectory()).toBe(true);
});
