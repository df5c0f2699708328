/** `eider serve --relay`: a forward goes out, and what returns to its reverse path comes back to the sender. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import { LmtpClient } from '../lmtp/lmtp-client.ts';
import { eider, outcome, startEider } from './run-eider.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-relay-'));
  await writeFile(path.join(folder, 'secret'), Buffer.alloc(32, 7));
  await using store = await openStore({ path: path.join(folder, 'data') });
  const { id } = await store.accounts.create({ name: 'ann', address: 'ann@example.org' });
  await store.forwardings.set(id, { targets: ['ann@elsewhere.example'] });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('forwards go out by the relay, under a reverse path that leads back', async () => {
  const taken: { from: string; to: string; text: string }[] = [];
  const mta = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, { envelope }, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        taken.push({ from, to: envelope.rcptTo[0]!.address, text: Buffer.concat(chunks).toString() });
        callback();
      });
    },
  });
  await new Promise<void>((resolve) => mta.listen(0, '127.0.0.1', resolve));
  const { port } = mta.server.address() as { port: number };
  const args = ['serve', '--data', path.join(folder, 'data'), '--imap', '0', '--lmtp', '0', '--ready-json'];
  const relay = ['--relay', `smtp://127.0.0.1:${port}`, '--hostname', 'mx.example.org', '--srs-domain', 'example.org'];
  const child = startEider([...args, ...relay, '--processes', '1'], { EIDER_SECRET_FILE: path.join(folder, 'secret') });
  const ended = outcome(child);
  try {
    const line = await new Promise<string>((resolve) => child.stdout?.once('data', (text) => resolve(String(text))));
    const { lmtp } = JSON.parse(line) as { lmtp: number };
    const client = await LmtpClient.ready(lmtp);
    const send = async (from: string, to: string, text: string): Promise<string> => {
      await client.say(`MAIL FROM:<${from}>`);
      await client.say(`RCPT TO:<${to}>`);
      await client.say('DATA');
      client.write(`${text}.\r\n`);
      return (await client.replies(1))[0] as string;
    };
    expect(await send('eve@example.net', 'ann@example.org', 'Subject: on\r\n\r\nx\r\n')).toMatch(/^250 /);
    await vi.waitFor(() => expect(taken).toHaveLength(1), { timeout: 20_000 });
    expect(taken[0]).toMatchObject({ to: 'ann@elsewhere.example' });
    expect(taken[0]?.from).toMatch(/^SRS0=[a-z2-7]+=[a-z2-7]{2}=example\.net=eve@example\.org$/i);
    expect(taken[0]?.text).toMatch(/^Delivered-To: ann@example.org\r\nReceived: by mx.example.org id /);
    expect(await send('', taken[0]!.from, 'Subject: undeliverable\r\n\r\nx\r\n')).toMatch(/^250 /);
    expect(taken[1]).toMatchObject({ from: '', to: 'eve@example.net' });
    await client.say('QUIT');
  } finally {
    child.kill('SIGTERM');
    await new Promise<void>((resolve) => mta.close(() => resolve()));
  }
  expect((await ended).code).toBe(0);
});

test.each(['127.0.0.1:25', 'http://127.0.0.1', 'smtp://', 'smtp://u:hunter2@mx.example.org'])(
  '--relay %s is refused, without a word of the password',
  async (relay) => {
    const args = ['serve', '--data', path.join(folder, 'data'), '--imap', '0', '--lmtp', '0', '--relay', relay];
    const { code, stderr } = await eider(relay.includes('hunter2') ? [...args, '--srs-domain', 'example.org'] : args);
    expect(code).toBe(2);
    expect(stderr).not.toContain('hunter2');
  },
);
