/** What one session is told of each change that another makes, and when. RFC 9051 section 7.5.1, RFC 7162, RFC 9586. */

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Account } from '../../src/model/account.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import { ENGINE } from '../engine-under-test.ts';
import { type ImapFixture, startImap, testMessage } from './imap-fixture.ts';
import type { LineClient } from './line-client.ts';

/** Messages 1 to 4 are in the selected mailbox, the third one `\Deleted`; the first is in `Other` too, a fifth only there. */
interface Change {
  readonly name: string;
  /** What the other session runs, with `Other` selected for `there`. `M` stands for the mailbox. */
  readonly here?: readonly string[];
  readonly there?: readonly string[];
  /** UID and flags that are told. */
  readonly flags?: readonly [uid: number, flags: string];
  /** A keyword that is new. */
  readonly keyword?: string;
  /** UIDs that go. */
  readonly gone?: readonly number[];
  /** How many messages there are, when some are new. */
  readonly exists?: number;
}

const LITERAL = `{${testMessage(9).length}+}\r\n${testMessage(9)}`;

const CHANGES: readonly Change[] = [
  { name: 'a message is appended', here: [`APPEND M ${LITERAL}`], exists: 5 },
  { name: 'two are appended at once', here: [`APPEND M ${LITERAL} ${LITERAL}`], exists: 6 },
  { name: 'a flag is set', here: ['UID STORE 2 +FLAGS (\\Flagged)'], flags: [2, '\\Flagged'] },
  { name: 'a flag is set in silence', here: ['UID STORE 2 +FLAGS.SILENT (\\Seen)'], flags: [2, '\\Seen'] },
  { name: 'a flag is taken away', here: ['UID STORE 3 -FLAGS (\\Deleted)'], flags: [3, ''] },
  { name: 'a flag is set that was set', here: ['UID STORE 3 +FLAGS (\\Deleted)'] },
  { name: 'a keyword is new', here: ['UID STORE 2 FLAGS (fresh)'], flags: [2, 'fresh'], keyword: 'fresh' },
  { name: 'a message is read', here: ['UID FETCH 4 BODY[]'], flags: [4, '\\Seen'] },
  { name: 'a flag is set by another label', there: ['UID STORE 1 +FLAGS (\\Answered)'], flags: [1, '\\Answered'] },
  { name: '\\Deleted is set by another label', there: ['UID STORE 1 +FLAGS (\\Deleted)'] },
  { name: 'a message is expunged', here: ['UID EXPUNGE 3'], gone: [3] },
  { name: 'several are expunged', here: ['UID STORE 1,4 +FLAGS (\\Deleted)', 'EXPUNGE'], gone: [1, 3, 4] },
  { name: 'the mailbox is closed', here: ['CLOSE'], gone: [3] },
  { name: 'another label is expunged', there: ['UID STORE 1 +FLAGS (\\Deleted)', 'EXPUNGE'] },
  { name: 'a message is moved away', here: ['UID MOVE 2 Other'], gone: [2] },
  { name: 'all are moved away', here: ['UID MOVE 1:* Other'], gone: [1, 2, 3, 4] },
  { name: 'a message is moved here', there: ['UID MOVE 2 M'], exists: 5 },
  { name: 'a message is copied here', there: ['UID COPY 2 M'], exists: 5 },
  { name: 'a message is copied within', here: ['UID COPY 2 M'], exists: 5 },
  { name: 'a message is copied away', here: ['UID COPY 2 Other'] },
  { name: 'a message is moved within', here: ['UID MOVE 2 M'], gone: [2], exists: 4 },
  { name: 'a message is replaced', here: [`UID REPLACE 2 M ${LITERAL}`], gone: [2], exists: 4 },
  { name: 'a message comes and goes', here: [`APPEND M (\\Deleted) ${LITERAL}`, 'UID EXPUNGE 5'] },
  {
    name: 'one goes, one comes, one is flagged',
    here: ['UID EXPUNGE 3', `APPEND M ${LITERAL}`, 'UID STORE 2 +FLAGS (\\Flagged)'],
    flags: [2, '\\Flagged'],
    gone: [3],
    exists: 4,
  },
  { name: 'the mailbox is renamed', here: ['RENAME M M-renamed'] },
  { name: 'the mailbox is renamed and gets mail', here: ['RENAME M M-new', `APPEND M-new ${LITERAL}`], exists: 5 },
];

interface Listening {
  readonly command: string;
  /** EXPUNGE has to wait. */
  readonly keepsNumbers?: boolean;
  /** Lines that are its answer. */
  readonly own?: RegExp;
}

const COMMANDS: readonly Listening[] = [
  { command: 'NOOP' },
  { command: 'CHECK' },
  { command: 'IDLE' },
  { command: 'FETCH 1 (RFC822.SIZE)', keepsNumbers: true, own: /RFC822\.SIZE/ },
  { command: 'STORE 1 -FLAGS.SILENT (\\Draft)', keepsNumbers: true },
  { command: 'SEARCH TEXT nothing', keepsNumbers: true, own: /^\* SEARCH/ },
  { command: 'SEARCH ALL', keepsNumbers: true, own: /^\* SEARCH/ },
  { command: 'UID FETCH 1 (RFC822.SIZE)', own: /RFC822\.SIZE/ },
  { command: 'UID STORE 1 -FLAGS.SILENT (\\Draft)' },
  { command: 'UID SEARCH ALL', own: /^\* SEARCH/ },
  { command: 'UID EXPUNGE 2' },
  { command: 'STATUS Other (MESSAGES)', own: /^\* STATUS/ },
];

interface Dialect {
  readonly name: string;
  readonly enable: string | null;
  readonly condstore: boolean;
  readonly vanished: boolean;
  readonly uidOnly: boolean;
}

const DIALECTS: readonly Dialect[] = [
  { name: 'nothing enabled', enable: null, condstore: false, vanished: false, uidOnly: false },
  { name: 'CONDSTORE', enable: 'CONDSTORE', condstore: true, vanished: false, uidOnly: false },
  { name: 'QRESYNC', enable: 'QRESYNC', condstore: true, vanished: true, uidOnly: false },
  { name: 'UIDONLY', enable: 'UIDONLY', condstore: false, vanished: true, uidOnly: true },
  { name: 'QRESYNC and UIDONLY', enable: 'QRESYNC UIDONLY', condstore: true, vanished: true, uidOnly: true },
];

/** One of each kind: what takes EXPUNGE, what is told without being asked for, what keeps numbers. */
const KINDS = COMMANDS.filter(({ command }) => /^(?:NOOP|IDLE|FETCH)/.test(command));
const LONG = process.env.EIDER_LONG !== undefined;
/** A cluster takes a hundred times as long, and what it differs by is what it tells, not how that is written. */
const ON_SQLITE = ENGINE === 'sqlite';
const SPOKEN = DIALECTS.filter(({ enable }) => ON_SQLITE || enable === 'QRESYNC');

/** Every command where EXPUNGE and VANISHED differ most; else, as dialects differ by how news is written, one of each kind. */
function testedWith({ enable }: Dialect): readonly Listening[] {
  return ON_SQLITE && (LONG || enable === null || enable === 'QRESYNC') ? COMMANDS : KINDS;
}

for (const dialect of SPOKEN) {
  describe(`with ${dialect.name}`, () => {
    let pair: Pair;
    beforeAll(async () => {
      pair = await Pair.open(dialect);
    });
    afterAll(() => pair.close());
    for (const change of CHANGES) {
      test(change.name, async () => {
        for (const listening of testedWith(dialect)) {
          if (dialect.uidOnly && listening.keepsNumbers) continue;
          await pair.begin();
          await pair.change(change);
          const [atOnce, later] = newsOf(change, dialect, listening);
          expect(await pair.news(listening), `told during ${listening.command}`).toEqual(atOnce);
          expect(await pair.news({ command: 'NOOP' }), `told after ${listening.command}`).toEqual(later);
        }
      });
    }

    test('the mailbox is deleted', async () => {
      for (const listening of testedWith(dialect)) {
        if (dialect.uidOnly && listening.keepsNumbers) continue;
        await pair.begin();
        await pair.change({ name: '', here: ['DELETE M'] });
        await pair.expectEnd(listening.command);
      }
    });
  });
}

/** What has to be told during a command, and what by the next NOOP. */
function newsOf(change: Change, dialect: Dialect, { keepsNumbers }: Listening): [unknown[], unknown[]] {
  const { flags, keyword, gone = [], exists } = change;
  const atOnce: unknown[] = [];
  if (keyword !== undefined) {
    const all = `\\Seen \\Answered \\Flagged \\Draft \\Deleted ${keyword}`;
    atOnce.push(`* FLAGS (${all})`, `* OK [PERMANENTFLAGS (${all} \\*)] Keywords can be made`);
  }
  if (flags) atOnce.push(flagsLine(flags, dialect));
  const moves: unknown[] = [];
  if (gone.length > 0 && dialect.vanished) moves.push(`* VANISHED ${UidSet.from(gone)}`);
  else for (const uid of [...gone].reverse()) moves.push(`* ${uid} EXPUNGE`);
  if (exists !== undefined) moves.push(`* ${exists} EXISTS`);
  if (exists !== undefined && dialect.vanished && dialect.condstore) {
    moves.push(expect.stringMatching(/^\* OK \[HIGHESTMODSEQ \d+\] Highest$/));
  }
  if (!keepsNumbers || gone.length === 0) return [[...atOnce, ...moves], []];
  if (dialect.vanished) atOnce.push(expect.stringMatching(/^\* OK \[HIGHESTMODSEQ \d+\] VANISHED is delayed$/));
  return [atOnce, moves];
}

function flagsLine([uid, flags]: readonly [number, string], { condstore, uidOnly }: Dialect): unknown {
  const text = `FLAGS (${flags})`;
  const line = uidOnly ? `* ${uid} UIDFETCH (${text}` : `* ${uid} FETCH (UID ${uid} ${text}`;
  if (!condstore) return `${line})`;
  const exact = line.replace(/[\\()*]/g, '\\$&');
  return expect.stringMatching(new RegExp(`^${exact} MODSEQ \\(\\d+\\)\\)$`));
}

/** Two sessions of one account. */
class Pair {
  readonly #fixture: ImapFixture;
  readonly #account: Account;
  readonly #dialect: Dialect;
  #listener: LineClient;
  readonly #other: LineClient;
  #mailbox = '';
  #tags = 0;

  private constructor(
    fixture: ImapFixture,
    account: Account,
    clients: readonly [LineClient, LineClient],
    dialect: Dialect,
  ) {
    this.#fixture = fixture;
    this.#account = account;
    [this.#listener, this.#other] = clients;
    this.#dialect = dialect;
  }

  static async open(dialect: Dialect): Promise<Pair> {
    const fixture = await startImap({ limits: { sessionsPerAccount: 100 } });
    const account = await fixture.account();
    const pair = new Pair(fixture, account, [await fixture.login(account), await fixture.login(account)], dialect);
    await pair.#enable();
    return pair;
  }

  async close(): Promise<void> {
    await this.#fixture[Symbol.asyncDispose]();
  }

  /** Makes a mailbox, and lets the listener read it. */
  async begin(): Promise<void> {
    const { store } = this.#fixture;
    const { id } = this.#account;
    this.#mailbox = `M${++this.#tags}`;
    await this.#ok(this.#other, 'UNSELECT');
    if ((await store.mailboxes(id)).some(({ path }) => path === 'Other')) await store.deleteMailbox(id, 'Other');
    await store.createMailbox(id, 'Other');
    await store.createMailbox(id, this.#mailbox);
    await this.#fixture.fill(this.#account, this.#mailbox, 4);
    await store.storeFlags(id, this.#mailbox, UidSet.of(3), { mode: 'add', flags: ['\\Deleted'] });
    await store.copy(id, this.#mailbox, UidSet.of(1), 'Other');
    await store.append(id, 'Other', testMessage(5));
    await this.#ok(this.#listener, `SELECT ${this.#mailbox}`);
    await this.#ok(this.#listener, 'UID FETCH 1:* (FLAGS)');
  }

  /** Lets the other session do something. */
  async change({ here = [], there = [] }: Change): Promise<void> {
    if (here.length > 0) await this.#ok(this.#other, `SELECT ${this.#mailbox}`);
    for (const command of here) await this.#ok(this.#other, command.replace(/\bM\b/g, this.#mailbox));
    if (there.length > 0) await this.#ok(this.#other, 'SELECT Other');
    for (const command of there) await this.#ok(this.#other, command.replace(/\bM\b/g, this.#mailbox));
  }

  /** What the listener is told beside the answer to its command. */
  async news({ command, own }: Listening): Promise<string[]> {
    if (command !== 'IDLE') {
      const lines = await this.#ok(this.#listener, command);
      return lines.slice(0, -1).filter((line) => !own?.test(line));
    }
    const tag = `t${++this.#tags}`;
    this.#listener.send(`${tag} IDLE\r\n`);
    expect(await this.#listener.line()).toBe('+ idling');
    // What is told is told without being asked for; DONE brings no more.
    await delay(ENGINE === 'sqlite' ? 5 : 300);
    const told = this.#listener.buffer.split('\r\n').slice(0, -1);
    this.#listener.send('DONE\r\n');
    const lines = await this.#listener.until(tag);
    expect(lines.slice(0, -1)).toEqual(told);
    return told;
  }

  /** The listener's session ends with its next command; another takes its place. */
  async expectEnd(command: string): Promise<void> {
    const listener = this.#listener;
    const tag = `t${++this.#tags}`;
    listener.send(`${tag} ${command}\r\n`);
    if (command === 'IDLE') expect(await listener.line()).toBe('+ idling');
    const lines: string[] = [];
    for (let line = await listener.line(); line !== null; line = await listener.line()) lines.push(line);
    expect(lines.at(-1)).toBe('* BYE The selected mailbox was deleted');
    expect(lines.join('\n')).not.toMatch(/EXPUNGE|VANISHED|EXISTS/);
    this.#listener = await this.#fixture.login(this.#account);
    await this.#enable();
  }

  async #enable(): Promise<void> {
    if (this.#dialect.enable !== null) await this.#ok(this.#listener, `ENABLE ${this.#dialect.enable}`);
  }

  async #ok(client: LineClient, command: string): Promise<string[]> {
    const tag = `t${++this.#tags}`;
    const lines = await client.run(tag, command);
    // Nothing is selected before the first time.
    if (command !== 'UNSELECT') expect(lines.at(-1), command).toMatch(new RegExp(`^${tag} OK`));
    return lines;
  }
}
