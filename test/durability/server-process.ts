/** `eider serve` as a process of its own. */

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
  /** Ends it as a power switch does. */
  kill(): Promise<void>;
  /** Asks it to end; its exit code. */
  stop(): Promise<number | null>;
}

/** Starts a server on a folder; `wrap` goes before the command, such as a tracer. */
export async function startServer(path: string, wrap: readonly string[] = []): Promise<ServerProcess> {
  const serve = ['serve', '--data', path, '--imap', '0', '--lmtp', '0', '--ready-json', '--insecure-auth', '--no-rate-limits'];
  const [file, ...options] = [...wrap, process.execPath, EIDER, ...serve] as [string, ...string[]];
  const child = spawn(file, options, { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  const ended = once(child, 'close');
  const ready = once(createInterface(child.stdout), 'line');
  const first = await Promise.race([ready, ended.then(() => Promise.reject(new Error(`eider serve ended: ${errors}`)))]);
  const { imap, lmtp } = JSON.parse(first[0] as string) as { imap: number; lmtp: number };
  return { imap, lmtp, pid: child.pid as number, kill: () => end(child, ended, 'SIGKILL').then(() => {}), stop: () => end(child, ended, 'SIGTERM') };
}

async function end(child: ChildProcess, ended: Promise<unknown[]>, signal: NodeJS.Signals): Promise<number | null> {
  child.kill(signal);
  return ((await ended) as [number | null])[0];
}
