/** Webhooks of filters, posted to real receivers. */

import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, get, globalAgent, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generateKey } from 'openpgp';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { WebhookOptions } from '../../src/delivery/post-webhook.ts';
import { type OpenStoreOptions, openStore } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { emptyPlace, openTestedStore } from '../engine-under-test.ts';

const SECRET = Buffer.from('a secret of twenty-four octets or more');

interface Posted {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A receiver that answers each request by the next of `answers`, and the last for ever. */
async function receive(...answers: ((response: ServerResponse) => void)[]): Promise<{ url: string; posted: Posted[] }> {
  const posted: Posted[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    posted.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    (answers.length > 1 ? answers.shift() : answers[0])?.(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, posted };
}

const say =
  (status: number, headers = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end('thanks');

async function openHooked(
  urls: readonly string[],
  webhooks: WebhookOptions | null = { allowPrivate: true, secret: SECRET, timeoutMs: 300 },
  place: Partial<OpenStoreOptions> = {},
): Promise<{ store: MessageStore; account: string; deliver(subject?: string): Promise<void> }> {
  const store = await openTestedStore({ ...place, ...(webhooks && { outgoing: { webhooks } }) });
  onTestFinished(() => store.close());
  const { id: account } = await store.accounts.create({ name: 'ann', address: 'ann@example.com' });
  await store.filters.create(account, {
    conditions: { test: 'from', contains: 'shop' },
    actions: { webhooks: [...urls], flag: true },
  });
  return {
    store,
    account,
    deliver: async (subject = 'A bill') => {
      const raw = `From: shop@example.net\r\nTo: ann@example.com\r\nSubject: ${subject}\r\nMessage-ID: <1@x>\r\n\r\nsecret words\r\n`;
      await store.deliver(raw, { from: 'bounce@example.net', recipients: ['ann@example.com'] });
    },
  };
}

/** Runs what is due as if so many minutes had gone by. */
async function minutesLater(minutes: number, store: MessageStore): Promise<void> {
  const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + minutes * 60_000);
  try {
    await store.outgoing.runDue();
  } finally {
    now.mockRestore();
  }
}

test('a receiver is told what came, once, and can see whom it is from', async () => {
  const { url, posted } = await receive(say(204));
  const { store, account, deliver } = await openHooked([url]);
  await deliver('Grüße');
  expect(await store.outgoing.runDue()).toBe(1);
  expect(await store.outgoing.runDue()).toBe(0);
  const [{ headers, body }] = posted as [Posted];
  expect(posted).toHaveLength(1);
  expect(JSON.parse(body)).toMatchObject({
    type: 'message.received',
    data: {
      user: account,
      username: 'ann',
      recipient: 'ann@example.com',
      envelopeFrom: 'bounce@example.net',
      from: 'shop@example.net',
      subject: 'Grüße',
      messageId: '<1@x>',
      junk: false,
      stored: true,
    },
  });
  expect(body).not.toContain('secret words');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', SECRET).update(signed).digest('base64')}`);
  expect(await store.outgoing.list(account)).toEqual([]);
});

describe('a receiver that', () => {
  test.each([
    ['fails', say(500)],
    ['refuses', say(404)],
    ['hangs', () => {}],
    ['sends elsewhere', say(302, { location: '/elsewhere' })],
    ['cuts the line', (response: ServerResponse) => void response.destroy()],
  ])('%s is told again later, with the same id', async (_, answer) => {
    const { url, posted } = await receive(answer, say(200));
    const { store, account, deliver } = await openHooked([url]);
    await deliver();
    expect(await store.outgoing.runDue()).toBe(0);
    expect(await store.outgoing.list(account)).toMatchObject([
      { kind: 'webhook', to: url, failures: 1, due: expect.any(Number) },
    ]);
    await minutesLater(2, store);
    expect(posted.map(({ headers }) => headers['webhook-id'])).toEqual([
      posted[0]?.headers['webhook-id'],
      posted[0]?.headers['webhook-id'],
    ]);
    expect(posted[1]?.body).toBe(posted[0]?.body);
    expect(await store.outgoing.list(account)).toEqual([]);
  });

  test('is gone is told no more, and nobody gets a report', async () => {
    const { url, posted } = await receive(say(410));
    const { store, account, deliver } = await openHooked([url]);
    await deliver();
    await store.outgoing.runDue();
    expect(await store.outgoing.list(account)).toMatchObject([{ due: null, error: expect.stringContaining('410') }]);
    await minutesLater(600, store);
    expect(posted).toHaveLength(1);
    expect((await store.mailbox(account, 'INBOX')).messages).toBe(1);
  });

  test('talks without end is cut off, long before the time is up', async () => {
    let cut = () => {};
    const isCut = new Promise<void>((resolve) => {
      cut = resolve;
    });
    const { url } = await receive((response) => {
      response.on('close', cut).writeHead(200);
      const more = (): void => void response.write(Buffer.alloc(65_536), more);
      more();
    });
    const { store, deliver } = await openHooked([url], { allowPrivate: true, timeoutMs: 3_600_000 });
    await deliver();
    expect(await store.outgoing.runDue()).toBe(1);
    await isCut;
  });

  test('was being told when the process died is told again, with the same id', async () => {
    const { url, posted } = await receive(() => {}, say(200));
    const place = await emptyPlace();
    const dying = await openHooked([url], { allowPrivate: true, timeoutMs: 3_600_000 }, place);
    await dying.deliver();
    void dying.store.outgoing.runDue().catch(() => {});
    await vi.waitFor(() => expect(posted).toHaveLength(1));
    const heir = await openStore({ ...place, outgoing: { webhooks: { allowPrivate: true } } });
    onTestFinished(() => heir.close());
    expect(await heir.outgoing.runDue()).toBe(0);
    await minutesLater(3, heir);
    expect(posted).toHaveLength(2);
    expect(posted[1]?.headers['webhook-id']).toBe(posted[0]?.headers['webhook-id']);
    expect(await heir.outgoing.list(dying.account)).toEqual([]);
  });
});

test.each([
  'http://127.0.0.1:9/',
  'http://[::1]:9/',
  'http://10.1.2.3/',
  'http://169.254.169.254/latest',
  'http://localhost:9/',
  'http://[::ffff:10.0.0.1]/',
  'http://[2002:a00:1::]/',
  'http://[64:ff9b::a00:1]/',
])('%s is no place to post to', async (url) => {
  const { store, account, deliver } = await openHooked([url], {});
  await deliver();
  await store.outgoing.runDue();
  expect(await store.outgoing.list(account)).toMatchObject([
    { due: null, error: expect.stringContaining('not public') },
  ]);
});

test('a connection that something else has left open to a private address is not used', async () => {
  const { url, posted } = await receive(say(200));
  const local = url.replace('127.0.0.1', 'localhost');
  const [answer] = (await once(get(local), 'response')) as [IncomingMessage];
  await once(answer.resume(), 'close');
  // It is free a moment later.
  await vi.waitFor(() => expect(Object.keys(globalAgent.freeSockets).join(' ')).toContain(new URL(local).host));
  const { store, deliver } = await openHooked([local], {});
  await deliver();
  expect(await store.outgoing.runDue()).toBe(0);
  expect(posted).toHaveLength(1);
});

test('of encrypted mail whose subject is hidden, the subject is not told', async () => {
  const { url, posted } = await receive(say(200));
  const { store, account, deliver } = await openHooked([url]);
  const { publicKey } = await generateKey({ userIDs: [{ email: 'ann@example.com' }] });
  await store.encryption.addKey(account, publicKey);
  await store.encryption.configure(account, { enabled: true, subject: 'hidden' });
  await deliver('quicksilver');
  expect(await store.outgoing.runDue()).toBe(1);
  expect(JSON.parse(posted[0]?.body ?? '')).toMatchObject({ data: { from: 'shop@example.net' } });
  expect(posted[0]?.body).not.toContain('quicksilver');
});

test('of a store that posts nothing, nothing waits', async () => {
  const { store, account, deliver } = await openHooked(['https://hooks.example/x'], null);
  await deliver();
  expect(await store.outgoing.list(account)).toEqual([]);
});

test('a secret that is too short is refused before anything is opened', async () => {
  const place = path.join(tmpdir(), `eider-never-${process.pid}`);
  const outgoing = { webhooks: { secret: Buffer.alloc(23) } };
  await expect(openStore({ path: place, outgoing })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(existsSync(place)).toBe(false);
});
