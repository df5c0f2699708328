/** Several serving processes on one store: forked, kept alive and ended together. */

import cluster, { type Worker } from 'node:cluster';
import type { PeerChannel } from '../engine/peers.ts';
import type { ServedPorts } from './servers.ts';
import { withoutUris } from './store-place.ts';

/** What a serving process tells the first one. */
type Message =
  | { readonly eider: 'ready'; readonly ports: ServedPorts }
  | { readonly eider: 'changed'; readonly account: string };

/** A process that ends sooner than this after its start is started again no sooner than this, in milliseconds. */
const RESTART_MS = 1000;

/** Whether this process serves for another that forked it. */
export const isServingFork: boolean = cluster.isWorker;

/** Tells the process that forked this one that it listens, and ends this one when that one is gone. */
export function announceReady(ports: ServedPorts): void {
  process.on('disconnect', () => process.exit(1));
  process.send?.({ eider: 'ready', ports } satisfies Message);
}

/** Resolves when the process that forked this one says that it is time to end. */
export function untilTold(): Promise<void> {
  // A terminal sends its signals to all processes; only the first one acts on it.
  process.on('SIGINT', () => {});
  return new Promise((resolve) => process.once('SIGTERM', () => resolve()));
}

/** The channel to the other serving processes. */
export function forkChannel(): PeerChannel {
  return {
    announce: (account) => void process.send?.({ eider: 'changed', account } satisfies Message),
    listen: (listener) => {
      const heard = (message: Message): void => {
        if (message.eider === 'changed') listener(message.account);
      };
      process.on('message', heard);
      return () => process.off('message', heard);
    },
  };
}

/**
 * Serves with `count` processes until `stopped` resolves. Each runs the same command line, though without connection
 * strings, which have to be in `env`; the ports are shared, and
 * `ready` is called once with them when all processes listen.
 *
 * @throws when a process ends before it listens.
 */
export async function serveWithForks(
  { count, env }: { readonly count: number; readonly env: Readonly<Record<string, string>> },
  stopped: Promise<unknown>,
  ready: (ports: ServedPorts) => void,
): Promise<void> {
  let stopping = false;
  // Several collector threads for each process would take the processors from each other.
  const execArgv = [...process.execArgv, '--single-threaded-gc'];
  // Connection strings go by the environment, which others cannot read.
  cluster.setupPrimary({ execArgv, args: withoutUris(process.argv.slice(2)) });
  const waiting: Promise<ServedPorts>[] = [];
  for (let n = 0; n < count; n++) waiting.push(untilReady(cluster.fork(env)));
  cluster.on('message', spread);
  try {
    const [ports] = await Promise.all(waiting);
    cluster.on('exit', (worker) => {
      if (!stopping) void restart(worker);
    });
    ready(ports as ServedPorts);
    await stopped;
  } finally {
    stopping = true;
    await endAll();
  }

  async function restart(worker: Worker): Promise<void> {
    console.error(`eider: process ${worker.process.pid} ended unexpectedly, starting another`);
    await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
    if (!stopping) cluster.fork(env);
  }
}

function untilReady(worker: Worker): Promise<ServedPorts> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: Message) => {
      if (message.eider === 'ready') resolve(message.ports);
    });
    worker.once('exit', (code) => reject(new Error(`a serving process ended with ${code} before it listened`)));
  });
}

/** Hands what one process announces to all others. */
function spread(from: Worker, message: Message): void {
  if (message.eider !== 'changed') return;
  for (const worker of Object.values(cluster.workers ?? {})) {
    if (worker && worker !== from && worker.isConnected()) worker.send(message);
  }
}

async function endAll(): Promise<void> {
  const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  await Promise.all(
    workers.map((worker) => {
      if (worker.isDead()) return undefined;
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      worker.process.kill('SIGTERM');
      return ended;
    }),
  );
}
