// Measures what an idle session costs: opens sessions that have INBOX selected and wait in IDLE, on `eider serve` in a
// process of its own, and prints by how much its memory (RSS) has grown for each, plain and under COMPRESS.
//
//   npm run build && node bench/idle-sessions.mjs [SESSIONS] [--accounts N] [--messages N] [--compress] [--tls]
//
// SESSIONS (2,000) are spread over accounts (200) whose INBOX has messages (100). Each session needs a file descriptor on
// either side: `ulimit -n` has to be above their number.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { constants, deflateRawSync } from 'node:zlib';
import { openStore } from '../dist/index.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    accounts: { type: 'string', default: '200' },
    messages: { type: 'string', default: '100' },
    compress: { type: 'boolean', default: false },
    tls: { type: 'boolean', default: false },
  },
});
const sessions = Number(positionals[0] ?? 2000);
const accounts = Math.min(Number(values.accounts), sessions);
/** Sessions that are opened and closed before anything is measured: what they share, also of each account, is there then. */
const WARM_UP = Math.max(100, 2 * accounts);
/** Logins at once. */
const AHEAD = 16;

const folder = mkdtempSync(path.join(tmpdir(), 'eider-idle-'));
const data = path.join(folder, 'data');
const children = [];
try {
  await fill();
  const { pid, port } = await serve();
  await closeAll(await openAll(port, WARM_UP));
  const before = await settled(pid);
  const started = performance.now();
  const open = await openAll(port, sessions);
  const seconds = (performance.now() - started) / 1000;
  const after = await settled(pid);
  const each = (after - before) / sessions;
  const kind = `${values.tls ? ', TLS' : ''}${values.compress ? ', COMPRESS' : ''}`;
  console.log(`${sessions} sessions of ${accounts} accounts, ${values.messages} messages each${kind}`);
  console.log(`opened in ${seconds.toFixed(0)} s; RSS ${megabytes(before)} -> ${megabytes(after)} MB`);
  console.log(`${each.toFixed(1)} KB for each session`);
  await closeAll(open);
  console.log(`${megabytes(await settled(pid))} MB after they have gone`);
} finally {
  for (const child of children) {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}

async function fill() {
  const store = await openStore({ path: data });
  const message = await store.prepare('From: ann@example.org\r\nSubject: idle\r\n\r\nhello\r\n');
  for (let n = 0; n < accounts; n++) {
    const account = await store.accounts.create({ name: `idle${n}`, password: 'secret' });
    const all = Array.from({ length: Number(values.messages) }, () => ({ message }));
    if (all.length > 0) await store.appendPrepared(account.id, 'INBOX', all);
  }
  await store.close();
}

async function serve() {
  const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
  const args = ['serve', '--data', data, '--imap', '0', '--lmtp', '0', '--insecure-auth', '--ready-json'];
  const child = spawn(process.execPath, [cli, ...args, '--no-rate-limits', '--processes', '1', ...tlsOptions()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const ports = JSON.parse(String((await once(child.stdout, 'data'))[0]));
  return { pid: child.pid, port: values.tls ? ports.imaps : ports.imap };
}

function tlsOptions() {
  if (!values.tls) return [];
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', [...request, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return ['--tls-key', key, '--tls-cert', cert, '--imaps', '0'];
}

/** Opens `count` sessions, some at once. */
async function openAll(port, count) {
  const open = [];
  let next = 0;
  const work = async () => {
    while (next < count) open.push(await openSession(port, next++ % accounts));
  };
  await Promise.all(Array.from({ length: AHEAD }, work));
  return open;
}

async function openSession(port, account) {
  const options = { port, host: '127.0.0.1' };
  const socket = values.tls ? connectTls({ ...options, rejectUnauthorized: false }) : connect(options);
  await until(socket, '* OK');
  socket.write(`a LOGIN idle${account} secret\r\n`);
  await until(socket, 'a OK');
  if (!values.compress) {
    socket.write('b SELECT INBOX\r\nc IDLE\r\n');
    await until(socket, '+ idling');
    return socket;
  }
  socket.write('z COMPRESS DEFLATE\r\n');
  await until(socket, 'z OK');
  // What comes back is not decompressed: the client would need more memory than the server.
  socket.write(deflateRawSync('b SELECT INBOX\r\nc IDLE\r\n', { finishFlush: constants.Z_SYNC_FLUSH }));
  await once(socket, 'data');
  return socket;
}

/** Waits for a line that begins with `text`. */
async function until(socket, text) {
  for (let received = ''; !`\n${received}`.includes(`\n${text}`); ) {
    received += String((await once(socket, 'data'))[0]);
  }
}

async function closeAll(sockets) {
  await Promise.all(
    sockets.map((socket) => {
      const closed = once(socket, 'close');
      socket.resume().destroy();
      return closed;
    }),
  );
}

/** RSS in KB, when it changes no more. */
async function settled(pid) {
  for (let last = 0; ; await delay(3000)) {
    const now = Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    if (Math.abs(now - last) < 1024) return now;
    last = now;
  }
}

function megabytes(kilobytes) {
  return (kilobytes / 1024).toFixed(0);
}
