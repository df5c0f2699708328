/** Before and after all tests on MongoDB: the cluster is there, and what was made in it goes. */

import { setTimeout } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import type { TestProject } from 'vitest/node';
import { findCluster } from './find-cluster.ts';

/** What the names of all databases begin with that tests make. */
const PREFIX = 'eider_test_';
/** How long a database may take to go, in milliseconds. */
const DROP_MS = 5_000;
/** A run that was killed leaves its databases; nobody runs for so long, in milliseconds. */
const LEFT_MS = 3_600_000;

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const found = findCluster();
  if ('reason' in found) {
    console.error(`SKIPPED: all tests on MongoDB (${found.reason})`);
    return async () => {};
  }
  const cluster = 'uri' in found ? { uri: found.uri, stop: async () => {} } : await startReplicaSet(found.binary);
  const run = `${PREFIX}${Date.now()}_`;
  project.provide('mongodb', { uri: cluster.uri, prefix: run });
  return async () => {
    await dropDatabases(cluster.uri, (name) => name.startsWith(run) || isLeft(name));
    await cluster.stop();
  };
}

/** One member, which is enough for transactions and change streams. */
async function startReplicaSet(binary: string): Promise<{ uri: string; stop: () => Promise<void> }> {
  Object.assign(process.env, {
    MONGOMS_SYSTEM_BINARY: binary,
    MONGOMS_SYSTEM_BINARY_VERSION_CHECK: 'false',
    MONGOMS_RUNTIME_DOWNLOAD: 'false',
  });
  const { MongoMemoryReplSet } = await import('mongodb-memory-server-core');
  const server = await MongoMemoryReplSet.create({ replSet: { count: 1, storageEngine: 'wiredTiger' } });
  return { uri: server.getUri(), stop: async () => void (await server.stop()) };
}

async function dropDatabases(uri: string, isOurs: (name: string) => boolean): Promise<void> {
  const client = new MongoClient(uri);
  try {
    const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
    for (const { name } of databases) if (isOurs(name)) await dropDatabase(client, name);
  } finally {
    await client.close();
  }
}

/** Where a test cut connections in a transaction, that one has to end first; the next run drops what is left. */
async function dropDatabase(client: MongoClient, name: string): Promise<void> {
  const dropped = client.db(name).dropDatabase();
  dropped.catch(() => {});
  const patience = setTimeout(DROP_MS, false, { ref: false });
  if (await Promise.race([dropped, patience])) return;
  console.error(`the database ${name} is in use and stays for now`);
}

function isLeft(name: string): boolean {
  const [, time] = new RegExp(`^${PREFIX}(\\d{13})_`).exec(name) ?? [];
  return time !== undefined && Number(time) < Date.now() - LEFT_MS;
}
