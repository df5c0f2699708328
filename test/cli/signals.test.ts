/** What Ctrl-C does to a server: once, twice at once as under npm, and once more by somebody who will not wait. */

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { firstLine, mustEider, startEider } from './run-eider.ts';

async function serve() {
  const data = await mkdtemp(path.join(tmpdir(), 'eider-signals-'));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  await mustEider(['account', 'add', 'ann', '--password', 'secret', '--data', data]);
  const ports = ['--imap', '0', '--lmtp', '0', '--insecure-auth', '--ready-json', '--processes', '1'];
  const child = startEider(['serve', '--data', data, ...ports]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const { lmtp } = JSON.parse(await firstLine(child)) as { lmtp: number };
  return { child, lmtp };
}

it('one Ctrl-C that comes twice ends with 0', async () => {
  const { child } = await serve();
  const exit = once(child, 'exit');
  child.kill('SIGINT');
  child.kill('SIGINT');
  expect(await exit).toEqual([0, null]);
});

it('another one, later, ends it at once', async () => {
  const { child, lmtp } = await serve();
  // A message that does not end keeps the server from ending by itself.
  const client = net.connect(lmtp, '127.0.0.1');
  onTestFinished(() => void client.destroy());
  client.on('error', () => {});
  client.write('LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<ann>\r\nDATA\r\n');
  let heard = '';
  while (!/^354/m.test(heard)) heard += String((await once(client, 'data'))[0]);
  const exit = once(child, 'exit');
  child.kill('SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(child.exitCode).toBeNull();
  child.kill('SIGINT');
  expect(await exit).toEqual([1, null]);
});
