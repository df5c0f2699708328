/** A TCP balancer before several servers: HAProxy as the example has it, or a small one where that is not installed. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The ports of a server. */
export interface Ports {
  readonly imap: number;
  readonly lmtp: number;
}

/** A balancer that runs. */
export interface Balancer extends Ports {
  readonly kind: 'haproxy' | 'round robin';
  close(): Promise<void>;
}

/** Ports that connections take of themselves are above: one of those would be gone before a server listens on it. */
const PORTS = { from: 15_000, to: 30_000 } as const;

/** The first of `count` ports in a row that were free a moment ago. */
export async function freePort(count = 1): Promise<number> {
  for (;;) {
    const first = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from - count));
    const row = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(row.map(isFree))).every(Boolean)) return first;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const outcome = Promise.race([
    once(server, 'listening').then(() => true),
    once(server, 'error').then(
      () => false,
      () => false,
    ),
  ]);
  server.on('error', () => {});
  server.listen(port, '127.0.0.1');
  const free = await outcome;
  if (free) server.close();
  return free;
}

/** Whether HAProxy is installed. */
export const HAS_HAPROXY: boolean = spawnSync('haproxy', ['-v']).status === 0;

/** Starts one before three servers, which need not be there yet. */
export async function startBalancer(servers: readonly Ports[]): Promise<Balancer> {
  return HAS_HAPROXY ? startHaproxy(servers) : startRoundRobin(servers);
}

async function startHaproxy(servers: readonly Ports[]): Promise<Balancer> {
  const ports = { imap: await freePort(), lmtp: await freePort() };
  const env: NodeJS.ProcessEnv = { ...process.env, IMAP_PORT: String(ports.imap), LMTP_PORT: String(ports.lmtp) };
  for (const [index, { imap, lmtp }] of servers.entries()) {
    env[`IMAP_${index + 1}`] = String(imap);
    env[`LMTP_${index + 1}`] = String(lmtp);
  }
  // Without the header of the PROXY protocol: sessions go to the servers directly as well.
  const folder = await mkdtemp(join(tmpdir(), 'eider-haproxy-'));
  const config = join(folder, 'haproxy.cfg');
  await writeFile(config, (await readFile('examples/cluster/haproxy.cfg', 'utf8')).replace(' send-proxy-v2', ''));
  const child: ChildProcess = spawn('haproxy', ['-f', config], { env, stdio: 'ignore' });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    ...ports,
    kind: 'haproxy',
    async close() {
      process.off('exit', kill);
      await rm(folder, { recursive: true });
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function startRoundRobin(servers: readonly Ports[]): Promise<Balancer> {
  const listening = await Promise.all(
    (['imap', 'lmtp'] as const).map((kind) => proxy(servers.map((one) => one[kind]))),
  );
  const close = async (): Promise<void> => {
    for (const one of listening) one.close();
  };
  const [imap, lmtp] = listening.map(({ port }) => port) as [number, number];
  return { imap, lmtp, kind: 'round robin', close };
}

async function proxy(targets: readonly number[]): Promise<{ port: number; close: () => void }> {
  const sockets = new Set<Socket>();
  let next = 0;
  const server: Server = createServer((client) => {
    sockets.add(client.on('error', () => {}).on('close', () => sockets.delete(client)));
    pass(client, [...targets.slice(next % targets.length), ...targets.slice(0, next % targets.length)]);
    next++;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as { port: number }).port, close };
}

/** Joins a client to the first server that answers. */
function pass(client: Socket, [port, ...others]: readonly number[]): void {
  if (port === undefined) {
    client.destroy();
    return;
  }
  const server = connect(port, '127.0.0.1');
  const refused = (): void => pass(client, others);
  server.once('error', refused);
  server.once('connect', () => {
    server.off('error', refused).on('error', () => client.destroy());
    client.pipe(server).pipe(client);
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  });
}
