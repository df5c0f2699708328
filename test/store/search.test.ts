/** Search through the store: from octets to hits. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { SearchQuery } from '../../src/model/search-query.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { openTestedStore } from '../engine-under-test.ts';
import { letter, openTestStore } from './store-fixture.ts';

const MESSAGES: readonly string[] = [
  letter('Quarterly report', 'Figures and numbers.\r\nSecond line.'),
  letter('=?utf-8?Q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=', 'Stra\u00dfe', { 'Content-Type': 'text/plain; charset=utf-8' }),
  letter('=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=', 'x', { Cc: 'Zo\u00eb <zoe@made.example>' }),
  letter('html', '<p>Visible <b>wo</b>rds</p><style>hidden</style>', { 'Content-Type': 'text/html' }),
  letter('encoded', Buffer.from('secret contents').toString('base64'), {
    'Content-Type': 'text/plain',
    'Content-Transfer-Encoding': 'base64',
  }),
  letter('a\0b nul', 'before\0after nulbody', { 'X-Odd': 'one\0two' }),
  letter('folded\r\n subject line', 'x', { 'X-Trace': 'abc', Date: 'Tue, 2 Jan 2024 23:30:00 -0500' }),
];

describe('search', () => {
  let store: MessageStore;
  let account: string;

  beforeAll(async () => {
    store = await openTestedStore();
    ({ id: account } = await store.accounts.create({ name: 'ann' }));
    for (const raw of MESSAGES) await store.append(account, 'INBOX', raw);
    return () => store.close();
  });

  it.each<[SearchQuery, number[]]>([
    [{ key: 'subject', text: 'quarterly REPORT' }, [1]],
    [{ key: 'subject', text: 'terly rep' }, [1]],
    [{ key: 'subject', text: 'köln' }, [2]],
    [{ key: 'subject', text: 'grusse' }, []],
    [{ key: 'subject', text: 'grüße' }, [2]],
    [{ key: 'subject', text: '日本' }, [3]],
    [{ key: 'subject', text: '本語' }, [3]],
    [{ key: 'subject', text: 'folded subject line' }, [7]],
    [{ key: 'cc', text: 'zoe' }, [3]],
    [{ key: 'cc', text: '' }, [3]],
    [{ key: 'from', text: 'ann@' }, [1, 2, 3, 4, 5, 6, 7]],
    [{ key: 'body', text: 'figures second' }, [1]],
    [{ key: 'body', text: 'fig' }, [1]],
    [{ key: 'body', text: 'straße' }, [2]],
    [{ key: 'body', text: 'visible words' }, [4]],
    [{ key: 'body', text: 'hidden' }, []],
    [{ key: 'body', text: 'secret' }, [5]],
    [{ key: 'body', text: 'quarterly' }, []],
    [{ key: 'text', text: 'quarterly figures' }, [1]],
    [{ key: 'body', text: 'before' }, [6]],
    [{ key: 'body', text: 'nulbody' }, [6]],
    [{ key: 'subject', text: 'b nul' }, [6]],
    [{ key: 'header', field: 'x-trace', text: '' }, [7]],
    [{ key: 'header', field: 'X-TRACE', text: 'B' }, [7]],
    [{ key: 'header', field: 'x-odd', text: 'two' }, [6]],
    [{ key: 'sentDay', from: 19_724, before: 19_725 }, [7]],
    [
      {
        key: 'and',
        of: [
          { key: 'from', text: 'ann' },
          {
            key: 'not',
            of: {
              key: 'or',
              of: [
                { key: 'body', text: 'x' },
                { key: 'subject', text: 'e' },
              ],
            },
          },
        ],
      },
      [4, 6],
    ],
  ])('%j', async (query, wanted) => {
    expect([...(await store.search(account, 'INBOX', query))]).toEqual(wanted);
  });

  it('names the mailbox that is not there', async () => {
    await expect(store.search(account, 'Nowhere', { key: 'all' })).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
  });
});

describe('search while mail arrives', () => {
  it('finds each message as soon as it was acknowledged', async () => {
    const fixture = await openTestStore();
    const arrive = async (index: number) => {
      const { uid } = await fixture.store.append(fixture.account, 'INBOX', letter(`s${index}`, `needle${index}x`));
      const found = await fixture.store.search(fixture.account, 'INBOX', { key: 'body', text: `needle${index}x` });
      expect([...found]).toEqual([uid]);
    };
    await Promise.all(Array.from({ length: 60 }, (_, index) => arrive(index)));
  });
});
