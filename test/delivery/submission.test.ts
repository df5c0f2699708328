/** Sending for accounts. */

import { describe, expect, test } from 'vitest';
import { SendError } from '../../src/delivery/send-error.ts';
import type { OutgoingMail } from '../../src/model/outgoing-mail.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import type { OpenStoreOptions } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { openTestedStore } from '../engine-under-test.ts';

const MESSAGE =
  'From: Ann <ann@example.com>\r\nTo: bob@example.net\r\nBcc: eve@example.net,\r\n zoe@example.net\r\nSubject: hi\r\n\r\nhello\r\n';

async function text(octets: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of octets) all.push(chunk);
  return Buffer.concat(all).toString();
}

interface Taken {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

async function openSending(
  answer: (mail: OutgoingMail) => void = () => {},
  options: Partial<OpenStoreOptions> = {},
): Promise<{ store: MessageStore; account: string; taken: Taken[] }> {
  const taken: Taken[] = [];
  const send = async (mail: OutgoingMail): Promise<void> => {
    answer(mail);
    taken.push({ from: mail.from, to: mail.to, text: await text(mail.read()) });
  };
  const store = await openTestedStore({ outgoing: { send, host: 'mx.example.com' }, ...options });
  const { id } = await store.accounts.create({ name: 'ann', address: 'ann@example.com' });
  return { store, account: id, taken };
}

async function textsIn(store: MessageStore, account: string, mailbox: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const { body } of store.fetch(account, mailbox, UidSet.range(1, 100), { body: true, tree: true })) {
    if (body) texts.push(await text(body.read()));
  }
  return texts;
}

describe('a message that is sent', () => {
  test('goes to each recipient without Bcc, and is kept with it', async () => {
    const { store, account, taken } = await openSending();
    await using _ = store;
    const sent = await store.submissions.submit(account, MESSAGE, {
      from: 'Ann@Example.com',
      to: ['bob@example.net', 'eve@example.net', 'BOB@example.net', 'zoe@example.net'],
    });
    expect(sent?.queueId).toMatch(/^[0-9a-f]{24}$/);
    expect(await store.outgoing.runDue()).toBe(3);
    expect(taken.map(({ from, to }) => [from, to]).sort()).toEqual(
      ['bob', 'eve', 'zoe'].map((name) => ['ann@example.com', `${name}@example.net`]),
    );
    for (const { text } of taken) {
      expect(text).toMatch(
        /^Date: [^\r]+\r\nMessage-ID: <[^>]+@example\.com>\r\nFrom: Ann <ann@example\.com>\r\nTo: bob@example\.net\r\nSubject: hi\r\n\r\nhello\r\n$/,
      );
    }
    const [copy] = await textsIn(store, account, 'Sent');
    expect(copy).toContain('\r\nBcc: eve@example.net,\r\n zoe@example.net\r\n');
    expect(copy).toContain(`Message-ID: ${sent?.messageId}\r\n`);
    expect((await store.flags(account, 'Sent')).masks[0]).toBe(1);
    expect(await store.outgoing.list(account)).toEqual([]);
  });

  test('is signed for the domain of its author', async () => {
    const { store, account, taken } = await openSending(undefined, { secret: Buffer.alloc(32, 7) });
    await using _ = store;
    await store.dkim.create('example.com', { algorithm: 'ed25519-sha256', selector: 's1', active: true });
    await store.submissions.submit(account, MESSAGE, { from: 'ann@example.com', to: ['bob@example.net'] });
    await store.outgoing.runDue();
    expect(taken[0]?.text).toMatch(/^DKIM-Signature: v=1; a=ed25519-sha256;/);
    expect((await textsIn(store, account, 'Sent'))[0]).not.toContain('DKIM');
  });

  test('takes the place of its draft, and marks what it answers', async () => {
    const { store, account } = await openSending();
    await using _ = store;
    const draft = await store.append(account, 'Drafts', MESSAGE, { flags: ['\\Draft'] });
    const asked = await store.append(account, 'INBOX', 'Subject: q\r\n\r\n?\r\n');
    await store.submissions.submit(account, MESSAGE, {
      from: 'ann@example.com',
      to: ['bob@example.net'],
      draft: { mailbox: 'Drafts', uid: draft.uid },
      reference: { mailbox: 'INBOX', uid: asked.uid, action: 'reply' },
    });
    expect((await store.mailbox(account, 'Drafts')).messages).toBe(0);
    expect((await store.flags(account, 'INBOX')).masks[0]).toBe(2);
  });

  test('waits for its time, and can be taken back until then', async () => {
    const { store, account, taken } = await openSending();
    await using _ = store;
    const later = {
      from: 'ann@example.com',
      to: ['bob@example.net', 'eve@example.net'],
      sendAt: new Date(Date.now() + 3_600_000),
    };
    const sent = await store.submissions.submit(account, MESSAGE, later);
    expect(await store.outgoing.runDue()).toBe(0);
    expect((await store.outgoing.list(account)).map(({ kind, due }) => [kind, due])).toEqual(
      [0, 1].map(() => ['submission', later.sendAt.getTime()]),
    );
    expect(await store.submissions.cancel(account, sent?.queueId ?? '')).toBe(2);
    expect(await store.submissions.cancel(account, sent?.queueId ?? '')).toBe(0);
    expect(await store.submissions.cancel(account, 'x')).toBe(0);
    expect([await store.outgoing.list(account), taken]).toEqual([[], []]);
  });

  test('of one name is sent once', async () => {
    const { store, account, taken } = await openSending();
    await using _ = store;
    const options = { from: 'ann@example.com', to: ['bob@example.net'], transactionId: 'a1' };
    const both = await Promise.all([1, 2].map(() => store.submissions.submit(account, MESSAGE, options)));
    expect(both.filter((one) => one === null)).toHaveLength(1);
    await store.outgoing.runDue();
    expect(taken).toHaveLength(1);
    expect((await store.mailbox(account, 'Sent')).messages).toBe(1);
  });

  test('that cannot be delivered is reported on in INBOX', async () => {
    const { store, account } = await openSending(({ to }) => {
      if (to.startsWith('eve')) throw new SendError('550 5.1.1 no such user', { permanent: true });
    });
    await using _ = store;
    await store.submissions.submit(account, MESSAGE, {
      from: 'ann@example.com',
      to: ['bob@example.net', 'eve@example.net'],
    });
    await store.outgoing.runDue();
    const [report] = await textsIn(store, account, 'INBOX');
    expect(report).toContain('Content-Type: multipart/report; report-type=delivery-status');
    expect(report).toContain('Final-Recipient: rfc822; eve@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n');
    expect(report).not.toContain('Original-Recipient');
    expect(report).not.toContain('zoe@');
    expect((await store.mailbox(account, 'INBOX')).messages).toBe(1);
  });

  test('is sent from own addresses, details, and what the profile allows', async () => {
    const { store, account } = await openSending();
    await using _ = store;
    await store.profiles.update(account, { sendAs: ['*@team.example', 'boss@example.org'] });
    for (const from of ['ann+x@example.com', 'any@team.example', 'boss@example.org', '']) {
      await store.submissions.submit(account, MESSAGE, { from, to: ['bob@example.net'] });
    }
    for (const from of ['bob@example.com', 'x@sub.team.example', 'bosses@example.org']) {
      const refused = store.submissions.submit(account, MESSAGE, { from, to: ['bob@example.net'] });
      await expect(refused).rejects.toMatchObject({ code: 'SENDER_REFUSED' });
    }
    expect(await store.submissions.senderFor(account, 'x@team.example')).toBe('x@team.example');
    expect(await store.submissions.senderFor(account, 'x@else.example')).toBe('ann@example.com');
    expect(await store.submissions.senderFor(account, 'rubbish')).toBe('ann@example.com');
  });
});

describe('a submission is refused, and nothing is kept,', () => {
  test.each([
    ['without recipients', { to: [] }, 'INVALID_ARGUMENT'],
    ['with a recipient that is none', { to: ['bob'] }, 'ADDRESS_INVALID'],
    ['with too many', { to: Array.from({ length: 1_001 }, (_, n) => `u${n}@example.net`) }, 'LIMIT_EXCEEDED'],
    ['with a time that is none', { sendAt: new Date(Number.NaN) }, 'INVALID_ARGUMENT'],
    ['with a name that is none', { transactionId: 'a\nb' }, 'INVALID_ARGUMENT'],
    ['with a mailbox that is none', { keepIn: 'Nowhere' }, 'MAILBOX_NOT_FOUND'],
  ])('%s', async (_name, options, code) => {
    const { store, account } = await openSending();
    await using _ = store;
    const refused = store.submissions.submit(account, MESSAGE, {
      from: 'ann@example.com',
      to: ['bob@example.net'],
      ...options,
    });
    await expect(refused).rejects.toMatchObject({ code });
    expect(await store.outgoing.list(account)).toEqual([]);
    expect((await store.mailbox(account, 'Sent')).messages).toBe(0);
  });

  test('above the recipients of a day', async () => {
    const { store, account } = await openSending();
    await using _ = store;
    await store.accounts.update(account, { limits: { recipientsPerDay: 3 } });
    const submit = (...to: string[]) => store.submissions.submit(account, MESSAGE, { from: 'ann@example.com', to });
    await submit('a@example.net', 'b@example.net');
    await expect(submit('c@example.net', 'd@example.net')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await submit('c@example.net');
    await expect(submit('d@example.net')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });
});
