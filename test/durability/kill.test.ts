/**
 * A server, of one process or of two, is killed at random moments while clients deliver, flag, copy, move and expunge. What was acknowledged is
 * there afterwards, what was not is there wholly or not at all, and no UID is ever given twice.
 */

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatFlags } from '../../src/model/flags.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import { openStore } from '../../src/open-store.ts';
import type { FetchedMessage, MessageStore } from '../../src/store/message-store.ts';
import { TRACE } from '../trace-fields.ts';
import { type Entry, Ledger } from './ledger.ts';
import { ConnectionLost, ImapSession, LmtpSession } from './line-socket.ts';
import { EIDER, startServer } from './server-process.ts';

const LONG = process.env.EIDER_LONG !== undefined;
const ROUNDS = LONG ? 200 : 6;
const BOXES = ['INBOX', 'Archive', 'Sent'];

/** Which message a UID names; filled over all rounds. */
type Names = Map<string, number>;

let lastToken = 0;

/** A message that can be told from its token alone: now and then with a file, that several share. */
function messageOf(token: number): string {
  const head = `From: a@made.example\r\nSubject: token-${token}\r\nMessage-ID: <${token}@made.example>\r\n`;
  if (token % 4 !== 0) return `${head}\r\n${`line of message ${token}\r\n`.repeat(1 + (token % 50))}`;
  const file = Buffer.alloc(20_000 + (token % 5), `file ${token % 5} `)
    .toString('base64')
    .replace(/.{76}/g, '$&\r\n');
  return `${head}Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n${file}\r\n`;
}

/** Delivers one message after the other until the server is gone. */
async function deliver(port: number, ledger: Ledger): Promise<void> {
  const session = await LmtpSession.open(port);
  for (;;) {
    const token = ++lastToken;
    ledger.delivering(token);
    await session.deliver('ann', messageOf(token));
    ledger.delivered(token);
  }
}

/** Changes messages until the server is gone. */
async function change(port: number, ledger: Ledger, names: Names): Promise<void> {
  const session = await ImapSession.open(port, 'ann', 'secret');
  for (;;) {
    const mailbox = pick(BOXES);
    await session.run(`SELECT ${mailbox}`);
    const uids = new Map<number, number>();
    for (const line of await session.run('UID FETCH 1:* (UID ENVELOPE)')) {
      const [, uid] = /UID (\d+)/.exec(line) ?? [];
      const [, token] = /token-(\d+)/.exec(line) ?? [];
      if (uid && token) uids.set(Number(token), Number(uid));
    }
    for (const [token, uid] of uids) name(names, mailbox, uid, token);
    for (let step = 0; step < 4; step++) await changeSome(session, ledger, mailbox, uids);
  }
}

/** One change of some messages of the selected mailbox. */
async function changeSome(
  session: ImapSession,
  ledger: Ledger,
  mailbox: string,
  uids: Map<number, number>,
): Promise<void> {
  const known = ledger.tokens(mailbox).filter((token) => uids.has(token));
  const some = known.filter(() => Math.random() < 0.3);
  const set = UidSet.from(some.map((token) => uids.get(token)!)).toString();
  if (set === '') return;
  const other = pick(BOXES.filter((box) => box !== mailbox));
  const free = some.every((token) => !ledger.tokens(other).includes(token));
  switch (pick(['flag', 'unflag', 'copy', 'move', 'delete', 'expunge'])) {
    case 'flag':
      return ledger.change(
        some,
        (entry) => ({ ...entry, flags: '\\Seen k1' }),
        () => session.run(`UID STORE ${set} +FLAGS.SILENT (\\Seen k1)`),
      );
    case 'unflag':
      return ledger.change(
        some,
        (entry) => ({ ...entry, flags: '' }),
        () => session.run(`UID STORE ${set} -FLAGS (\\Seen k1)`),
      );
    case 'copy':
      if (!free) return;
      return ledger.change(
        some,
        (entry) => within(entry, { [other]: entry.places[mailbox] ?? false }),
        () => session.run(`UID COPY ${set} ${other}`),
      );
    case 'move':
      if (!free) return;
      return ledger.change(
        some,
        (entry) => within(without(entry, mailbox), { [other]: entry.places[mailbox] ?? false }),
        () => session.run(`UID MOVE ${set} ${other}`),
      );
    case 'delete':
      return ledger.change(
        some,
        (entry) => within(entry, { [mailbox]: true }),
        () => session.run(`UID STORE ${set} +FLAGS (\\Deleted)`),
      );
    case 'expunge': {
      const marked = some.filter((token) =>
        ledger.tokens(mailbox, (entry) => entry.places[mailbox] === true).includes(token),
      );
      return ledger.change(
        marked,
        (entry) => without(entry, mailbox),
        () => session.run(`UID EXPUNGE ${set}`),
      );
    }
  }
}

/** The same places in the order in which they are compared. */
function sorted(places: Record<string, boolean>): Record<string, boolean> {
  return Object.fromEntries(BOXES.filter((box) => box in places).map((box) => [box, places[box]!]));
}

const within = (entry: Entry, more: Record<string, boolean>): Entry => ({
  ...entry,
  places: sorted({ ...entry.places, ...more }),
});

function without(entry: Entry, mailbox: string): Entry {
  const { [mailbox]: _, ...rest } = entry.places;
  return { ...entry, places: sorted(rest) };
}

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;

function name(names: Names, mailbox: string, uid: number, token: number): void {
  const key = `${mailbox} ${uid}`;
  expect(names.get(key) ?? token, `the message that UID ${key} names`).toBe(token);
  names.set(key, token);
}

/** Reads everything that is there, and compares each message with what was sent, octet for octet. */
async function takeStock(store: MessageStore, account: string, names: Names): Promise<Map<number, Entry>> {
  const found = new Map<number, Entry>();
  for (const mailbox of BOXES) {
    for await (const message of store.fetch(account, mailbox, UidSet.range(1, 0xffffffff), { body: true })) {
      const raw = (await octets(message)).replace(TRACE, '');
      const token = Number(/token-(\d+)/.exec(raw)?.[1]);
      expect(raw === messageOf(token), `the octets of message ${token}`).toBe(true);
      name(names, mailbox, message.uid, token);
      const flags = formatFlags(message.mask & ~16, message.keywords);
      const entry = found.get(token) ?? { places: {}, flags };
      expect(entry.flags, `flags of message ${token} in ${mailbox}`).toBe(flags);
      found.set(token, within(entry, { [mailbox]: (message.mask & 16) !== 0 }));
    }
  }
  return found;
}

async function octets({ body }: FetchedMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body!.read()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('latin1');
}

/** Opens what the crash left, checks it whole, and settles the book. */
async function inspect(path: string, account: string, ledger: Ledger, names: Names): Promise<void> {
  const store = await openStore({ path });
  try {
    for await (const finding of store.maintenance.check({ rehash: true })) expect.unreachable(JSON.stringify(finding));
    ledger.settle(await takeStock(store, account, names));
  } finally {
    await store.close();
  }
}

/** Resolves when two more deliveries and two more changes were acknowledged; or when the clients have ended. */
async function atWork({ counts }: Ledger, clientsEnd: Promise<unknown>): Promise<void> {
  const { delivered, changed } = counts;
  let ended = false;
  void clientsEnd.then(() => {
    ended = true;
  });
  while (!ended && (counts.delivered < delivered + 2 || counts.changed < changed + 2)) {
    await new Promise((done) => setTimeout(done, 2));
  }
}

describe('kill -9', () => {
  it(`${ROUNDS} times at random loses nothing`, { timeout: LONG ? 1_200_000 : 300_000 }, async () => {
    const path = await mkdtemp(join(tmpdir(), 'eider-kill-'));
    const first = await openStore({ path });
    const { id } = await first.accounts.create({ name: 'ann', password: 'secret' });
    await first.close();
    const ledger = new Ledger();
    const names: Names = new Map();
    for (let round = 0; round < ROUNDS; round++) {
      const server = await startServer(path, { processes: 1 + (round % 2) });
      const clients = [deliver(server.lmtp, ledger), deliver(server.lmtp, ledger), change(server.imap, ledger, names)];
      const outcomes = Promise.allSettled(clients);
      // Now and then while it still wakes up; else in the middle of its work, however slow the machine is.
      if (round % 4 > 0) await atWork(ledger, outcomes);
      await new Promise((done) => setTimeout(done, 30 + Math.random() * 450));
      await server.kill();
      for (const outcome of await outcomes) {
        if (outcome.status === 'rejected' && !(outcome.reason instanceof ConnectionLost)) throw outcome.reason;
      }
      await inspect(path, id, ledger, names);
    }
    const { counts } = ledger;
    console.log(`killed ${ROUNDS} times: ${JSON.stringify(counts)}`);
    expect(counts.delivered).toBeGreaterThan(ROUNDS);
    expect(counts.changed).toBeGreaterThan(ROUNDS);
    // Exits with 1, and so throws, when it finds anything.
    execFileSync(process.execPath, [EIDER, 'check', '--data', path, '--rehash']);
    await rm(path, { recursive: true });
  });
});
