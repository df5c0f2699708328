/** How much memory of the server a client can take before it has logged in, whatever it sends, and when it is idle. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { constants, deflateRawSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DIST } from '../house/source-tree.ts';

/** Octets of heap and buffers for one connection that has not logged in. `docs/limits.md` states it. */
const CEILING = 262_144;
/** Connections of each test. */
const COUNT = 100;
/** The same where each sends a megabyte and more. */
const FLOODS = process.env.EIDER_LONG === undefined ? 15 : 100;

const children: ChildProcess[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

interface Report {
  readonly port: number;
  readonly octets: number;
  readonly connections: number;
}

interface Server {
  readonly port: number;
  measure(): Promise<Report>;
}

async function startServer(): Promise<Server> {
  const limits = { connectionsPerAddress: 10_000, sessionsPerAccount: 10_000, loginTimeoutMs: 60_000 };
  const script = path.join(import.meta.dirname, 'memory-server.mjs');
  const child = fork(script, [DIST, JSON.stringify({ limits })], { execArgv: ['--expose-gc'] });
  children.push(child);
  const [{ port }] = (await once(child, 'message')) as [Report];
  const measure = async (): Promise<Report> => {
    child.send('measure');
    return ((await once(child, 'message')) as [Report])[0];
  };
  return { port, measure };
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  sockets.push(socket);
  socket.on('error', () => {});
  await once(socket, 'data');
  return socket;
}

/** Sends chunks one after the other, each after the other side has had time to take the one before. */
async function sendAll(connections: readonly Socket[], chunks: readonly string[]): Promise<void> {
  for (const chunk of chunks) {
    for (const socket of connections) if (socket.writable) socket.write(chunk, 'latin1');
    await delay(chunks.length > 50 ? 2 : 20);
  }
  await delay(200);
}

const x = (count: number): string => 'x'.repeat(count);

describe('before a login', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });

  /** How many connections there are in the end, which takes a moment. */
  const connections = (): Promise<number> => server.measure().then((report) => report.connections);

  test.each([
    ['nothing', [], true],
    ['a line without its end', ['a LOGIN ', x(8_000)], true],
    ['such a line in small pieces', ['a LOGIN ', ...Array<string>(400).fill(x(20))], true],
    ['a literal that never ends', ['a LOGIN {8192+}\r\n', x(4_000), x(4_000)], true],
    ['as many literals as a command may have', ['a FOO', ...Array<string>(200).fill(' {1+}\r\nx')], true],
    ['a command of the greatest size', [`a FOO {7900+}\r\n${x(7_900)} {7900+}\r\n`, x(7_899)], true],
    ['a literal that is refused, and comes', ['a LOGIN {65000+}\r\n', x(60_000)], true],
    ['a line for which nobody waits', ['a AUTHENTICATE PLAIN\r\n', x(8_000)], true],
    ['commands, without reading the answers', Array<string>(20).fill('a CAPABILITY\r\n'.repeat(10_000)), true],
    ['a line without end', Array<string>(20).fill(x(65_536)), false],
    ['rubbish', Array<string>(20).fill('\0\xff\r\n'.repeat(10_000)), false],
  ])('%s', { timeout: 60_000 }, async (what, chunks, stays) => {
    const count = chunks.length === 20 ? FLOODS : COUNT;
    // What is loaded, compiled and kept for all is there after the first ones.
    const first = await Promise.all(Array.from({ length: 20 }, () => open(server.port)));
    await sendAll(first, chunks.slice(0, 1));
    for (const socket of first) socket.destroy();
    await expect.poll(connections).toBe(0);
    const before = await server.measure();
    const opened = await Promise.all(Array.from({ length: count }, () => open(server.port)));
    if (what.includes('without reading')) for (const socket of opened) socket.pause();
    else for (const socket of opened) socket.resume();
    await sendAll(opened, chunks);
    if (!stays) await expect.poll(connections, { timeout: 10_000 }).toBe(0);
    const after = await server.measure();
    expect(after.connections).toBe(stays ? count : 0);
    const each = Math.round((after.octets - before.octets) / count);
    console.log(`${what}: ${each} octets for each connection`);
    expect(each).toBeLessThan(CEILING);
  });
});

test.each([false, true])('a session in IDLE, compressed: %s', { timeout: 60_000 }, async (compressed) => {
  const { port, measure } = await startServer();
  const says = async (socket: Socket, octets: string | Buffer, answer: string): Promise<void> => {
    socket.write(octets);
    for (let received = ''; !received.includes(answer); ) received += String((await once(socket, 'data'))[0]);
  };
  const idle = async (): Promise<void> => {
    const socket = await open(port);
    await says(socket, 'a LOGIN ann secret\r\n', 'a OK');
    if (!compressed) return says(socket, 'b SELECT INBOX\r\nc IDLE\r\n', '+ idling');
    await says(socket, 'z COMPRESS DEFLATE\r\n', 'z OK');
    // Long enough for a compressor to be made for the answer.
    const commands = Array.from({ length: 50 }, (_, n) => `t${n} CAPABILITY\r\n`).join('');
    const flush = { finishFlush: constants.Z_SYNC_FLUSH };
    await says(socket, deflateRawSync(`${commands}b SELECT INBOX\r\nc IDLE\r\n`, flush), '');
    socket.resume();
  };
  const idleAll = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 10) await Promise.all(Array.from({ length: 10 }, idle));
    await delay(1_000);
  };
  await idleAll(20);
  const before = await measure();
  await idleAll(COUNT);
  const after = await measure();
  expect(after.connections).toBe(COUNT + 20);
  const each = Math.round((after.octets - before.octets) / COUNT);
  console.log(`IDLE${compressed ? ', COMPRESS' : ''}: ${each} octets for each session`);
  expect(each).toBeLessThan(30_000);
});
