/** Messages by the API: lists, single ones, their octets, changes. */

import { describe, expect, test } from 'vitest';
import { openRest, type RestFixture } from './rest-fixture.ts';

const MIXED = [
  'From: "Bøb" <bob@example.net>',
  'To: ann@example.com, Group: c@example.org, d@example.org;',
  'Reply-To: answers@example.net',
  'Subject: =?utf-8?q?H=C3=A4llo?= world',
  'Date: Thu, 26 Nov 2026 10:00:00 +0200',
  'Message-ID: <a1@example.net>',
  'References: <r1@x> <r2@x>',
  'List-ID: <list.example.net>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=q',
  '',
  '--q',
  'Content-Type: multipart/related; boundary=r',
  '',
  '--r',
  'Content-Type: text/html; charset=iso-8859-1',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  '<b>K=E4se</b><img src=3D"cid:pic@x">',
  '--r',
  'Content-Type: image/png',
  'Content-ID: <pic@x>',
  'Content-Transfer-Encoding: base64',
  '',
  'iVBORw0KGgo=',
  '--r--',
  '--q',
  "Content-Type: application/pdf; name*=utf-8''%E2%82%AC.pdf",
  'Content-Disposition: attachment',
  'Content-Transfer-Encoding: base64',
  '',
  ...Array.from({ length: 200 }, () => Buffer.alloc(57, 'x').toString('base64')),
  '--q--',
  '',
].join('\r\n');

async function openAnn(messages = 0): Promise<RestFixture & { id: string; base: string; inbox: string }> {
  const fixture = await openRest();
  const { id } = await fixture.account('ann');
  for (let n = 1; n <= messages; n++) await fixture.store.append(id, 'INBOX', `Subject: ${n}\r\n\r\nbody ${n}\r\n`);
  const base = `/users/${id}/mailboxes`;
  return { ...fixture, id, base, inbox: `${base}/inbox/messages` };
}

const ids = (body: { results: { id: number }[] }): number[] => body.results.map(({ id }) => id);

describe('the list', () => {
  test('comes in pages, the newest first, forth and back', async () => {
    const { call, inbox, store, id } = await openAnn(9);
    await store.expunge(id, 'INBOX', (await import('../../src/model/uid-set.ts')).UidSet.parse('3,5:6'), { any: true });
    const first = (await call('GET', `${inbox}?limit=2`)).body;
    expect([ids(first), first.total, first.previousCursor]).toEqual([[9, 8], 6, false]);
    const second = (await call('GET', `${inbox}?limit=2&next=${first.nextCursor}&page=2`)).body;
    expect([ids(second), second.page]).toEqual([[7, 4], 2]);
    const third = (await call('GET', `${inbox}?limit=2&next=${second.nextCursor}`)).body;
    expect([ids(third), third.nextCursor]).toEqual([[2, 1], false]);
    const back = (await call('GET', `${inbox}?limit=2&previous=${third.previousCursor}`)).body;
    expect(ids(back)).toEqual([7, 4]);
    const begin = (await call('GET', `${inbox}?limit=2&previous=${back.previousCursor}`)).body;
    expect([ids(begin), begin.previousCursor]).toEqual([[9, 8], false]);
    const old = (await call('GET', `${inbox}?limit=4&order=asc`)).body;
    expect(ids(old)).toEqual([1, 2, 4, 7]);
    expect(ids((await call('GET', `${inbox}?limit=4&order=asc&next=${old.nextCursor}`)).body)).toEqual([8, 9]);
  });

  test('finds a few among many that are gone', async () => {
    const { call, inbox, store, id } = await openAnn();
    const { UidSet } = await import('../../src/model/uid-set.ts');
    const message = await store.prepare('Subject: x\r\n\r\ny\r\n');
    await store.appendPrepared(
      id,
      'INBOX',
      Array.from({ length: 1_200 }, () => ({ message })),
    );
    await store.expunge(id, 'INBOX', UidSet.parse('2:599,601:1199'), { any: true });
    const { body } = await call('GET', `${inbox}?limit=10`);
    expect([ids(body), body.total, body.nextCursor]).toEqual([[1200, 600, 1], 3, false]);
  });

  test('is of what was not seen, where that is asked for', async () => {
    const { call, inbox } = await openAnn(4);
    await call('PUT', `${inbox}/2:3`, { seen: true });
    const { body } = await call('GET', `${inbox}?unseen=true&limit=1`);
    expect([ids(body), body.total]).toEqual([[4], 2]);
    expect(ids((await call('GET', `${inbox}?unseen=true&limit=1&next=${body.nextCursor}`)).body)).toEqual([1]);
  });

  test('tells what a message is', async () => {
    const { call, inbox, store, id } = await openAnn();
    await store.append(id, 'INBOX', MIXED, { flags: ['\\Flagged', '$Forwarded', 'blue'] });
    const { body } = await call('GET', `${inbox}?includeHeaders=list-id,X-None`);
    expect(body.results[0]).toMatchObject({
      id: 1,
      from: { name: 'Bøb', address: 'bob@example.net' },
      to: [{ address: 'ann@example.com' }, { address: 'c@example.org' }, { address: 'd@example.org' }],
      subject: 'Hällo world',
      date: '2026-11-26T08:00:00.000Z',
      messageId: '<a1@example.net>',
      references: ['<r1@x>', '<r2@x>'],
      intro: 'Käse',
      attachments: true,
      flagged: true,
      forwarded: true,
      seen: false,
      keywords: ['$Forwarded', 'blue'],
      contentType: { value: 'multipart/mixed', params: { boundary: 'q' } },
      headers: { 'list-id': '<list.example.net>' },
    });
  });

  test('is not sent again to who has it', async () => {
    const { call, inbox } = await openAnn(2);
    const { headers } = await call('GET', inbox);
    const etag = headers.get('etag') as string;
    const again = await call('GET', inbox, null, { headers: { 'if-none-match': etag } });
    expect([again.status, again.body]).toEqual([304, '']);
    await call('PUT', `${inbox}/1`, { seen: true });
    expect((await call('GET', inbox, null, { headers: { 'if-none-match': etag } })).status).toBe(200);
  });

  test.each(['next=WzEsIjUiXQ', 'next=e30', 'previous=%00', 'order=up', 'limit=251', 'unseen=perhaps', 'nonsense=1'])(
    'with ?%s is refused',
    async (query) => {
      const { call, inbox } = await openAnn(1);
      expect((await call('GET', `${inbox}?${query}`)).body.code).toBe('InputValidationError');
    },
  );
});

describe('a message', () => {
  test('comes with its text, and links to its parts', async () => {
    const { call, inbox, store, id } = await openAnn();
    await store.append(id, 'INBOX', MIXED);
    const { body } = await call('GET', `${inbox}/1?markAsSeen=true`);
    expect(body).toMatchObject({
      seen: true,
      text: '',
      html: ['<b>Käse</b><img src="attachment:ATT00001">'],
      replyTo: [{ address: 'answers@example.net' }],
      list: { id: '<list.example.net>' },
      attachments: [
        { id: 'ATT00001', contentType: 'image/png', related: true, cid: '<pic@x>' },
        {
          id: 'ATT00002',
          filename: '€.pdf',
          contentType: 'application/pdf',
          related: false,
          disposition: 'attachment',
        },
      ],
    });
    expect((await store.flags(id, 'INBOX')).masks[0]).toBe(1);
  });

  test('of plain text has HTML too, in which nothing is a tag', async () => {
    const { call, inbox, store, id } = await openAnn();
    await store.append(id, 'INBOX', 'Subject: x\r\n\r\n<script>1 & 2</script>\r\nnext\r\n\r\npar\r\n');
    const { body } = await call('GET', `${inbox}/1`);
    expect(body.html.join('')).not.toMatch(/<script/);
    expect(body.html[0]).toBe('<p>&#60;script&#62;1 &#38; 2&#60;/script&#62;<br>next</p><p>par<br></p>');
  });

  test('comes back octet by octet', async () => {
    const { fetch, inbox, store, id } = await openAnn();
    await store.append(id, 'INBOX', MIXED);
    const answer = await fetch('GET', `${inbox}/1/message.eml`);
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, String(Buffer.byteLength(MIXED))]);
    expect(await answer.text()).toBe(MIXED);
  });

  test('has attachments that are sent decoded, and by ranges', async () => {
    const { fetch, inbox, store, id } = await openAnn();
    await store.append(id, 'INBOX', MIXED);
    const all = await fetch('GET', `${inbox}/1/attachments/ATT00002`);
    expect(all.headers.get('content-disposition')).toBe(`attachment; filename="_.pdf"; filename*=UTF-8''%E2%82%AC.pdf`);
    expect(all.headers.get('content-type')).toBe('application/pdf');
    expect(await all.text()).toBe('x'.repeat(11_400));
    const range = (value: string) =>
      fetch('GET', `${inbox}/1/attachments/ATT00002`, null, { headers: { range: value } });
    const part = await range('bytes=100-149');
    expect([part.status, part.headers.get('content-range'), (await part.text()).length]).toEqual([
      206,
      'bytes 100-149/11400',
      50,
    ]);
    expect((await (await range('bytes=-10')).text()).length).toBe(10);
    expect((await (await range('bytes=11399-')).text()).length).toBe(1);
    expect((await range('bytes=11400-')).status).toBe(416);
    expect((await range('bytes=9-3')).status).toBe(416);
    expect((await range('lines=1-2')).status).toBe(200);
    const picture = await fetch('GET', `${inbox}/1/attachments/att00001`);
    expect(Buffer.from(await picture.arrayBuffer()).toString('hex')).toBe('89504e470d0a1a0a');
    expect((await fetch('GET', `${inbox}/1/attachments/ATT00003`)).status).toBe(404);
  });

  test.each(['999', '0', '-1', '1.5', 'x', '4294967296', '1e9'])('%s is not there', async (message) => {
    const { call, inbox } = await openAnn(1);
    expect((await call('GET', `${inbox}/${message}`)).status).toBeOneOf([400, 404]);
  });
});

describe('changes', () => {
  test('flags and keywords of several', async () => {
    const { call, inbox, store, id } = await openAnn(5);
    const { body } = await call('PUT', inbox, {
      message: '1,3:4,90:*',
      seen: true,
      flagged: 'yes',
      addKeywords: ['blue'],
    });
    expect(body).toMatchObject({ id: [], updated: 3 });
    expect([...(await store.flags(id, 'INBOX')).masks]).toEqual([5, 0, 5, 5, 0]);
    await call('PUT', `${inbox}/1:*`, { seen: false, removeKeywords: ['blue'], markHam: true });
    const { masks, keywords } = await store.flags(id, 'INBOX');
    expect([[...masks], [...keywords.values()]]).toEqual([[4, 0, 4, 4, 0], Array(5).fill('$NotJunk')]);
  });

  test('the mailbox, and labels', async () => {
    const { call, inbox, base, store, id } = await openAnn(3);
    const { body } = await call('PUT', `${inbox}/2,3`, { moveTo: 'archive' });
    expect(body).toMatchObject({
      id: [
        [2, 1],
        [3, 2],
      ],
      updated: 2,
    });
    await call('PUT', `${inbox}/1`, { addLabels: ['Archive'] });
    expect((await store.mailbox(id, 'Archive')).messages).toBe(3);
    const wrong = await call('PUT', `${inbox}/1`, { moveTo: '0'.repeat(24), seen: true });
    expect([wrong.body.code, (await store.flags(id, 'INBOX')).masks[0]]).toEqual(['NoSuchMailbox', 0]);
    expect((await call('PUT', `${base}/archive/messages/9`, { seen: true })).body.code).toBe('MessageNotFound');
    expect((await call('PUT', `${inbox}/1`, {})).body.code).toBe('NothingChanged');
    expect((await call('PUT', `${inbox}/1`, { addKeywords: ['not an atom'] })).body.code).toBe('InputValidationError');
  });

  test('what is removed', async () => {
    const { call, inbox, store, id } = await openAnn(4);
    await call('DELETE', `${inbox}/2`);
    expect((await call('DELETE', `${inbox}/2`)).body.code).toBe('MessageNotFound');
    expect((await call('DELETE', inbox)).body).toMatchObject({ deleted: 3 });
    expect((await store.recovery.mailboxes(id))[0]?.messages).toBe(4);
  });
});

describe('putting messages in', () => {
  test('as they are', async () => {
    const { call, inbox, store, id, fetch } = await openAnn();
    const odd = Buffer.from('Subject: bare\n\n\x00\xff no end', 'latin1');
    const { body } = await call('POST', `${inbox}?unseen=true&date=2020-01-02T03:04:05Z`, odd, {
      headers: { 'content-type': 'message/rfc822' },
    });
    expect(body.message).toMatchObject({ id: 1, size: odd.length });
    const back = await fetch('GET', `${inbox}/1/message.eml`);
    expect(Buffer.from(await back.arrayBuffer()).equals(odd)).toBe(true);
    expect((await call('GET', `${inbox}/1`)).body).toMatchObject({ idate: '2020-01-02T03:04:05.000Z', seen: false });
    await call('POST', inbox, { raw: Buffer.from('Subject: x\r\n\r\ny').toString('base64'), flagged: true });
    expect([...(await store.flags(id, 'INBOX')).masks]).toEqual([0, 5]);
  });

  test('field by field, in place of a former one', async () => {
    const { call, base, store, id } = await openAnn();
    await store.accounts.update(id, { addresses: ['ann@example.com'] });
    const first = await call('POST', `${base}/drafts/messages`, {
      draft: true,
      subject: 'Grüße',
      to: [{ name: 'Bob', address: 'bob@example.net' }],
      bcc: [{ address: 'eve@example.net' }],
      html: '<p>hi <img src="data:image/png;base64,iVBORw0KGgo="></p>',
      attachments: [{ filename: 'ü.txt', content: Buffer.from('hey').toString('base64') }],
      headers: [{ key: 'X-Own', value: 'ja ✓' }],
    });
    const second = await call('POST', `${base}/drafts/messages`, {
      draft: true,
      text: 'again',
      replacePrevious: { mailbox: 'drafts', id: first.body.message.id },
    });
    expect(second.body).toMatchObject({ previousDeleted: true });
    const { body } = await call('POST', `${base}/drafts/messages`, {
      subject: 'Grüße',
      bcc: [{ address: 'eve@example.net' }],
      text: 'a',
      headers: { 'X-Own': 'ja ✓' },
    });
    expect((await call('GET', `${base}/drafts/messages/${body.message.id}`)).body).toMatchObject({
      subject: 'Grüße',
      from: { address: 'ann@example.com' },
      bcc: [{ address: 'eve@example.net' }],
      text: 'a\n',
    });
  });

  test.each([
    [{ subject: 'a\r\nBcc: eve@example.net' }],
    [{ to: [{ address: 'a@b\r\nX: y' }] }],
    [{ to: [{ name: 'x\ny', address: 'a@b.example' }] }],
    [{ headers: [{ key: 'X\r\nY', value: 'z' }] }],
    [{ headers: [{ key: 'X', value: 'z\r\nBcc: eve' }] }],
    [{ headers: { 'bad name': 'z' } }],
    [{ headers: [{ key: 'Bcc', value: 'eve@example.net' }] }],
    [{ attachments: [{ filename: 'a\r\nb', content: '' }] }],
    [{ attachments: [{ path: '/etc/passwd', content: '' }] }],
    [{ attachments: [{ href: 'http://127.0.0.1/', content: '' }] }],
    [{ text: { path: '/etc/passwd' } }],
    [{ html: 7 }],
  ])('%j is refused', async (input) => {
    const { call, inbox, store, id } = await openAnn();
    const { status, body } = await call('POST', inbox, input);
    expect([status, body.code]).toEqual([400, 'InputValidationError']);
    expect((await store.mailbox(id, 'INBOX')).messages).toBe(0);
  });

  test('with a key, once', async () => {
    const { call, inbox, store, id } = await openAnn();
    const options = { headers: { 'idempotency-key': 'k1' } };
    const both = [await call('POST', inbox, { text: 'a' }, options), await call('POST', inbox, { text: 'a' }, options)];
    expect(both[1]?.body).toEqual(both[0]?.body);
    expect((await store.mailbox(id, 'INBOX')).messages).toBe(1);
    expect((await call('POST', inbox, { text: 'b' }, options)).body.code).toBe('InputValidationError');
    expect((await call('POST', inbox, { text: 'b' }, { headers: { 'idempotency-key': 'ä' } })).status).toBe(400);
  });

  test('too large, or of a type that is not taken', async () => {
    const { fetch, id } = await (async () => {
      const fixture = await openRest({ limits: { messageBodyOctets: 2_000 } }, { maxMessageSize: 1_000 });
      return { ...fixture, id: (await fixture.account('ann')).id };
    })();
    const post = (body: string, type: string) =>
      fetch('POST', `/users/${id}/mailboxes/inbox/messages`, body, { headers: { 'content-type': type } });
    expect((await post(`Subject: x\r\n\r\n${'y'.repeat(1_000)}`, 'message/rfc822')).status).toBe(413);
    expect((await post(JSON.stringify({ text: 'y'.repeat(2_000) }), 'application/json')).status).toBe(413);
    expect((await post('x', 'image/tiff')).status).toBe(415);
  });
});
