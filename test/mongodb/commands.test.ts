/**
 * What a store with servers in front of it says to the cluster: each statement goes to one shard and by an index, and
 * each operation takes as many round trips as `docs/round-trips.json` tells (and with it the page on scaling).
 */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Account } from '../../src/model/account.ts';
import { COLLECTION_PLANS } from '../../src/mongodb/collections.ts';
import { openParts } from '../../src/open-store.ts';
import { ROOT } from '../house/source-tree.ts';
import { testMessage } from '../imap/imap-fixture.ts';
import type { LineClient } from '../imap/line-client.ts';
import type { LmtpClient } from '../lmtp/lmtp-client.ts';
import { EXCEPTIONS, filterViolations, violations } from './command-rules.ts';
import { type RoundTrips, roundTrips, type SentCommand } from './command-watch.ts';
import { explains, scanning } from './explain.ts';
import { MONGODB_URI } from './mongo-test.ts';
import { answered, messageWithAttachment, say, WatchedServers } from './watched-servers.ts';

const PAGE = path.join(ROOT, 'docs', 'round-trips.json');
const DOCUMENTED = JSON.parse(readFileSync(PAGE, 'utf8')) as (RoundTrips & { readonly id: string })[];
/** Nobody looks at what others did while round trips are counted. */
const NEVER_MS = 3_600_000;
const PATIENCE = 120_000;

describe.skipIf(MONGODB_URI === null)('commands', () => {
  const database = `eider_test_${randomBytes(6).toString('hex')}`;
  const measured = new Set<string>();
  let servers: WatchedServers;
  let account: Account;
  let imap: LineClient;
  let lmtp: LmtpClient;

  beforeAll(async () => {
    servers = await WatchedServers.open(database, NEVER_MS);
    account = await makeAccount('counted');
    for (const path of ['Copies', 'Moved']) await servers.store.createMailbox(account.id, path);
    await fill(account, 4000);
    imap = await servers.selected(account);
    lmtp = await servers.lmtp();
  }, PATIENCE);
  afterAll(async () => {
    await servers?.db.dropDatabase();
    await servers?.[Symbol.asyncDispose]();
  }, PATIENCE);

  /** Of a few rounds the one with the fewest round trips: work in the background may fall into the others. */
  async function count(id: string, work: (round: number) => Promise<unknown>): Promise<void> {
    let fewest = await servers.watch.during(() => work(0));
    for (let round = 1; round < 3; round++) {
      const sent = await servers.watch.during(() => work(round));
      if (sent.length < fewest.length) fewest = sent;
    }
    compare(id, fewest);
  }

  function compare(id: string, sent: readonly SentCommand[]): void {
    measured.add(id);
    const { statements, commits } = DOCUMENTED.find((operation) => operation.id === id) ?? {};
    const names = sent.map(({ collection, name }) => `${collection ?? 'commit'}.${name}`).join(', ');
    expect({ id, ...roundTrips(sent) }, `${id}: ${names}`).toEqual({ id, statements, commits });
  }

  async function makeAccount(name: string): Promise<Account> {
    return servers.store.accounts.create({ name, address: `${name}@example.org`, password: 'secret' });
  }

  async function fill(to: Account, messages: number): Promise<void> {
    for (let first = 1; first <= messages; first += 1000) {
      const prepared = [];
      for (let n = first; n < first + Math.min(1000, messages); n++) {
        prepared.push({ message: await servers.store.prepare(testMessage(n)) });
      }
      await servers.store.appendPrepared(to.id, 'INBOX', prepared);
    }
  }

  async function deliver(message: string): Promise<void> {
    expect(await lmtp.send(['counted@example.org'], `${message}.\r\n`)).toEqual([expect.stringMatching(/^250 /)]);
  }

  /** A range of 10 or 1,000 messages that no other operation touches. */
  const range = (first: number, size: number): string => `${first}:${first + size - 1}`;

  describe('LMTP', () => {
    test('a small message', () => count('deliver', (round) => deliver(testMessage(100_000 + round))), PATIENCE);
    test(
      'a new attachment',
      () => count('deliver-new-attachment', (round) => deliver(messageWithAttachment(round))),
      PATIENCE,
    );
    test(
      'a known attachment',
      () => count('deliver-known-attachment', () => deliver(messageWithAttachment(0))),
      PATIENCE,
    );
  });

  describe('IMAP', () => {
    test(
      'login and the first SELECT',
      async () => {
        const clients = [await servers.imap(), await servers.imap(), await servers.imap()];
        await count('login-select', async (round) => {
          await say(clients[round] as LineClient, 'LOGIN counted secret');
          await say(clients[round] as LineClient, 'SELECT INBOX');
        });
      },
      PATIENCE,
    );
    test('SELECT again', () => count('select-again', () => say(imap, 'SELECT INBOX')), PATIENCE);
    test('STATUS', () => count('status', () => say(imap, 'STATUS Sent (MESSAGES UNSEEN UIDNEXT)')), PATIENCE);
    test('LIST', () => count('list', () => say(imap, 'LIST "" * RETURN (STATUS (MESSAGES UNSEEN))')), PATIENCE);
    test(
      'SETMETADATA',
      () => count('set-metadata', (round) => say(imap, `SETMETADATA Sent (/shared/comment "${'x'.repeat(round)}")`)),
      PATIENCE,
    );
    test('GETMETADATA', () => count('get-metadata', () => say(imap, 'GETMETADATA Sent /shared/comment')), PATIENCE);
    test(
      'LIST with METADATA',
      () => count('list-metadata', () => say(imap, 'LIST "" * RETURN (METADATA (/shared/comment))')),
      PATIENCE,
    );
    test(
      'a screen',
      () =>
        count('screen', async (round) => {
          const fields = 'FLAGS ENVELOPE BODY.PEEK[HEADER.FIELDS (REFERENCES)]';
          const lines = await say(imap, `FETCH ${range(101 + round * 50, 50)} (${fields})`);
          expect(lines.filter((line) => line.startsWith('* ')).length).toBe(50);
        }),
      PATIENCE,
    );
    test('a body', () => count('body', (round) => say(imap, `UID FETCH ${round + 1} BODY.PEEK[]`)), PATIENCE);
    test(
      'a body with its attachment',
      async () => {
        await deliver(messageWithAttachment(0));
        await say(imap, 'NOOP');
        await count('body-attachment', () => say(imap, 'FETCH * BODY.PEEK[]'));
      },
      PATIENCE,
    );
    test(
      'APPEND',
      () =>
        count('append', async (round) => {
          const message = testMessage(200_000 + round);
          imap.send(`append APPEND Sent (\\Seen) {${message.length}+}\r\n${message}\r\n`);
          await answered(imap, 'append');
        }),
      PATIENCE,
    );
  });

  describe('changes, however many', () => {
    for (const size of [1, 1000]) {
      test(
        `a flag on ${size}`,
        () =>
          count('flags', (round) =>
            say(imap, `UID STORE ${range(1, size)} ${round % 2 ? '-' : '+'}FLAGS.SILENT (\\Flagged)`),
          ),
        PATIENCE,
      );
    }
    // Each round needs messages that have not been copied or moved.
    for (const [size, first] of [
      [1, 11],
      [10, 31],
      [300, 1001],
    ] as const) {
      const at = (round: number): string => range(first + round * size, size);
      const bulk = size > 20 ? '-many' : '';
      test(
        `COPY of ${size}`,
        () => count(`copy${bulk}`, (round) => say(imap, `UID COPY ${at(round)} Copies`)),
        PATIENCE,
      );
      test(
        `a flag on ${size} that have been copied`,
        () => count('flags-copied', (round) => say(imap, `UID STORE ${at(round)} +FLAGS.SILENT (k${round})`)),
        PATIENCE,
      );
    }
    for (const [size, first] of [
      [10, 201],
      [300, 2001],
    ] as const) {
      const at = (round: number): string => range(first + round * size, size);
      const bulk = size > 20 ? '-many' : '';
      test(
        `MOVE of ${size}`,
        () => count(`move${bulk}`, (round) => say(imap, `UID MOVE ${at(round)} Moved`)),
        PATIENCE,
      );
    }
    for (const [size, first, bulk] of [
      [10, 301, ''],
      [300, 3001, '-many'],
    ] as const) {
      const at = (round: number): string => range(first + round * size, size);
      test(
        `EXPUNGE of ${size}`,
        async () => {
          await say(imap, `UID STORE ${range(first, 3 * size)} +FLAGS.SILENT (\\Deleted)`);
          await count(`expunge${bulk}`, (round) => say(imap, `UID EXPUNGE ${at(round)}`));
        },
        PATIENCE,
      );
    }
  });

  describe('search', () => {
    let session: LineClient;
    beforeAll(async () => {
      const small = await makeAccount('searched');
      await fill(small, 1100);
      session = await servers.selected(small);
      // The first search brings the index up to date.
      await say(session, 'SEARCH TEXT message');
    }, PATIENCE);

    test('by flags', () => count('search-flags', () => say(session, 'SEARCH UNSEEN')), PATIENCE);
    test(
      'by date and size',
      () => count('search-fields', () => say(session, 'SEARCH SINCE 1-Jan-2026 LARGER 10')),
      PATIENCE,
    );
    test('by sender', () => count('search-from', () => say(session, 'SEARCH FROM ann')), PATIENCE);
    test('by words', () => count('search-text', () => say(session, 'SEARCH TEXT message')), PATIENCE);
  });

  describe('news', () => {
    test(
      'in IDLE',
      async () => {
        await using other = await WatchedServers.open(database, NEVER_MS);
        await using waiting = await WatchedServers.open(database, 100);
        const session = await waiting.selected(account);
        session.send('idle IDLE\r\n');
        await session.line();
        let fewest: readonly SentCommand[] | null = null;
        for (let round = 0; round < 3; round++) {
          const sent = await waiting.watch.during(async () => {
            const message = await other.store.prepare(testMessage(300_000 + round));
            await other.store.appendPrepared(account.id, 'INBOX', [{ message }]);
            while (!/ EXISTS$/.test((await session.line(30_000)) ?? 'closed EXISTS')) {}
          });
          const woken = sent.filter((command) => !isPoll(command));
          if (!fewest || woken.length < fewest.length) fewest = woken;
          expect(sent.flatMap(violations)).toEqual([]);
        }
        compare('idle', fewest ?? []);
      },
      PATIENCE,
    );

    test(
      'a poll is one statement for all accounts',
      async () => {
        const accounts = [account, await makeAccount('second'), await makeAccount('third')];
        await using waiting = await WatchedServers.open(database, 100);
        for (const { id } of accounts) waiting.store.watch(id, () => {});
        const sent = await waiting.watch.during(() => new Promise((resolve) => setTimeout(resolve, 1000)));
        const polls = sent.filter(isPoll);
        // A change stream makes polls rare; then there is none to look at.
        expect(polls.length).toBeLessThan(11);
        for (const { command } of polls) expect(command.filter.account.$in).toEqual(accounts.map(({ id }) => id));
        expect(roundTrips(sent)).toEqual({ statements: polls.length, commits: 0 });
      },
      PATIENCE,
    );

    const isPoll = (sent: SentCommand): boolean => EXCEPTIONS[0]?.is(sent) ?? false;
  });

  test(
    'small records',
    async () => {
      const { engine, blobs } = await openParts({ mongodb: servers.db, pollMs: NEVER_MS });
      const { vault } = engine;
      const owner = 'nobody else';
      const at = (round: number) => ({ owner, kind: 'token', key: `key ${round}` });
      const expires = Date.now() + NEVER_MS;
      await count('vault', (round) => vault.put(at(round), { value: 'put', expires }));
      await count('vault', (round) => vault.put(at(round), { value: 'put again' }));
      await count('vault', (round) => vault.create(at(10 + round), { value: 'created' }));
      await count('vault', (round) => vault.create(at(round), { value: 'there is one' }));
      const versions = await Promise.all([0, 1, 2].map(async (round) => (await vault.get(at(round)))?.version ?? 0));
      await count('vault', (round) => vault.update(at(round), versions[round] ?? 0, { value: 'updated' }));
      await count('vault', (round) => vault.get(at(round)));
      await count('vault', () => vault.list({ owner, kind: 'token' }, { after: 'key 1', limit: 2 }));
      await count('vault', () => vault.all(owner, { after: { kind: 'token', key: 'key 1' }, limit: 2 }));
      await count('vault', () => vault.count({ owner, kind: 'failures', key: 'x' }, 1, expires));
      await count('vault', (round) => vault.take(at(round)));
      expect(await vault.all(owner, { limit: 10 })).toHaveLength(3);
      await count('vault', () => vault.clear(owner, 'token'));
      await count('vault', () => vault.clear(owner));
      expect(await vault.list({ owner, kind: 'failures' }, { limit: 10 })).toEqual([]);
      await vault.count({ owner, kind: 'failures', key: 'x' }, 1, 0);
      expect(await vault.sweep({ dryRun: true })).toBe(1);
      await engine.close();
      await blobs.close();
    },
    PATIENCE,
  );

  test(
    'an account is checked, swept and removed',
    async () => {
      const gone = await makeAccount('gone');
      await fill(gone, 30);
      await servers.store.accounts.update(gone.id, { addresses: ['gone@example.com'] });
      for await (const finding of servers.store.maintenance.check({ repair: true })) expect(finding).toBeNull();
      await servers.store.maintenance.sweep({ changesMs: 0, graceMs: 0 });
      await servers.store.accounts.remove(gone.id);
    },
    PATIENCE,
  );

  // Last, so that it has all that was sent before it.
  test('each statement names one shard, and an index serves it', () => {
    const names = new Set(servers.watch.sent.map(({ collection, name }) => `${collection}.${name}`));
    expect([...names]).toEqual(
      expect.arrayContaining([
        'mail.find',
        'mail.aggregate',
        'mail.update',
        'mail.insert',
        'mail.delete',
        'contents.insert',
        'vault.find',
        'vault.findAndModify',
        'vault.update',
        'vault.delete',
      ]),
    );
    expect([...new Set(servers.watch.sent.flatMap(violations))].slice(0, 10)).toEqual([]);
  });

  test(
    'the server says so too, where it can tell',
    async (t) => {
      if (!(await explains(servers.db))) t.skip('the server has no explain');
      expect(await scanning(servers.db, servers.watch.sent)).toEqual([]);
    },
    PATIENCE,
  );

  test('each operation of the page was counted', () => {
    expect(DOCUMENTED.map(({ id }) => id).sort()).toEqual([...measured].sort());
  });
});

describe('the rule on statements', () => {
  const plan = (name: string) => {
    const found = COLLECTION_PLANS.find((one) => one.name === name);
    if (!found) throw new Error(name);
    return found;
  };
  const range = { $gte: 'a.p.', $lte: 'a.p.~' };

  test.each([
    ['mail', { account: 'a', _id: 'a' }],
    ['mail', { account: 'a', _id: range, modSeq: { $gt: 1 } }],
    ['mail', { account: 'a', $or: [{ _id: 'a' }, { $and: [{ _id: { $in: ['a.p.1'] } }, { mask: 1 }] }] }],
    ['mail', { account: 'a', shared: { $in: ['a.1'] } }],
    ['contents', { account: 'a', blobs: { $exists: true }, 'blobs.id': { $in: ['00'] } }],
    ['accounts', { _id: 'a', removing: { $exists: false } }],
    ['logins', { _id: { $in: ['a', 'b'] }, account: 'a' }],
  ])('allows %s %j', (name, filter) => {
    expect(filterViolations(plan(name), filter)).toEqual([]);
  });

  test.each([
    ['mail', { _id: 'a' }, 'no one shard key'],
    ['mail', { account: { $in: ['a', 'b'] }, _id: { $in: ['a', 'b'] } }, 'no one shard key'],
    ['mail', { account: 'a' }, 'no index'],
    ['mail', { account: 'a', modSeq: { $gt: 1 } }, 'no index'],
    ['mail', { account: 'a', _id: { $gt: 'a.p.' } }, 'no index'],
    ['mail', { account: 'a', $or: [{ _id: 'a' }, { uid: 1 }] }, 'no index'],
    ['mail', { account: 'a', shared: { $exists: true } }, 'no index'],
    ['contents', { account: 'a', 'blobs.id': { $in: ['00'] } }, 'no index'],
    ['logins', { account: 'a' }, 'no one shard key'],
  ])('refuses %s %j', (name, filter, what) => {
    expect(filterViolations(plan(name), filter)).toContain(what);
  });

  test('refuses joins and inserts that leave the shard', () => {
    const sent = (name: string, command: object): SentCommand => ({ name, collection: 'mail', command });
    const stages = (join: object) => [
      { $match: { account: 'a', _id: range } },
      { $lookup: { from: 'contents', ...join } },
    ];
    const local = { localField: 'content', foreignField: '_id', as: 'found' };
    const pinned = { ...local, pipeline: [{ $match: { account: 'a' } }] };
    expect(violations(sent('aggregate', { pipeline: stages(pinned) }))).toEqual([]);
    expect(violations(sent('aggregate', { pipeline: stages(local) }))).toHaveLength(1);
    expect(violations(sent('insert', { documents: [{ _id: 'a.1', account: 'a' }] }))).toEqual([]);
    expect(violations(sent('insert', { documents: [{ _id: 'a.1', account: 'a' }, { _id: 'a.2' }] }))).toHaveLength(1);
    expect(violations(sent('mapReduce', {}))).not.toEqual([]);
  });
});
