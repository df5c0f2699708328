/** `eider serve`: starts, tells where, stops in good order. */

import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eider, firstLine, mustEider, startEider } from './run-eider.ts';

let folder: string;
let data: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-serve-'));
  data = path.join(folder, 'data');
});
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function serve(...args: string[]): ChildProcess {
  const child = startEider(['serve', '--data', data, '--imap', '0', '--lmtp', '0', '--ready-json', ...args]);
  children.push(child);
  return child;
}

/** A connection on which lines are awaited. */
class Lines {
  readonly socket: Socket;
  #text = '';
  #wake: () => void = () => {};
  #isClosed = false;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('latin1').on('data', (text: string) => {
      this.#text += text;
      this.#wake();
    });
    this.socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  send(line: string): void {
    this.socket.write(`${line}\r\n`);
  }

  /** Waits until what came matches, and takes it away up to there. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#text);
      if (match) {
        const text = this.#text.slice(0, match.index + match[0].length);
        this.#text = this.#text.slice(text.length);
        return text;
      }
      if (this.#isClosed) throw new Error(`closed before ${pattern}: ${this.#text}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

test('mail goes in by LMTP and comes out by IMAP; SIGTERM ends it with 0', async () => {
  await mustEider([
    'account',
    'add',
    'ann',
    '--address',
    'ann@example.org',
    '--password',
    'secret words',
    '--data',
    data,
  ]);
  const child = serve('--insecure-auth');
  const ports = JSON.parse(await firstLine(child)) as { imap: number; lmtp: number };
  const lmtp = new Lines(ports.lmtp);
  await lmtp.until(/^220 [^\n]*\n/);
  for (const line of ['LHLO test', 'MAIL FROM:<bob@example.org>', 'RCPT TO:<ann@example.org>']) {
    lmtp.send(line);
    await lmtp.until(/^250 [^\n]*\n/m);
  }
  lmtp.send('DATA');
  await lmtp.until(/^354 [^\n]*\n/m);
  lmtp.send('Subject: by LMTP\r\n\r\nhello\r\n.');
  await lmtp.until(/^250 [^\n]*\n/m);
  const imap = new Lines(ports.imap);
  await imap.until(/^\* OK [^\n]*\n/);
  imap.send('a LOGIN ann "secret words"');
  await imap.until(/^a OK [^\n]*\n/m);
  imap.send('b SELECT INBOX');
  expect(await imap.until(/^b OK [^\n]*\n/m)).toContain('* 1 EXISTS');
  imap.send('c FETCH 1 BODY.PEEK[TEXT]');
  expect(await imap.until(/^c OK [^\n]*\n/m)).toContain('{7}\r\nhello\r\n');
  child.kill('SIGTERM');
  expect(await imap.until(/^\* BYE [^\n]*\n/m)).toMatch(/BYE/);
  imap.socket.destroy();
  lmtp.socket.destroy();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('without TLS and --insecure-auth nobody logs in, and a hint says why', async () => {
  await mustEider(['account', 'add', 'ann', '--password', 'secret words', '--data', data]);
  const child = serve();
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const { imap: port } = JSON.parse(await firstLine(child)) as { imap: number };
  const imap = new Lines(port);
  expect(await imap.until(/^\* OK [^\n]*\n/)).toContain('LOGINDISABLED');
  imap.send('a LOGIN ann "secret words"');
  await imap.until(/^a NO [^\n]*\n/m);
  imap.socket.destroy();
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(stderr).toMatch(/--insecure-auth/);
});

test('on other hosts it does not start without TLS', async () => {
  const { code, stderr, stdout } = await eider([
    'serve',
    '--host',
    '0.0.0.0',
    '--imap',
    '0',
    '--lmtp',
    '0',
    '--data',
    data,
  ]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/0\.0\.0\.0 without TLS/);
});

test('with a key STARTTLS is offered, and TLS from the first octet where a port is named for it', async () => {
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const line = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=localhost',
    '-days',
    '2',
    '-keyout',
    key,
    '-out',
    cert,
  ];
  await promisify(execFile)('openssl', line);
  const child = serve('--tls-key', key, '--tls-cert', cert, '--imaps', '0', '--processes', '2');
  const ports = JSON.parse(await firstLine(child)) as { imap: number; imaps: number; lmtp: number };
  const secured = connectTls({ port: ports.imaps, host: '127.0.0.1', rejectUnauthorized: false });
  expect(String((await once(secured, 'data'))[0])).toMatch(/^\* OK (?!.*(?:STARTTLS|LOGINDISABLED)).* AUTH=PLAIN/);
  secured.destroy();
  const imap = new Lines(ports.imap);
  expect(await imap.until(/^\* OK [^\n]*\n/)).toMatch(/STARTTLS.*LOGINDISABLED|LOGINDISABLED.*STARTTLS/);
  imap.socket.destroy();
  const lmtp = new Lines(ports.lmtp);
  lmtp.send('LHLO test');
  expect(await lmtp.until(/^250 [^\n]*\n/m)).toContain('STARTTLS');
  lmtp.socket.destroy();
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('with trusted proxies every connection begins with a header', async () => {
  const child = serve('--proxy-protocol', '::1, 127.0.0.0/8');
  const ports = JSON.parse(await firstLine(child)) as { imap: number; lmtp: number };
  const imap = new Lines(ports.imap);
  imap.send('PROXY TCP4 192.0.2.1 192.0.2.2 5555 143');
  await imap.until(/^\* OK [^\n]*\n/);
  const lmtp = new Lines(ports.lmtp);
  lmtp.send('PROXY TCP4 192.0.2.1 192.0.2.2 5555 24');
  await lmtp.until(/^220 [^\n]*\n/);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const bare = new Lines(ports.imap);
  bare.send('a NOOP');
  await expect(bare.until(/OK/)).rejects.toThrow('closed before');
  await expect.poll(() => stderr).toMatch(/"level":"warn".*connection from 127\.0\.0\.1 was refused/);
  imap.socket.destroy();
  lmtp.socket.destroy();
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('a port for TLS needs a key', async () => {
  const { code, stderr } = await eider(['serve', '--data', data, '--imaps', '993', '--insecure-auth']);
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(/--imaps needs --tls-key/) });
});

test('a trusted proxy that is no address is not understood', async () => {
  const { code, stderr } = await eider(['serve', '--data', data, '--proxy-protocol', '10.0.0.1,balancer']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/--proxy-protocol: balancer is neither an IP address nor a network/);
});

test('a port that is taken is one clear line', async () => {
  const first = serve('--insecure-auth');
  const { imap } = JSON.parse(await firstLine(first)) as { imap: number };
  const { code, stderr } = await eider([
    'serve',
    '--insecure-auth',
    '--imap',
    String(imap),
    '--lmtp',
    '0',
    '--data',
    data,
  ]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^eider: .*EADDRINUSE.*\n$/);
  first.kill('SIGTERM');
  expect(await once(first, 'exit')).toEqual([0, null]);
});
