/** HAProxy: passes clients on with both versions of the PROXY protocol, and TLS that it ends or leaves alone. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createImapServer, type ImapServer } from '../../src/imap/index.ts';
import { createLmtpServer, type LmtpServer } from '../../src/lmtp/index.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { freePort } from '../durability/balancer.ts';
import { openTestedStore } from '../engine-under-test.ts';
import { CERTIFICATE, KEY } from '../net/certificate.ts';
import { ADDRESS, isInstalled, NAME, PASSWORD, runProgram } from './server.ts';

const HAS_CURL = isInstalled('curl');

describe.skipIf(!isInstalled('haproxy') || !HAS_CURL)('HAProxy', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'eider-haproxy-'));
  const seen: { readonly remoteAddress: string; readonly secure: boolean }[] = [];
  let store: MessageStore;
  let imap: ImapServer;
  let secureImap: ImapServer;
  let lmtp: LmtpServer;
  let haproxy: ChildProcess;
  /** Front doors, by what is behind them. */
  let doors: Readonly<Record<'v1' | 'v2' | 'tls' | 'crc' | 'through' | 'lmtp', number>>;

  beforeAll(async () => {
    store = await openTestedStore();
    await store.accounts.create({ name: NAME, address: ADDRESS, password: PASSWORD });
    const log = (fields: object, message: string): void => {
      if (message === 'logged in') seen.push(fields as (typeof seen)[number]);
    };
    const logger = { info: log, warn: log, error: log };
    const tls = { key: KEY, cert: CERTIFICATE };
    const proxyProtocol = { trusted: ['127.0.0.1'], timeoutMs: 2_000 };
    imap = createImapServer(store, { tls, logger, proxyProtocol, insecureAuth: false });
    secureImap = createImapServer(store, { tls, logger, proxyProtocol, secure: true });
    lmtp = createLmtpServer(store, { proxyProtocol });
    const [plain, secure, delivery] = [await imap.listen(), await secureImap.listen(), await lmtp.listen()];
    const first = await freePort(6);
    doors = { v1: first, v2: first + 1, tls: first + 2, crc: first + 3, through: first + 4, lmtp: first + 5 };
    writeFileSync(path.join(folder, 'pem'), `${KEY}\n${CERTIFICATE}\n`);
    const server = (port: number, options: string): string => `server one 127.0.0.1:${port} ${options}`;
    const withTls = `ssl crt ${path.join(folder, 'pem')}`;
    writeFileSync(
      path.join(folder, 'haproxy.cfg'),
      `defaults
  mode tcp
  timeout connect 2s
  timeout client 30s
  timeout server 30s
listen v1
  bind 127.0.0.1:${doors.v1}
  ${server(plain.port, 'send-proxy')}
listen v2
  bind 127.0.0.1:${doors.v2}
  ${server(plain.port, 'send-proxy-v2 check inter 100ms check-send-proxy')}
listen tls
  bind 127.0.0.1:${doors.tls} ${withTls}
  ${server(plain.port, 'send-proxy-v2-ssl')}
listen crc
  bind 127.0.0.1:${doors.crc} ${withTls}
  ${server(plain.port, 'send-proxy-v2 proxy-v2-options ssl,cert-cn,ssl-cipher,authority,unique-id,crc32c')}
listen through
  bind 127.0.0.1:${doors.through}
  ${server(secure.port, 'send-proxy-v2')}
listen lmtp
  bind 127.0.0.1:${doors.lmtp}
  ${server(delivery.port, 'send-proxy-v2 check inter 100ms')}
`,
    );
    haproxy = spawn('haproxy', ['-f', path.join(folder, 'haproxy.cfg')], { stdio: ['ignore', 'ignore', 'inherit'] });
    for (const door of [doors.v2, doors.lmtp]) {
      for (let left = 100; !(await greeting(door)); left--) {
        if (left === 0) throw new Error('no greeting comes through');
        await delay(100);
      }
    }
  });

  afterAll(async () => {
    const ended = once(haproxy, 'exit');
    haproxy.kill('SIGKILL');
    await ended;
    for (const one of [imap, secureImap, lmtp]) await one.close({ drainMs: 0 });
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The first line that comes, or `''`. */
  async function greeting(port: number): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    const [octets] = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [''])]).catch(() => [
      '',
    ]);
    socket.destroy();
    return String(octets);
  }

  /** Logs in from an address of loopback that is no proxy's, and tells as whom the server saw it. */
  async function login(url: string, ...options: string[]): Promise<{ address: string; secure: boolean } | undefined> {
    seen.splice(0);
    const args = ['-sSk', '--interface', '127.0.0.9', '-u', `${NAME}:${PASSWORD}`, url, ...options];
    expect(await runProgram('curl', args)).toMatch(/^\* LIST \([^)]*\) "\/" "?INBOX"?\r$/m);
    return seen.map(({ remoteAddress, secure }) => ({ address: remoteAddress, secure })).at(0);
  }

  const client = { address: '127.0.0.9', secure: true };

  test.each(['v1', 'v2'] as const)('version %s: STARTTLS with the server behind it', async (door) => {
    expect(await login(`imap://127.0.0.1:${doors[door]}/`, '--ssl-reqd')).toEqual(client);
    await expect(login(`imap://127.0.0.1:${doors[door]}/`)).rejects.toThrow(/LOGINDISABLED|Login denied|login/i);
  });

  test.each(['tls', 'crc'] as const)('TLS that ends at the proxy is enough for a login (%s)', async (door) => {
    expect(await login(`imaps://127.0.0.1:${doors[door]}/`)).toEqual(client);
  });

  test('TLS from the first octet goes through', async () => {
    expect(await login(`imaps://127.0.0.1:${doors.through}/`)).toEqual(client);
  });

  test('mail is delivered through it, and its checks pass', async () => {
    expect(await greeting(doors.lmtp)).toMatch(/^220 /);
    const lines = [
      'LHLO x',
      'MAIL FROM:<bob@example.org>',
      `RCPT TO:<${ADDRESS}>`,
      'DATA',
      'Subject: hello',
      '',
      '.',
      'QUIT',
    ];
    const socket = connect(doors.lmtp, '127.0.0.1');
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => (received += text));
    socket.write(lines.map((line) => `${line}\r\n`).join(''));
    await once(socket, 'close');
    expect(received).toMatch(/^250 2\.0\.0 Stored/m);
  });

  test('whoever goes past it is refused', async () => {
    const { port } = imap.address as { port: number };
    await expect(
      runProgram('curl', ['-sSk', '-u', `${NAME}:${PASSWORD}`, `imap://127.0.0.1:${port}/`]),
    ).rejects.toThrow();
  });
});
