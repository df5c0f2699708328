/**
 * Three processes serve one store on MongoDB behind a balancer, while one after the other is killed, and the database
 * too. What was acknowledged is there once, UIDs name what they named, and clients go on.
 */

import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { formatFlags } from '../../src/model/flags.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import { openStore } from '../../src/open-store.ts';
import { freshUri, MONGODB_URI } from '../mongodb/mongo-test.ts';
import { TRACE } from '../trace-fields.ts';
import { type Balancer, freePort, type Ports, startBalancer } from './balancer.ts';
import {
  ACCOUNT,
  CachingClient,
  changer,
  deliverer,
  isRefusal,
  Knowledge,
  messageOf,
  sortedFlags,
} from './cluster-clients.ts';
import { ImapSession } from './line-socket.ts';
import { EIDER, type ServerProcess, startServer } from './server-process.ts';

const LONG = process.env.EIDER_LONG !== undefined;
const KILLS = LONG ? 10 : 3;
const CRASHES = LONG ? 10 : 2;
/** A program that kills the database as a power cut does, and starts it again. */
const CRASH = process.env.EIDER_TEST_MONGODB_CRASH || null;
/** How long a session may be refused after the database is back, in milliseconds. */
const PATIENCE_MS = 60_000;

if (CRASH === null)
  console.warn('SKIPPED: crashes of the database need EIDER_TEST_MONGODB_CRASH, a program that does one');

const run = promisify(execFile);

interface Cluster {
  readonly uri: string;
  readonly balancer: Balancer;
  readonly ports: readonly Ports[];
  readonly servers: ServerProcess[];
}

async function startCluster(): Promise<Cluster> {
  const uri = freshUri();
  const store = await openStore({ mongodb: uri });
  await store.accounts.create(ACCOUNT);
  await store.close();
  const ports: Ports[] = [];
  for (let n = 0; n < 3; n++) ports.push({ imap: await freePort(), lmtp: await freePort() });
  const servers = await Promise.all(ports.map((one) => startServer(uri, { ports: one })));
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.kill()));
  });
  const balancer = await startBalancer(ports);
  onTestFinished(() => balancer.close());
  await delay(1000);
  return { uri: uri, balancer, ports, servers };
}

/** Clients at work; the function that ends them. */
function startClients({ balancer }: Cluster, known: Knowledge): { caching: CachingClient; end: () => Promise<void> } {
  const caching = new CachingClient(known, balancer.imap);
  const clients = [
    deliverer(known, balancer.lmtp),
    deliverer(known, balancer.lmtp),
    changer(known, balancer.imap),
    caching.run(),
  ];
  const outcomes = Promise.allSettled(clients);
  const end = async (): Promise<void> => {
    known.over = true;
    for (const outcome of await outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  };
  return { caching, end };
}

/** A session straight to one of the processes. */
async function sessionOn({ ports }: Cluster, index: number): Promise<ImapSession> {
  const session = await ImapSession.open((ports[index] as Ports).imap, ACCOUNT.name, ACCOUNT.password);
  await session.run('SELECT INBOX');
  return session;
}

/** The same connection answers OK, after perhaps some refusals. @throws ConnectionLost */
async function goesOn(session: ImapSession): Promise<void> {
  for (const until = Date.now() + PATIENCE_MS; ; ) {
    try {
      await session.run('UID FETCH 1:* (FLAGS)');
      return;
    } catch (error) {
      if (!isRefusal(error) || Date.now() > until) throw error;
    }
    await delay(200);
  }
}

/** Compares all that is there with what the clients were told. */
async function takeStock({ uri }: Cluster, known: Knowledge, caching: CachingClient): Promise<void> {
  await caching.sync();
  const store = await openStore({ mongodb: uri });
  try {
    const { id } = await store.accounts.get(ACCOUNT.name);
    const flags = new Map<number, string>();
    const found = new Map<number, number>();
    for await (const message of store.fetch(id, 'INBOX', UidSet.range(1, 0xffffffff), { body: true })) {
      const chunks: Buffer[] = [];
      for await (const chunk of message.body?.read() ?? []) chunks.push(Buffer.from(chunk));
      const raw = Buffer.concat(chunks).toString('latin1').replace(TRACE, '');
      const token = Number(/token-(\d+)/.exec(raw)?.[1]);
      expect(raw === messageOf(token), `the octets of message ${token}`).toBe(true);
      known.name(message.uid, token);
      expect(found.has(token), `message ${token} is there twice`).toBe(false);
      found.set(token, message.uid);
      flags.set(message.uid, sortedFlags(formatFlags(message.mask, message.keywords)));
    }
    const gone = new Set([...known.expunged].map((uid) => known.names.get(uid)));
    const perhaps = new Set([...known.perhapsExpunged].map((uid) => known.names.get(uid)));
    const lost = [...known.delivered].filter((token) => !found.has(token) && !perhaps.has(token));
    expect(lost, 'acknowledged and not there').toEqual([]);
    expect(
      [...found.keys()].filter((token) => gone.has(token)),
      'expunged and back',
    ).toEqual([]);
    for (const [uid, allowed] of known.keywords) {
      if (!known.perhapsExpunged.has(uid)) expect(allowed, `keyword of UID ${uid}`).toContain(flags.get(uid));
    }
    expect([...caching.cache].sort(([a], [b]) => a - b)).toEqual([...flags]);
  } finally {
    await store.close();
  }
  await run(process.execPath, [EIDER, 'check', '--rehash'], { env: { ...process.env, EIDER_MONGODB: uri } });
}

test.skipIf(MONGODB_URI === null)(
  `${KILLS} kills of a process lose nothing, and the others' sessions go on`,
  {
    timeout: LONG ? 900_000 : 300_000,
  },
  async () => {
    const cluster = await startCluster();
    const known = new Knowledge();
    const { caching, end } = startClients(cluster, known);
    for (let round = 0; round < KILLS; round++) {
      const index = round % 3;
      await delay(1000 + Math.random() * 1000);
      const others = await Promise.all([sessionOn(cluster, (index + 1) % 3), sessionOn(cluster, (index + 2) % 3)]);
      await (cluster.servers[index] as ServerProcess).kill();
      for (const session of others) await goesOn(session);
      await delay(500);
      const ports = cluster.ports[index] as Ports;
      cluster.servers[index] = await startServer(cluster.uri, { ports });
      for (const session of others) {
        await goesOn(session);
        session.close();
      }
    }
    await delay(1000);
    await end();
    console.log(
      `${cluster.balancer.kind}: ${known.delivered.size} delivered, ${known.doubtful.size} doubtful, ${known.expunged.size} expunged, ${JSON.stringify(known.counts)}`,
    );
    expect(known.delivered.size).toBeGreaterThan(KILLS * 5);
    expect(known.counts.resyncs).toBeGreaterThan(KILLS);
    await takeStock(cluster, known, caching);
  },
);

test.skipIf(CRASH === null || MONGODB_URI === null)(
  `${CRASHES} crashes of the database lose nothing, and sessions go on`,
  { timeout: LONG ? 1_200_000 : 300_000 },
  async () => {
    const cluster = await startCluster();
    const known = new Knowledge();
    const { caching, end } = startClients(cluster, known);
    for (let round = 0; round < CRASHES; round++) {
      await delay(1000 + Math.random() * 1000);
      const sessions = await Promise.all([0, 1, 2].map((index) => sessionOn(cluster, index)));
      await run(CRASH as string, []);
      for (const session of sessions) {
        await goesOn(session);
        session.close();
      }
    }
    await delay(2000);
    await end();
    console.log(
      `${cluster.balancer.kind}: ${known.delivered.size} delivered, ${known.doubtful.size} doubtful, ${known.expunged.size} expunged, ${JSON.stringify(known.counts)}`,
    );
    expect(known.delivered.size).toBeGreaterThan(CRASHES * 5);
    await takeStock(cluster, known, caching);
  },
);
