/** What happens to a message on its way in, through a real store: filters, encryption, forwards, answers, hooks. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decrypt, generateKey, readMessage, readPrivateKey } from 'openpgp';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { OpenStoreOptions } from '../../src/open-store.ts';
import { openStore } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { ENGINE, emptyPlace } from '../engine-under-test.ts';
import { type Fixture, openTestStore, readAll, withFile } from '../store/store-fixture.ts';

const MESSAGE =
  'From: Eve <eve@example.net>\r\nTo: ann@example.org\r\nSubject: Invoice 7\r\n\r\nPlease pay quicksilver.\r\n';
const ANN = { addresses: ['ann@example.org'] };

/** A store that notes what it would send. */
async function sending(options: Partial<OpenStoreOptions> = {}, fail?: (to: string) => Error | null) {
  const sent: { to: string; from: string; kind: string; text: string }[] = [];
  const fixture = await openTestStore({
    account: ANN,
    ...options,
    outgoing: {
      host: 'mx.example.org',
      send: async ({ to, from, kind, read }) => {
        const error = fail?.(to);
        if (error) throw error;
        const chunks: Uint8Array[] = [];
        for await (const chunk of read()) chunks.push(chunk);
        sent.push({ to, from, kind, text: Buffer.concat(chunks).toString() });
      },
    },
  });
  return { ...fixture, sent };
}

const deliver = (store: MessageStore, message: string | Buffer = MESSAGE, more: object = {}) =>
  store.deliver(message, { from: 'eve@example.net', recipients: ['ann@example.org'], ...more });

const subjectsIn = async (fixture: Fixture, path: string): Promise<(string | undefined)[]> =>
  (await readAll(fixture, path)).map(({ raw }) => /^Subject: (.*)\r$/m.exec(raw.toString())?.[1]);

/** Expects that none is in a file of a store. */
function expectNoWord(place: object, needles: readonly RegExp[]): void {
  if (!('path' in place) || typeof place.path !== 'string') throw new Error('the store has no files to look at');
  for (const name of readdirSync(place.path, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const octets = readFileSync(join(name.parentPath, name.name), 'latin1');
    for (const needle of needles) expect(needle.test(octets), `${needle} in ${name.name}`).toBe(false);
  }
}

describe('filters', () => {
  test('choose the mailbox, labels, flags and keywords, once for all copies', async () => {
    const fixture = await openTestStore({ account: ANN });
    const { store, account } = fixture;
    await store.createMailbox(account, 'Bills');
    await store.createMailbox(account, 'Unpaid');
    await store.filters.create(account, {
      conditions: {
        all: [
          { test: 'subject', contains: 'invoice' },
          { test: 'text', query: 'QUICKSILVER' },
        ],
      },
      actions: { mailbox: 'Bills', labels: ['Unpaid'], seen: true, flag: true, keywords: ['$Bill'] },
    });
    const [outcome] = await deliver(store);
    expect(outcome).toMatchObject({ result: 'stored', stored: { uid: 1 } });
    expect((await readAll(fixture, 'Bills'))[0]).toMatchObject({ mask: 5, keywords: '$Bill' });
    expect(await subjectsIn(fixture, 'Unpaid')).toEqual(['Invoice 7']);
    expect((await store.quota(account)).usage.messages).toBe(2);
    await deliver(store, 'From: eve@example.net\r\nSubject: hello\r\n\r\nx\r\n');
    expect(await subjectsIn(fixture, 'INBOX')).toEqual(['hello']);
  });

  test('see the tag of the address, and may remove the message', async () => {
    const fixture = await openTestStore({ account: ANN });
    const { store, account } = fixture;
    await store.filters.create(account, { conditions: { test: 'tag', is: 'shop' }, actions: { delete: true } });
    const outcomes = await deliver(store, MESSAGE, { recipients: ['ann+shop@example.org'] });
    expect(outcomes).toMatchObject([{ result: 'discarded', account, stored: null, error: null }]);
    expect(await subjectsIn(fixture, 'INBOX')).toEqual([]);
  });

  test('whose mailbox is gone leave the message in INBOX', async () => {
    const fixture = await openTestStore({ account: ANN });
    const { store, account } = fixture;
    await store.createMailbox(account, 'Bills');
    await store.filters.create(account, { conditions: { all: [] }, actions: { mailbox: 'Bills' } });
    await store.deleteMailbox(account, 'Bills');
    await deliver(store);
    expect(await subjectsIn(fixture, 'INBOX')).toEqual(['Invoice 7']);
  });

  test('of one recipient do nothing to the others', async () => {
    const fixture = await openTestStore({ account: ANN });
    const { store, account } = fixture;
    const { id: bob } = await store.accounts.create({ name: 'bob' });
    await store.filters.create(account, { conditions: { all: [] }, actions: { seen: true, mailbox: 'Archive' } });
    await deliver(store, MESSAGE, { recipients: ['ann@example.org', 'bob'] });
    expect((await readAll({ store, account: bob }, 'INBOX'))[0]?.mask).toBe(0);
    expect(await subjectsIn(fixture, 'Archive')).toEqual(['Invoice 7']);
  });
});

describe('spam', () => {
  const spam = `X-Spam-Status: Yes, score=9.1 required=5.0\r\nReceived: by mx.example.org\r\n${MESSAGE}`;

  test('goes to Junk, unless the account allows the sender', async () => {
    const fixture = await openTestStore({ account: ANN });
    const { store, account } = fixture;
    await deliver(store, spam);
    expect(await subjectsIn(fixture, 'Junk')).toEqual(['Invoice 7']);
    await store.spam.configure(account, { allow: ['example.net'] });
    await deliver(store, spam);
    expect(await subjectsIn(fixture, 'INBOX')).toEqual(['Invoice 7']);
  });

  test('is what its sender says below the first Received: nothing', async () => {
    const fixture = await openTestStore({ account: ANN });
    await deliver(fixture.store, `Received: by mx.example.org\r\nX-Spam-Status: Yes\r\n${MESSAGE}`);
    expect(await subjectsIn(fixture, 'INBOX')).toEqual(['Invoice 7']);
  });
});

describe('hooks', () => {
  test('add header fields, choose a mailbox and flags, refuse, and hear of outcomes', async () => {
    const seen: string[] = [];
    const fixture = await openTestStore({
      account: ANN,
      delivery: {
        onAccept: async ({ recipient, from, header, size, read }) => {
          let octets = 0;
          for await (const chunk of read()) octets += chunk.length;
          seen.push(`${from} to ${recipient}: ${octets === size} ${Buffer.from(header).toString().length}`);
          if (recipient === 'bob') return { refuse: 'bob is on holiday' };
          return { mailbox: 'Archive', flags: ['$Checked'], headers: [['X-Checked', 'yes, по-русски']] };
        },
        onStored: ({ recipient, result }) => {
          seen.push(`${recipient} ${result}`);
          throw new Error('nobody cares');
        },
      },
    });
    const { store } = fixture;
    await store.accounts.create({ name: 'bob' });
    const outcomes = await deliver(store, MESSAGE, { recipients: ['ann@example.org', 'bob'] });
    expect(outcomes.map(({ error, result }) => error?.code ?? result)).toEqual(['stored', 'DELIVERY_REFUSED']);
    const [message] = await readAll(fixture, 'Archive');
    expect(message?.raw.toString()).toBe(
      `X-Checked: yes, по-русски\r\nReturn-Path: <eve@example.net>\r\nDelivered-To: ann@example.org\r\n${MESSAGE}`,
    );
    expect(message?.keywords).toBe('$Checked');
    expect(seen).toContain('ann@example.org stored');
    expect(seen).toContain('bob failed');
  });

  test.each([
    ['a line end in a value', { headers: [['X-A', 'b\r\nBcc: eve']] }],
    ['a colon in a name', { headers: [['X:A', 'b']] }],
    ['a second subject', { headers: [['Subject', 'b']] }],
    ['too many fields', { headers: Array.from({ length: 51 }, () => ['X-A', 'b']) }],
  ])('with %s keep the message off', async (_, decision) => {
    const { store } = await openTestStore({ account: ANN, delivery: { onAccept: () => decision as never } });
    expect((await deliver(store))[0]?.error?.code).toBe('INVALID_ARGUMENT');
  });

  test('that ask for what is no field cost nothing: the next try is answered and forwarded', async () => {
    const decisions = [{ headers: [['X:A', 'b']] }, {}];
    const { store, account, sent } = await sending({
      limits: { forwardsPerDay: 1 },
      delivery: { onAccept: () => decisions.shift() as never },
    });
    await store.autoReplies.set(account, { enabled: true, text: 'I am away.' });
    await store.forwardings.set(account, { targets: ['ann@elsewhere.example'] });
    expect((await deliver(store))[0]?.error?.code).toBe('INVALID_ARGUMENT');
    expect((await deliver(store))[0]?.result).toBe('stored');
    await store.outgoing.runDue();
    expect(sent.map(({ kind }) => kind).sort()).toEqual(['autoReply', 'forward']);
  });

  test('that fail put the message off', async () => {
    const onAccept = () => Promise.reject(new Error('the scanner is down'));
    const { store } = await openTestStore({ account: ANN, delivery: { onAccept } });
    expect((await deliver(store))[0]?.error?.code).toBe('UNAVAILABLE');
  });
});

describe('encryption', () => {
  const keys = () =>
    generateKey({ type: 'curve25519', userIDs: [{ name: 'Ann', email: 'ann@example.org' }], format: 'armored' });

  /** What the key's owner reads. */
  async function decrypted(raw: Buffer, armoredKey: string): Promise<string> {
    const armored = /-----BEGIN PGP MESSAGE-----[\s\S]*-----END PGP MESSAGE-----/.exec(raw.toString())?.[0] as string;
    const message = await readMessage({ armoredMessage: armored });
    const decryptionKeys = await readPrivateKey({ armoredKey });
    const { data } = await decrypt({ message, decryptionKeys, format: 'binary' });
    return Buffer.from(data as Uint8Array).toString('latin1');
  }

  test('comes before anything is written; filters see the message, the others get it as it is', async () => {
    const fixture = await openTestStore({ account: ANN });
    const { store, account } = fixture;
    const { id: bob } = await store.accounts.create({ name: 'bob' });
    const { publicKey, privateKey } = await keys();
    await store.encryption.addKey(account, publicKey);
    await store.encryption.configure(account, { enabled: true, subject: 'hidden' });
    await store.createMailbox(account, 'Bills');
    await store.filters.create(account, {
      conditions: { test: 'text', query: 'quicksilver' },
      actions: { mailbox: 'Bills' },
    });
    await deliver(store, MESSAGE, { recipients: ['ann@example.org', 'bob'] });
    const [mine] = await readAll(fixture, 'Bills');
    expect(mine?.raw.toString()).toMatch(/^Return-Path: <eve@example.net>\r\nDelivered-To: ann@example.org\r\n/);
    expect(mine?.raw.toString()).not.toMatch(/quicksilver|Invoice/);
    expect(await decrypted(mine!.raw, privateKey)).toBe(MESSAGE);
    expect(await subjectsIn({ store, account: bob }, 'INBOX')).toEqual(['Invoice 7']);
    expect(await store.search(account, 'Bills', { key: 'text', text: 'quicksilver' })).toEqual(new Uint32Array());
  });

  // Of a cluster the files are elsewhere; the kill test looks at those of a folder again.
  test.skipIf(ENGINE !== 'sqlite')('leaves no word of a large message in any file of the store', async () => {
    const place = await emptyPlace();
    const fixture = await openTestStore({ ...place, account: ANN });
    const { store, account } = fixture;
    const { publicKey, privateKey } = await keys();
    await store.encryption.addKey(account, publicKey);
    await store.encryption.configure(account, { enabled: true });
    const words = Array.from({ length: 60_000 }, () => 'quicksilver').join(' ');
    const file = withFile('large', Buffer.from('mercurial '.repeat(300_000)));
    const message = Buffer.concat([Buffer.from(`X-Words: ${words.slice(0, 900)}\r\n`), file]);
    expect((await deliver(store, message))[0]?.result).toBe('stored');
    await store.search(account, 'INBOX', { key: 'text', text: 'x' });
    const [mine] = await readAll(fixture, 'INBOX');
    expect(await decrypted(mine!.raw, privateKey)).toBe(message.toString('latin1'));
    expectNoWord(place, [
      /quicksilver/,
      /mercurial/,
      new RegExp(Buffer.from('mercurial mercurial ').toString('base64').slice(0, 20)),
    ]);
  });

  test.skipIf(ENGINE !== 'sqlite')(
    'leaves no word where the message also goes to an address that only forwards',
    async () => {
      const place = await emptyPlace();
      const fixture = await sending(place);
      const { store, account, sent } = fixture;
      const { publicKey } = await keys();
      await store.encryption.addKey(account, publicKey);
      await store.encryption.configure(account, { enabled: true });
      await store.addresses.createForwardingAddress('team@example.org', { targets: ['ann@elsewhere.example'] });
      const message = withFile('large', Buffer.from('mercurial '.repeat(20_000)));
      const outcomes = await deliver(store, message, { recipients: ['team@example.org', 'ann@example.org'] });
      expect(outcomes.map(({ result }) => result)).toEqual(['forwarded', 'stored']);
      expect(sent[0]?.text.endsWith(message.toString())).toBe(true);
      expectNoWord(place, [/mercurial/]);
    },
  );

  test('that cannot be done stores nothing, and is for another try', async () => {
    const fixture = await openTestStore({ account: ANN });
    const { store, account } = fixture;
    const { publicKey } = await keys();
    await store.encryption.addKey(account, publicKey);
    await store.encryption.configure(account, { enabled: true });
    const now = vi.spyOn(Date, 'now').mockReturnValue(0);
    const outcomes = await deliver(store).finally(() => now.mockRestore());
    expect(outcomes[0]?.error?.code).toBe('ENCRYPTION_FAILED');
    expect(await subjectsIn(fixture, 'INBOX')).toEqual([]);
    expect((await deliver(store))[0]?.result).toBe('stored');
  });
});

describe('forwards', () => {
  test('go on with a trace, each target once, however often the transaction comes', async () => {
    const { store, account, sent } = await sending();
    await store.forwardings.set(account, { targets: ['ann@elsewhere.example', 'a2@elsewhere.example'] });
    const named = { transactionId: 'q1' };
    await deliver(store, MESSAGE, named);
    expect((await deliver(store, MESSAGE, named))[0]?.result).toBe('duplicate');
    expect(await store.outgoing.list(account)).toHaveLength(2);
    expect(await store.outgoing.runDue()).toBe(2);
    expect(await store.outgoing.runDue()).toBe(0);
    expect(sent.map(({ to, from, kind }) => `${kind} ${from} ${to}`).sort()).toEqual([
      'forward eve@example.net a2@elsewhere.example',
      'forward eve@example.net ann@elsewhere.example',
    ]);
    expect(sent[0]?.text).toMatch(/^Delivered-To: ann@example.org\r\nReceived: by mx.example.org id /);
    expect(sent[0]?.text.endsWith(MESSAGE)).toBe(true);
    expect(await store.outgoing.list(account)).toEqual([]);
    expect((await store.quota(account)).usage.messages).toBe(1);
  });

  test('may leave nothing behind, stop at the daily limit, and are not for spam', async () => {
    const fixture = await sending({ limits: { forwardsPerDay: 1 } });
    const { store, account, sent } = fixture;
    await store.forwardings.set(account, { targets: ['ann@elsewhere.example'], keepCopy: false });
    expect((await deliver(store))[0]).toMatchObject({ result: 'forwarded', stored: null });
    expect((await deliver(store))[0]?.error?.code).toBe('RATE_LIMITED');
    await store.forwardings.set(account, { keepCopy: true });
    expect((await deliver(store))[0]?.result).toBe('stored');
    await deliver(store, `X-Spam-Flag: YES\r\nReceived: by mx.example.org\r\n${MESSAGE}`);
    await store.outgoing.runDue();
    expect(sent).toHaveLength(1);
    expect(await subjectsIn(fixture, 'Junk')).toHaveLength(1);
  });

  test('of what comes back end with a refusal', async () => {
    const { store, account, sent } = await sending();
    await store.forwardings.set(account, { targets: ['ann@elsewhere.example'] });
    await deliver(store);
    await store.outgoing.runDue();
    const [outcome] = await deliver(store, `Received: by elsewhere.example\r\n${sent[0]?.text}`);
    expect(outcome?.error?.code).toBe('MAIL_LOOP');
  });

  test('that are refused for good are given up and told; others are tried again later', async () => {
    const fail = (to: string) => Object.assign(new Error(`no ${to}`), { permanent: to.startsWith('gone') });
    const { store, account } = await sending({}, fail);
    await store.forwardings.set(account, { targets: ['gone@elsewhere.example', 'busy@elsewhere.example'] });
    await deliver(store);
    expect(await store.outgoing.runDue()).toBe(0);
    const waiting = await store.outgoing.list(account);
    expect(waiting).toMatchObject([
      { to: 'gone@elsewhere.example', due: null, failures: 1, error: 'no gone@elsewhere.example' },
      { to: 'busy@elsewhere.example', failures: 1 },
    ]);
    expect(waiting[1]?.due).toBeGreaterThan(Date.now());
    expect(await store.outgoing.runDue()).toBe(0);
  });

  test('of which the account keeps nothing come to INBOX when they cannot be sent, once', async () => {
    const fail = (to: string) => Object.assign(new Error(`no ${to}`), { permanent: true });
    const fixture = await sending({}, fail);
    const { store, account } = fixture;
    const targets = ['gone@elsewhere.example', 'away@elsewhere.example'];
    await store.forwardings.set(account, { targets, keepCopy: false });
    await deliver(store);
    expect(await subjectsIn(fixture, 'INBOX')).toEqual([]);
    await store.outgoing.runDue();
    expect((await readAll(fixture, 'INBOX')).map(({ raw }) => raw.toString().endsWith(MESSAGE))).toEqual([true]);
    expect((await store.quota(account)).usage.messages).toBe(1);
    expect(await store.search(account, 'INBOX', { key: 'text', text: 'quicksilver' })).toEqual(Uint32Array.of(1));
    await store.forwardings.set(account, { keepCopy: true });
    await deliver(store);
    await store.outgoing.runDue();
    expect(await subjectsIn(fixture, 'INBOX')).toEqual(['Invoice 7', 'Invoice 7']);
  });

  test('by an address that only forwards are sent while the sender waits', async () => {
    let down = true;
    const { store, sent } = await sending({}, () => (down ? new Error('down') : null));
    await store.addresses.createForwardingAddress('team@example.org', { targets: ['a@x.example', 'b@x.example'] });
    const team = { recipients: ['team@example.org'], transactionId: 'q9' };
    expect((await deliver(store, MESSAGE, team))[0]).toMatchObject({
      result: 'failed',
      error: { code: 'UNAVAILABLE' },
    });
    down = false;
    expect((await deliver(store, MESSAGE, team))[0]).toMatchObject({ result: 'forwarded', account: null });
    await deliver(store, MESSAGE, team);
    expect(sent.map(({ to }) => to)).toEqual(['a@x.example', 'b@x.example']);
  });

  test('of an account whose mail is encrypted are encrypted', async () => {
    const { store, account, sent } = await sending();
    const { publicKey } = await generateKey({ type: 'curve25519', userIDs: [{ email: 'ann@example.org' }] });
    await store.encryption.addKey(account, publicKey);
    await store.encryption.configure(account, { enabled: true });
    await store.forwardings.set(account, { targets: ['ann@elsewhere.example'] });
    await deliver(store);
    await store.outgoing.runDue();
    expect(sent[0]?.text).toMatch(/BEGIN PGP MESSAGE/);
    expect(sent[0]?.text).not.toMatch(/quicksilver/);
  });
});

describe('automatic replies', () => {
  test('answer each sender once, and machines never', async () => {
    const { store, account, sent } = await sending();
    await store.autoReplies.set(account, { enabled: true, text: 'I am away.', subject: 'Away' });
    await deliver(store);
    await deliver(store);
    await deliver(store, `List-Id: <x.example>\r\n${MESSAGE}`, { from: 'other@example.net' });
    await deliver(store, MESSAGE, { from: '' });
    await store.outgoing.runDue();
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ kind: 'autoReply', from: '', to: 'eve@example.net' });
    expect(sent[0]?.text).toMatch(/Auto-Submitted: auto-replied/);
    expect(sent[0]?.text).toContain('I am away.');
  });

  test('of two stores do not answer each other', async () => {
    const one = await sending();
    const other = await sending({});
    for (const { store, account } of [one, other]) {
      await store.autoReplies.set(account, { enabled: true, text: 'I am away.' });
    }
    await deliver(one.store);
    await one.store.outgoing.runDue();
    const { text, from } = one.sent[0]!;
    await other.store.deliver(text.replaceAll('eve@example.net', 'ann@example.org'), { from, recipients: ['ann'] });
    await other.store.outgoing.runDue();
    expect(other.sent).toEqual([]);
  });
});

test('an account that is removed while a message comes gets it no more', async () => {
  const fixture = await openTestStore({ account: ANN });
  const { store, account } = fixture;
  const transaction = store.deliveries.begin({ from: 'eve@example.net' });
  await transaction.accept('ann@example.org');
  await store.accounts.remove(account);
  expect(await transaction.deliver(MESSAGE)).toMatchObject([
    { result: 'failed', stored: null, error: { code: 'ACCOUNT_NOT_FOUND' } },
  ]);
  await store.recovery.restoreAccount(account);
  expect(await subjectsIn(fixture, 'INBOX')).toEqual([]);
});

test('what waited when a process died while it was sent is not sent again, and told', async () => {
  const place = await emptyPlace();
  const dying = await openStore({ ...place, outgoing: { send: () => new Promise(() => {}) } });
  const { id } = await dying.accounts.create({ name: 'ann', ...ANN });
  await dying.forwardings.set(id, { targets: ['ann@elsewhere.example'] });
  await deliver(dying);
  void dying.outgoing.runDue().catch(() => {});
  await vi.waitFor(async () => expect((await dying.outgoing.list(id))[0]).toBeDefined());
  await new Promise((resolve) => setTimeout(resolve, 50));
  let sent = 0;
  const send = async () => {
    sent++;
  };
  const heir = await openStore({ ...place, outgoing: { send } });
  expect(await heir.outgoing.runDue()).toBe(0);
  const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 200_000);
  await heir.outgoing.runDue().finally(() => now.mockRestore());
  expect(sent).toBe(0);
  expect(await heir.outgoing.list(id)).toMatchObject([{ due: null, error: 'interrupted while it was sent' }]);
  await heir.close();
});

test('what was being sent on by an address when a process died is not said to be sent before it is', async () => {
  const place = await emptyPlace();
  const team = { recipients: ['team@example.org'], transactionId: 'q1' };
  let begun = () => {};
  const begins = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const hang = () => {
    begun();
    return new Promise<void>(() => {});
  };
  const dying = await openStore({ ...place, outgoing: { send: hang } });
  await dying.addresses.createForwardingAddress('team@example.org', { targets: ['a@x.example'] });
  void deliver(dying, MESSAGE, team);
  await begins;
  const sent: string[] = [];
  const send = async ({ to }: { to: string }) => {
    sent.push(to);
  };
  const heir = await openStore({ ...place, outgoing: { send } });
  onTestFinished(() => heir.close());
  // Another may be about to take it over.
  expect((await deliver(heir, MESSAGE, team))[0]).toMatchObject({ result: 'failed', error: { code: 'UNAVAILABLE' } });
  const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 200_000);
  onTestFinished(() => now.mockRestore());
  expect((await deliver(heir, MESSAGE, team))[0]?.result).toBe('forwarded');
  expect((await deliver(heir, MESSAGE, team))[0]?.result).toBe('forwarded');
  expect(sent).toEqual(['a@x.example']);
});
