/** `eider serve --webhooks`: what a filter names is told, and never at an address that is not public. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import { LmtpClient } from '../lmtp/lmtp-client.ts';
import { receive } from '../webhooks/receiver.ts';
import { eider, firstLine, outcome, startEider } from './run-eider.ts';

let folder: string;
let serve: string[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-webhooks-'));
  const data = path.join(folder, 'data');
  serve = ['serve', '--data', data, '--imap', '0', '--lmtp', '0', '--ready-json'];
  await using store = await openStore({ path: data });
  const { id } = await store.accounts.create({ name: 'ann', address: 'ann@example.org' });
  await store.filters.create(id, {
    conditions: { test: 'from', contains: 'eve' },
    actions: { webhooks: ['http://127.0.0.1:9/hook'] },
  });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function deliver(lmtp: number): Promise<void> {
  const client = await LmtpClient.ready(lmtp);
  await client.say('MAIL FROM:<eve@example.net>');
  await client.say('RCPT TO:<ann@example.org>');
  await client.say('DATA');
  client.write('From: eve@example.net\r\nSubject: on\r\n\r\nx\r\n.\r\n');
  expect((await client.replies(1))[0]).toMatch(/^250 /);
}

test('a server with --webhooks tells what came, but nobody at a private address', async () => {
  const secret = path.join(folder, 'secret');
  await writeFile(secret, Buffer.alloc(24, 7));
  const child = startEider([...serve, '--webhooks', '--webhook-secret', secret, '--processes', '1']);
  const ended = outcome(child);
  try {
    const { lmtp } = JSON.parse(await firstLine(child)) as { lmtp: number };
    await deliver(lmtp);
    await using store = await openStore({ path: path.join(folder, 'data') });
    const { id } = await store.accounts.get('ann');
    await vi.waitFor(
      async () =>
        expect(await store.outgoing.list(id)).toMatchObject([
          { kind: 'webhook', due: null, error: expect.stringContaining('not public') },
        ]),
      { timeout: 20_000, interval: 200 },
    );
  } finally {
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  }
});

test('what cannot be is refused before it serves, once', async () => {
  const short = path.join(folder, 'short');
  await writeFile(short, 'too short');
  const two = ['--processes', '2'];
  const refused = await eider([...serve, ...two, '--webhooks', '--webhook-secret', short]);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr.match(/24 octets/g)).toHaveLength(1);
  expect(await eider([...serve, ...two, '--webhooks', '--webhook-secret', `${short}.none`])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('cannot be read'),
  });
  expect(await eider([...serve, ...two, '--webhook-secret', short])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--webhook-secret goes with --webhooks'),
  });
});

test('a server posts what happens to webhooks of the API, with --webhooks-private to this machine too', async () => {
  const { url, posted } = await receive();
  const data = path.join(folder, 'data');
  const { stdout } = await eider(['token', 'create', '--role', 'root', '--json', '--data', data]);
  const { token } = JSON.parse(stdout) as { token: string };
  const child = startEider([...serve, '--http', '0', '--webhooks-private', '--processes', '2']);
  const ended = outcome(child);
  try {
    const { http, lmtp } = JSON.parse(await firstLine(child)) as { http: number; lmtp: number };
    const made = await fetch(`http://127.0.0.1:${http}/webhooks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'message.received', url }),
    });
    expect(made.status).toBe(200);
    await deliver(lmtp);
    await vi.waitFor(
      () => expect(posted.map(({ event }) => [event.ev, event.message])).toEqual([['message.received', 1]]),
      {
        timeout: 20_000,
      },
    );
  } finally {
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  }
});
