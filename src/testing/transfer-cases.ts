/** Cases of accounts that are taken out of an engine and into one as they are. */

import assert from 'node:assert/strict';
import { incomingRecord, type TransferPlacement } from '../engine/account-transfer.ts';
import type { ReadTransaction } from '../engine/engine.ts';
import { readTransferState } from '../engine/transfer-state.ts';
import type { Content } from '../model/content.ts';
import { parseFlags } from '../model/flags.ts';
import type { AccountId, ContentId, MailboxId } from '../model/ids.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { UidSet } from '../model/uid-set.ts';
import { ALL, accountRecord, rejects, type Suite, type SuiteContext } from './suite.ts';

/** Registers the cases. */
export function transferCases(suite: Suite): void {
  suite.group('transfer', () => {
    suite.test('an account that is put together anew is the same in everything', sameInEverything);
    suite.test('what is put twice is there once, and tells where to go on', twiceIsOnce);
    suite.test('putting raises no counter, and nobody finds the account before it is released', unseenUntilReleased);
    suite.test('release refuses names that are taken, and leaves the account as it was', refusesTakenNames);
    suite.test('the next message, mailbox and thread get numbers that nobody has had', nothingIsReused);
  });
}

const QUERIES: readonly SearchQuery[] = [
  { key: 'body', text: 'words' },
  { key: 'subject', text: 'number 10' },
  { key: 'sentDay', from: 19_560, before: 19_566 },
  { key: 'keyword', keyword: 'late', set: true },
  { key: 'header', field: 'Message-ID', text: '103@' },
];

interface Filled {
  readonly account: AccountId;
  readonly mailboxes: readonly MailboxId[];
  readonly contents: ReadonlyMap<ContentId, Content>;
}

/** An account with flags, keywords, annotations, copies, gaps, threads, a renamed and a removed mailbox. */
async function fill(t: SuiteContext): Promise<Filled> {
  const { account, inbox } = await t.inbox();
  const other = await t.mailbox(account, 'Other');
  const gone = await t.mailbox(account, 'Gone');
  const long = 'long words '.repeat(4000);
  const made = Array.from({ length: 12 }, (_, index) =>
    t.message({
      seed: 100 + index,
      flags: index % 2 === 0 ? ['\\Seen', '$Forwarded'] : ['\\Deleted'],
      ...(index === 3 && { body: long }),
      ...(index % 4 === 0 && { blobs: [{ name: `blob ${index}`, size: 1000 + index }] }),
      sentDate: index === 5 ? null : 1_690_000_000_000 + index * 86_400_000,
    }),
  );
  const contents = new Map<ContentId, Content>();
  await t.engine.write(account, async (tx) => {
    const threadId = await tx.newThread();
    await tx.bindThread(threadId, ['<one@made.example>', '<two@made.example>']);
    const added = await tx.add(
      inbox.id,
      made.map((message) => ({ ...message, threadId })),
    );
    for (const [index, { emailId }] of added.entries())
      contents.set(emailId as number, made[index]?.content as Content);
  });
  await t.engine.write(account, (tx) => tx.copy(inbox.id, UidSet.range(2, 4), other.id, 'label'));
  await t.engine.write(account, (tx) => tx.copy(inbox.id, UidSet.of(2), other.id, 'separate'));
  await t.engine.write(account, (tx) => tx.move(inbox.id, UidSet.of(7), gone.id));
  await t.engine.write(account, (tx) => tx.expunge(inbox.id, UidSet.from([1, 9])));
  await t.engine.write(account, (tx) => tx.deleteMailbox(gone.id));
  await t.engine.write(account, async (tx) => {
    await tx.renameMailbox(other.id, 'Other/Renamed');
    await tx.setSpecialUse(other.id, '\\Archive');
    await tx.setSubscribed('Not/There', true);
    await tx.setAnnotations(null, new Map([['/shared/comment', Buffer.from('of all')]]));
    await tx.setAnnotations(inbox.id, new Map([['/private/vendor/made.by/x', Buffer.from([0, 255])]]));
    await tx.setAnnotations(other.id, new Map([['/shared/comment', Buffer.alloc(60_000, 'long')]]));
    await tx.setFlags(inbox.id, UidSet.of(3), { mode: 'add', flags: parseFlags(['\\Flagged', 'late']) });
  });
  return { account, mailboxes: [inbox.id, other.id], contents };
}

/** Puts a copy of it together under another id; resolves with that. */
async function copy(t: SuiteContext, filled: Filled, rounds = 1): Promise<AccountId> {
  const { transfer } = t.engine;
  const numbers = await transfer.numbers(filled.account);
  const state = await t.engine.read(filled.account, (tx) => readTransferState(tx, numbers));
  const record = accountRecord();
  await t.engine.directory.create(incomingRecord(record, state.modSeq));
  const rows = new Map<MailboxId, TransferPlacement[]>();
  for (const id of filled.mailboxes) rows.set(id, await transfer.placements(filled.account, id, 0, 1000));
  const used = [...rows.values()].flat().map(({ contentId }) => contentId);
  const shared = new Set(used.filter((id, index) => used.indexOf(id) !== index));
  const left = [...filled.contents].filter(([id]) => used.includes(id));
  const changes = await t.engine.read(filled.account, (tx) => tx.changes(0, 1000));
  const vanished = changes.flatMap(({ modSeq, items }) =>
    items.flatMap((item) =>
      item.type === 'expunged' && filled.mailboxes.includes(item.mailboxId)
        ? [{ mailboxId: item.mailboxId, modSeq, uids: item.uids }]
        : [],
    ),
  );
  for (let round = 0; round < rounds; round++) {
    const contents = left.map(([contentId, content]) => ({ contentId, content }));
    await transfer.put(record.id, { kind: 'contents', contents: contents.slice(0, 5) });
    await transfer.put(record.id, { kind: 'contents', contents: contents.slice(5) });
    for (const [mailboxId, placements] of rows) {
      await transfer.put(record.id, { kind: 'placements', mailboxId, placements, shared });
    }
    const keys = await transfer.threadKeys(filled.account, '', 1000);
    await transfer.put(record.id, { kind: 'threadKeys', keys });
    const annotations = await t.engine.read(filled.account, (tx) => tx.annotations());
    await transfer.put(record.id, { kind: 'annotations', annotations });
    await transfer.put(record.id, { kind: 'changes', changes, vanished });
    await transfer.putState(record.id, state);
  }
  t.accounts.add(record.id);
  return record.id;
}

/** All that a reader can learn of an account. */
async function everything(t: SuiteContext, account: AccountId, mailboxes: readonly MailboxId[]): Promise<unknown> {
  const rest = {
    numbers: await t.engine.transfer.numbers(account),
    keys: await t.engine.transfer.threadKeys(account, '', 1000),
  };
  return t.engine.read(account, async (tx) => {
    const each: unknown[] = [];
    for (const id of mailboxes) each.push(await ofMailbox(tx, id));
    return {
      ...rest,
      state: await tx.state(),
      mailboxes: (await tx.mailboxes()).map((mailbox) => ({ ...mailbox })),
      subscriptions: await tx.subscriptions(),
      annotations: (await tx.annotations()).map(({ mailboxId, name, value }) => [mailboxId, name, String(value)]),
      changes: (await tx.changes(0, 1000)).map(({ modSeq, time, items }) => [modSeq, time, JSON.stringify(items)]),
      threads: await tx.threads(['<two@made.example>', '<three@made.example>']),
      references: await tx.blobReferences(null, 1000),
      contents: (await tx.contents(null, 20)).map(({ contentId, digest }) => [contentId, digest]),
      each,
    };
  });
}

async function ofMailbox(tx: ReadTransaction, id: MailboxId): Promise<unknown> {
  const { modSeq, changesExpired } = await tx.state();
  const since = Array.from({ length: modSeq - changesExpired }, (_, index) => changesExpired + index);
  const vanished = [];
  const changed = [];
  for (const position of since) {
    vanished.push(String(await tx.vanished(id, position)));
    changed.push([...(await tx.changedSince(id, position))]);
  }
  const records = await tx.fetch(id, ALL, {
    limit: 1000,
    envelope: true,
    bodyStructure: true,
    body: true,
    preview: true,
  });
  const found: number[][] = [];
  for (const query of QUERIES) found.push([...(await tx.search(id, query))]);
  return {
    records: records.map((record) => ({
      ...record,
      body: { ...record.body, header: String(record.body?.header), text: String(record.body?.text) },
    })),
    keywords: await tx.keywords(id),
    vanished,
    changed,
    found,
  };
}

async function sameInEverything(t: SuiteContext): Promise<void> {
  const filled = await fill(t);
  const account = await copy(t, filled);
  assert.deepEqual(
    await everything(t, account, filled.mailboxes),
    await everything(t, filled.account, filled.mailboxes),
  );
}

async function twiceIsOnce(t: SuiteContext): Promise<void> {
  const filled = await fill(t);
  const account = await copy(t, filled, 2);
  assert.deepEqual(
    await everything(t, account, filled.mailboxes),
    await everything(t, filled.account, filled.mailboxes),
  );
  const { transfer } = t.engine;
  const done = await transfer.progress(account, [...filled.mailboxes, 999]);
  assert.deepEqual(done, await transfer.progress(filled.account, [...filled.mailboxes, 999]));
  assert.deepEqual(done.annotation, { mailboxId: filled.mailboxes[1], name: '/shared/comment' });
  assert.equal(done.uids.get(filled.mailboxes[0] as MailboxId), 12);
  assert.equal(done.uids.has(999), false);
  assert.equal((await transfer.placements(account, filled.mailboxes[0] as MailboxId, 11, 10)).length, 1);
  assert.equal((await transfer.threadKeys(account, done.threadKey, 10)).length, 0);
}

async function unseenUntilReleased(t: SuiteContext): Promise<void> {
  const record = accountRecord({ passwordHash: 'hash', limits: { octets: 5, messages: null }, copies: 'separate' });
  const { directory, transfer } = t.engine;
  await directory.create(incomingRecord(record, 17));
  const before = await t.modSeq(record.id);
  const { content } = t.message({});
  await transfer.put(record.id, { kind: 'contents', contents: [{ contentId: 4, content }] });
  assert.equal(await t.modSeq(record.id), before);
  assert.deepEqual(await transfer.progress(record.id, []), {
    content: 4,
    uids: new Map(),
    threadKey: '',
    annotation: null,
    change: 0,
  });
  for (const login of [record.name, ...record.addresses]) assert.equal(await directory.find(login), null);
  await transfer.release(record);
  assert.deepEqual(await directory.get(record.id), record);
  for (const login of [record.name, ...record.addresses]) assert.deepEqual(await directory.find(login), record);
  // Once more, as after an answer that was lost.
  await transfer.release(record);
  assert.deepEqual(await directory.find(record.name), record);
  await rejects(transfer.release(accountRecord()), 'ACCOUNT_NOT_FOUND');
}

async function refusesTakenNames(t: SuiteContext): Promise<void> {
  const taken = accountRecord();
  await t.engine.directory.create(taken);
  for (const [patch, code] of [
    [{ name: taken.name }, 'ACCOUNT_EXISTS'],
    [{ addresses: taken.addresses }, 'ADDRESS_EXISTS'],
  ] as const) {
    const record = accountRecord(patch);
    await t.engine.directory.create(incomingRecord(record, 1));
    await rejects(t.engine.transfer.release(record), code);
    assert.deepEqual(await t.engine.directory.get(record.id), incomingRecord(record, 1));
  }
}

async function nothingIsReused(t: SuiteContext): Promise<void> {
  const filled = await fill(t);
  const account = await copy(t, filled);
  const numbers = await t.engine.transfer.numbers(filled.account);
  const modSeq = await t.modSeq(filled.account);
  const inbox = filled.mailboxes[0] as MailboxId;
  const { uidNext } = await t.current(filled.account, inbox);
  const [added] = await t.add(account, inbox, [{}]);
  assert.equal(added?.uid, uidNext);
  assert.ok((added?.emailId ?? 0) >= numbers.nextId);
  assert.equal(await t.modSeq(account), modSeq + 1);
  const made = await t.mailbox(account, 'New');
  assert.ok(made.id > numbers.nextId && made.uidValidity >= numbers.nextUidValidity);
  const thread = await t.engine.write(account, (tx) => tx.newThread());
  assert.ok(thread > made.id);
}
