/** Starts a process of its own that uses a blob store. */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { DIST } from '../house/source-tree.ts';
import { MONGODB_URI } from './mongo-test.ts';

/** `write` stores blobs at random until it is killed, a line for each; `stream` moves 200 MB and tells its growth. */
export function startBlobChild(what: 'write' | 'stream', database: string): ChildProcessByStdio<null, Readable, null> {
  const program = fileURLToPath(new URL('blob-child.mjs', import.meta.url));
  const child = spawn(process.execPath, [program, DIST, MONGODB_URI as string, database, what], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.setEncoding('utf8');
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}
