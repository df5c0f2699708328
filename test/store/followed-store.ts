/** A store whose administrative events are followed. */

import { expect, onTestFinished } from 'vitest';
import type { StoreEvent } from '../../src/model/store-event.ts';
import { storeEventView } from '../../src/model/store-event-view.ts';
import type { OpenStoreOptions } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { PARTY } from '../auth/key-fixture.ts';
import { openTestedStore } from '../engine-under-test.ts';

const SECRET = Buffer.alloc(32, 7);
/** Those of mail and mailboxes are told besides. */
const TYPES = ['user.*', 'address.*', 'domainalias.*', 'asp.*', 'filter.*', 'autoreply.*', 'mfa.*', 'dkim.*', 'cert.*'];

/** A store, and what it tells. */
export interface Followed {
  readonly store: MessageStore;
  /** What was told since the last call, without positions and times. */
  told(count: number): Promise<object[]>;
}

/** Opens one with nothing in it. */
export async function openFollowed(options: Partial<OpenStoreOptions> = {}): Promise<Followed> {
  const store = await openTestedStore({
    secret: SECRET,
    authentication: { relyingParty: PARTY },
    ...options,
  });
  onTestFinished(() => store.close());
  return { store, told: await follow(store) };
}

/** Follows from now on, until the test has ended. */
export async function follow(store: MessageStore): Promise<Followed['told']> {
  const stop = new AbortController();
  const events: StoreEvent[] = [];
  const after = await store.eventPosition();
  const following = (async () => {
    for await (const event of store.events({ after, types: TYPES, signal: stop.signal })) events.push(event);
  })();
  onTestFinished(async () => {
    stop.abort();
    await following;
  });
  return async (count) => {
    await expect.poll(() => events.length, { timeout: 5_000 }).toBeGreaterThanOrEqual(count);
    const found = events.splice(0).map((event) => {
      expect(event.id).toMatch(/^[0-9a-f]{24}$/);
      expect(Math.abs(event.time - Date.now())).toBeLessThan(60_000);
      const { id: _id, time: _time, ...rest } = storeEventView(event);
      return rest;
    });
    expect(found.length).toBe(count);
    return found;
  };
}

/** Nothing was told until now. */
export async function expectNothing({ store, told }: Followed): Promise<void> {
  await store.eventPosition();
  await new Promise((done) => setTimeout(done, 50));
  expect(await told(0)).toEqual([]);
}
