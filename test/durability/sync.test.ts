/** What the system sees: nothing is acknowledged before it was synced, and the event loop never waits for a disk. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import { ImapSession, LmtpSession } from './line-socket.ts';
import { startServer } from './server-process.ts';

/** Whether strace is there and may trace. */
function canTrace(): boolean {
  try {
    execFileSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const traceable = canTrace();
if (!traceable) console.warn('SKIPPED: sync tests need a strace that may trace');

/** A system call: who made it, on which file, and when it began and ended (as lines of the trace). */
interface Call {
  readonly thread: number;
  readonly name: string;
  readonly text: string;
  readonly began: number;
  ended: number;
}

/** Reads a trace; calls that were interrupted in the text are put together. */
function readTrace(file: string): Call[] {
  const calls: Call[] = [];
  const open = new Map<number, Call>();
  for (const [index, line] of readFileSync(file, 'latin1').split('\n').entries()) {
    const begun = /^(\d+) +(\w+)\((.*)$/.exec(line);
    const resumed = /^(\d+) +<\.\.\. (\w+) resumed>/.exec(line);
    if (begun) {
      const [, thread, name, text] = begun as unknown as [string, string, string, string];
      const call: Call = { thread: Number(thread), name, text, began: index, ended: index };
      calls.push(call);
      if (text.includes('<unfinished ...>')) open.set(call.thread, call);
    } else if (resumed) {
      const call = open.get(Number(resumed[1]));
      if (call) call.ended = index;
    }
  }
  return calls;
}

const isSync = (call: Call): boolean => call.name === 'fsync' || call.name === 'fdatasync';
const isLogWrite = (call: Call): boolean =>
  /^pwrite/.test(call.name) && /\/accounts\/[^>]*(?<!search)\.db-wal>/.test(call.text);

/** A message with a file large enough to be one of its own. */
const withFile = (index: number): string =>
  `Subject: file\r\nContent-Type: application/x-made\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.alloc(
    9000,
    `${index} `,
  )
    .toString('base64')
    .replace(/.{76}/g, '$&\r\n')}\r\n`;

async function traced(
  work: (ports: { imap: number; lmtp: number }) => Promise<void>,
): Promise<{ calls: Call[]; main: number; stop: number }> {
  const path = await mkdtemp(join(tmpdir(), 'eider-sync-'));
  const trace = join(path, 'trace');
  const store = await openStore({ path: join(path, 'data') });
  await store.accounts.create({ name: 'ann', password: 'secret' });
  await store.close();
  const strace = [
    'strace',
    '-D',
    '-f',
    '-y',
    '-s',
    '60',
    '-e',
    'trace=fsync,fdatasync,pwrite64,pwritev,write,writev,sendto,kill',
    '-e',
    'signal=SIGTERM',
    '-o',
    trace,
  ];
  const server = await startServer(join(path, 'data'), { wrap: strace });
  try {
    await work(server);
  } finally {
    await server.stop();
  }
  const stop = readFileSync(trace, 'latin1')
    .split('\n')
    .findIndex((line) => line.includes('--- SIGTERM'));
  const calls = readTrace(trace);
  await rm(path, { recursive: true });
  expect(stop).toBeGreaterThan(0);
  return { calls, main: server.pid, stop };
}

/** The main thread's writes of an acknowledgement to a socket. */
function acknowledgements(calls: readonly Call[], main: number, text: RegExp): Call[] {
  return calls.filter(
    (call) =>
      call.thread === main &&
      /^(write|writev|sendto)$/.test(call.name) &&
      call.text.includes('socket:') &&
      text.test(call.text),
  );
}

/** Expects that what was written to the account's log before each acknowledgement was synced before it, too. */
function expectSynced(calls: readonly Call[], main: number, acknowledged: readonly Call[]): void {
  let before = -1;
  for (const ok of acknowledged) {
    const written = calls.filter(
      (call) => isLogWrite(call) && call.thread === main && call.began > before && call.began < ok.began,
    );
    expect(written.length, `writes of the log before ${ok.text.slice(0, 60)}`).toBeGreaterThan(0);
    const last = written.at(-1)!.ended;
    const synced = calls.some(
      (call) => call.name === 'fdatasync' && /\.db-wal>/.test(call.text) && call.began > last && call.ended < ok.began,
    );
    expect(synced, `the log is synced before ${ok.text.slice(0, 60)}`).toBe(true);
    before = ok.began;
  }
}

describe.skipIf(!traceable)('sync', () => {
  it('comes before each acknowledgement', { timeout: 60_000 }, async () => {
    const { calls, main } = await traced(async ({ imap, lmtp }) => {
      const delivery = await LmtpSession.open(lmtp);
      for (let index = 0; index < 6; index++) await delivery.deliver('ann', `Subject: ${index}\r\n\r\ntext\r\n`);
      delivery.close();
      const session = await ImapSession.open(imap, 'ann', 'secret');
      await session.run('SELECT INBOX');
      for (let uid = 1; uid <= 5; uid++) await session.run(`UID STORE ${uid} +FLAGS (\\Seen)`);
      await session.run('UID COPY 1:3 Archive');
      await session.run('UID MOVE 4 Trash');
      await session.run('UID STORE 1 +FLAGS (\\Deleted)');
      await session.run('EXPUNGE');
      await session.run('CREATE New');
      await session.run('RENAME New Other');
      await session.run('DELETE Other');
      session.close();
    });
    expectSynced(
      calls,
      main,
      acknowledgements(calls, main, /"250 2\.\d\.\d .*uid/i)
        .concat(acknowledgements(calls, main, /"t\d+ OK.*(STORE|COPY|CREATE|RENAME|DELETE)/i))
        .sort((a, b) => a.began - b.began),
    );
    expect(acknowledgements(calls, main, /"250 2\.\d\.\d .*uid/i)).toHaveLength(6);
  });

  it('of attachments comes before that of the message', { timeout: 60_000 }, async () => {
    const { calls, main } = await traced(async ({ lmtp }) => {
      const delivery = await LmtpSession.open(lmtp);
      for (let index = 0; index < 3; index++) await delivery.deliver('ann', withFile(index));
      delivery.close();
    });
    const acknowledged = acknowledgements(calls, main, /"250 2\.\d\.\d .*uid/i);
    expect(acknowledged).toHaveLength(3);
    expectSynced(calls, main, acknowledged);
    let before = -1;
    for (const ok of acknowledged) {
      const during = calls.filter((call) => call.began > before && call.ended < ok.began);
      const file = during.find((call) => isSync(call) && call.text.includes('/attachments/tmp/'));
      expect(file, 'the file is synced').toBeDefined();
      const folder = during.find(
        (call) => call.name === 'fsync' && /\/attachments\/[0-9a-f/]*>/.test(call.text) && call.began > file!.ended,
      );
      expect(folder, 'then its folder').toBeDefined();
      const log = during.find((call) => isLogWrite(call) && call.thread === main && call.began > folder!.ended);
      expect(log, 'and only then it is mentioned').toBeDefined();
      before = ok.began;
    }
  });

  it('never holds up the event loop, not at checkpoints either', { timeout: 60_000 }, async () => {
    const { calls, main, stop } = await traced(async ({ imap, lmtp }) => {
      const session = await ImapSession.open(imap, 'ann', 'secret');
      await session.run('SELECT INBOX');
      const delivery = await LmtpSession.open(lmtp);
      for (let index = 0; index < 150; index++)
        await delivery.deliver('ann', `Subject: ${index}\r\n\r\n${'text '.repeat(500)}\r\n`);
      await session.run('UID SEARCH BODY text');
      await new Promise((resolve) => setTimeout(resolve, 1200));
      for (let index = 0; index < 5; index++) await delivery.deliver('ann', withFile(index));
      await session.run('UID STORE 1:* +FLAGS (\\Seen)');
      session.close();
      delivery.close();
    });
    const serving = acknowledgements(calls, main, /"t1 OK/)[0]!.began;
    const during = calls.filter((call) => isSync(call) && call.began > serving && call.began < stop);
    expect(during.length).toBeGreaterThan(20);
    expect(
      during.some((call) => /(?<!search)\.db>/.test(call.text)),
      'a checkpoint was made',
    ).toBe(true);
    expect(during.filter((call) => call.thread === main).map((call) => `${call.name} ${call.text}`)).toEqual([]);
  });

  it('nor does a flood of logins hold it up, whose counters nobody waits for', { timeout: 60_000 }, async () => {
    const path = await mkdtemp(join(tmpdir(), 'eider-sync-'));
    const trace = join(path, 'trace');
    const script = fileURLToPath(new URL('./count-much.mjs', import.meta.url));
    const options = ['-f', '-y', '-s', '60', '-e', 'trace=fsync,fdatasync,write', '-o', trace];
    const work = [process.execPath, script, resolve(process.env.EIDER_DIST ?? 'dist'), join(path, 'data'), '1000'];
    execFileSync('strace', [...options, ...work], { stdio: 'ignore' });
    const calls = readTrace(trace);
    await rm(path, { recursive: true });
    const said = (word: string): Call => calls.find((call) => call.name === 'write' && call.text.includes(`"${word}`))!;
    const [begin, end] = [said('begin'), said('end')];
    const syncs = calls.filter((call) => isSync(call) && call.began > begin.began && call.began < end.began);
    expect(syncs.filter((call) => call.thread === begin.thread)).toEqual([]);
    const moved = syncs.filter((call) => call.text.includes('/directory.db>'));
    expect(moved.length, 'the log was moved').toBeGreaterThan(1);
  });
});
