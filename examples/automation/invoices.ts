/**
 * Follows what happens in a store, files the invoices that come, and marks them. It may be killed at any time, and goes
 * on where it was: `EIDER_URL=http://127.0.0.1:8080 EIDER_TOKEN=… node invoices.js ./invoices`.
 */

import { readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRestClient } from 'eider/rest/client';
import { removeParts, writeDurably } from './durable-files.ts';
import { readEvents } from './event-stream.ts';
import { allOf, collect, collectAll, isPassing, type Place } from './invoice.ts';

type Event = { readonly ev: string; readonly user?: string } & Place;

const folder = process.argv[2] ?? './invoices';
const client = createRestClient({
  baseUrl: process.env.EIDER_URL ?? 'http://127.0.0.1:8080',
  token: process.env.EIDER_TOKEN ?? '',
});
const EVENTS = '/events?types=message.received,message.moved';
const POSITION = 'position';
const LONGEST_WAIT_MS = 30_000;

/** Position of the last event that needs no more work; `null` at the first start. */
let position = await readFile(path.join(folder, POSITION), 'utf8').catch(() => null);

await removeParts(folder);
for (let wait = 100; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
  try {
    const headers = position === null ? {} : { 'last-event-id': position };
    for await (const { id, data } of readEvents(await client.request('GET', EVENTS, { headers }))) {
      await workOn(data === null ? null : (JSON.parse(data) as Event));
      // Not before the work is done: what was begun is begun again.
      await save(id);
      if (data !== null) wait = 100;
    }
  } catch (error) {
    if (!isPassing(error)) throw error;
    // It is asked again, from the same position.
    console.error(`waiting: ${(error as Error).message}`);
  }
  await sleep(wait);
}

/** @param event `null` for the beginning of a stream */
async function workOn(event: Event | null): Promise<void> {
  if (event === null) {
    // What was there before anybody followed.
    if (position === null) await collectEverybody();
  } else if (event.ev !== 'reset') await collect(client, folder, event);
  else if (event.user !== undefined) await collectAll(client, folder, event.user);
  else await collectEverybody();
}

async function collectEverybody(): Promise<void> {
  const users = allOf((cursor) => client.get('/users', { limit: 250, ...cursor }));
  for await (const { id } of users) await collectAll(client, folder, id);
}

async function save(id: string): Promise<void> {
  if (id === position) return;
  const name = await writeDurably(folder, one(id), () => `${POSITION}.next`);
  await rename(path.join(folder, name), path.join(folder, POSITION));
  position = id;
}

async function* one(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(text);
}
