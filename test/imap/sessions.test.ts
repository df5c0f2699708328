/** Several sessions at once on one mailbox: what each is told must add up to what is there. */

import { afterEach, describe, expect, test } from 'vitest';
import { createImapServer } from '../../src/imap/index.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import { openStore } from '../../src/open-store.ts';
import { ENGINE, emptyPlace } from '../engine-under-test.ts';
import { type ImapFixture, startImap, testMessage } from './imap-fixture.ts';
import { LineClient } from './line-client.ts';

let fixture: ImapFixture | undefined;
afterEach(async () => {
  await fixture?.[Symbol.asyncDispose]();
  fixture = undefined;
});

/** Repeatable numbers from 0 to 1. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** A client that keeps, by the rules of RFC 9051, what it was told. */
class Follower {
  readonly client: LineClient;
  /** UID (0 while unknown) and flags of each message. */
  messages: { uid: number; flags: string }[] = [];
  #tags = 0;

  constructor(client: LineClient) {
    this.client = client;
  }

  async run(command: string): Promise<string> {
    const lines = await this.client.run(`t${++this.#tags}`, command);
    const keepsNumbers = /^(FETCH|STORE|SEARCH)/.test(command);
    for (const line of lines) this.#take(line, keepsNumbers);
    const last = lines.at(-1) as string;
    expect(last).toMatch(/^t\d+ OK/);
    return last;
  }

  #take(line: string, keepsNumbers: boolean): void {
    const exists = /^\* (\d+) EXISTS$/.exec(line);
    if (exists) {
      const count = Number(exists[1]);
      expect(count).toBeGreaterThan(this.messages.length - 1);
      while (this.messages.length < count) this.messages.push({ uid: 0, flags: '?' });
    }
    const expunge = /^\* (\d+) EXPUNGE$/.exec(line);
    if (expunge) {
      expect(keepsNumbers).toBe(false);
      expect(this.messages.splice(Number(expunge[1]) - 1, 1)).toHaveLength(1);
    }
    const fetch = /^\* (\d+) FETCH \((.*)\)$/.exec(line);
    if (fetch) {
      const message = this.messages[Number(fetch[1]) - 1];
      if (!message) throw new Error(`a FETCH of a message that there is not: ${line}`);
      const uid = /UID (\d+)/.exec(fetch[2] as string)?.[1];
      const flags = /FLAGS \(([^)]*)\)/.exec(fetch[2] as string)?.[1];
      if (uid !== undefined) {
        expect([0, Number(uid)]).toContain(message.uid);
        message.uid = Number(uid);
      }
      if (flags !== undefined) message.flags = flags;
    }
  }
}

const FLAGS = ['\\Seen', '\\Flagged', '\\Answered', '\\Deleted', 'one', 'two'];

async function randomStep(follower: Follower, random: () => number): Promise<void> {
  const count = follower.messages.length;
  const pick = (): number => 1 + Math.floor(random() * count);
  const flag = FLAGS[Math.floor(random() * FLAGS.length)] as string;
  const dice = Math.floor(random() * 12);
  if (dice === 0) {
    const text = testMessage(1);
    follower.client.send(`x APPEND INBOX (${flag}) {${text.length}+}\r\n${text}\r\n`);
    // The answer is read by the follower's next command, so that nothing is missed.
    await follower.run('NOOP');
  } else if (dice === 1) await follower.run('EXPUNGE');
  else if (dice === 2) await follower.run('NOOP');
  else if (count === 0) await follower.run('NOOP');
  else if (dice <= 4) await follower.run(`STORE ${pick()} +FLAGS (${flag})`);
  else if (dice === 5) await follower.run(`STORE ${pick()}:${pick()} -FLAGS (${flag})`);
  else if (dice === 6) await follower.run(`FETCH 1:* (UID FLAGS)`);
  else if (dice === 7) await follower.run(`FETCH ${pick()} (UID RFC822.SIZE)`);
  else if (dice === 8) await follower.run(`UID FETCH 1:* (FLAGS)`);
  else if (dice === 9) await follower.run(`COPY ${pick()} INBOX`);
  else if (dice === 10) await follower.run(`MOVE ${pick()} Archive`);
  else await follower.run(`SEARCH UNSEEN`);
}

describe('sessions that change one mailbox at random', () => {
  for (const seed of ENGINE === 'sqlite' ? [1, 2, 3, 4, 5, 6] : [1, 2]) {
    test(`run ${seed}`, async () => {
      fixture = await startImap();
      const account = await fixture.account();
      await fixture.fill(account, 'INBOX', 8);
      const followers: Follower[] = [];
      for (let n = 0; n < 3; n++) {
        const follower = new Follower(await fixture.login(account));
        await follower.run('SELECT INBOX');
        await follower.run('UID FETCH 1:* (FLAGS)');
        followers.push(follower);
      }
      const random = randomOf(seed);
      for (let step = 0; step < 25; step++) {
        await Promise.all(followers.map((follower) => randomStep(follower, random)));
      }
      const truth = new Follower(await fixture.login(account));
      await truth.run('SELECT INBOX');
      await truth.run('UID FETCH 1:* (FLAGS)');
      const uids = await fixture.store.uids(account.id, 'INBOX');
      expect(truth.messages.map(({ uid }) => uid)).toEqual([...uids]);
      for (const follower of followers) {
        await follower.run('NOOP');
        expect(follower.messages).toHaveLength(truth.messages.length);
        follower.messages.forEach((message, index) => {
          // What it never asked for it need not know; what it knows must be right.
          const right = truth.messages[index] as { uid: number; flags: string };
          if (message.uid !== 0) expect(message.uid).toBe(right.uid);
          if (message.flags !== '?') expect(message.flags).toBe(right.flags);
        });
      }
    });
  }
});

test('changes by another process are seen', async () => {
  const place = await emptyPlace();
  const mine = await openStore(place);
  const other = await openStore(place);
  const imap = createImapServer(mine, { insecureAuth: true });
  try {
    const account = await mine.accounts.create({ name: 'ann', password: 'secret' });
    const { port } = await imap.listen();
    const client = new LineClient(port);
    await client.line();
    await client.run('a', 'LOGIN ann secret');
    for (let n = 1; n <= 3; n++) await other.append(account.id, 'INBOX', testMessage(n));
    expect(await client.run('b', 'SELECT INBOX')).toContain('* 3 EXISTS');
    await client.run('c', 'FETCH 1:* FLAGS');
    await other.append(account.id, 'INBOX', testMessage(4));
    await other.storeFlags(account.id, 'INBOX', UidSet.of(3), { mode: 'add', flags: ['\\Seen'] });
    await other.expunge(account.id, 'INBOX', UidSet.of(2), { any: true });
    expect(await client.run('d', 'NOOP')).toEqual([
      '* 3 FETCH (UID 3 FLAGS (\\Seen))',
      '* 2 EXPUNGE',
      '* 3 EXISTS',
      'd OK Nothing done',
    ]);
    client.send('e IDLE\r\n');
    expect(await client.line()).toBe('+ idling');
    await other.append(account.id, 'INBOX', testMessage(5));
    expect(await client.line()).toBe('* 4 EXISTS');
    client.send('DONE\r\n');
    await client.until('e');
    // Selected again, what is remembered of the mailbox is old and must be noticed to be so.
    await client.run('f', 'UNSELECT');
    await other.expunge(account.id, 'INBOX', UidSet.of(1), { any: true });
    expect(await client.run('g', 'SELECT INBOX')).toContain('* 3 EXISTS');
    expect(await client.run('h', 'UID SEARCH ALL')).toEqual(['* SEARCH 3 4 5', 'h OK Searched']);
    client.destroy();
  } finally {
    await imap.close({ drainMs: 0 });
    await mine.close();
    await other.close();
  }
});

test('what another process removed a moment ago is told to be gone', async () => {
  const place = await emptyPlace();
  const mine = await openStore(place);
  const other = await openStore(place);
  const imap = createImapServer(mine, { insecureAuth: true });
  try {
    const account = await mine.accounts.create({ name: 'ann', password: 'secret' });
    for (let n = 1; n <= 6; n++) await mine.append(account.id, 'INBOX', testMessage(n));
    const client = new LineClient((await imap.listen()).port);
    await client.line();
    await client.run('a', 'LOGIN ann secret');
    await client.run('b', 'SELECT INBOX');
    await client.run('c', 'FETCH 1:* FLAGS');
    const remove = (uid: number): Promise<unknown> => other.expunge(account.id, 'INBOX', UidSet.of(uid), { any: true });
    await remove(2);
    expect(await client.run('d', 'FETCH 2 (RFC822.SIZE)')).toEqual(['d OK [EXPUNGEISSUED] Fetched']);
    await remove(3);
    expect(await client.run('e', 'STORE 3 +FLAGS.SILENT (\\Seen)')).toEqual(['e OK [EXPUNGEISSUED] Stored']);
    await remove(4);
    expect(await client.run('f', 'STORE 4 +FLAGS (\\Seen)')).toEqual(['f OK [EXPUNGEISSUED] Stored']);
    expect(await client.run('g', 'UID FETCH 4 (RFC822.SIZE)')).toEqual([
      '* 4 EXPUNGE',
      '* 3 EXPUNGE',
      '* 2 EXPUNGE',
      'g OK Fetched',
    ]);
    client.destroy();
  } finally {
    await imap.close({ drainMs: 0 });
    await mine.close();
    await other.close();
  }
});
