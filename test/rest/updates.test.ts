/** The stream of what happens in an account. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { openStore } from '../../src/open-store.ts';
import { createRestApi } from '../../src/rest/api.ts';
import { type AccountEvent, accountEvents } from '../../src/rest/events/account-events.ts';
import { createRestServer } from '../../src/rest/server.ts';
import { ENGINE, emptyPlace } from '../engine-under-test.ts';
import { openRest, type RestFixture } from './rest-fixture.ts';

/** A stream as a client reads it. */
class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = '';
  /** Position of the last event. */
  last: string | null = null;

  constructor(response: Response) {
    if (!response.body) throw new Error(`${response.status}`);
    this.#reader = response.body.getReader();
  }

  /** The next event; comments and bare positions are passed by. `null` at the end. */
  async next(): Promise<{ type: string; data: AccountEvent } | null> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end < 0) {
        const { done, value } = await this.#reader.read();
        if (done) return null;
        this.#text += Buffer.from(value).toString();
        continue;
      }
      const lines = this.#text.slice(0, end).split('\n');
      this.#text = this.#text.slice(end + 2);
      const field = (name: string): string | undefined =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      this.last = field('id') ?? this.last;
      const data = field('data');
      if (data !== undefined) return { type: field('event') ?? 'message', data: JSON.parse(data) as AccountEvent };
    }
  }

  async until(command: string): Promise<AccountEvent> {
    for (;;) {
      const found = await this.next();
      if (!found) throw new Error('the stream has ended');
      if (found.data.command === command) return found.data;
    }
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

async function openAnn(
  limits = {},
): Promise<RestFixture & { id: string; follow(after?: string): Promise<EventReader> }> {
  const fixture = await openRest({ limits });
  const { id } = await fixture.account('ann');
  return {
    ...fixture,
    id,
    follow: async (after) =>
      new EventReader(
        await fixture.fetch(
          'GET',
          `/users/${id}/updates`,
          null,
          after === undefined ? {} : { headers: { 'last-event-id': after } },
        ),
      ),
  };
}

const MAIL = 'Subject: x\r\n\r\ny\r\n';

test('tells of messages, flags and mailboxes, as they come', async () => {
  const { store, id, follow } = await openAnn();
  const stream = await follow();
  const first = stream.next();
  await store.append(id, 'INBOX', MAIL);
  expect(await first).toMatchObject({ data: { command: 'EXISTS', uid: 1, unseen: true, flags: [] } });
  expect((await stream.next())?.data).toMatchObject({ command: 'COUNTERS', total: 1, unseen: 1 });
  await store.storeFlags(id, 'INBOX', UidSet.of(1), { mode: 'add', flags: ['\\Seen', 'blue'] });
  expect((await stream.next())?.data).toMatchObject({
    command: 'FETCH',
    uid: 1,
    unseen: false,
    flags: ['\\Seen', 'blue'],
  });
  await store.createMailbox(id, 'Work');
  expect(await stream.until('CREATE')).toMatchObject({ path: 'Work' });
  await store.renameMailbox(id, 'Work', 'Play');
  expect(await stream.until('RENAME')).toMatchObject({ path: 'Play' });
  await store.deleteMailbox(id, 'Play');
  expect(await stream.until('DELETE')).toMatchObject({ path: 'Play' });
  await store.expunge(id, 'INBOX', undefined, { any: true });
  expect(await stream.until('EXPUNGE')).toMatchObject({ uid: 1 });
  await stream.cancel();
});

test('goes on after the last event that is known, also in the midst of a transaction', async () => {
  const { store, id, follow } = await openAnn();
  const before = await follow();
  await before.cancel();
  const stream = await follow();
  const message = await store.prepare(MAIL);
  await store.appendPrepared(
    id,
    'INBOX',
    Array.from({ length: 5 }, () => ({ message })),
  );
  for (const uid of [1, 2, 3]) expect((await stream.next())?.data.uid).toBe(uid);
  await stream.cancel();
  const again = await follow(stream.last ?? '');
  for (const uid of [4, 5]) expect((await again.next())?.data.uid).toBe(uid);
  expect((await again.next())?.data.command).toBe('COUNTERS');
  await again.cancel();
});

test.each(['nonsense', '0'.repeat(24), 'f'.repeat(24), `00000000${'f'.repeat(8)}00000000`])(
  'after %s begins with a reset',
  async (after) => {
    const { store, id, follow } = await openAnn();
    const stream = await follow(after);
    expect(await stream.next()).toMatchObject({ type: 'reset', data: { command: 'RESET' } });
    await store.append(id, 'INBOX', MAIL);
    expect((await stream.next())?.data.command).toBe('EXISTS');
    await stream.cancel();
  },
);

test('says that what is asked for is known no more', async () => {
  const { store, id, follow } = await openAnn();
  const stream = await follow();
  await store.append(id, 'INBOX', MAIL);
  await stream.next();
  await stream.cancel();
  await store.append(id, 'INBOX', MAIL);
  await pause(5);
  await store.maintenance.sweep({ changesMs: 0 });
  const late = await follow(stream.last ?? '');
  expect(await late.next()).toMatchObject({ type: 'reset' });
  await late.cancel();
});

describe('a stream', () => {
  test('ends with its token, and says that it lives until then', async () => {
    const { store, id, api } = await openAnn({ idleMs: 20 });
    const { token, id: tokenId } = await store.auth.createToken({ role: 'account', account: id });
    const response = await api.fetch(
      new Request(`http://rest.test/users/me/updates`, { headers: { authorization: `Bearer ${token}` } }),
    );
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (!text.includes(': idling 2')) text += Buffer.from((await reader.read()).value ?? []).toString();
    await store.auth.removeToken(id, tokenId);
    for (let done = false; !done; ) ({ done } = await reader.read());
  });

  test('is one of a few', async () => {
    const { follow, fetch, id } = await openAnn({ streamsPerUser: 2 });
    const streams = [await follow(), await follow()];
    expect((await fetch('GET', `/users/${id}/updates`)).status).toBe(429);
    await streams[0]?.cancel();
    const next = await follow();
    await Promise.all([streams[1]?.cancel(), next.cancel()]);
  });

  test('ends when the server does', async () => {
    const { store } = await openAnn();
    const { id } = await store.accounts.get('ann');
    const server = createRestServer(store);
    const { port } = await server.listen();
    const { token } = await store.auth.createToken({ role: 'root' });
    const response = await fetch(`http://127.0.0.1:${port}/users/${id}/updates?accessToken=${token}`);
    const stream = new EventReader(response);
    const first = stream.next();
    await store.append(id, 'INBOX', MAIL);
    expect((await first)?.data.command).toBe('EXISTS');
    await server.close();
    while ((await stream.next()) !== null);
  });
});

test('a follower that is cut at random sees all that others do, once and in order', async () => {
  const place = await emptyPlace();
  const store = await openStore({ ...place, pollMs: 100 });
  onTestFinished(() => store.close());
  const { id } = await store.accounts.create({ name: 'ann' });
  const api = createRestApi(store);
  const { token } = await store.auth.createToken({ role: 'root' });
  const begin = `${(await store.modSeq(id)).toString(16).padStart(16, '0')}ffffffff`;
  const script = fileURLToPath(new URL('../store/order-writer.mjs', import.meta.url));
  const count = ENGINE === 'sqlite' ? 60 : 15;
  const args = [script, resolve(process.env.EIDER_DIST ?? 'dist'), JSON.stringify(place), id, String(count), '1', '2'];
  const writers = [0, 1].map((n) => {
    const seeds = args.slice(0, -2).concat(String(3 * n + 1), String(3 * n + 2));
    return spawn(process.execPath, seeds, { stdio: ['ignore', 'ignore', 'inherit'] });
  });
  for (const child of writers) onTestFinished(() => void child.kill());
  const ended = Promise.all(writers.map((child) => once(child, 'close')));
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const seen: string[] = [];
  let last = begin;
  let cuts = 0;
  const follow = async (most: number): Promise<void> => {
    const headers = { authorization: `Bearer ${token}`, 'last-event-id': last };
    const stream = new EventReader(await api.fetch(new Request(`http://rest.test/users/${id}/updates`, { headers })));
    for (let n = 0; n < most; n++) {
      const event = await Promise.race([stream.next(), pause(isOver ? 1_000 : 5_000, null)]);
      if (!event) break;
      expect(event.type).toBe('message');
      if (stream.last !== null && stream.last !== last) {
        last = stream.last;
        seen.push(last);
      }
    }
    cuts++;
    await stream.cancel();
  };
  while (!isOver) await follow(1 + Math.floor(Math.random() * 12));
  const end = await store.modSeq(id);
  const isBehind = (): boolean => Number.parseInt(last.slice(0, 16), 16) < end;
  // What was told last may have been a transaction of which nothing is told.
  for (let tries = 0; tries < 3 && isBehind(); tries++) await follow(100_000);
  const all: string[] = [];
  const stop = new AbortController();
  for await (const { id: position } of accountEvents(store, id, { after: begin, signal: stop.signal })) {
    if (position !== null) all.push(position);
    if (all.length === seen.length) break;
  }
  stop.abort();
  expect(cuts).toBeGreaterThan(3);
  expect(seen.length).toBeGreaterThan(20);
  expect(seen).toEqual(all);
  expect(seen).toEqual([...new Set(seen)].sort());
}, 120_000);
