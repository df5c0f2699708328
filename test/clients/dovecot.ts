/** Dovecot's IMAP on a port, without its daemon: each connection is a process of its own that is logged in already. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Dovecot with one account. */
export interface Dovecot {
  readonly port: number;
  stop(): Promise<void>;
}

/** Dovecot reads no mail as root: then it does so as this user (nobody, on Debian and most others). */
const UNPRIVILEGED = 65_534;

/** Whether Dovecot's IMAP is installed; says so when it is not, because its tests are skipped then. */
export function isDovecotInstalled(): boolean {
  try {
    return /^\d/.test(
      execFileSync('dovecot', ['--version'], { encoding: 'latin1', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch {
    console.warn('dovecot is not installed: its tests are skipped');
    return false;
  }
}

/** Starts it on an account with nothing in it. */
export async function startDovecot(): Promise<Dovecot> {
  const folder = await mkdtemp(path.join(tmpdir(), 'eider-dovecot-'));
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : {};
  const config = path.join(folder, 'dovecot.conf');
  const log = path.join(folder, 'log');
  const lines = [
    `base_dir = ${folder}/run`,
    `log_path = ${log}`,
    // What a session has found out (an order, what is cached of a message) it keeps for itself.
    `mail_location = maildir:${folder}/mail:INDEX=MEMORY`,
    'ssl = no',
    'first_valid_uid = 1',
    'first_valid_gid = 1',
    '',
  ];
  await writeFile(config, lines.join('\n'));
  if (isRoot) await chown(folder, UNPRIVILEGED, UNPRIVILEGED);
  await chmod(folder, 0o755);

  const children = new Set<ChildProcess>();
  const server = createServer((socket) => {
    const env = { PATH: process.env.PATH, USER: 'nobody', HOME: folder, TZ: 'UTC' };
    const child = spawn('doveadm', ['-c', config, 'exec', 'imap'], {
      env,
      cwd: folder,
      stdio: ['pipe', 'pipe', 'ignore'],
      ...user,
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    socket.pipe(child.stdin);
    child.stdout.pipe(socket);
    socket.on('error', () => child.kill());
    child.stdin.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    server.close();
    const ended = [...children].map((child) => once(child, 'exit'));
    for (const child of children) child.kill();
    await Promise.all(ended);
    const complaints = await readFile(log, 'latin1').catch(() => '');
    await rm(folder, { recursive: true, force: true });
    if (/Panic|Fatal/.test(complaints)) throw new Error(`Dovecot broke down: ${complaints.slice(0, 2000)}`);
  };
  return { port: (server.address() as AddressInfo).port, stop };
}
