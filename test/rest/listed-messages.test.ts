/** What lists remember of messages: answers are the same whether something was read before or not. */

import { expect, test } from 'vitest';
import { createRestApi } from '../../src/rest/api.ts';
import { openRest } from './rest-fixture.ts';

const letter = (n: number): string =>
  [
    `From: "Bøb ${n}" <bob@example.net>`,
    'To: ann@example.com, d@example.org',
    `Subject: =?utf-8?q?H=C3=A4llo?= ${n}`,
    ...(n % 2 === 0 ? ['Date: Thu, 26 Nov 2026 10:00:00 +0200'] : []),
    `Message-ID: <${n}@example.net>`,
    'References: <r1@x> <r2@x>',
    // Too long to be remembered.
    ...(n === 3 ? [`X-Long: ${'x '.repeat(5_000)}`] : []),
    'Content-Type: text/plain; charset=utf-8',
    '',
    `text ${n}`,
    '',
  ].join('\r\n');

test('a list is the same at first and later, with what is new and what has changed', async () => {
  const { call, store } = await openRest();
  const { id } = await store.accounts.create({ name: 'ann' });
  const inbox = `/users/${id}/mailboxes/inbox/messages`;
  for (let n = 1; n <= 4; n++) await store.append(id, 'INBOX', letter(n));
  const first = (await call('GET', inbox)).body;
  expect(first.results).toHaveLength(4);
  expect((await call('GET', inbox)).body).toEqual(first);
  await store.append(id, 'INBOX', letter(5), { flags: ['\\Flagged', 'work'] });
  await call('PUT', `${inbox}/2`, { seen: true });
  const later = (await call('GET', inbox)).body.results;
  expect(later.map((one: { id: number; seen: boolean; flagged: boolean }) => [one.id, one.seen, one.flagged])).toEqual([
    [5, false, true],
    [4, false, false],
    [3, false, false],
    [2, true, false],
    [1, false, false],
  ]);
  const { token } = await store.auth.createToken({ role: 'root' });
  const whole = (await call('GET', `${inbox}?includeHeaders=x-none`)).body.results;
  expect(later).toEqual(whole.map(({ headers: _, ...one }: { headers: object }) => one));
  const request = new Request(`http://rest.test${inbox}`, { headers: { authorization: `Bearer ${token}` } });
  const other = (await (await createRestApi(store).fetch(request)).json()) as { results: object[] };
  expect(other.results).toEqual(later);
});

test('another account’s messages of the same number are not told', async () => {
  const { call, store } = await openRest();
  const subjects: string[] = [];
  for (const name of ['ann', 'bob']) {
    const { id } = await store.accounts.create({ name });
    await store.append(id, 'INBOX', `Subject: of ${name}\r\n\r\n`);
    for (const _ of [1, 2]) {
      const { body } = await call('GET', `/users/${id}/mailboxes/inbox/messages`);
      subjects.push(body.results[0].subject);
    }
  }
  expect(subjects).toEqual(['of ann', 'of ann', 'of bob', 'of bob']);
});
