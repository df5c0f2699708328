/** Users as a file, by the API. */

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import type { RestLimits } from '../../src/rest/context.ts';
import { createRestServer } from '../../src/rest/server.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { openRest } from './rest-fixture.ts';

const SECRET = randomBytes(32);
const TRANSFER = { 'x-transfer-secret': randomBytes(24).toString('base64') };
const FILE = { 'content-type': 'application/octet-stream' };

async function fileOf(
  { fetch }: Awaited<ReturnType<typeof openRest>>,
  body: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Buffer> {
  const answer = await fetch('POST', '/data/export', JSON.stringify(body), {
    headers: { 'content-type': 'application/json', ...headers },
  });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/octet-stream']);
  expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="export-\d{4}-\d\d-\d\d\.eider"$/);
  return Buffer.from(await answer.arrayBuffer());
}

test('users go out with their mail, and come into another store', async () => {
  const [here, there] = [await openRest(), await openRest()];
  const [ann, bob, cid] = [
    await here.account('ann', { password: 'old password' }),
    await here.account('bob'),
    await here.account('cid'),
  ];
  await here.store.profiles.update(bob.id, { tags: ['Staff'] });
  const message = Buffer.concat([Buffer.from('Subject: x\r\n\r\n'), Buffer.alloc(2_000_000, 'abcdefg\r\n')]);
  const { uid } = await here.store.append(ann.id, 'INBOX', message, { flags: ['\\Flagged'] });
  const file = await fileOf(here, { users: [ann.id], tags: ['staff'] });
  expect(file.length).toBeGreaterThan(message.length);
  const { body } = await there.call('POST', '/data/import', file, { headers: FILE });
  expect(body).toEqual({
    success: true,
    entries: 2,
    imported: 2,
    failed: 0,
    existing: 0,
    messages: 1,
    octets: message.length,
    reasons: [],
  });
  for await (const { mask, body } of there.store.fetch(ann.id, 'INBOX', UidSet.of(uid), { body: true })) {
    const chunks = [];
    for await (const chunk of body?.read() ?? []) chunks.push(chunk);
    expect([mask, Buffer.concat(chunks).equals(message)]).toEqual([4, true]);
  }
  expect((await there.store.accounts.authenticate('ann', 'old password')).id).toBe(ann.id);
  expect(await there.store.accounts.find(cid.id)).toBeNull();
  expect((await there.store.profiles.get(bob.id)).tags).toEqual(['Staff']);
  const all = await fileOf(here);
  expect((await there.call('POST', '/data/import', all, { headers: FILE })).body).toMatchObject({
    entries: 3,
    imported: 1,
    existing: 2,
  });
});

test('only roles that are granted it, and only whole files', async () => {
  const { call, fetch, account, tokenOf, store } = await openRest();
  const ann = await account('ann');
  const file = await fileOf({ fetch } as never);
  for (const role of ['manager', 'webmail', ann] as const) {
    const token = await tokenOf(role);
    expect((await call('POST', '/data/export', {}, { token })).body.code).toBe('MissingPrivileges');
    expect((await call('POST', '/data/import', file, { token, headers: FILE })).body.code).toBe('MissingPrivileges');
  }
  expect((await call('POST', '/data/export', {}, { token: null })).status).toBe(401);
  expect((await call('POST', '/data/import', file, { token: null, headers: FILE })).status).toBe(401);
  const token = await tokenOf('export');
  expect((await fetch('POST', '/data/export', null, { token })).status).toBe(200);
  expect((await call('POST', '/data/export', { users: ['a'.repeat(24)] })).body.code).toBe('UserNotFound');
  expect((await call('POST', '/data/export', { users: 'x', what: 1 })).body.code).toBe('InputValidationError');
  const short = { headers: { 'x-transfer-secret': 'short' } };
  expect((await call('POST', '/data/export', {}, short)).body.code).toBe('InputValidationError');
  await store.accounts.remove(ann.id, { forGood: true });
  for (const octets of [file.subarray(0, -20), file.subarray(0, 300), Buffer.from('no file'), Buffer.alloc(0)]) {
    const answer = await call('POST', '/data/import', octets, { token, headers: FILE });
    expect([answer.status, answer.body.code]).toEqual([400, 'InputValidationError']);
  }
  const declared = { ...FILE, 'content-length': '1099511627777' };
  expect((await call('POST', '/data/import', file, { headers: declared })).body.code).toBe('PayloadTooLarge');
});

test('a name that is taken fails alone; second factors need the secret', async () => {
  const [here, there] = [await openRest({}, { secret: SECRET }), await openRest({}, { secret: randomBytes(32) })];
  const ann = await here.account('ann', { password: 'old password' });
  await here.account('bob');
  await there.account('bob');
  await here.store.auth.beginTotp(ann.id, 'x');
  const asItIs = await fileOf(here);
  const answer = await there.call('POST', '/data/import', asItIs, { headers: FILE });
  expect([answer.status, answer.body.code]).toEqual([400, 'InputValidationError']);
  expect(await there.store.accounts.find(ann.id)).toBeNull();
  const file = await fileOf(here, {}, TRANSFER);
  const { body } = await there.call('POST', '/data/import', file, { headers: { ...FILE, ...TRANSFER } });
  expect(body).toMatchObject({ imported: 1, failed: 1, reasons: [{ username: 'bob' }] });
});

test('by a socket, where the body takes its time', async () => {
  const { store, fetch } = await openRest();
  const { id } = await store.accounts.create({ name: 'ann' });
  const file = await fileOf({ fetch } as never);
  await store.accounts.remove(id, { forGood: true });
  const { token } = await store.auth.createToken({ role: 'export' });
  // Of any other body that would be too long.
  await using server = createRestServer(store, { limits: { bodyMs: 50 } });
  const { port } = await server.listen();
  const slowly = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < file.length; at += 400) {
      yield file.subarray(at, at + 400);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const answer = await globalThis.fetch(`http://127.0.0.1:${port}/data/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...FILE },
    body: ReadableStream.from(slowly()) as never,
    duplex: 'half',
  } as RequestInit);
  expect(await answer.json()).toMatchObject({ success: true, imported: 1 });
});

test('a file that does not go on is refused, and nothing of the account is there', async () => {
  const { store, fetch, token } = await openRest({ limits: { importIdleMs: 100 } });
  const { id } = await store.accounts.create({ name: 'ann' });
  const file = await fileOf({ fetch } as never);
  await store.accounts.remove(id, { forGood: true });
  const silent = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(file.subarray(0, file.length - 100)),
  });
  const answer = await fetch('POST', '/data/import', silent, { token, headers: FILE });
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([503, 'Timeout']);
  expect(await store.accounts.find('ann')).toBeNull();
});

/** Sends a body that has no end, a space at a time; resolves with what was answered when the connection is closed. */
async function dribble(path: string, limits: Partial<RestLimits>, token: (store: MessageStore) => Promise<string>) {
  const { store } = await openRest();
  await using server = createRestServer(store, { limits });
  const { port } = await server.listen();
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  const head = [`POST ${path} HTTP/1.1`, 'Host: x', 'Content-Type: application/json', 'Content-Length: 1000000'];
  socket.write(`${[...head, `Authorization: Bearer ${await token(store)}`].join('\r\n')}\r\n\r\n{`);
  const more = setInterval(() => socket.write(' '), 20);
  onTestFinished(() => {
    clearInterval(more);
    socket.destroy();
  });
  await new Promise((done) => socket.once('close', done));
  return answer;
}

test('a body that does not end is cut off after its time', async () => {
  const root = async ({ auth }: MessageStore) => (await auth.createToken({ role: 'root' })).token;
  expect(await dribble('/users', { bodyMs: 300 }, root)).toBe('');
}, 10_000);

test.each(['/data/import', '/users', '/nothing/data/import'])(
  'nobody sends a body to %s without a token',
  async (path) => {
    expect(await dribble(path, {}, async () => 'none')).toMatch(/^HTTP\/1\.1 40[14] /);
  },
  10_000,
);
