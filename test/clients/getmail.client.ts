/** getmail: hands on what is new, waits for more by IDLE, and deletes what it has taken. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Observer } from './observer.ts';
import { letter, ODD_MAIL } from './odd-mail.ts';
import { isInstalled, NAME, PASSWORD, runProgram, startServer, type TestServer } from './server.ts';

/** getmail's own fields. */
const ADDED = /^(?:X-getmail-retrieved-from-mailbox|X-GMAIL-[A-Z]+|Return-Path): .*\n/gm;

describe.skipIf(!isInstalled('getmail'))('getmail', () => {
  let server: TestServer;
  let observer: Observer;
  let folder: string;
  let waiting: ChildProcess | undefined;
  beforeAll(async () => {
    server = await startServer();
    observer = await Observer.open(server.imap);
    folder = path.join(server.folder, 'taken');
    await mkdir(folder);
    const lines = [
      '[retriever]',
      'type = SimpleIMAPRetriever',
      'server = 127.0.0.1',
      `port = ${server.imap}`,
      `username = ${NAME}`,
      `password = ${PASSWORD}`,
      '[destination]',
      // Into a Maildir it does not deliver for root, whom tests may run as.
      'type = MDA_external',
      'path = /bin/sh',
      `arguments = ("-c", "cat > $(mktemp ${folder}/XXXXXXXX)")`,
      'unixfrom = false',
      'allow_root_commands = true',
      '[options]',
      'read_all = false',
      'delivered_to = false',
      'received = false',
      '',
    ];
    await writeFile(path.join(server.folder, 'getmailrc'), lines.join('\n'));
  });
  afterAll(async () => {
    if (waiting && waiting.exitCode === null && waiting.signalCode === null) {
      const ended = once(waiting, 'exit');
      waiting.kill('SIGKILL');
      await ended;
    }
    observer?.close();
    await server?.stop();
  });

  const args = (...options: string[]): string[] => [`--getmaildir=${server.folder}`, '--rcfile=getmailrc', ...options];
  /** What was taken, without the fields that getmail adds. */
  const taken = async (): Promise<string[]> => {
    const files = (await readdir(folder)).map((name) => readFile(path.join(folder, name), 'latin1'));
    return (await Promise.all(files)).map((octets) => octets.replace(ADDED, '')).sort();
  };
  const asFiles = (messages: readonly string[]): string[] =>
    messages.map((octets) => octets.replaceAll('\r\n', '\n')).sort();

  test('takes all messages, octet by octet, and each once', async () => {
    for (const octets of Object.values(ODD_MAIL)) await observer.append('INBOX', octets);
    await runProgram('getmail', args('--dont-delete'));
    expect(await taken()).toEqual(asFiles(Object.values(ODD_MAIL)));
    // Of servers with X-GM-EXT-1 it notes what the message is called there.
    const [first] = await readdir(folder);
    const noted = await readFile(path.join(folder, first as string), 'latin1');
    expect(noted).toMatch(/^X-GMAIL-THRID: \d+\nX-GMAIL-MSGID: \d+$/m);
    await runProgram('getmail', args('--dont-delete'));
    expect(await taken()).toHaveLength(Object.keys(ODD_MAIL).length);
    expect(await observer.messages('INBOX')).toHaveLength(Object.keys(ODD_MAIL).length);
  });

  test('waits for new mail by IDLE', async () => {
    waiting = spawn('getmail', args('--dont-delete', '--idle=INBOX'), { stdio: 'ignore' });
    const count = async (subject: string): Promise<number> =>
      (await taken()).filter((octets) => octets.includes(`Subject: ${subject}`)).length;
    await observer.append('INBOX', letter('before'));
    await vi.waitFor(async () => expect(await count('before')).toBe(1), { timeout: 10_000, interval: 100 });
    // It opens the mailbox anew before it waits, and what comes just then is heard of with the next message.
    let sent = 0;
    while ((await count('while')) < 2 && sent < 20) {
      await observer.append('INBOX', letter(`while ${sent++}`));
      await delay(500);
    }
    expect(await count('while')).toBeGreaterThanOrEqual(2);
    const ended = once(waiting, 'exit');
    waiting.kill('SIGINT');
    await ended;
  });

  test('deletes what it has taken', async () => {
    await runProgram('getmail', args('--delete', '--all'));
    expect(await observer.messages('INBOX')).toEqual([]);
  });
});
