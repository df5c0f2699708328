/** `eider serve --processes 2`: one store, one pair of ports, several processes. */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { ENGINE, emptyPlace, placeOptions } from '../engine-under-test.ts';
import { firstLine, mustEider, startEider } from './run-eider.ts';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Lines of one connection, by prefix. */
class Lines {
  readonly #socket: net.Socket;
  #text = '';

  constructor(port: number) {
    this.#socket = net.connect(port, '127.0.0.1');
    this.#socket.on('data', (chunk) => {
      this.#text += chunk;
    });
    ends.push(() => this.#socket.destroy());
  }

  send(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }

  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#text)) await once(this.#socket, 'data');
    const text = this.#text;
    this.#text = '';
    return text;
  }
}

async function serve(): Promise<{ child: ChildProcess; imap: number; lmtp: number }> {
  const where = placeOptions(await emptyPlace());
  await mustEider(['account', 'add', 'ann', '--password', 'secret', ...where]);
  const args = ['serve', ...where, '--imap', '0', '--lmtp', '0', '--insecure-auth', '--ready-json', '--processes', '2'];
  const child = startEider(args);
  ends.push(() => child.kill('SIGKILL'));
  return { child, ...(JSON.parse(await firstLine(child)) as { imap: number; lmtp: number }) };
}

async function idleSession(port: number): Promise<Lines> {
  const session = new Lines(port);
  await session.until(/^\* OK/);
  session.send('a LOGIN ann secret');
  await session.until(/^a OK/m);
  session.send('b SELECT INBOX');
  await session.until(/^b OK/m);
  session.send('c IDLE');
  await session.until(/^\+/m);
  return session;
}

function forksOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

it('tells sessions of every process what one of them stored, and ends with 0', async () => {
  const { child, imap, lmtp } = await serve();
  // Connections go to the processes in turn.
  const sessions = await Promise.all([1, 2, 3, 4].map(() => idleSession(imap)));
  const sender = new Lines(lmtp);
  await sender.until(/^220/);
  sender.send('LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<ann>\r\nDATA');
  await sender.until(/^354/m);
  sender.send('Subject: hello\r\n\r\nworld\r\n.');
  await sender.until(/^250 2\.0\.0/m);
  const stored = performance.now();
  await Promise.all(sessions.map((session) => session.until(/^\* 1 EXISTS/m)));
  const ms = performance.now() - stored;
  console.log(`${ENGINE}: all sessions heard ${ms.toFixed(0)} ms after the delivery was acknowledged`);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

it.skipIf(!existsSync('/proc/self/task'))('leaves no process behind when the first one is killed', async () => {
  const { child } = await serve();
  const forks = forksOf(child.pid as number);
  expect(forks).toHaveLength(2);
  child.kill('SIGKILL');
  const alive = (): number[] =>
    forks.filter(
      (pid) => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')),
    );
  await expect.poll(alive, { timeout: 5000 }).toEqual([]);
});
