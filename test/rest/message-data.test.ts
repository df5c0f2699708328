/** Data of programs about messages, by the API. */

import { describe, expect, test } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { openRest, type RestFixture } from './rest-fixture.ts';

const LETTER = 'Subject: a\r\n\r\ntext\r\n';

async function openAnn(
  storeOptions: Parameters<typeof openRest>[1] = {},
): Promise<RestFixture & { id: string; base: string; inbox: string }> {
  const fixture = await openRest({}, storeOptions);
  const { id } = await fixture.account('ann');
  const base = `/users/${id}/mailboxes`;
  return { ...fixture, id, base, inbox: `${base}/inbox/messages` };
}

describe('metaData of messages', () => {
  test('is given with a message, told with it, and changed', async () => {
    const { call, inbox } = await openAnn();
    const metaData = { color: 'red', list: [1, { a: null }] };
    await call('POST', inbox, { subject: 'a', text: 'b', metaData });
    await call('POST', inbox, { subject: 'a', text: 'b' });
    expect((await call('GET', `${inbox}/1`)).body.metaData).toEqual(metaData);
    expect((await call('GET', `${inbox}/2`)).body.metaData).toBeUndefined();
    const listed = (await call('GET', `${inbox}?metaData=true&order=asc`)).body.results;
    expect(listed.map((one: { metaData: object }) => one.metaData)).toEqual([metaData, {}]);
    expect((await call('GET', inbox)).body.results[0].metaData).toBeUndefined();
    expect((await call('PUT', `${inbox}/1:2`, { metaData: '{"color":"blue"}' })).body.updated).toBe(2);
    expect((await call('GET', `${inbox}/2`)).body.metaData).toEqual({ color: 'blue' });
    await call('PUT', inbox, { message: '1', metaData: {} });
    expect((await call('GET', `${inbox}/1`)).body.metaData).toEqual({});
  });

  test('changes the versions of answers that tell it', async () => {
    const { call, fetch, inbox, store, id } = await openAnn();
    await store.append(id, 'INBOX', LETTER);
    for (const path of [`${inbox}/1`, `${inbox}?metaData=true`]) {
      await call('PUT', `${inbox}/1`, { metaData: { path, n: 1 } });
      const headers = { 'if-none-match': (await fetch('GET', path)).headers.get('etag') as string };
      expect((await fetch('GET', path, null, { headers })).status).toBe(304);
      await call('PUT', `${inbox}/1`, { metaData: { path, n: 2 } });
      expect((await fetch('GET', path, null, { headers })).status).toBe(200);
    }
  });

  test('goes with the message, and with its copies', async () => {
    const { call, base, inbox, store, id } = await openAnn();
    const { uid } = await store.append(id, 'INBOX', LETTER, { data: { n: 1 } });
    await store.copy(id, 'INBOX', UidSet.of(uid), 'Archive');
    // A second copy in the same mailbox is a message of its own.
    await store.copy(id, 'INBOX', UidSet.of(uid), 'Archive');
    await call('PUT', `${inbox}/${uid}`, { moveTo: (await call('GET', `${base}/trash`)).body.id });
    const dataIn = async (mailbox: string): Promise<unknown[]> =>
      (await call('GET', `${base}/${mailbox}/messages?metaData=true&order=asc`)).body.results.map(
        (one: { metaData: unknown }) => one.metaData,
      );
    expect(await dataIn('trash')).toEqual([{ n: 1 }]);
    expect(await dataIn('archive')).toEqual([{ n: 1 }, { n: 1 }]);
    await call('PUT', `${base}/archive/messages/2`, { metaData: { n: 2 } });
    expect([await dataIn('trash'), await dataIn('archive')]).toEqual([[{ n: 1 }], [{ n: 1 }, { n: 2 }]]);
    await store.expunge(id, 'Archive', UidSet.of(2), { any: true });
    const archive = await store.mailbox(id, 'Archive');
    await store.recovery.restore(id, archive.id, {});
    expect(await dataIn('archive')).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('ends with the message', async () => {
    const { store, id } = await openAnn({ restorableDays: 0 });
    const one = await store.append(id, 'INBOX', LETTER, { data: { n: 1 } });
    await store.copy(id, 'INBOX', UidSet.of(one.uid), 'Archive');
    await store.expunge(id, 'INBOX', undefined, { any: true });
    expect((await store.messageData.get(id, [one.emailId])).size).toBe(1);
    await store.deleteMailbox(id, 'Archive');
    expect((await store.messageData.get(id, [one.emailId])).size).toBe(0);
  });

  test('is kept of what is sent and of drafts', async () => {
    const { call, base, id } = await openAnn();
    const { body } = await call('POST', `/users/${id}/submit`, { isDraft: true, text: 'x', metaData: { n: 1 } });
    expect((await call('GET', `${base}/drafts/messages/${body.message.id}`)).body.metaData).toEqual({ n: 1 });
    const sent = await call('POST', `/users/${id}/submit`, {
      to: [{ address: 'bob@example.net' }],
      text: 'x',
      metaData: { n: 2 },
    });
    expect((await call('GET', `${base}/sent/messages/${sent.body.message.id}`)).body.metaData).toEqual({ n: 2 });
  });

  test('is no annotation that a mail client reads, and no mailbox that anybody sees', async () => {
    const { call, base, inbox, store, id } = await openAnn();
    await call('POST', inbox, { text: 'b', metaData: { secret: 'hunter2' } });
    const annotations = [...(await store.mailboxAnnotations(id)).values()].flat();
    expect([annotations.filter(({ name }) => !name.endsWith('specialuse')), await store.annotations(id, null)]).toEqual(
      [[], []],
    );
    expect((await call('GET', base)).body.results).toHaveLength(6);
    expect(
      (await store.changesSince(id, 0)).changes.flatMap(({ items }) => items.map(({ type }) => type)),
    ).not.toContain('metadata');
  });

  test('has limits, and is a JSON object', async () => {
    const { call, inbox, store, id } = await openAnn();
    await store.append(id, 'INBOX', LETTER);
    const big = await call('PUT', `${inbox}/1`, { seen: true, metaData: { x: 'y'.repeat(65_536) } });
    expect([big.status, big.body.code]).toEqual([403, 'LimitExceeded']);
    expect((await call('GET', `${inbox}/1`)).body.seen).toBe(false);
    expect((await call('POST', inbox, { text: 'b', metaData: { x: 'y'.repeat(65_536) } })).body.code).toBe(
      'LimitExceeded',
    );
    expect((await call('GET', inbox)).body.total).toBe(1);
    for (const metaData of ['[1]', 'x', 7, [1]]) {
      expect((await call('PUT', `${inbox}/1`, { metaData })).body.code).toBe('InputValidationError');
    }
    const message = await store.prepare(LETTER);
    const data = { x: 'y'.repeat(65_000) };
    await store.appendPrepared(
      id,
      'INBOX',
      Array.from({ length: 257 }, () => ({ message, data })),
    );
    await expect(store.append(id, 'INBOX', LETTER, { data })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await store.setAnnotations(id, null, { '/private/comment': 'there is room for others' });
    await store.messageData.set(id, 'INBOX', UidSet.range(1, 300), null);
    await store.append(id, 'INBOX', LETTER, { data });
  });

  test('is nobody else’s to see or change', async () => {
    const { call, inbox, account, tokenOf, store, id } = await openAnn();
    await store.append(id, 'INBOX', LETTER, { data: { n: 1 } });
    const token = await tokenOf(await account('bob'));
    expect((await call('GET', `${inbox}/1`, null, { token })).status).toBe(403);
    expect((await call('PUT', `${inbox}/1`, { metaData: { n: 2 } }, { token })).status).toBe(403);
    expect((await call('PUT', `${inbox}/1`, { metaData: { n: 2 } }, { token: null })).status).toBe(401);
    expect((await call('PUT', `${inbox}/9`, { metaData: { n: 2 } })).body.code).toBe('MessageNotFound');
  });
});
