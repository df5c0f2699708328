/** `eider demo`: mail is there, the lines that it prints work, and Ctrl-C leaves nothing behind. */

import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ImapFlow } from 'imapflow';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sampleMail } from '../../src/cli/sample-mail.ts';
import { startEider } from './run-eider.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-demo-test-'));
  await mkdir(path.join(folder, 'tmp'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Demo {
  readonly child: ReturnType<typeof startEider>;
  readonly text: string;
}

async function startDemo(...args: string[]): Promise<Demo> {
  const child = startEider(['demo', ...args], { TMPDIR: path.join(folder, 'tmp') });
  let text = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', () => {
      if (/Ctrl-C stops it/.test(text)) resolve();
    });
    child.once('exit', () => reject(new Error(stderr)));
  });
  return { child, text };
}

async function subjectsOf({ text }: Demo): Promise<(string | undefined)[]> {
  const [, port, password] = /IMAP +127\.0\.0\.1:(\d+) .* password (\S+)/.exec(text) ?? [];
  const auth = { user: 'demo', pass: password as string };
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: Number(port),
    secure: false,
    doSTARTTLS: false,
    auth,
    logger: false,
  });
  await client.connect();
  await client.mailboxOpen('INBOX');
  const subjects = (await client.fetchAll('1:*', { envelope: true })).map((message) => message.envelope?.subject);
  await client.logout();
  return subjects;
}

async function stop({ child }: Demo): Promise<void> {
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
}

test('a temporary demo', async () => {
  const demo = await startDemo();
  const inbox = sampleMail('demo@example.com', new Date()).filter(({ mailbox }) => mailbox === 'INBOX');
  const subjects = await subjectsOf(demo);
  expect(subjects).toHaveLength(inbox.length);
  expect(subjects).toContain('Прогулка по заливу');
  expect(demo.text).toMatch(/attachments, stored \(1\) +230,454/);
  expect(demo.text).toMatch(/ratio of attachments as sent to stored: 9\.\d\d/);
  await stop(demo);
  expect(await readdir(path.join(folder, 'tmp'))).toEqual([]);
});

test('with --data the mail stays, and is not made twice', async () => {
  const args = ['--data', path.join(folder, 'data')];
  const first = await startDemo(...args);
  const subjects = await subjectsOf(first);
  await stop(first);
  const second = await startDemo(...args);
  expect(second.text).toContain('has its mail from before');
  expect(await subjectsOf(second)).toEqual(subjects);
  await stop(second);
});
