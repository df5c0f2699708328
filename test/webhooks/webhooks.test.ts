/** Webhooks that are told the events of a store, posted to real receivers: nothing is lost, and nobody is flooded. */

import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Vault } from '../../src/engine/vault.ts';
import type { WebhookInput, WebhooksOptions } from '../../src/model/webhook.ts';
import { type OpenStoreOptions, openStore } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { WebhookRecords } from '../../src/webhooks/webhook-records.ts';
import { emptyPlace, openTestedEngine, openTestedStore } from '../engine-under-test.ts';
import { type Answer, type Posted, receive } from './receiver.ts';

const SECRET = Buffer.alloc(32, 7);
const QUICK: WebhooksOptions = { allowPrivate: true, timeoutMs: 300, waitsMs: [20, 20, 20, 40] };

async function openHooked(
  place: Partial<OpenStoreOptions> = {},
  options: WebhooksOptions = {},
): Promise<{ store: MessageStore; ann: string; append(subject: string, account?: string): Promise<number> }> {
  const store = await openTestedStore({ secret: SECRET, webhooks: { ...QUICK, ...options }, ...place });
  onTestFinished(() => store.close());
  const { id: ann } = await store.accounts.create({ name: 'ann' });
  const append = async (subject: string, account = ann): Promise<number> =>
    (await store.append(account, 'INBOX', `Subject: ${subject}\r\n\r\nx\r\n`)).uid;
  return { store, ann, append };
}

async function hook(store: MessageStore, url: string, input: Partial<WebhookInput> = {}): Promise<string> {
  const { webhook } = await store.webhooks.create({ url, types: ['message.received'], ...input });
  return webhook.id;
}

const messages = (posted: readonly Posted[]): number[] => posted.map(({ event }) => event.message);
const statusOf = async (store: MessageStore, id: string) => (await store.webhooks.get(id)) ?? expect.fail('it is gone');

function signatureOf({ headers, body }: Posted, secret: string): string {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

test('a receiver is told what it wants to know, in order and once, and can see whom it is from', async () => {
  const { store, ann, append } = await openHooked();
  const { id: ben } = await store.accounts.create({ name: 'ben' });
  const [all, ofBen, flags] = await Promise.all([receive(), receive(), receive()]);
  await append('before');
  const made = await store.webhooks.create({ url: all.url, types: ['message.*'] });
  await hook(store, ofBen.url, { account: ben, types: ['*'] });
  await hook(store, flags.url, { types: ['message.flags', 'mailbox.created'] });
  store.webhooks.start();
  const uids = [await append('a'), await append('b'), await append('c', ben)];
  await store.createMailbox(ann, 'Bills');
  await expect.poll(() => all.posted.length).toBe(3);
  expect(messages(all.posted)).toEqual(uids);
  const [first] = all.posted as [Posted];
  expect(first.event).toEqual({
    id: first.event.id,
    ev: 'message.received',
    time: first.event.time,
    user: ann,
    mailbox: expect.stringMatching(/^[0-9a-f]{24}$/),
    message: uids[0],
    flags: [],
  });
  expect(first.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': first.id });
  expect(Math.abs(Number(first.headers['webhook-timestamp']) * 1000 - Date.now())).toBeLessThan(60_000);
  expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(first.headers['webhook-signature']).toBe(signatureOf(first, made.secret as string));
  await expect
    .poll(() => flags.posted.map(({ event }) => [event.ev, event.path]))
    .toEqual([['mailbox.created', 'Bills']]);
  await expect.poll(() => messages(ofBen.posted)).toEqual([uids[2]]);
  expect(new Set(all.posted.map(({ id }) => id)).size).toBe(3);
  await expect.poll(async () => (await statusOf(store, made.webhook.id)).position).toBe(all.posted.at(-1)?.event.id);
});

test('nothing is posted before somebody says so, and then what has happened since it was made', async () => {
  const { store, append } = await openHooked();
  const { url, posted } = await receive();
  await hook(store, url);
  const uids = [await append('a'), await append('b')];
  await new Promise((done) => setTimeout(done, 100));
  expect(posted).toEqual([]);
  const stop = store.webhooks.start();
  await expect.poll(() => messages(posted)).toEqual(uids);
  await stop();
  await append('c');
  await new Promise((done) => setTimeout(done, 100));
  expect(posted.length).toBe(2);
});

describe('a receiver that', () => {
  const failing: Readonly<Record<string, () => Answer>> = {
    fails: () => 500,
    'hangs, or answers late': () => (response) => void setTimeout(() => response.writeHead(204).end(), 600),
    'closes the connection': () => (response) => void response.destroy(),
    'says it is busy': () => 503,
  };

  test.each(Object.keys(failing))('%s is told later, in order, one event at a time', async (name) => {
    let left = 3;
    const { url, posted, most } = await receive(() => (left-- > 0 ? (failing[name] as () => Answer)() : 204));
    const { store, append } = await openHooked();
    const id = await hook(store, url);
    store.webhooks.start();
    const uids = [await append('a'), await append('b')];
    await expect.poll(() => posted.length, { timeout: 10_000 }).toBe(5);
    expect(messages(posted)).toEqual([uids[0], uids[0], uids[0], ...uids]);
    expect(new Set(posted.map((one) => one.id)).size).toBe(2);
    expect(most()).toBeLessThanOrEqual(name.startsWith('hangs') ? 2 : 1);
    await expect.poll(() => statusOf(store, id)).toMatchObject({ failures: 0, failingSince: null, error: null });
  });

  test('is left alone the longer, the more tries fail, and says itself for how long', async () => {
    const answers: Answer[] = [500, 500, (response) => response.writeHead(429, { 'retry-after': '1' }).end(), 204];
    const { url, posted } = await receive(() => answers.shift() ?? 204);
    const { store, append } = await openHooked({}, { waitsMs: [50, 200] });
    const id = await hook(store, url);
    store.webhooks.start();
    await append('a');
    await expect.poll(() => posted.length).toBe(2);
    expect(await statusOf(store, id)).toMatchObject({ error: 'the webhook has answered 500', disabled: null });
    await expect.poll(() => posted.length, { timeout: 10_000 }).toBe(4);
    const waits = posted.slice(1).map(({ at }, index) => at - (posted[index] as Posted).at);
    for (const [index, least] of [45, 190, 990].entries()) expect(waits[index]).toBeGreaterThan(least);
  });

  test('is not there is posted to when it is', async () => {
    const { store, append } = await openHooked();
    const id = await hook(store, 'http://127.0.0.1:1/hook');
    store.webhooks.start();
    const uid = await append('a');
    await expect.poll(async () => (await statusOf(store, id)).failures).toBeGreaterThan(1);
    const status = await statusOf(store, id);
    expect(status.error).toContain('cannot be reached');
    expect(status.failingSince).not.toBeNull();
    const { url, posted } = await receive();
    await store.webhooks.update(id, { url });
    await expect.poll(() => messages(posted)).toEqual([uid]);
  });

  test('refuses an event gets the others, and that one again when somebody asks', async () => {
    let isRight = false;
    const { url, posted } = await receive(({ event }) => (event.message === 1 && !isRight ? 422 : 204));
    const { store, append } = await openHooked();
    const id = await hook(store, url);
    store.webhooks.start();
    for (const subject of ['a', 'b', 'c']) await append(subject);
    await expect.poll(() => messages(posted)).toEqual([1, 1, 1, 1, 1, 2, 3]);
    const letters = await store.webhooks.letters(id);
    expect(letters).toMatchObject([
      { tries: 5, due: null, error: 'the webhook has answered 422', event: { message: 1 } },
    ]);
    isRight = true;
    expect(await store.webhooks.resend(id, ['0'.repeat(24)])).toBe(0);
    expect(await store.webhooks.resend('0'.repeat(24))).toBeNull();
    expect(await store.webhooks.resend(id)).toBe(1);
    await expect.poll(() => messages(posted).slice(7)).toEqual([1]);
    await expect.poll(() => store.webhooks.letters(id)).toEqual([]);
    expect(posted[7]?.id).toBe(posted[0]?.id);
  });

  test('falls over one event gets the others, and that one ten times', async () => {
    const { url, posted } = await receive(({ event }) => (event.message === 1 ? 500 : 204));
    const { store, append } = await openHooked();
    const id = await hook(store, url);
    store.webhooks.start();
    for (const subject of ['a', 'b', 'c']) await append(subject);
    const tries = (): number => messages(posted).filter((message) => message === 1).length;
    await expect.poll(tries, { timeout: 10_000 }).toBe(10);
    await expect.poll(() => store.webhooks.letters(id)).toMatchObject([{ tries: 10, due: null }]);
    expect(messages(posted).filter((message) => message !== 1)).toEqual([2, 3]);
    expect(await store.webhooks.discard(id)).toBe(1);
    expect(await store.webhooks.letters(id)).toEqual([]);
    await new Promise((done) => setTimeout(done, 100));
    expect(tries()).toBe(10);
  });

  test('is gone is asked no more, until somebody says that it is back', async () => {
    let status = 410;
    const { url, posted } = await receive(() => status);
    const { store, append } = await openHooked();
    const id = await hook(store, url);
    store.webhooks.start();
    const uids = [await append('a'), await append('b')];
    await expect.poll(() => statusOf(store, id)).toMatchObject({ disabled: 'gone', failures: 1 });
    await new Promise((done) => setTimeout(done, 150));
    expect(posted.length).toBe(1);
    status = 204;
    expect(await store.webhooks.update(id, { disabled: false })).toMatchObject({ disabled: null });
    await expect.poll(() => messages(posted).slice(1)).toEqual(uids);
  });

  test('sends us elsewhere is not followed', async () => {
    const elsewhere = await receive();
    const { url, posted } = await receive(
      () => (response) => void response.writeHead(307, { location: elsewhere.url }).end(),
    );
    const { store, append } = await openHooked();
    const id = await hook(store, url);
    store.webhooks.start();
    await append('a');
    await expect.poll(async () => (await store.webhooks.letters(id))?.length).toBe(1);
    expect(posted.length).toBe(5);
    expect(elsewhere.posted).toEqual([]);
  });
});

test('one that is stopped is posted nothing, and then all that it missed', async () => {
  const { store, append } = await openHooked();
  const { url, posted } = await receive();
  const id = await hook(store, url);
  store.webhooks.start();
  await append('a');
  await expect.poll(() => posted.length).toBe(1);
  expect(await store.webhooks.update(id, { disabled: true })).toMatchObject({ disabled: 'asked' });
  await append('b');
  await new Promise((done) => setTimeout(done, 150));
  expect(posted.length).toBe(1);
  await store.webhooks.update(id, { disabled: false });
  await expect.poll(() => messages(posted)).toEqual([1, 2]);
  expect(await store.webhooks.remove(id)).toBe(true);
  expect(await store.webhooks.remove(id)).toBe(false);
  await append('c');
  await new Promise((done) => setTimeout(done, 150));
  expect(posted.length).toBe(2);
  expect([await store.webhooks.get(id), await store.webhooks.letters(id)]).toEqual([null, null]);
});

test('posting that is begun again at once goes on', async () => {
  const { store, append } = await openHooked();
  const { url, posted } = await receive();
  await hook(store, url);
  const ended = store.webhooks.start()();
  store.webhooks.start();
  await ended;
  const uid = await append('a');
  await expect.poll(() => messages(posted)).toEqual([uid]);
});

test('one that goes while it is posted to leaves nothing behind', async () => {
  const engine = await openTestedEngine();
  const { store, append } = await openHooked({ engine });
  const { url, posted } = await receive(() => (response) => void setTimeout(() => response.writeHead(400).end(), 100));
  const id = await hook(store, url);
  store.webhooks.start();
  await append('a');
  await expect.poll(() => posted.length).toBe(5);
  await store.webhooks.remove(id);
  await expect
    .poll(async () => (await engine.vault.all(`webhook ${id}`, { limit: 10 })).map(({ kind }) => kind))
    .toEqual([]);
  await new Promise((done) => setTimeout(done, 300));
  expect(await engine.vault.all(`webhook ${id}`, { limit: 10 })).toEqual([]);
});

test('two secrets sign for a day after one was made', async () => {
  const { store, append } = await openHooked();
  const { url, posted } = await receive();
  const { webhook, secret: before } = await store.webhooks.create({ url, types: ['*'] });
  const after = await store.webhooks.rotateSecret(webhook.id);
  store.webhooks.start();
  await append('a');
  await expect.poll(() => posted.length).toBe(1);
  const [one] = posted as [Posted];
  const expected = [after, before].map((secret) => signatureOf(one, secret as string));
  expect(String(one.headers['webhook-signature']).split(' ')).toEqual(expected);
  const now = Date.now();
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now + 86_400_001);
  onTestFinished(() => clock.mockRestore());
  await append('b');
  await expect.poll(() => posted.length).toBe(2);
  const [, two] = posted as [Posted, Posted];
  expect(two.headers['webhook-signature']).toBe(signatureOf(two, after as string));
});

test('without the secret of its store nothing goes out unsigned', async () => {
  const place = await emptyPlace();
  const { url, posted } = await receive();
  const first = await openStore({ ...place, secret: SECRET, webhooks: QUICK });
  const { id: account } = await first.accounts.create({ name: 'ann' });
  const id = await hook(first, url);
  await first.close();
  const store = await openStore({ ...place, secret: Buffer.alloc(32, 8), webhooks: QUICK });
  onTestFinished(() => store.close());
  store.webhooks.start();
  await store.append(account, 'INBOX', 'Subject: a\r\n\r\nx\r\n');
  await expect.poll(async () => (await statusOf(store, id)).failures).toBeGreaterThan(0);
  expect((await statusOf(store, id)).error).toContain('cannot be opened');
  expect(posted).toEqual([]);
});

test('a store without a secret posts unsigned, and says so', async () => {
  const store = await openTestedStore({ webhooks: QUICK });
  onTestFinished(() => store.close());
  const { id: account } = await store.accounts.create({ name: 'ann' });
  const { url, posted } = await receive();
  const { webhook, secret } = await store.webhooks.create({ url, types: ['message.received'] });
  expect([webhook.signed, secret]).toEqual([false, null]);
  await expect(store.webhooks.rotateSecret(webhook.id)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  store.webhooks.start();
  await store.append(account, 'INBOX', 'Subject: a\r\n\r\nx\r\n');
  await expect.poll(() => posted.length).toBe(1);
  expect(posted[0]?.headers).not.toHaveProperty('webhook-signature');
});

test('what came after a position is told again, and what is too old begins with a reset', async () => {
  const { store, append } = await openHooked();
  const { url, posted } = await receive();
  const id = await hook(store, url);
  store.webhooks.start();
  for (const subject of ['a', 'b', 'c']) await append(subject);
  await expect.poll(() => messages(posted)).toEqual([1, 2, 3]);
  expect(await store.webhooks.replay(id, posted[0]?.event.id)).toBe(true);
  await expect.poll(() => messages(posted).slice(3)).toEqual([2, 3]);
  expect(posted.slice(3).map((one) => one.id)).toEqual(posted.slice(1, 3).map((one) => one.id));
  await store.webhooks.replay(id, '0'.repeat(24));
  await expect.poll(() => posted[5]?.event.ev).toBe('reset');
  await append('d');
  await expect.poll(() => messages(posted).slice(6)).toEqual([1, 2, 3, 4]);
  await expect(store.webhooks.replay(id, 'yesterday')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(await store.webhooks.replay('0'.repeat(24), posted[0]?.event.id)).toBe(false);
  const { webhook } = await store.webhooks.create({ url, types: ['*'] }, { after: posted[1]?.event.id });
  await expect.poll(() => posted.filter((one) => one.id.startsWith(webhook.id)).length).toBe(2);
});

test('of several processes one posts, and another goes on when it ends', async () => {
  const place = await emptyPlace();
  const open = async (): Promise<MessageStore> => {
    const store = await openStore({ ...place, secret: SECRET, webhooks: QUICK });
    onTestFinished(() => store.close());
    store.webhooks.start();
    return store;
  };
  const stores = await Promise.all([open(), open(), open()]);
  const [first, second] = stores as [MessageStore, MessageStore];
  const { id: account } = await second.accounts.create({ name: 'ann' });
  const { url, posted } = await receive();
  await hook(second, url);
  const append = (store: MessageStore) => store.append(account, 'INBOX', 'Subject: a\r\n\r\nx\r\n');
  for (let n = 0; n < 5; n++) await append(first);
  await expect.poll(() => messages(posted), { timeout: 10_000 }).toEqual([1, 2, 3, 4, 5]);
  await first.close();
  await append(second);
  await expect.poll(() => posted.length, { timeout: 10_000 }).toBe(6);
  await second.close();
  await append(stores[2] as MessageStore);
  await expect.poll(() => messages(posted), { timeout: 10_000 }).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('a process that is killed loses nothing, and repeats at most what it was posting', async () => {
  const place = await emptyPlace();
  const store = await openStore({ ...place, secret: SECRET, webhooks: QUICK });
  onTestFinished(() => store.close());
  const { id: account } = await store.accounts.create({ name: 'ann' });
  const { url, posted } = await receive();
  await hook(store, url);
  const script = fileURLToPath(new URL('./posting-process.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, resolve(process.env.EIDER_DIST ?? 'dist'), JSON.stringify(place)], {
    stdio: 'inherit',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let isWriting = true;
  let last = 0;
  const writing = (async () => {
    while (isWriting) last = (await store.append(account, 'INBOX', 'Subject: a\r\n\r\nx\r\n')).uid;
  })();
  await expect.poll(() => posted.length, { timeout: 20_000 }).toBeGreaterThan(20);
  child.kill('SIGKILL');
  isWriting = false;
  await writing;
  const now = Date.now.bind(Date);
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 31_000);
  onTestFinished(() => clock.mockRestore());
  store.webhooks.start();
  await expect.poll(() => posted.at(-1)?.event.message, { timeout: 20_000 }).toBe(last);
  const told = messages(posted);
  expect([...new Set(told)]).toEqual(Array.from({ length: last }, (_, index) => index + 1));
  const repeated = posted.filter(({ event }, index) => posted[index - 1]?.event.message === event.message);
  expect(repeated.length).toBeLessThanOrEqual(1);
  expect(told.length - repeated.length).toBe(last);
});

test('one that has a thousand dead letters is stopped, and loses nothing', async () => {
  const engine = await openTestedEngine();
  const { store, append } = await openHooked({ engine });
  const { url } = await receive(({ event }) => (event.message === 1 ? 400 : 204));
  const id = await hook(store, url);
  await fill(engine.vault, id);
  store.webhooks.start();
  await append('a');
  await expect.poll(() => statusOf(store, id), { timeout: 10_000 }).toMatchObject({ disabled: 'letters', failures: 5 });
  expect(await store.webhooks.discard(id)).toBe(1000);
  await store.webhooks.update(id, { disabled: false });
  await append('b');
  await expect
    .poll(async () => (await store.webhooks.letters(id))?.map(({ event }) => event))
    .toMatchObject([{ message: 1 }]);
  expect((await statusOf(store, id)).disabled).toBeNull();
});

async function fill(vault: Vault, id: string): Promise<void> {
  const records = new WebhookRecords(vault, null);
  const event = { id: '', time: 0, ev: 'reset' } as const;
  const numbers = Array.from({ length: 1000 }, (_, index) => index.toString(16).padStart(24, '0'));
  for (const letter of numbers) {
    await records.putLetter(id, { id: letter, event, tries: 5, error: 'x', created: 0, due: null });
  }
}

describe('what is refused', () => {
  test.each([[[]], [[-1]], [[Number.NaN]]])('waits of %j', async (waitsMs) => {
    await expect(openTestedStore({ webhooks: { waitsMs } })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test.each([
    ['no URL', { url: 'nowhere' }],
    ['another scheme', { url: 'ftp://example.com/' }],
    ['a password in it', { url: 'https://a:b@example.com/' }],
    ['more than 2,048 characters', { url: `https://example.com/${'a'.repeat(2048)}` }],
    ['an event that is none', { types: ['message.eaten'] }],
    ['no types', { types: [] }],
    ['too many types', { types: Array.from({ length: 51 }, () => '*') }],
  ])('%s', async (_, input) => {
    const { store } = await openHooked();
    await expect(hook(store, 'https://example.com/', input)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const id = await hook(store, 'https://example.com/');
    await expect(store.webhooks.update(id, input)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await store.webhooks.list()).toMatchObject([{ id, url: 'https://example.com/' }]);
  });

  test('an account that is none', async () => {
    const { store } = await openHooked();
    await expect(hook(store, 'https://example.com/', { account: 'nobody' })).rejects.toMatchObject({
      code: 'ACCOUNT_NOT_FOUND',
    });
  });

  test('an address that is not public, also behind a name', async () => {
    const { store, append } = await openHooked({}, { allowPrivate: false });
    for (const host of ['127.0.0.1', '[::1]', '[::ffff:10.0.0.1]', '2130706433', '169.254.169.254']) {
      await expect(hook(store, `http://${host}/`)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    const { url, posted } = await receive();
    const id = await hook(store, url.replace('127.0.0.1', 'localhost'));
    store.webhooks.start();
    await append('a');
    await expect
      .poll(async () => (await store.webhooks.letters(id))?.map(({ error }) => error))
      .toEqual(['the webhook is at an address that is not public']);
    expect(posted).toEqual([]);
  });
});
