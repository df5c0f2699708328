/** Clients that go on through faults: each knows what it was told, and meets the mailbox at the end with that. */

import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { ConnectionLost, ImapSession, LmtpSession } from './line-socket.ts';

/** Whose mail it is. */
export const ACCOUNT = { name: 'ann', password: 'secret' } as const;

/** A message that can be told from its token alone; now and then with a file. */
export function messageOf(token: number): string {
  const head = `From: a@made.example\r\nSubject: token-${token}\r\nMessage-ID: <${token}@made.example>\r\n`;
  if (token % 4 !== 0) return `${head}\r\nline of message ${token}\r\n`;
  const file = Buffer.alloc(20_000 + (token % 5), `file ${token % 5} `);
  const lines = file.toString('base64').replace(/.{76}/g, '$&\r\n');
  return `${head}Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines}\r\n`;
}

/** What all clients know. */
export class Knowledge {
  /** Deliveries that were acknowledged, and those that got no answer. */
  readonly delivered = new Set<number>();
  readonly doubtful = new Set<number>();
  /** Which message a UID names, for ever. */
  readonly names = new Map<number, number>();
  /** Keywords by UID: what was acknowledged last, or, after a command without an answer, either. */
  readonly keywords = new Map<number, readonly string[]>();
  /** UIDs that are gone for certain, and those that may be. */
  readonly expunged = new Set<number>();
  readonly perhapsExpunged = new Set<number>();
  readonly counts = { reconnects: 0, refusals: 0, resyncs: 0 };
  /** Set when the clients are to end. */
  over = false;
  lastToken = 0;

  /** Notes what a UID names. */
  name(uid: number, token: number): void {
    expect(this.names.get(uid) ?? token, `the message that UID ${uid} names`).toBe(token);
    this.names.set(uid, token);
  }
}

type Session = { close(): void };

/** Runs `work` on one connection after the other until the clients are to end. */
async function persist<S extends Session>(
  known: Knowledge,
  open: () => Promise<S>,
  work: (session: S) => Promise<void>,
): Promise<void> {
  while (!known.over) {
    let session: S | null = null;
    try {
      session = await open();
      while (!known.over) await work(session);
    } catch (error) {
      if (error instanceof ConnectionLost) known.counts.reconnects++;
      else if (isRefusal(error)) known.counts.refusals++;
      else throw error;
      await delay(50 + Math.random() * 100);
    } finally {
      session?.close();
    }
  }
}

/** Whether the server said that it cannot at present. */
export function isRefusal(error: unknown): boolean {
  const text = error instanceof Error ? error.message : '';
  return /: (?:\S+ (?:NO|BYE) \[(?:UNAVAILABLE|INUSE)\]|\* BYE|4[25]\d )/.test(text);
}

/** Delivers message after message. */
export function deliverer(known: Knowledge, port: number): Promise<void> {
  return persist(
    known,
    () => LmtpSession.open(port),
    async (session) => {
      const token = ++known.lastToken;
      known.doubtful.add(token);
      await session.deliver(ACCOUNT.name, messageOf(token));
      known.doubtful.delete(token);
      known.delivered.add(token);
      await delay(5);
    },
  );
}

const login = (port: number): Promise<ImapSession> => ImapSession.open(port, ACCOUNT.name, ACCOUNT.password);

/** Sets keywords on messages whose token is not divisible by 5, and expunges the others. */
export function changer(known: Knowledge, port: number): Promise<void> {
  let round = 0;
  return persist(
    known,
    () => login(port),
    async (session) => {
      await session.run('SELECT INBOX');
      const uids = await learnNames(known, session);
      for (let step = 0; step < 5 && uids.length > 0; step++) {
        const uid = uids[Math.floor(Math.random() * uids.length)] as number;
        if (known.expunged.has(uid) || known.perhapsExpunged.has(uid)) continue;
        if ((known.names.get(uid) as number) % 5 === 0) await expunge(known, session, uid);
        else await setKeyword(known, session, uid, `k${++round}`);
      }
    },
  );
}

async function learnNames(known: Knowledge, session: ImapSession): Promise<number[]> {
  const uids: number[] = [];
  const from = Math.max(1, Math.max(0, ...known.names.keys()) - 50);
  for (const line of await session.run(`UID FETCH ${from}:* (UID ENVELOPE)`)) {
    const [, uid] = /UID (\d+)/.exec(line) ?? [];
    const [, token] = /token-(\d+)/.exec(line) ?? [];
    if (!uid || !token) continue;
    known.name(Number(uid), Number(token));
    uids.push(Number(uid));
  }
  return uids;
}

async function setKeyword(known: Knowledge, session: ImapSession, uid: number, keyword: string): Promise<void> {
  known.keywords.set(uid, [...(known.keywords.get(uid) ?? ['']), keyword]);
  await session.run(`UID STORE ${uid} FLAGS.SILENT (${keyword})`);
  known.keywords.set(uid, [keyword]);
}

async function expunge(known: Knowledge, session: ImapSession, uid: number): Promise<void> {
  known.perhapsExpunged.add(uid);
  await session.run(`UID STORE ${uid} +FLAGS.SILENT (\\Deleted)`);
  await session.run(`UID EXPUNGE ${uid}`);
  known.expunged.add(uid);
}

/** A client that keeps a copy of INBOX, and asks by QRESYNC for what it has missed. RFC 7162. */
export class CachingClient {
  /** Flags by UID. */
  readonly cache = new Map<number, string>();
  readonly #known: Knowledge;
  readonly #port: number;
  #uidValidity = 0;
  #modSeq = 0;

  constructor(known: Knowledge, port: number) {
    this.#known = known;
    this.#port = port;
  }

  /** Connects again and again, each time going on from where it was. */
  run(): Promise<void> {
    return persist(
      this.#known,
      () => login(this.#port),
      async (session) => {
        await this.#sync(session);
        await delay(100 + Math.random() * 300);
        // The next turn selects once more, from the position of this one.
      },
    );
  }

  /** Catches up once. */
  async sync(): Promise<void> {
    const session = await login(this.#port);
    await this.#sync(session);
    session.close();
  }

  async #sync(session: ImapSession): Promise<void> {
    await session.run('ENABLE QRESYNC');
    const since = this.#uidValidity === 0 ? '' : ` (QRESYNC (${this.#uidValidity} ${this.#modSeq}))`;
    const lines = await session.run(`SELECT INBOX${since}`);
    const number = (name: string): number => Number(new RegExp(`\\[${name} (\\d+)`).exec(lines.join('\n'))?.[1]);
    if (this.#uidValidity === 0) lines.push(...(await session.run('UID FETCH 1:* (FLAGS)')));
    else expect(number('UIDVALIDITY'), 'UIDVALIDITY').toBe(this.#uidValidity);
    for (const line of lines) this.#take(line);
    expect(number('HIGHESTMODSEQ')).toBeGreaterThanOrEqual(this.#modSeq);
    this.#uidValidity = number('UIDVALIDITY');
    this.#modSeq = number('HIGHESTMODSEQ');
    this.#known.counts.resyncs++;
  }

  #take(line: string): void {
    const [, gone] = /^\* VANISHED (?:\(EARLIER\) )?([\d:,]+)/.exec(line) ?? [];
    if (gone) for (const uid of this.cache.keys()) if (UidSet.parse(gone).has(uid)) this.cache.delete(uid);
    const [, uid] = /^\* \d+ FETCH \(.*?UID (\d+)/.exec(line) ?? [];
    const [, flags] = /FLAGS \(([^)]*)\)/.exec(line) ?? [];
    if (uid && flags !== undefined) this.cache.set(Number(uid), sortedFlags(flags));
  }
}

/** Flags in one order; `\Recent` is no flag of the message. */
export function sortedFlags(flags: string): string {
  return flags
    .split(' ')
    .filter((flag) => flag !== '' && flag !== '\\Recent')
    .sort()
    .join(' ');
}
