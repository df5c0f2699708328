/** `eider serve` as a process of its own, or several. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** The compiled command. */
export const EIDER = resolve(process.env.EIDER_DIST ?? 'dist', 'cli/main.js');

/** A server that runs. */
export interface ServerProcess {
  readonly imap: number;
  readonly lmtp: number;
  readonly pid: number;
  /** Ends all of its processes as a power switch does. */
  kill(): Promise<void>;
  /** Asks it to end; its exit code. */
  stop(): Promise<number | null>;
}

/** How to start. */
export interface StartOptions {
  /** @defaultValue 1 */
  readonly processes?: number;
  /** What goes before the command, such as a tracer. */
  readonly wrap?: readonly string[];
  /** Options of Node. */
  readonly node?: readonly string[];
  /** Where to listen. @defaultValue free ports */
  readonly ports?: { readonly imap: number; readonly lmtp: number };
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) killGroup(child);
});

/** Starts a server on a folder, or on the cluster that a connection string names. */
export async function startServer(
  place: string,
  { processes = 1, wrap = [], node = [], ports = { imap: 0, lmtp: 0 } }: StartOptions = {},
): Promise<ServerProcess> {
  const isCluster = place.startsWith('mongodb://');
  const serve = [
    'serve',
    ...(isCluster ? [] : ['--data', place]),
    '--imap',
    String(ports.imap),
    '--lmtp',
    String(ports.lmtp),
    '--ready-json',
    '--insecure-auth',
    '--no-rate-limits',
  ];
  const line = [...wrap, process.execPath, ...node, EIDER, ...serve, '--processes', String(processes)];
  const [file, ...options] = line as [string, ...string[]];
  const env = { ...process.env, ...(isCluster && { EIDER_MONGODB: place }) };
  // A group of its own, so that its processes can be ended all at once.
  const child = spawn(file, options, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env });
  running.add(child);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  const ended = once(child, 'close').finally(() => running.delete(child));
  const ready = once(createInterface(child.stdout), 'line');
  const first = await Promise.race([
    ready,
    ended.then(() => Promise.reject(new Error(`eider serve ended: ${errors}`))),
  ]);
  const { imap, lmtp } = JSON.parse(first[0] as string) as { imap: number; lmtp: number };
  return {
    imap,
    lmtp,
    pid: child.pid as number,
    async kill() {
      killGroup(child);
      await ended;
    },
    async stop() {
      child.kill('SIGTERM');
      return ((await ended) as [number | null])[0];
    },
  };
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-(child.pid as number), 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
