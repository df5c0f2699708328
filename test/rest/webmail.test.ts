/** A morning with a webmail that was written for WildDuck. */

import { expect, test } from 'vitest';
import { openRest } from './rest-fixture.ts';

test('lists, pages, reads, marks, moves, searches, answers', async () => {
  const { call: callAs, fetch, store, account, tokenOf } = await openRest();
  const ann = await account('ann');
  const token = await tokenOf(ann);
  const call: typeof callAs = (method, path, body, options) => callAs(method, path, body, { token, ...options });
  for (let n = 1; n <= 12; n++) {
    const fields = [
      'From: Bob <bob@example.net>',
      'To: ann@example.com',
      `Subject: letter ${n}`,
      `Message-ID: <${n}@example.net>`,
    ];
    await store.append(ann.id, 'INBOX', [...fields, '', `words ${n}`, ''].join('\r\n'));
  }
  const boxes = (await call('GET', '/users/me/mailboxes?counters=true')).body.results;
  const inbox = boxes.find((one: { path: string }) => one.path === 'INBOX');
  const archive = boxes.find((one: { specialUse: string }) => one.specialUse === '\\Archive');
  expect([inbox.total, inbox.unseen]).toEqual([12, 12]);

  const messages = `/users/me/mailboxes/${inbox.id}/messages`;
  const ids = (answer: { body: { results: { id: number }[] } }): number[] => answer.body.results.map(({ id }) => id);
  const one = await call('GET', `${messages}?limit=5&threadCounters=1&metaData=true&unseen=false`);
  const two = await call('GET', `${messages}?limit=5&next=${one.body.nextCursor}&page=2`);
  const three = await call('GET', `${messages}?limit=5&next=${two.body.nextCursor}&page=3`);
  expect([ids(one), ids(two), ids(three)]).toEqual([
    [12, 11, 10, 9, 8],
    [7, 6, 5, 4, 3],
    [2, 1],
  ]);
  expect([one.body.previousCursor, three.body.nextCursor]).toEqual([false, false]);
  const back = await call('GET', `${messages}?limit=5&previous=${three.body.previousCursor}&page=2`);
  expect(back.body.results).toEqual(two.body.results);
  const begin = await call('GET', `${messages}?limit=5&previous=${back.body.previousCursor}&page=1`);
  expect(ids(begin)).toEqual(ids(one));

  expect((await call('GET', `${messages}/12?markAsSeen=true`)).body).toMatchObject({
    seen: true,
    subject: 'letter 12',
  });
  const bulk = await call('PUT', messages, { message: '1:5,7', seen: true, flagged: true });
  expect(bulk.body.updated).toBe(6);
  expect((await call('PUT', `${messages}/1:3,12`, { seen: false })).body.updated).toBe(4);
  expect(ids(await call('GET', `${messages}?unseen=true&order=asc`))).toEqual([1, 2, 3, 6, 8, 9, 10, 11, 12]);

  const moved = await call('PUT', `${messages}/4`, { moveTo: archive.id });
  expect(moved.body).toMatchObject({ id: [[4, 1]], mailbox: archive.id, updated: 1 });
  expect((await call('GET', `${messages}/4`)).status).toBe(404);
  const found = await call('GET', `/users/me/search?q=${encodeURIComponent('subject:"letter 4"')}`);
  expect(found.body.results.map((r: { mailbox: string; id: number }) => [r.mailbox, r.id])).toEqual([[archive.id, 1]]);

  const sent = await call('POST', '/users/me/submit', {
    reference: { mailbox: inbox.id, id: 12, action: 'reply' },
    text: 'Dear Bob',
    attachments: [{ filename: 'ä.txt', contentType: 'text/plain', content: Buffer.from('12345').toString('base64') }],
  });
  expect(sent.body.message.queueId).toMatch(/^[0-9a-f]{24}$/);
  const answer = await call('GET', `/users/me/mailboxes/${sent.body.message.mailbox}/messages/${sent.body.message.id}`);
  expect(answer.body).toMatchObject({
    subject: 'Re: letter 12',
    to: [{ name: 'Bob', address: 'bob@example.net' }],
    inReplyTo: '<12@example.net>',
    seen: true,
  });
  const original = (await call('GET', `${messages}/12`)).body;
  expect([original.answered, original.thread]).toEqual([true, answer.body.thread]);
  const view = await call('GET', `/users/me/search?thread=${original.thread}&order=asc`);
  expect(view.body.results.map((r: { subject: string }) => r.subject)).toEqual(['letter 12', 'Re: letter 12']);
  expect((await call('GET', `${messages}?limit=1&threadCounters=true`)).body.results[0].threadMessageCount).toBe(2);

  const [attachment] = answer.body.attachments;
  const file = await fetch(
    'GET',
    `/users/me/mailboxes/${sent.body.message.mailbox}/messages/${sent.body.message.id}/attachments/${attachment.id}`,
    null,
    { token },
  );
  expect(await file.text()).toBe('12345');
  expect(file.headers.get('content-disposition')).toContain("filename*=UTF-8''%C3%A4.txt");

  // Folded conversations are moved as a whole.
  await store.append(ann.id, 'INBOX', 'Subject: Re: letter 12\r\nReferences: <12@example.net>\r\n\r\nAnd?\r\n');
  const refused = await call('PUT', `${messages}/12`, { updateThread: true, draft: true });
  expect([refused.status, refused.body.code]).toEqual([400, 'InputValidationError']);
  const whole = await call('PUT', messages, { message: '12', updateThread: true, moveTo: archive.id });
  expect([whole.body.updated, whole.body.id]).toEqual([
    2,
    [
      [12, 2],
      [13, 3],
    ],
  ]);
  // What was sent stays where it is.
  expect((await call('GET', '/users/me/mailboxes/sent/messages')).body.total).toBe(1);
  const gone = await call('PUT', `${messages}/12`, { updateThread: true, seen: true });
  expect(gone.body.code).toBe('MessageNotFound');
});
