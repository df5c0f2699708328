/** QRESYNC: a client that was away, or whose connection broke at any moment, ends with exactly what is there. */

import fc from 'fast-check';
import { ImapFlow } from 'imapflow';
import { afterEach, describe, expect, test } from 'vitest';
import { createImapServer } from '../../src/imap/index.ts';
import { matchedUpTo } from '../../src/imap/resync.ts';
import { UidMap } from '../../src/imap/uid-map.ts';
import { formatFlags } from '../../src/model/flags.ts';
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

type Random = (limit: number) => number;

/** Repeatable whole numbers from 0 to below a limit. */
function randomOf(seed: number): Random {
  let state = seed;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * limit);
  };
}

/** A client that keeps a copy of INBOX from connection to connection, by the rules of RFC 7162 section 6. */
class CachingClient {
  /** Flags by UID: what it believes to be there. */
  readonly cache = new Map<number, string>();
  readonly #connect: () => Promise<LineClient>;
  readonly #random: Random;
  #client: LineClient | null = null;
  #uidValidity = 0;
  #modSeq = 0;
  /** UIDs by message number, 0 while unknown. */
  #numbers: number[] = [];
  #tags = 0;

  constructor(connect: () => Promise<LineClient>, random: Random) {
    this.#connect = connect;
    this.#random = random;
  }

  /** The connection breaks: what was not tagged is lost. */
  drop(): void {
    this.#client?.destroy();
    this.#client = null;
  }

  /** Opens INBOX if it is not open, and asks for what is new. */
  async sync(): Promise<void> {
    if (!this.#client) {
      this.#client = await this.#connect();
      await this.run('ENABLE QRESYNC');
      const parameters = this.#parameters();
      this.#numbers = [];
      await this.run(`SELECT INBOX${parameters}`);
    }
    await this.run('NOOP');
    if (this.#numbers.includes(0)) await this.run('UID FETCH 1:* (FLAGS)');
  }

  async step(): Promise<void> {
    const count = this.#numbers.length;
    const seq = 1 + this.#random(Math.max(count, 1));
    const commands = ['NOOP', 'EXPUNGE', 'UID FETCH 1:* (UID FLAGS MODSEQ)'];
    commands.push(`UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${this.#modSeq} VANISHED)`);
    if (count > 0) {
      commands.push(`STORE ${seq} +FLAGS (\\Answered)`, `STORE ${seq}:* -FLAGS.SILENT (\\Answered)`);
      commands.push(`FETCH ${seq} (UID FLAGS MODSEQ)`, `FETCH ${seq} (BODY[TEXT])`, `MOVE ${seq} Trash`);
    }
    await this.run(commands[this.#random(commands.length)] as string);
  }

  /** Runs a command and takes in what was said, all of it when the tagged response is there. */
  async run(command: string): Promise<void> {
    const lines = await (this.#client as LineClient).run(`t${++this.#tags}`, command);
    const silent = /^STORE (\d+):\* -FLAGS.SILENT/.exec(command);
    let code: number | null = null;
    let highest = this.#modSeq;
    for (const line of lines) {
      this.#take(line, silent ? Number(silent[1]) : null);
      const told = /\[HIGHESTMODSEQ (\d+)\]/.exec(line);
      if (told) code = Number(told[1]);
      const validity = /\[UIDVALIDITY (\d+)\]/.exec(line);
      if (validity) this.#uidValidity = Number(validity[1]);
      const modSeq = /MODSEQ \((\d+)\)/.exec(line);
      if (modSeq) highest = Math.max(highest, Number(modSeq[1]));
    }
    expect(lines.at(-1)).toMatch(/^t\d+ (OK|NO \[EXPUNGEISSUED\])/);
    this.#modSeq = code ?? highest;
  }

  #parameters(): string {
    if (this.#uidValidity === 0) return '';
    const uids = [...this.cache.keys()].sort((a, b) => a - b);
    let text = ` (QRESYNC (${this.#uidValidity} ${this.#modSeq}`;
    if (uids.length > 0 && this.#random(2) === 0) text += ` ${UidSet.fromSorted(uids)}`;
    if (uids.length > 0 && this.#random(2) === 0) {
      // Numbers that it was told: among messages that it never fetched, its own count would be another.
      const told = this.#numbers.flatMap((uid, index) => (uid > 0 && this.#random(3) === 0 ? [[index + 1, uid]] : []));
      if (told.length > 0) text += ` (${told.map(([seq]) => seq).join()} ${told.map(([, uid]) => uid).join()})`;
    }
    return `${text}))`;
  }

  #take(line: string, silentFrom: number | null): void {
    const exists = /^\* (\d+) EXISTS$/.exec(line);
    if (exists) {
      expect(Number(exists[1])).toBeGreaterThanOrEqual(this.#numbers.length);
      while (this.#numbers.length < Number(exists[1])) this.#numbers.push(0);
    }
    const vanished = /^\* VANISHED( \(EARLIER\))? ([\d:,]+)$/.exec(line);
    if (vanished?.[1]) this.#forgetEarlier(UidSet.parse(vanished[2] as string));
    else if (vanished) this.#forget(UidSet.parse(vanished[2] as string));
    expect(line).not.toMatch(/^\* \d+ EXPUNGE/);
    const fetch = /^(?:\* (\d+) FETCH \(| )(.*)\)$/.exec(line);
    if (!fetch) return;
    const uid = /UID (\d+)/.exec(fetch[2] as string)?.[1];
    const flags = /FLAGS \(([^)]*)\)/.exec(fetch[2] as string)?.[1];
    if (uid === undefined) return;
    const seq = fetch[1] === undefined ? 0 : Number(fetch[1]);
    if (seq > 0) {
      expect([0, Number(uid)]).toContain(this.#numbers[seq - 1]);
      this.#numbers[seq - 1] = Number(uid);
    }
    if (flags !== undefined) this.cache.set(Number(uid), flags);
    else if (silentFrom !== null && seq >= silentFrom) this.#lose(Number(uid), '\\Answered');
  }

  /** RFC 7162 section 3.2.10.1: numbers stay as they are. */
  #forgetEarlier(uids: UidSet): void {
    for (const uid of uids) {
      expect(this.#numbers).not.toContain(uid);
      this.cache.delete(uid);
    }
  }

  /** RFC 7162 section 3.2.10.2: each UID takes a number away, whether it was ever fetched or not. */
  #forget(uids: UidSet): void {
    for (const uid of uids) {
      this.cache.delete(uid);
      const known = this.#numbers.indexOf(uid);
      expect(this.#numbers.splice(known >= 0 ? known : this.#numbers.indexOf(0), 1)).toHaveLength(1);
    }
  }

  #lose(uid: number, flag: string): void {
    const flags = (this.cache.get(uid) ?? '').split(' ').filter((each) => each !== flag && each !== '');
    this.cache.set(uid, flags.join(' '));
  }
}

/** Somebody else changes INBOX. */
async function meddle({ store }: ImapFixture, account: string, random: Random): Promise<void> {
  const uids = await store.uids(account, 'INBOX');
  const some = UidSet.from([...uids].filter(() => random(4) === 0));
  const dice = random(8);
  if (dice <= 1) await store.append(account, 'INBOX', testMessage(random(100)));
  else if (dice === 2) await store.expunge(account, 'INBOX', some, { any: true });
  else if (dice === 3) await store.move(account, 'INBOX', some, 'Archive');
  else if (dice === 4) await store.move(account, 'Archive', UidSet.range(1, 1 + random(20)), 'INBOX');
  else if (dice === 5) await store.copy(account, 'INBOX', some, 'INBOX');
  else {
    const flag = ['\\Seen', '\\Flagged', '\\Deleted', 'kw'][random(4)] as string;
    await store.storeFlags(account, 'INBOX', some, { mode: dice === 6 ? 'add' : 'remove', flags: [flag] });
  }
}

describe('a client that comes and goes', () => {
  for (const seed of Array.from({ length: ENGINE === 'sqlite' ? 12 : 3 }, (_, index) => index + 1)) {
    test(`run ${seed}`, { timeout: 30_000 }, async () => {
      const started = await startImap();
      fixture = started;
      const account = await started.account();
      await started.fill(account, 'INBOX', 12);
      const random = randomOf(seed);
      const client = new CachingClient(() => started.login(account), random);
      for (let round = 0; round < 25; round++) {
        await client.sync();
        for (let n = random(4); n > 0; n--) {
          // Without waiting: the session has not heard of it when it answers.
          const other = meddle(started, account.id, random);
          await client.step();
          await other;
        }
        client.drop();
        for (let n = random(6); n > 0; n--) await meddle(started, account.id, random);
        if (random(4) === 0) await started.store.maintenance.sweep({ changesMs: -1 });
        await client.sync();
        const { uids, masks, keywords } = await started.store.flags(account.id, 'INBOX');
        const truth = [...uids].map((uid, index) => [
          uid,
          formatFlags(masks[index] as number, keywords.get(uid) ?? ''),
        ]);
        expect([...client.cache].sort(([a], [b]) => a - b)).toEqual(truth);
        if (random(3) === 0) client.drop();
      }
    });
  }
});

test('what another process did is told before a client can take a MODSEQ above it for all', async () => {
  const place = await emptyPlace();
  const mine = await openStore(place);
  const other = await openStore(place);
  const imap = createImapServer(mine, { insecureAuth: true });
  try {
    const account = await mine.accounts.create({ name: 'ann', password: 'secret' });
    for (let n = 1; n <= 3; n++) await mine.append(account.id, 'INBOX', testMessage(n));
    const client = new LineClient((await imap.listen()).port);
    await client.line();
    await client.run('a', 'LOGIN ann secret');
    await client.run('b', 'ENABLE QRESYNC');
    await client.run('c', 'SELECT INBOX');
    await other.expunge(account.id, 'INBOX', UidSet.of(1), { any: true });
    await other.storeFlags(account.id, 'INBOX', UidSet.of(3), { mode: 'add', flags: ['\\Seen'] });
    const lines = await client.run('d', 'FETCH 3 (MODSEQ RFC822.SIZE)');
    expect(lines.some((line) => /^\* OK \[HIGHESTMODSEQ \d+\] VANISHED is delayed$/.test(line))).toBe(true);
    expect(await client.run('e', 'NOOP')).toContain('* VANISHED 1');
    client.destroy();
  } finally {
    await imap.close({ drainMs: 0 });
    await mine.close();
    await other.close();
  }
});

test('a client that many programs use catches up by it', async () => {
  const started = await startImap();
  fixture = started;
  const account = await started.account();
  await started.fill(account, 'INBOX', 6);
  const options = {
    host: '127.0.0.1',
    port: started.port,
    secure: false,
    doSTARTTLS: false,
    auth: { user: account.name, pass: 'secret' },
    logger: false,
    qresync: true,
  } as const;
  const first = new ImapFlow(options);
  await first.connect();
  const opened = await first.mailboxOpen('INBOX');
  expect(first.enabled.has('QRESYNC')).toBe(true);
  await first.logout();
  await started.store.expunge(account.id, 'INBOX', UidSet.of(2, 3), { any: true });
  await started.store.storeFlags(account.id, 'INBOX', UidSet.of(5), { mode: 'add', flags: ['\\Seen'] });
  const second = new ImapFlow(options);
  await second.connect();
  const gone: (number | undefined)[] = [];
  const seen: (number | undefined)[] = [];
  second.on('expunge', ({ uid, vanished, earlier }) => gone.push(vanished && earlier ? uid : -1));
  second.on('flags', ({ uid }) => seen.push(uid));
  await second.mailboxOpen('INBOX', { uidValidity: opened.uidValidity, changedSince: opened.highestModseq } as object);
  expect(gone).toEqual([2, 3]);
  expect(seen).toEqual([5]);
  await started.store.expunge(account.id, 'INBOX', UidSet.of(1), { any: true });
  await second.noop();
  expect(gone).toEqual([2, 3, -1]);
  await second.logout();
});

test('pairs of numbers and UIDs tell up to where a client knows all', () => {
  const naive = (map: UidMap, seqs: UidSet, uids: UidSet): number => {
    const [numbers, known] = [seqs.toArray(), uids.toArray()];
    return Math.max(0, ...known.filter((uid, index) => map.uid(numbers[index] as number) === uid));
  };
  const set = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(set, set, set, (present, a, b) => {
      const map = UidMap.from(Uint32Array.from(present).sort());
      const size = Math.min(a.length, b.length);
      const seqs = UidSet.from(a.slice(0, size));
      const uids = UidSet.from(b.slice(0, size));
      const inMap = seqs.toArray().filter((seq) => seq <= map.count);
      const wanted = naive(map, UidSet.from(inMap), UidSet.from(uids.toArray().slice(0, inMap.length)));
      expect(matchedUpTo(map, seqs, uids)).toBe(wanted);
    }),
    { numRuns: 2000 },
  );
});
