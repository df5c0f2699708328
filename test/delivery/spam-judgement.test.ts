/** What makes a message junk for an account, and what goes before what. */

import { describe, expect, test } from 'vitest';
import { placeMessage } from '../../src/delivery/filter-placement.ts';
import { type JudgedBy, judgeSpam } from '../../src/delivery/spam-judgement.ts';
import { DEFAULT_SPAM_SETTINGS } from '../../src/delivery/spam-settings.ts';
import type { SpamTrust } from '../../src/delivery/spam-verdict.ts';
import type { Mailbox, SpecialUse } from '../../src/model/mailbox.ts';
import type { SpamSettings } from '../../src/model/spam.ts';
import { openTestStore } from '../store/store-fixture.ts';
import { factsOf } from './facts-fixture.ts';

const TRUST: SpamTrust = { overrideField: 'X-Verdict', authservIds: ['mx'] };
const scored = (score: number): string => `X-Spam-Score: ${score}\n`;
const FORGED = 'Authentication-Results: mx; dmarc=fail (p=none)\n';

async function judge(
  fields: string,
  settings: Partial<SpamSettings> = {},
  junk: boolean | null = null,
  mailFrom = 'bounce@news.example',
): Promise<string> {
  const message = `${fields}Received: by mx\nFrom: Bob <Bob@Mail.Shop.example>\n\nhello\n`;
  const by: JudgedBy = { settings: { ...DEFAULT_SPAM_SETTINGS, ...settings }, filters: { junk } };
  const judgement = judgeSpam(await factsOf(message, { mailFrom, trust: TRUST }), by);
  return `${judgement.junk ? 'junk' : 'mail'} by ${judgement.reason}`;
}

describe('a message is', () => {
  test.each<[string, string, Partial<SpamSettings>, boolean | null, string]>([
    ['of which nothing is known', '', {}, null, 'mail by verdict'],
    ['just below what is spam', scored(4.99), {}, null, 'mail by verdict'],
    ['just spam', scored(5), {}, null, 'junk by verdict'],
    ['half spam, for whom is strict', scored(2.5), { level: 25 }, null, 'junk by verdict'],
    ['less than half spam, for whom is strict', scored(2.4), { level: 25 }, null, 'mail by verdict'],
    ['spam, for whom is patient', scored(7.4), { level: 75 }, null, 'mail by verdict'],
    ['much spam, for whom is patient', scored(7.5), { level: 75 }, null, 'junk by verdict'],
    ['nothing, for whom is very strict', '', { level: 1 }, null, 'mail by verdict'],
    ['of an account that wants all in junk', '', { level: 0 }, null, 'junk by level'],
    ['of an account that wants none in junk', scored(100), { level: 100 }, null, 'mail by level'],
    ['of an address that is allowed', scored(9), { allow: ['bob@mail.shop.example'] }, null, 'mail by allowed'],
    ['of a domain that is allowed', scored(9), { allow: ['shop.example'], level: 0 }, null, 'mail by allowed'],
    ['of an address that is blocked', '', { block: ['bob@mail.shop.example'], level: 100 }, null, 'junk by blocked'],
    ['of a reverse path that is blocked', '', { block: ['news.example'] }, null, 'junk by blocked'],
    ['of a domain that is a part of another', scored(9), { allow: ['hop.example', 'mail'] }, null, 'junk by verdict'],
    [
      'of an allowed address of a blocked domain',
      '',
      { allow: ['bob@mail.shop.example'], block: ['shop.example'] },
      null,
      'mail by allowed',
    ],
    [
      'of a blocked address of an allowed domain',
      '',
      { block: ['bob@mail.shop.example'], allow: ['shop.example'] },
      null,
      'junk by blocked',
    ],
    ['of a domain that is both', '', { block: ['shop.example'], allow: ['shop.example'] }, null, 'junk by blocked'],
    [
      'of one who is allowed, and may be another',
      scored(9) + FORGED,
      { allow: ['shop.example'] },
      null,
      'junk by verdict',
    ],
    ['of one who is blocked, and may be another', FORGED, { block: ['shop.example'] }, null, 'junk by blocked'],
    [
      'ham by override, of one who is blocked',
      'X-Verdict: ham\n',
      { block: ['shop.example'], level: 0 },
      null,
      'mail by override',
    ],
    [
      'spam by override, of one who is allowed',
      'X-Verdict: spam\n',
      { allow: ['shop.example'], level: 100 },
      null,
      'junk by override',
    ],
    ['on a soft list', 'X-Verdict: softlist\n', {}, null, 'junk by override'],
    ['on a black list', 'X-Verdict: blacklist\n', {}, null, 'junk by override'],
    ['junk by a filter, and ham by override', 'X-Verdict: ham\n', {}, true, 'junk by filter'],
    ['never junk by a filter, and spam by override', 'X-Verdict: spam\n', { level: 0 }, false, 'mail by filter'],
  ])('%s', async (_, fields, settings, junk, expected) => {
    expect(await judge(fields, settings, junk)).toBe(expected);
  });
});

describe('it goes', () => {
  const mailbox = (id: number, path: string, specialUse: SpecialUse | null = null) =>
    ({ id, path, specialUse }) as Mailbox;
  const all = [
    mailbox(1, 'INBOX'),
    mailbox(2, 'Junk', '\\Junk'),
    mailbox(3, 'Trash', '\\Trash'),
    mailbox(4, 'A'),
    mailbox(5, 'B'),
  ];

  test.each<[string, number | null, number[], boolean, readonly Mailbox[], number, number[]]>([
    ['to INBOX', null, [], false, all, 1, []],
    ['to Junk', null, [], true, all, 2, []],
    ['where a filter says', 4, [], false, all, 4, []],
    ['where a filter says, junk or not', 4, [5], true, all, 4, [5]],
    ['to INBOX with labels', null, [4, 5, 1], false, all, 1, [4, 5]],
    ['to INBOX, when the mailbox is gone', 9, [8, 5], false, all, 1, [5]],
    ['to INBOX, when there is no Junk', null, [], true, [all[0] as Mailbox], 1, []],
    ['to Junk alone', null, [4], true, all, 2, []],
    ['to Trash alone, by a label', 4, [5, 3], false, all, 3, []],
  ])('%s', (_, target, labels, junk, mailboxes, first, others) => {
    expect(placeMessage({ mailbox: target, labels }, { junk }, mailboxes)).toEqual({ mailbox: first, labels: others });
  });
});

describe('settings of an account', () => {
  test('are kept in normal form; what is absent stays', async () => {
    const { store, account } = await openTestStore();
    expect(await store.spam.settings(account)).toEqual({ level: 50, allow: [], block: [] });
    await store.spam.configure(account, { allow: ['Bob@Example.COM', '@xn--caf-dma.example', 'bob@example.com'] });
    const changed = await store.spam.configure(account, { level: 12.5, block: ['spam.example'] });
    expect(changed).toEqual({ level: 12.5, allow: ['bob@example.com', 'café.example'], block: ['spam.example'] });
    expect(await store.spam.settings(account)).toEqual(changed);
    expect(await store.spam.configure(account, { allow: [] })).toEqual({ ...changed, allow: [] });
  });

  test('changed by several at once lose nothing', async () => {
    const { store, account } = await openTestStore();
    await Promise.all([
      store.spam.configure(account, { level: 10 }),
      store.spam.configure(account, { allow: ['a.example'] }),
      store.spam.configure(account, { block: ['b.example'] }),
    ]);
    expect(await store.spam.settings(account)).toEqual({ level: 10, allow: ['a.example'], block: ['b.example'] });
  });

  test.each<[object, string]>([
    [{ level: -1 }, 'INVALID_ARGUMENT'],
    [{ level: 101 }, 'INVALID_ARGUMENT'],
    [{ level: Number.NaN }, 'INVALID_ARGUMENT'],
    [{ level: '50' }, 'INVALID_ARGUMENT'],
    [{ allow: ['a b'] }, 'INVALID_ARGUMENT'],
    [{ block: ['@'] }, 'INVALID_ARGUMENT'],
    [{ block: [''] }, 'INVALID_ARGUMENT'],
    [{ block: 'a.example' }, 'INVALID_ARGUMENT'],
    [{ allow: [1] }, 'INVALID_ARGUMENT'],
    [{ block: Array.from({ length: 1_001 }, (_, at) => `${at}.example`) }, 'LIMIT_EXCEEDED'],
    [{ block: Array.from({ length: 1_000 }, (_, at) => `${'x'.repeat(60)}.${at}.example`) }, 'LIMIT_EXCEEDED'],
  ])('refuse %j', async (settings, code) => {
    const { store, account } = await openTestStore();
    await expect(store.spam.configure(account, settings)).rejects.toMatchObject({ code });
    expect(await store.spam.settings(account)).toEqual(DEFAULT_SPAM_SETTINGS);
  });

  test('belong to an account', async () => {
    const { store } = await openTestStore();
    await expect(store.spam.configure('nobody', { level: 1 })).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });
});
