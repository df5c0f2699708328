/** Change streams, on a collection that has them when a test says so: what wakes, what does not, and what breaks. */

import { EventEmitter } from 'node:events';
import type { ChangeStream, Document } from 'mongodb';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ChangeWatch } from '../../src/mongodb/change-watch.ts';
import type { Collections } from '../../src/mongodb/collections.ts';
import { changeKey, placementKey, stateKey, threadKey, vanishedKey } from '../../src/mongodb/keys.ts';

const POLL_MS = 1000;

/** A stream as the driver gives it. */
class FakeStream extends EventEmitter {
  closed = false;

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.emit('close');
  }

  tell(account: string, modSeq: number | undefined): void {
    const updatedFields = modSeq === undefined ? {} : { modSeq };
    this.emit('change', { documentKey: { _id: account }, updateDescription: { updatedFields } });
  }
}

/** The collection of mail, as far as it is watched. */
class FakeMail {
  readonly streams: FakeStream[] = [];
  readonly states = new Map<string, number>();
  stages: readonly Document[] = [];
  looks = 0;
  away = false;

  watch(stages: readonly Document[]): ChangeStream {
    this.stages = stages;
    const stream = new FakeStream();
    this.streams.push(stream);
    return stream as unknown as ChangeStream;
  }

  async *find({ account: { $in } }: { account: { $in: string[] } }): AsyncGenerator<Document> {
    this.looks++;
    if (this.away) throw Object.assign(new Error('away'), { name: 'MongoNetworkError' });
    for (const account of $in) if (this.states.has(account)) yield { account, modSeq: this.states.get(account) };
  }

  get last(): FakeStream {
    return this.streams.at(-1) as FakeStream;
  }
}

let mail: FakeMail;
let watch: ChangeWatch;
let heard: string[];
const failure = (code: number, codeName = ''): Error => Object.assign(new Error('x'), { code, codeName });

beforeEach(() => {
  vi.useFakeTimers();
  mail = new FakeMail();
  heard = [];
  watch = new ChangeWatch({
    collections: { mail } as unknown as Collections,
    pollMs: POLL_MS,
    stream: true,
    heard: (account, modSeq) => heard.push(`${account} ${modSeq}`),
  });
});
afterEach(async () => {
  await watch.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('a stream', () => {
  test('is asked only for states, of whatever account', () => {
    watch.add('ann');
    const [{ $match }] = mail.stages as [{ $match: Record<string, { $regex: string }> }];
    const wanted = new RegExp($match['documentKey._id']?.$regex ?? '');
    expect($match.operationType).toBe('update');
    expect(wanted.test(stateKey('ann'))).toBe(true);
    const others = [changeKey('ann', 1), placementKey('ann', 1, 1), threadKey('ann', 'x'), vanishedKey('ann', 1, 1)];
    for (const key of others) expect(wanted.test(key)).toBe(false);
  });

  test('wakes who listens, for positions only, and only as long as anybody listens', () => {
    const end = watch.add('ann');
    const endToo = watch.add('ann');
    mail.last.tell('ann', 5);
    mail.last.tell('bob', 6);
    mail.last.tell('ann', undefined);
    end();
    end();
    mail.last.tell('ann', 7);
    expect(heard).toEqual(['ann 5', 'ann 7']);
    expect(mail.last.closed).toBe(false);
    endToo();
    mail.last.tell('ann', 8);
    expect(heard).toHaveLength(2);
    expect(mail.last.closed).toBe(true);
    watch.add('ann');
    expect(mail.streams).toHaveLength(2);
  });

  test('is looked past once after it began, as it may have begun late, and then seldom', async () => {
    watch.add('ann');
    mail.states.set('ann', 9);
    await pass(POLL_MS);
    expect(heard).toEqual(['ann 9']);
    await pass(29_000);
    expect(mail.looks).toBe(1);
    mail.states.set('ann', 10);
    await pass(1_000);
    expect(heard).toEqual(['ann 9', 'ann 10']);
    expect(mail.looks).toBe(2);
  });
});

describe('a server without streams', () => {
  test.each([[failure(40_573)], [failure(115)], [failure(0, 'CommandNotFound')], [failure(0, 'NotImplemented')]])(
    'is looked at in its stead: %o',
    async (error) => {
      watch.add('ann');
      mail.last.emit('error', error);
      expect(watch.streaming).toBe(false);
      for (let modSeq = 1; modSeq <= 20; modSeq++) {
        mail.states.set('ann', modSeq);
        await pass(POLL_MS);
        expect(heard.at(-1)).toBe(`ann ${modSeq}`);
      }
      expect(mail.streams).toHaveLength(1);
    },
  );
});

describe('a stream that breaks', () => {
  test.each(['error', 'close'] as const)('by %s begins anew, and meanwhile states are looked at', async (how) => {
    watch.add('ann');
    await pass(POLL_MS);
    const { looks } = mail;
    const broken = mail.last;
    if (how === 'error') broken.emit('error', failure(6));
    else await broken.close();
    expect(watch.streaming).toBe(false);
    await pass(4_900);
    expect(mail.looks).toBe(looks + 4);
    await pass(100);
    expect(mail.streams).toHaveLength(2);
    expect(watch.streaming).toBe(true);
    broken.emit('error', failure(6));
    expect(watch.streaming).toBe(true);
    mail.last.tell('ann', 7);
    expect(heard).toEqual(['ann 7']);
  });

  test('while nobody listens any more stays ended', async () => {
    const end = watch.add('ann');
    mail.last.emit('error', failure(6));
    end();
    await pass(60_000);
    expect(mail.streams).toHaveLength(1);
    expect(mail.looks).toBe(0);
  });
});

describe('looking', () => {
  test('goes on after a round that failed', async () => {
    watch.add('ann');
    mail.last.emit('error', failure(115));
    mail.away = true;
    await pass(3 * POLL_MS);
    mail.away = false;
    mail.states.set('ann', 3);
    await pass(POLL_MS);
    expect(heard).toEqual(['ann 3']);
  });

  test('at one account is done at once when somebody says that it changed', async () => {
    watch.add('ann');
    mail.states.set('ann', 4).set('bob', 5);
    watch.look('ann');
    watch.look('bob');
    await pass(0);
    expect(heard).toEqual(['ann 4']);
    expect(mail.looks).toBe(1);
  });
});
