/** Lists that are answered from memory say what is so now. */

import { describe, expect, onTestFinished, test } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { openStore } from '../../src/open-store.ts';
import { createRestApi } from '../../src/rest/api.ts';
import { AnsweredLists } from '../../src/rest/messages/answered-lists.ts';
import { emptyPlace } from '../engine-under-test.ts';
import { openRest } from './rest-fixture.ts';

const LETTER = 'From: eve@example.net\r\nSubject: a\r\n\r\nx\r\n';

test('what another process has changed is told, of each page and question', async () => {
  const place = await emptyPlace();
  const [store, other] = await Promise.all([openStore(place), openStore(place)]);
  onTestFinished(() => store.close());
  onTestFinished(() => other.close());
  const api = createRestApi(store);
  const { token } = await store.auth.createToken({ role: 'root' });
  const { id } = await store.accounts.create({ name: 'ann' });
  for (let n = 0; n < 3; n++) await other.append(id, 'INBOX', LETTER);
  const { body: resolved } = await get(`/users/${id}/mailboxes/resolve?path=INBOX`);
  async function get(path: string) {
    const answer = await api.fetch(new Request(`http://x${path}`, { headers: { authorization: `Bearer ${token}` } }));
    return { text: await answer.clone().text(), body: await answer.json(), headers: answer.headers };
  }
  const ask = (query: string) => get(`/users/${id}/mailboxes/${resolved.id}/messages${query}`);
  const seen = async (query: string): Promise<[number, boolean][]> =>
    (await ask(query)).body.results.map((one: { id: number; seen: boolean }) => [one.id, one.seen]);
  const [first, again] = [await ask('?limit=2'), await ask('?limit=2')];
  expect(again.text).toBe(first.text);
  expect(Object.fromEntries(again.headers)).toEqual(Object.fromEntries(first.headers));
  expect(await seen('')).toEqual([
    [3, false],
    [2, false],
    [1, false],
  ]);
  await other.storeFlags(id, 'INBOX', UidSet.of(2), { mode: 'add', flags: ['\\Seen'] });
  expect(await seen('?limit=2')).toEqual([
    [3, false],
    [2, true],
  ]);
  expect(await seen('?unseen=true')).toEqual([
    [3, false],
    [1, false],
  ]);
  await other.move(id, 'INBOX', UidSet.of(3), 'Trash');
  expect(await seen('?limit=2')).toEqual([
    [2, true],
    [1, false],
  ]);
  expect(await seen(`?next=${first.body.nextCursor}`)).toEqual([[1, false]]);
});

test('nobody is told what is another account’s', async () => {
  const { call, account, store, tokenOf } = await openRest();
  const [ann, ben] = [await account('ann'), await account('ben')];
  await store.append(ann.id, 'INBOX', LETTER);
  const token = await tokenOf(ben);
  const path = `/users/${ann.id}/mailboxes/INBOX/messages`;
  const { body } = await call('GET', `/users/${ann.id}/mailboxes`);
  const inbox = body.results.find((one: { path: string }) => one.path === 'INBOX').id;
  for (const mailbox of [inbox, inbox]) {
    const list = path.replace('INBOX', mailbox);
    expect((await call('GET', list)).body.total).toBe(1);
    expect((await call('GET', list, null, { token })).body.code).toBe('MissingPrivileges');
    expect((await call('GET', list.replace(ann.id, ben.id), null, { token })).body.code).toBe('NoSuchMailbox');
    expect((await call('GET', list, null, { token: null })).status).toBe(401);
  }
});

describe('the memory', () => {
  const octets = (length: number) => new Uint8Array(length);

  test('gives what it was given for the same state, once more', () => {
    const lists = new AnsweredLists();
    lists.keep('q', '1', octets(3));
    expect(lists.get('q', '1')).toEqual(octets(3));
    expect([lists.get('q', '2'), lists.get('r', '1')]).toEqual([null, null]);
    lists.keep('q', '2', octets(4));
    expect([lists.get('q', '1'), lists.get('q', '2')]).toEqual([null, octets(4)]);
  });

  test('holds 16 MB and no answer over 256 KB, and forgets what was asked for longest ago', () => {
    const lists = new AnsweredLists();
    lists.keep('large', '1', octets(256 * 1024 + 1));
    expect(lists.get('large', '1')).toBeNull();
    const names = Array.from({ length: 65 }, (_, index) => `q${index}`);
    for (const name of names) {
      lists.keep(name, '1', octets(256 * 1024));
      lists.get('q0', '1');
    }
    expect(names.filter((name) => !lists.get(name, '1'))).toEqual(['q1']);
    // What replaces another takes no more room.
    for (let n = 0; n < 100; n++) lists.keep('q64', '1', octets(256 * 1024));
    expect(names.filter((name) => !lists.get(name, '1'))).toEqual(['q1']);
    lists.keep('q64', '1', octets(256 * 1024 + 1));
    expect(lists.get('q64', '1')).toBeNull();
  });
});
