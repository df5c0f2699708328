/** Names, keywords and headers may hold what means something to a database. */

import { expect, test } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { openTestStore } from './store-fixture.ts';

test('keeps names with dots and dollars as they are', async () => {
  const { store, account } = await openTestStore({
    account: { name: '$where.ann', address: '$in.x@made.example', password: '$eq' },
  });
  for (const name of ['$where.ann', '$in.x@made.example']) expect((await store.accounts.find(name))?.id).toBe(account);
  const paths = ['$set', 'a.b', 'a.$.b/$[]', '.', '0', '__proto__', '$$ROOT'];
  for (const path of paths) await store.createMailbox(account, path);
  const keywords = ['$Forwarded', 'a.b', '$set', '0', '__proto__', '$'];
  for (const path of paths) {
    await store.append(account, path, 'Subject: $x.y\r\n$.z: $1\r\n\r\n$set\r\n', { flags: keywords });
    await store.storeFlags(account, path, UidSet.of(1), { mode: 'remove', flags: ['a.b'] });
    await store.subscribe(account, path, true);
    const { uids, keywords: found } = await store.flags(account, path);
    expect([...uids]).toEqual([1]);
    expect(found.get(1)?.split(' ').sort()).toEqual(keywords.filter((keyword) => keyword !== 'a.b').sort());
    expect([...(await store.search(account, path, { key: 'subject', text: '$x.y' }))]).toEqual([1]);
    expect([...(await store.search(account, path, { key: 'keyword', keyword: '$set', set: true }))]).toEqual([1]);
  }
  await store.renameMailbox(account, 'a.b', '$rename.d');
  const shown = (await store.mailboxes(account)).map(({ path }) => path);
  expect(shown).toEqual(expect.arrayContaining(['$rename.d', ...paths.filter((path) => path !== 'a.b')]));
});
