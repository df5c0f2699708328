/** A legal hold that begins while others are at work holds from then on. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { openParts } from '../../src/open-store.ts';
import { appendMessage } from '../../src/store/append.ts';
import type { StoreContext } from '../../src/store/context.ts';
import { addHold, listHolds, removeHold, unmarkWithoutHold } from '../../src/store/legal-holds.ts';
import { expungeMessages } from '../../src/store/message-changes.ts';
import { keptMailboxes, purgeKept } from '../../src/store/restore.ts';
import { emptyPlace } from '../engine-under-test.ts';
import { letter } from './store-fixture.ts';

const ACCOUNT = 'a234567890123456';

let parts: StoreContext;
beforeEach(async () => {
  parts = await openParts(await emptyPlace());
  const { directory } = parts.engine;
  const record = { id: ACCOUNT, name: 'ann', addresses: [], limits: { octets: null, messages: null } };
  await directory.create({ ...record, copies: 'label', created: 0, passwordHash: null });
  await parts.engine.write(ACCOUNT, (tx) => tx.createMailbox('INBOX', null));
});
afterEach(async () => {
  await parts.engine.close();
  await parts.blobs.close();
});

/** Another process of the store: `between` happens once, after it has read which holds there are. */
function interrupted(context: StoreContext, between: () => Promise<unknown>): StoreContext {
  let isOver = false;
  const { vault } = context.engine;
  const list: typeof vault.list = async (place, options) => {
    const found = await vault.list(place, options);
    if (place.kind === 'hold' && !isOver) {
      isOver = true;
      await between();
    }
    return found;
  };
  return { ...context, engine: withMembers(context.engine, { vault: withMembers(vault, { list }) }) };
}

/** The same object with some members of its own. */
function withMembers<T extends object>(object: T, members: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name);
      const member = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

const expunge = async (context: StoreContext, subject: string): Promise<void> => {
  await appendMessage(context, ACCOUNT, 'INBOX', letter(subject));
  await expungeMessages(context, ACCOUNT, 'INBOX', undefined, true);
};

const keptMessages = async (): Promise<number> =>
  (await parts.engine.read(ACCOUNT, keptMailboxes)).reduce((sum, { from }) => sum + from.messages, 0);

test('what is to be removed for good stays when a hold begins first', async () => {
  await expunge({ ...parts, restorableMs: 1 }, 'evidence');
  expect(await keptMessages()).toBe(1);
  const other = interrupted(parts, () => addHold(parts, ACCOUNT, {}));
  await purgeKept(other, ACCOUNT);
  expect(await keptMessages()).toBe(1);
});

test('what is to be removed for good stays when a second hold begins first', async () => {
  await expunge({ ...parts, restorableMs: 1 }, 'evidence');
  await addHold(parts, ACCOUNT, { before: 1 });
  const other = interrupted(parts, () => addHold(parts, ACCOUNT, {}));
  await purgeKept(other, ACCOUNT);
  expect(await keptMessages()).toBe(1);
});

test('a hold that begins while the last one ends holds without a gap', async () => {
  const first = await addHold(parts, ACCOUNT, {});
  const context = { ...parts, restorableMs: 0 };
  await removeHold(
    interrupted(context, async () => {}),
    ACCOUNT,
    first.id,
  );
  await addHold(parts, ACCOUNT, { expires: Date.now() + 20 });
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(await listHolds(parts, ACCOUNT)).toEqual([]);
  const writes: number[] = [];
  const other = interrupted(context, () => addHold(parts, ACCOUNT, {}));
  const { engine } = other;
  const write: typeof engine.write = async (account, work) => {
    const result = await engine.write(account, work);
    await expunge(context, `evidence ${writes.length}`);
    writes.push(await keptMessages());
    return result;
  };
  const watched = withMembers(engine, { write });
  await unmarkWithoutHold({ ...other, engine: watched }, ACCOUNT);
  expect(writes).toEqual(writes.map((_, index) => index + 1));
  expect(writes.length).toBeGreaterThan(0);
});
