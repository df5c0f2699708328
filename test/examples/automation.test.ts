/** The example that collects invoices has done everything once, however often it is killed. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { createRestApi } from '../../src/rest/api.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { openTestedStore } from '../engine-under-test.ts';
import { ROOT } from '../house/source-tree.ts';
import { ScratchApp } from './scratch-app.ts';

let app: ScratchApp;
beforeAll(async () => {
  app = await ScratchApp.make();
  const folder = path.join(ROOT, 'examples', 'automation');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts'));
  const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
  expect(await app.compile(Object.fromEntries(names.map((name, index) => [name, texts[index] as string])))).toEqual([]);
});
afterAll(() => app.remove());

const ALL = UidSet.range(1, 0xffffffff);

interface Letter {
  readonly subject: string;
  readonly name: string;
  readonly octets: string;
}

function letterOf({ subject, name, octets }: Letter): string {
  return [
    'From: shop@example.net',
    `Subject: ${subject}`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=q',
    '',
    '--q',
    'Content-Type: text/plain',
    '',
    'Please find it attached.',
    '--q',
    'Content-Type: application/pdf',
    `Content-Disposition: attachment; filename="${name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(octets).toString('base64'),
    '--q--',
    '',
  ].join('\r\n');
}

/** A collector, begun anew each time that it is killed. */
class Collector {
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | null = null;
  stderr = '';

  constructor(folder: string, url: string, token: string) {
    this.folder = path.join(app.folder, folder);
    this.#env = { ...process.env, EIDER_URL: url, EIDER_TOKEN: token };
  }

  start(): void {
    const child = spawn(process.execPath, ['invoices.js', this.folder], { cwd: app.folder, env: this.#env });
    child.stderr.on('data', (text: Buffer) => {
      this.stderr += text.toString();
    });
    this.#child = child;
  }

  async kill(): Promise<void> {
    const child = this.#child as ChildProcess;
    if (child.exitCode !== null) throw new Error(`the collector has ended by itself: ${this.stderr}`);
    child.kill('SIGKILL');
    await once(child, 'close');
  }

  /** What it has filed, and left. */
  async files(): Promise<string[]> {
    const names = await readdir(this.folder, { recursive: true, withFileTypes: true }).catch(() => []);
    return names
      .filter((entry) => entry.isFile() && entry.name !== 'position')
      .map((entry) => path.relative(this.folder, path.join(entry.parentPath, entry.name)))
      .sort();
  }

  async contents(): Promise<string[]> {
    const files = await this.files();
    const texts = await Promise.all(files.map((name) => readFile(path.join(this.folder, name), 'utf8')));
    return texts.sort();
  }
}

type Fault = (request: Request) => number | null;

/** A server, which answers a request with the status that `fault` gives for it. */
async function serve(
  fault: Fault = () => null,
): Promise<{ store: MessageStore; url: string; token: string; streams: () => number }> {
  const store = await openTestedStore();
  onTestFinished(() => store.close());
  const api = createRestApi(store);
  let streams = 0;
  const server = createServer(
    getRequestListener((request, { incoming }) => {
      const status = fault(request);
      if (status !== null) return Response.json({ error: 'not well', code: 'Fault' }, { status });
      if (new URL(request.url).pathname === '/events') {
        streams++;
        (incoming as IncomingMessage).socket.once('close', () => streams--);
      }
      return api.fetch(request);
    }),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { token } = await store.auth.createToken({ role: 'root' });
  return { store, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token, streams: () => streams };
}

/** Subjects of what is marked, in all mailboxes. */
async function marked(store: MessageStore, account: string): Promise<string[]> {
  const subjects: string[] = [];
  for (const { id } of await store.mailboxes(account)) {
    for await (const { keywords, header } of store.fetch(account, id, ALL, { header: true })) {
      if (!keywords.split(' ').includes('Invoiced')) continue;
      subjects.push(/Subject: (.*)/.exec(Buffer.from(header as Uint8Array).toString())?.[1]?.trim() as string);
    }
  }
  return subjects.sort();
}

test('each invoice is filed and marked once, while the collector is killed again and again', {
  timeout: 60_000,
}, async () => {
  const { store, url, token } = await serve();
  const { id: ann } = await store.accounts.create({ name: 'ann' });
  const { id: ben } = await store.accounts.create({ name: 'ben' });
  const collector = new Collector('crashing', url, token);
  // One that came before anybody followed.
  await store.append(ann, 'INBOX', letterOf({ subject: 'Invoice 0', name: 'a.pdf', octets: 'invoice 0' }));
  await store.append(ben, 'INBOX', letterOf({ subject: 'Holidays', name: 'a.pdf', octets: 'no invoice' }));
  let isOver = false;
  const killing = (async () => {
    for (let round = 0; !isOver; round++) {
      collector.start();
      await sleep(120 + ((round * 137) % 400));
      await collector.kill();
    }
  })();
  const wanted = ['Invoice 0'];
  for (let n = 1; n <= 40; n++) {
    const isInvoice = n % 3 !== 0;
    const subject = `${isInvoice ? 'Rechnung' : 'Holidays'} ${n}`;
    const octets = `${isInvoice ? 'invoice' : 'picture'} ${n}`;
    const { uid } = await store.append(ann, 'INBOX', letterOf({ subject, name: `${n}.pdf`, octets }));
    if (isInvoice) wanted.push(subject);
    if (n % 5 === 0) await store.move(ann, 'INBOX', UidSet.of(uid), 'Archive');
    await sleep(60);
  }
  isOver = true;
  await killing;
  // Nobody kills it any more.
  collector.start();
  onTestFinished(() => collector.kill());
  const expected = wanted.map((subject) => `invoice ${subject.split(' ')[1]}`).sort();
  await expect.poll(() => marked(store, ann), { timeout: 20_000 }).toEqual([...wanted].sort());
  await expect.poll(() => collector.contents(), { timeout: 5_000 }).toEqual(expected);
  expect(await marked(store, ben)).toEqual([]);
});

test('names of strangers are no paths, and what is looked at anew changes nothing', { timeout: 60_000 }, async () => {
  const { store, url, token } = await serve();
  const { id: ann } = await store.accounts.create({ name: 'ann' });
  const collector = new Collector('names', url, token);
  const names = [
    '../../../invoice.pdf',
    '..\\invoice',
    '.part-1',
    `${'x'.repeat(300)}.pdf`,
    `${'漢'.repeat(120)}.pdf`,
    'Счёт 7.pdf',
    '.pdf',
    'a:b*?.pdf',
  ];
  for (const [index, name] of names.entries()) {
    await store.append(ann, 'INBOX', letterOf({ subject: `Invoice ${index}`, name, octets: `invoice ${index}` }));
  }
  // The same twice is one file, and both are marked.
  for (const subject of ['Invoice x', 'Invoice y']) {
    await store.append(ann, 'INBOX', letterOf({ subject, name: 'same.pdf', octets: 'invoice same' }));
  }
  collector.start();
  await expect.poll(async () => (await marked(store, ann)).length, { timeout: 20_000 }).toBe(names.length + 2);
  const files = await collector.files();
  expect(files.length).toBe(names.length + 1);
  for (const file of files) {
    expect(path.dirname(file)).toBe(ann);
    expect(path.basename(file)).toMatch(/^[0-9a-f]{16}-[\p{L}\p{N} _-][\p{L}\p{N} ._-]*\.pdf$/u);
  }
  await collector.kill();
  const { modSeq } = (await store.mailboxes(ann)).map(({ highestModSeq }) => ({ modSeq: highestModSeq })).at(0) ?? {
    modSeq: 0,
  };
  // Without a position all is looked at.
  await rm(path.join(collector.folder, 'position'), { force: true });
  collector.start();
  onTestFinished(() => collector.kill());
  await expect
    .poll(() => readFile(path.join(collector.folder, 'position'), 'utf8').catch(() => ''), { timeout: 20_000 })
    .toMatch(/^[0-9a-f]{24}$/);
  expect(await collector.files()).toEqual(files);
  expect((await store.mailboxes(ann)).at(0)?.highestModSeq).toBe(modSeq);
  await store.append(ann, 'INBOX', letterOf({ subject: 'Invoice z', name: 'z.pdf', octets: 'invoice z' }));
  await expect.poll(async () => (await collector.contents()).includes('invoice z'), { timeout: 20_000 }).toBe(true);
  expect(collector.stderr).toBe('');
});

test('a server that is not well is asked ever more rarely, and one message that is damaged stops nothing', {
  timeout: 60_000,
}, async () => {
  const asked: number[] = [];
  let isWell = true;
  const { store, url, token, streams } = await serve(({ url: target }) => {
    const { pathname } = new URL(target);
    if (pathname === '/events') asked.push(performance.now());
    if (pathname.endsWith('/messages/1')) return 500;
    return !isWell && pathname.endsWith('/messages/2') ? 503 : null;
  });
  const { id: ann } = await store.accounts.create({ name: 'ann' });
  const collector = new Collector('unwell', url, token);
  collector.start();
  onTestFinished(() => collector.kill());
  await expect.poll(streams, { timeout: 20_000 }).toBe(1);
  isWell = false;
  for (const n of [1, 2, 3]) {
    await store.append(ann, 'INBOX', letterOf({ subject: `Invoice ${n}`, name: 'a.pdf', octets: `invoice ${n}` }));
  }
  // 0.1, 0.2, 0.4 and 0.8 seconds after the first time.
  await expect.poll(() => asked.length, { timeout: 20_000 }).toBe(5);
  const waits = asked.slice(1).map((at, index) => at - (asked[index] as number));
  expect((waits[3] as number) / (waits[1] as number)).toBeGreaterThan(2);
  isWell = true;
  await expect.poll(() => marked(store, ann), { timeout: 20_000 }).toEqual(['Invoice 2', 'Invoice 3']);
  expect(await collector.contents()).toEqual(['invoice 2', 'invoice 3']);
  expect(collector.stderr).toContain(`${ann}: message 1 in`);
  await expect.poll(streams).toBe(1);
});
