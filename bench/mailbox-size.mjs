// Measures what the size of a mailbox costs: the same commands on mailboxes of 1,000 to 1,000,000 small messages of one
// account, over a socket, on `eider serve` in a process of its own. Prints a table of medians in milliseconds, and how
// many times as long the largest takes as the smallest.
//
//   npm run build && node bench/mailbox-size.mjs [--rounds N] [--sizes 1000,10000] [--folder FOLDER]
//
// The server is started anew for each round (3), so that each mailbox is selected for the first time once in a round. A
// folder that is kept is filled only once. Messages are copies that are messages of their own (`copies: 'separate'`) of
// 1,000 that differ: they have their own rows and flags, and share contents.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openStore, UidSet } from '../dist/index.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    sizes: { type: 'string', default: '1000,10000,100000,1000000' },
    folder: { type: 'string' },
  },
});
const sizes = values.sizes.split(',').map(Number);
/** Messages of which all others are copies. */
const ORIGINALS = 1000;
/** Copied by one transaction at most. */
const BATCH = 100_000;
/** Set on messages that do not have it yet: nobody is told of a change that is none. */
const KEYWORD = `run${Date.now()}`;
let nextUid = 1;
/** Messages on a page. */
const PAGE = 50;

/** A connection; commands wait for their answer. */
class Session {
  #text = '';
  #wake = null;
  #commands = 0;

  static async open(port) {
    const session = new Session();
    session.socket = connect(port, '127.0.0.1').setNoDelay(true);
    session.socket.setEncoding('latin1').on('data', (text) => {
      session.#text += text;
      session.#wake?.();
    });
    await session.until(/^\* OK/m);
    await session.run('LOGIN size secret');
    return session;
  }

  /** What came up to `pattern` and its line; the rest is kept. */
  async until(pattern) {
    for (;;) {
      const found = pattern.exec(this.#text);
      const end = found ? this.#text.indexOf('\n', found.index) : -1;
      if (end >= 0) {
        const text = this.#text.slice(0, end + 1);
        this.#text = this.#text.slice(end + 1);
        return text;
      }
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }

  /** Runs a command and gives its answer. */
  async run(command) {
    const tag = `t${this.#commands++}`;
    this.socket.write(`${tag} ${command}\r\n`);
    const answer = await this.until(new RegExp(`^${tag} `, 'm'));
    if (!new RegExp(`^${tag} OK`, 'm').test(answer)) throw new Error(`${command}: ${answer}`);
    return answer;
  }

  async close() {
    const closed = once(this.socket, 'close');
    this.socket.destroy();
    await closed;
  }
}

/** By how many MB the server's memory grew at most by a first SELECT. */
const grown = new Map();

/** Milliseconds by row and size. */
const times = new Map();

async function repeat(count, work) {
  for (let n = 0; n < count; n++) await work(n);
}

/** Runs `work` so many times and notes how long each took. */
async function measure(row, size, count, work) {
  await repeat(count, async (n) => {
    const started = performance.now();
    await work(n);
    note(row, size, performance.now() - started);
  });
}

function note(row, size, milliseconds) {
  if (!times.has(row)) times.set(row, new Map(sizes.map((one) => [one, []])));
  times.get(row).get(size).push(milliseconds);
}

const folder = values.folder ?? mkdtempSync(path.join(tmpdir(), 'eider-sizes-'));
try {
  const load = loadavg()[0];
  if (!existsSync(path.join(folder, 'data'))) await fill();
  for (let round = 0; round < Number(values.rounds); round++) await withServer(oneRound);
  report(load);
} finally {
  if (!values.folder) rmSync(folder, { recursive: true, force: true });
}

/** Makes a mailbox of each size; each is copied together from the one before. */
async function fill() {
  const store = await openStore({ path: path.join(folder, 'data') });
  const account = await store.accounts.create({ name: 'size', password: 'secret', copies: 'separate' });
  await store.createMailbox(account.id, 'Originals');
  const messages = [];
  for (let n = 0; n < ORIGINALS; n++) messages.push({ message: await store.prepare(letter(n)) });
  await store.appendPrepared(account.id, 'Originals', messages);
  let from = { path: 'Originals', size: ORIGINALS };
  for (const size of sizes) {
    await store.createMailbox(account.id, `Of ${size}`);
    for (let left = size; left > 0; ) {
      const count = Math.min(left, from.size, BATCH);
      await store.copy(account.id, from.path, UidSet.range(1, count), `Of ${size}`);
      left -= count;
    }
    from = { path: `Of ${size}`, size };
  }
  await store.close();
}

function letter(n) {
  return (
    `From: Ann <ann${n % 97}@example.org>\r\nTo: Bob <bob@example.org>\r\nSubject: letter ${n}\r\n` +
    `Message-ID: <${n}@example.org>\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n\r\nText of letter ${n}.\r\n`
  );
}

async function withServer(work) {
  const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
  const options = ['--imap', '0', '--lmtp', '0', '--insecure-auth', '--ready-json', '--no-rate-limits'];
  const args = [cli, 'serve', '--data', path.join(folder, 'data'), ...options, '--processes', '1'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await work(JSON.parse(String((await once(child.stdout, 'data'))[0])).imap, child.pid);
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
}

async function oneRound(port, pid) {
  const session = await Session.open(port);
  const other = await Session.open(port);
  await warmUp(session, other);
  for (const size of sizes) {
    const before = rss(pid);
    await measure('SELECT, the first', size, 1, () => session.run(`SELECT "Of ${size}"`));
    grown.set(size, Math.max(grown.get(size) ?? 0, (rss(pid) - before) / 1024));
  }
  for (const size of sizes) await measureMailbox(session, other, `Of ${size}`, size);
  await session.close();
  await other.close();
}

/** Runs everything once on the mailbox of originals, so that no size pays for code that is run for the first time. */
async function warmUp(session, other) {
  for (let n = 0; n < 3; n++) await measureMailbox(session, other, 'Originals', null);
}

async function measureMailbox(session, other, mailbox, size) {
  const row = size === null ? (_row, _size, times, work) => repeat(times, work) : measure;
  const count = size ?? ORIGINALS;
  const anyOf = () => 1 + Math.floor(Math.random() * (count - PAGE));
  await session.run('SELECT INBOX');
  await row('STATUS', size, 50, () => session.run(`STATUS "${mailbox}" (MESSAGES UIDNEXT UNSEEN HIGHESTMODSEQ SIZE)`));
  await session.run(`SELECT "${mailbox}"`);
  await session.run('UNSELECT');
  await row('SELECT, again', size, 50, async () => session.run(`SELECT "${mailbox}"`));
  await row('NOOP', size, 200, () => session.run('NOOP'));
  await row(`FETCH of ${PAGE}: flags, envelope`, size, 50, () => {
    const first = anyOf();
    return session.run(`FETCH ${first}:${first + PAGE - 1} (UID FLAGS ENVELOPE)`);
  });
  await row('STORE of a flag', size, 50, (n) => session.run(`STORE ${anyOf()} ${n % 2 ? '-' : '+'}FLAGS (\\Flagged)`));
  await other.run(`SELECT "${mailbox}"`);
  session.socket.write('i IDLE\r\n');
  await session.until(/^\+ /m);
  await row('IDLE: another sets a flag', size, 20, async () => {
    const uid = nextUid++;
    const heard = session.until(new RegExp(`^\\* ${uid} FETCH`, 'm'));
    await other.run(`UID STORE ${uid} +FLAGS.SILENT (${KEYWORD})`);
    await heard;
  });
  await row('IDLE: another appends', size, 20, async (n) => {
    const text = letter(n);
    const heard = session.until(/^\* \d+ EXISTS/m);
    await other.run(`APPEND "${mailbox}" {${text.length}+}\r\n${text}`);
    await heard;
  });
  session.socket.write('DONE\r\n');
  await session.until(/^i OK/m);
  await row('STORE of `\\Deleted` and EXPUNGE of one', size, 20, async () => {
    await session.run('STORE * +FLAGS.SILENT (\\Deleted)');
    await session.run('EXPUNGE');
  });
  await other.run('UNSELECT');
}

function rss(pid) {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

function report(load) {
  console.log(`load before: ${load.toFixed(1)}, after: ${loadavg()[0].toFixed(1)}; ${values.rounds} rounds\n`);
  const heads = sizes.map((size) => size.toLocaleString('en').replaceAll(',', ' '));
  console.log(`| p50 ms | ${heads.join(' | ')} | largest / smallest |`);
  console.log(`| --- |${' --: |'.repeat(sizes.length + 1)}`);
  for (const [row, bySize] of times) {
    const medians = sizes.map((size) => median(bySize.get(size)));
    const ratio = medians.at(-1) / medians[0];
    console.log(`| ${row} | ${medians.map((ms) => ms.toPrecision(3)).join(' | ')} | ${ratio.toPrecision(2)} |`);
  }
  const memory = sizes.map((size) => grown.get(size).toFixed(1)).join(' / ');
  console.log(`\nmemory of the server grew by a first SELECT: ${memory} MB`);
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
