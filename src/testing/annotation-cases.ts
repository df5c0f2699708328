/** Cases of annotations: of mailboxes, and of the account itself. */

import assert from 'node:assert/strict';
import type { AnnotationFilter, Engine, ReadTransaction } from '../engine/engine.ts';
import type { AccountId, MailboxId } from '../model/ids.ts';
import { rejects, type Suite, type SuiteContext } from './suite.ts';

type Values = Readonly<Record<string, string | null>>;

const COMMENT = '/shared/comment';

/** Registers the cases. */
export function annotationCases(suite: Suite): void {
  suite.group('annotations', () => {
    suite.test('come, are replaced, and go', comeAndGo);
    suite.test('are ordered by mailbox, then by name, and read by either', orderAndFilters);
    suite.test('hold any octets, none of them included', anyOctets);
    suite.test('a transaction sees what it has set', seesItsOwn);
    suite.test('go with their mailbox, and stay with a renamed one', followTheirMailbox);
    suite.test('one change is one position and one record of the feed, and stamps no mailbox', stampsNoMailbox);
    suite.test('a rejected transaction leaves them as they were', rejectedLeavesThem);
    suite.test('octets are those of names and values', countOctets);
    suite.test('a hundred at once, of 64 KB each', aHundredLargeOnes);
    suite.test('another process sees them, and sets others', betweenProcesses, 'processes');
    suite.test('survive a restart', survive, 'persistence');
    suite.test('of a mailbox that is lost are found and dropped', strayOnes, 'plant');
  });
}

const octets = (value: string | null): Uint8Array | null => (value === null ? null : Buffer.from(value, 'latin1'));

function set(
  t: SuiteContext,
  account: AccountId,
  mailboxId: MailboxId | null,
  values: Values,
  engine: Engine = t.engine,
) {
  const map = new Map(Object.entries(values).map(([name, value]) => [name, octets(value)]));
  return engine.write(account, (tx) => tx.setAnnotations(mailboxId, map));
}

async function told(tx: ReadTransaction, filter?: AnnotationFilter): Promise<unknown[]> {
  const found = await tx.annotations(filter);
  return found.map(({ mailboxId, name, value }) => [mailboxId, name, Buffer.from(value).toString('latin1')]);
}

const read = (t: SuiteContext, account: AccountId, filter?: AnnotationFilter): Promise<unknown[]> =>
  t.engine.read(account, (tx) => told(tx, filter));

async function comeAndGo(t: SuiteContext): Promise<void> {
  const { account, inbox } = await t.inbox();
  assert.deepEqual(await read(t, account), []);
  await set(t, account, inbox.id, { [COMMENT]: 'one', '/private/comment': 'mine' });
  await set(t, account, null, { [COMMENT]: 'of all' });
  await set(t, account, inbox.id, { [COMMENT]: 'two' });
  assert.deepEqual(await read(t, account), [
    [null, COMMENT, 'of all'],
    [inbox.id, '/private/comment', 'mine'],
    [inbox.id, COMMENT, 'two'],
  ]);
  await set(t, account, inbox.id, { [COMMENT]: null, '/private/comment': 'still', '/private/never': null });
  await set(t, account, null, { [COMMENT]: null });
  assert.deepEqual(await read(t, account), [[inbox.id, '/private/comment', 'still']]);
}

async function orderAndFilters(t: SuiteContext): Promise<void> {
  const { account, inbox } = await t.inbox();
  const other = await t.mailbox(account, 'Other');
  const names = ['/shared/a', '/private/b', '/shared/a/b', '/shared/a-b', '/shared/a.b', '/shared/a~'];
  for (const id of [other.id, null, inbox.id]) {
    await set(t, account, id, Object.fromEntries(names.map((name) => [name, `${id}`])));
  }
  const sorted = [...names].sort();
  const all = [null, inbox.id, other.id].flatMap((id) => sorted.map((name) => [id, name, `${id}`]));
  assert.deepEqual(await read(t, account), all);
  const of = async (filter: AnnotationFilter) => assert.deepEqual(await read(t, account, filter), wanted(filter));
  const wanted = ({ mailboxId, names: asked }: AnnotationFilter) =>
    all.filter(
      ([id, name]) => (mailboxId === undefined || id === mailboxId) && (!asked || asked.includes(String(name))),
    );
  for (const mailboxId of [null, inbox.id, other.id, 99_999]) {
    await of({ mailboxId });
    await of({ mailboxId, names: ['/shared/a~', '/shared/a', '/shared/no'] });
    await of({ mailboxId, names: [] });
  }
  await of({ names: ['/shared/a', '/private/b'] });
  await of({ names: ['/shared'] });
}

async function anyOctets(t: SuiteContext): Promise<void> {
  const { account, inbox } = await t.inbox();
  const every = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
  await set(t, account, inbox.id, { '/private/empty': '', '/private/every': every });
  assert.deepEqual(await read(t, account), [
    [inbox.id, '/private/empty', ''],
    [inbox.id, '/private/every', every],
  ]);
}

async function seesItsOwn(t: SuiteContext): Promise<void> {
  const { account, inbox } = await t.inbox();
  await set(t, account, inbox.id, { '/private/a': 'old', '/private/b': 'old' });
  const [first, second, gone] = await t.engine.write(account, async (tx) => {
    const values = (entries: Values) => new Map(Object.entries(entries).map(([name, value]) => [name, octets(value)]));
    await tx.setAnnotations(inbox.id, values({ '/private/a': null, '/private/b': 'new' }));
    const before = await told(tx);
    await tx.setAnnotations(inbox.id, values({ '/private/a': 'again', '/private/b': null }));
    const after = await told(tx, { mailboxId: inbox.id });
    const { id } = await tx.createMailbox('Short', null);
    await tx.setAnnotations(id, values({ '/private/c': 'short' }));
    await tx.deleteMailbox(id);
    return [before, after, await tx.annotationOctets()] as const;
  });
  assert.deepEqual(first, [[inbox.id, '/private/b', 'new']]);
  assert.deepEqual(second, [[inbox.id, '/private/a', 'again']]);
  assert.equal(gone, '/private/a'.length + 'again'.length);
  assert.deepEqual(await read(t, account), second);
}

async function followTheirMailbox(t: SuiteContext): Promise<void> {
  const { account, inbox } = await t.inbox();
  const other = await t.mailbox(account, 'Other');
  for (const id of [null, inbox.id, other.id]) await set(t, account, id, { [COMMENT]: `${id}` });
  await t.engine.write(account, (tx) => tx.renameMailbox(other.id, 'Renamed'));
  await t.engine.write(account, (tx) => tx.deleteMailbox(inbox.id));
  await t.mailbox(account, 'INBOX');
  assert.deepEqual(await read(t, account), [
    [null, COMMENT, 'null'],
    [other.id, COMMENT, `${other.id}`],
  ]);
}

async function stampsNoMailbox(t: SuiteContext): Promise<void> {
  const { account, inbox } = await t.inbox();
  await t.add(account, inbox.id, [{}, {}]);
  const before = await t.current(account, inbox.id);
  const position = await t.modSeq(account);
  await set(t, account, inbox.id, { [COMMENT]: 'x', '/private/gone': null });
  await set(t, account, null, { [COMMENT]: 'y' });
  await t.engine.write(account, (tx) => tx.setAnnotations(inbox.id, new Map()));
  assert.equal(await t.modSeq(account), position + 2);
  assert.deepEqual(await t.current(account, inbox.id), before);
  const [changes, changed, vanished] = await t.engine.read(
    account,
    async (tx) =>
      [
        await tx.changes(position, 10),
        await tx.changedSince(inbox.id, position),
        await tx.vanished(inbox.id, position),
      ] as const,
  );
  assert.deepEqual(
    changes.map(({ modSeq, items }) => [modSeq, items]),
    [
      [position + 1, [{ type: 'metadata', mailboxId: inbox.id, names: [COMMENT, '/private/gone'] }]],
      [position + 2, [{ type: 'metadata', mailboxId: null, names: [COMMENT] }]],
    ],
  );
  assert.deepEqual([changed.length, vanished?.isEmpty], [0, true]);
}

async function rejectedLeavesThem(t: SuiteContext): Promise<void> {
  const { account, inbox } = await t.inbox();
  await set(t, account, inbox.id, { [COMMENT]: 'kept', '/private/kept': 'too' });
  const before = await read(t, account);
  const reason = new Error('the work says no');
  const work = t.engine.write(account, async (tx) => {
    await tx.setAnnotations(inbox.id, new Map([[COMMENT, null]]));
    await tx.setAnnotations(null, new Map([[COMMENT, Buffer.from('ghost')]]));
    await tx.annotations();
    throw reason;
  });
  await assert.rejects(work, (error) => error === reason);
  assert.deepEqual(await read(t, account), before);
}

async function countOctets(t: SuiteContext): Promise<void> {
  const { account, inbox } = await t.inbox();
  const count = () => t.engine.read(account, (tx) => tx.annotationOctets());
  assert.equal(await count(), 0);
  await set(t, account, inbox.id, { [COMMENT]: '12345' });
  await set(t, account, null, { [COMMENT]: '' });
  assert.equal(await count(), 2 * COMMENT.length + 5);
  await set(t, account, inbox.id, { [COMMENT]: null });
  assert.equal(await count(), COMMENT.length);
  await rejects(
    t.engine.read('nobody', (tx) => tx.annotationOctets()),
    'ACCOUNT_NOT_FOUND',
  );
}

async function aHundredLargeOnes(t: SuiteContext): Promise<void> {
  const { account, inbox } = await t.inbox();
  const values: Record<string, string> = {};
  for (let n = 0; n < 100; n++) values[`/private/vendor/made/${n}`] = String.fromCharCode(n + 100).repeat(65_536);
  for (let round = 0; round < 2; round++) {
    await set(t, account, inbox.id, values);
    const found = (await read(t, account)) as [number, string, string][];
    assert.deepEqual(Object.fromEntries(found.map(([, name, value]) => [name, value])), values);
  }
}

async function betweenProcesses(t: SuiteContext): Promise<void> {
  const { account, inbox } = await t.inbox();
  await set(t, account, inbox.id, { [COMMENT]: 'one' });
  const other = await t.reopen();
  assert.deepEqual(await other.read(account, (tx) => told(tx)), [[inbox.id, COMMENT, 'one']]);
  for (let n = 0; n < 5; n++) {
    await set(t, account, inbox.id, { [COMMENT]: `here ${n}` });
    assert.deepEqual(await other.read(account, (tx) => told(tx)), [[inbox.id, COMMENT, `here ${n}`]]);
    await set(t, account, inbox.id, { [COMMENT]: `there ${n}` }, other);
    assert.deepEqual(await read(t, account), [[inbox.id, COMMENT, `there ${n}`]]);
  }
}

async function survive(t: SuiteContext): Promise<void> {
  const { account, inbox } = await t.inbox();
  await set(t, account, inbox.id, { [COMMENT]: 'kept' });
  await t.engine.close();
  const again = await t.reopen();
  assert.deepEqual(await again.read(account, (tx) => told(tx)), [[inbox.id, COMMENT, 'kept']]);
  t.accounts.clear();
}

async function strayOnes(t: SuiteContext): Promise<void> {
  const { account, inbox } = await t.inbox();
  await t.add(account, inbox.id, [{}]);
  await set(t, account, null, { [COMMENT]: 'kept' });
  await set(t, account, inbox.id, { [COMMENT]: 'kept', '/private/stray': 'lost' });
  await t.harness.plant?.(account, 'strayAnnotation');
  const found = await t.engine.read(account, (tx) => tx.check());
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ['reference'],
  );
  await t.engine.write(account, (tx) => tx.repair());
  assert.deepEqual(await read(t, account), [
    [null, COMMENT, 'kept'],
    [inbox.id, COMMENT, 'kept'],
  ]);
}
