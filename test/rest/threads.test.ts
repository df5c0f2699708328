/** Threads by the API: collapsed lists, counts, drafts. */

import { describe, expect, test } from 'vitest';
import { openRest, type RestFixture } from './rest-fixture.ts';

/** A letter of a conversation; its subject says which. */
function letter(id: string, subject: string, answers?: string): string {
  const lines = [`Message-ID: <${id}@x>`, `Subject: ${answers ? 'Re: ' : ''}${subject}`];
  if (answers) lines.push(`In-Reply-To: <${answers}@x>`, `References: <${answers}@x>`);
  return [...lines, '', 'text', ''].join('\r\n');
}

interface Listed {
  readonly id: number;
  readonly subject: string;
  readonly threadMessageCount?: number;
  readonly hasDrafts?: boolean;
}

/** INBOX: a1 b1 a2 c1 a3 (UIDs 1 to 5); an answer to a3 in Sent, a draft that answers a2 in Drafts. */
async function openAnn(): Promise<RestFixture & { id: string; inbox: string }> {
  const fixture = await openRest();
  const { id } = await fixture.account('ann');
  const add = (mailbox: string, text: string, flags: string[] = []) =>
    fixture.store.append(id, mailbox, text, { flags });
  await add('INBOX', letter('a1', 'A'));
  await add('INBOX', letter('b1', 'B'), ['\\Seen']);
  await add('INBOX', letter('a2', 'A', 'a1'));
  await add('INBOX', letter('c1', 'C'));
  await add('INBOX', letter('a3', 'A', 'a2'), ['\\Seen']);
  await add('Sent', letter('a4', 'A', 'a3'), ['\\Seen']);
  await add('Drafts', letter('a5', 'A', 'a2'), ['\\Seen', '\\Draft']);
  return { ...fixture, id, inbox: `/users/${id}/mailboxes/inbox/messages` };
}

const ids = (body: { results: Listed[] }): number[] => body.results.map(({ id }) => id);

describe('threads', () => {
  test('are one message each in a collapsed list, in pages forth and back', async () => {
    const { call, inbox, id } = await openAnn();
    const all = (await call('GET', `${inbox}?collapseThreads=true`)).body;
    expect([ids(all), all.total]).toEqual([[5, 4, 2], 3]);
    expect(ids((await call('GET', `${inbox}?collapseThreads=true&order=asc`)).body)).toEqual([1, 2, 4]);
    const first = (await call('GET', `${inbox}?collapseThreads=true&limit=1`)).body;
    const second = (await call('GET', `${inbox}?collapseThreads=true&limit=1&next=${first.nextCursor}`)).body;
    const third = (await call('GET', `${inbox}?collapseThreads=true&limit=1&next=${second.nextCursor}`)).body;
    expect([ids(first), ids(second), ids(third)]).toEqual([[5], [4], [2]]);
    expect([first.previousCursor, third.nextCursor]).toEqual([false, false]);
    const back = (await call('GET', `${inbox}?collapseThreads=true&limit=1&previous=${third.previousCursor}`)).body;
    expect(ids(back)).toEqual([4]);
    const unseen = (await call('GET', `${inbox}?collapseThreads=true&unseen=true`)).body;
    expect([ids(unseen), unseen.total]).toEqual([[4, 3], 2]);
    const empty = (await call('GET', `/users/${id}/mailboxes/trash/messages?collapseThreads=true&threadCounters=true`))
      .body;
    expect([empty.results, empty.total]).toEqual([[], 0]);
  });

  test('are counted over all mailboxes, a message in two of them once', async () => {
    const { call, inbox, store, id } = await openAnn();
    const counts = async (query: string): Promise<(number | undefined)[]> =>
      (await call('GET', `${inbox}?${query}`)).body.results.map((one: Listed) => one.threadMessageCount);
    expect(await counts('threadCounters=true')).toEqual([5, 1, 5, 1, 5]);
    expect(await counts('')).toEqual([undefined, undefined, undefined, undefined, undefined]);
    const { UidSet } = await import('../../src/model/uid-set.ts');
    await store.copy(id, 'INBOX', UidSet.of(5), 'Archive');
    expect(await counts('threadCounters=true&collapseThreads=true')).toEqual([5, 1, 1]);
    // What was expunged can be restored, but is no message.
    await store.expunge(id, 'INBOX', UidSet.of(1), { any: true });
    expect(await counts('threadCounters=true&collapseThreads=true')).toEqual([4, 1, 1]);
  });

  test('tell of drafts: the message that is answered, or the whole thread', async () => {
    const { call, inbox } = await openAnn();
    const drafts = async (query: string): Promise<(boolean | undefined)[]> =>
      (await call('GET', `${inbox}?${query}`)).body.results.map((one: Listed) => one.hasDrafts);
    expect(await drafts('includeHasDrafts=true')).toEqual([false, false, true, false, false]);
    expect(await drafts('includeHasDrafts=true&collapseThreads=true')).toEqual([true, false, false]);
    expect(await drafts('threadCounters=true')).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });

  test('are told of by a search too', async () => {
    const { call, inbox, id } = await openAnn();
    const search = `/users/${id}/search`;
    const found = (await call('GET', `${search}?q=text&collapseThreads=true&threadCounters=true&includeHasDrafts=true`))
      .body;
    expect(found.total).toBe(3);
    expect(found.results.map((one: Listed) => [one.threadMessageCount, one.hasDrafts])).toEqual([
      [5, true],
      [1, false],
      [1, false],
    ]);
    const { thread } = (await call('GET', inbox)).body.results[0];
    const view = (await call('GET', `${search}?thread=${thread}&order=asc`)).body;
    expect(view.results.map((one: Listed) => one.subject)).toEqual(['A', 'Re: A', 'Re: A', 'Re: A', 'Re: A']);
  });

  test('change the version of a list with what happens in other mailboxes', async () => {
    const { fetch, inbox, store, id } = await openAnn();
    const first = await fetch('GET', `${inbox}?threadCounters=true`);
    const headers = { 'if-none-match': first.headers.get('etag') as string };
    expect((await fetch('GET', `${inbox}?threadCounters=true`, null, { headers })).status).toBe(304);
    await store.append(id, 'Sent', letter('b2', 'B', 'b1'));
    expect((await fetch('GET', `${inbox}?threadCounters=true`, null, { headers })).status).toBe(200);
  });

  test('are found in a mailbox whose newest messages are all of one', async () => {
    const { call, inbox, store, id } = await openAnn();
    const long = await store.prepare(letter('long', 'A', 'a1'));
    await store.appendPrepared(
      id,
      'INBOX',
      Array.from({ length: 400 }, () => ({ message: long })),
    );
    const { body } = await call('GET', `${inbox}?collapseThreads=true&limit=2&threadCounters=true`);
    expect([ids(body), body.total]).toEqual([[405, 4], 3]);
    expect(body.results[0].threadMessageCount).toBe(405);
  });

  test('are refused where somebody asks for what is not his', async () => {
    const { call, inbox, account, tokenOf } = await openAnn();
    const token = await tokenOf(await account('bob'));
    expect((await call('GET', `${inbox}?threadCounters=true`, null, { token })).status).toBe(403);
    expect((await call('GET', `${inbox}?collapseThreads=maybe`)).body.code).toBe('InputValidationError');
  });
});
