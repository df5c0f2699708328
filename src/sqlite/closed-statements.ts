/** Frees the statements of closed connections, which hold their files open until they are collected. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Connections closed after which their statements are freed at once. */
const MANY = 32;
/** Milliseconds after which the statements of fewer are freed. */
const SOON = 2000;

let closed = 0;
let timer: NodeJS.Timeout | null = null;
let collect: (() => void) | null = null;

/**
 * To be called after a connection was closed. The packaged binding ends a connection for good only when all of its
 * statements are garbage, and there is no call that ends a statement; a server that opens and closes many accounts
 * would run out of file descriptors. Node's own SQLite ends the statements itself.
 */
export function freeClosedStatements(): void {
  closed++;
  if (closed >= MANY) free();
  else timer ??= setTimeout(free, SOON).unref();
}

function free(): void {
  closed = 0;
  if (timer) clearTimeout(timer);
  timer = null;
  collect ??= exposedCollector();
  collect();
}

function exposedCollector(): () => void {
  if (globalThis.gc) return () => void globalThis.gc?.();
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
