/** SORT and THREAD of many messages: nothing is lost, whatever refers to what, and others get their turn. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ThreadMessages } from '../../src/imap/thread-messages.ts';
import { threadByReferences } from '../../src/imap/thread-references.ts';
import { threadBySubject } from '../../src/imap/thread-subjects.ts';
import { formatThreads } from '../../src/imap/thread-tree.ts';
import { sortInTurns, Turns } from '../../src/imap/turns.ts';
import { readEnvelope } from '../../src/imap/wire/read-envelope.ts';
import { formatEnvelope } from '../../src/mime/envelope.ts';
import { parseHeaderFields } from '../../src/mime/header-fields.ts';
import { ENGINE } from '../engine-under-test.ts';
import { startImap } from './imap-fixture.ts';

/** Makes columns of rows. */
function columns(
  rows: readonly { date: number; subject: string; reply: boolean; id: string | null; references: string[] }[],
): ThreadMessages {
  return {
    uids: rows.map((_, index) => index + 1),
    dates: rows.map(({ date }) => date),
    subjects: rows.map(({ subject }) => subject),
    replies: rows.map(({ reply }) => reply),
    ids: rows.map(({ id }) => id),
    references: rows.map(({ references }) => references),
  };
}

/** THREAD's answer as lists in lists. @throws when it is not of the grammar. */
function parseThreads(text: string): unknown {
  expect(text).toMatch(/^(?:\([\d ()]+\))*$/);
  const json = text.replace(/\(/g, '[').replace(/\)/g, ']').replace(/ /g, ',').replace(/\]\[/g, '],[');
  return JSON.parse(`[${json}]`);
}

const flat = (list: unknown): number[] => (Array.isArray(list) ? list.flatMap(flat) : [list as number]);

const row = fc.record({
  date: fc.integer({ min: 0, max: 5 }),
  subject: fc.constantFrom('', 'a', 'b', 'c'),
  reply: fc.boolean(),
  id: fc.option(fc.integer({ min: 0, max: 12 }).map((n) => `<${n}@x>`)),
  references: fc.array(
    fc.integer({ min: 0, max: 12 }).map((n) => `<${n}@x>`),
    { maxLength: 5 },
  ),
});

describe('threads', () => {
  test.each([
    ['by references', threadByReferences],
    ['by subject', threadBySubject],
  ])('%s hold each message once, whatever refers to what', async (_, thread) => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 25 }), async (rows) => {
        const messages = columns(rows);
        const tree = await thread(messages, new Turns());
        const text = await formatThreads(tree, messages.uids, new Turns());
        expect(flat(parseThreads(text)).sort((a, b) => a - b)).toEqual(messages.uids);
        for (const root of tree.roots) {
          if (root >= tree.count) expect(tree.children.get(root)?.length).toBeGreaterThan(1);
        }
        for (const list of tree.children.values()) for (const node of list) expect(node).toBeLessThan(tree.count);
      }),
      { numRuns: 1000 },
    );
  });

  test('a conversation of 50,000 messages, each an answer to the one before', async () => {
    const rows = Array.from({ length: 50_000 }, (_, n) => ({
      date: n,
      subject: 'long',
      reply: n > 0,
      id: `<${n}@x>`,
      references: n === 0 ? [] : [`<${n - 1}@x>`],
    }));
    const messages = columns(rows);
    const text = await formatThreads(await threadByReferences(messages, new Turns()), messages.uids, new Turns());
    expect(text).toBe(`(${messages.uids.join(' ')})`);
  });
});

/** Turns of which each ends after 9 looks at a clock that goes on with each of them: 9 times 256 steps. */
class CountedTurns extends Turns {
  ended = 0;

  constructor() {
    let looks = 0;
    super(() => looks++);
  }

  override async next(): Promise<void> {
    this.ended++;
    await super.next();
  }
}

/** How many turns `work` takes. */
async function turnsOf(work: (turns: Turns) => Promise<unknown>): Promise<number> {
  const turns = new CountedTurns();
  await work(turns);
  return turns.ended;
}

test('100,000 messages are sorted and threaded in turns', async () => {
  const rows = Array.from({ length: 100_000 }, (_, n) => ({
    date: (n * 7919) % 100_003,
    subject: `subject ${n % 5000}`,
    reply: n % 3 > 0,
    id: `<${n}@x>`,
    references: n % 3 > 0 ? [`<${n - (n % 3)}@x>`, `<missing${n % 1000}@x>`] : [],
  }));
  const messages = columns(rows);
  const order = Uint32Array.from(messages.uids, (_, node) => node);
  const dates = messages.dates;
  const byDate = (a: number, b: number): number => (dates[a] as number) - (dates[b] as number);
  // 17 passes over all of them.
  expect(await turnsOf((turns) => sortInTurns(order, byDate, turns))).toBeGreaterThan((17 * 100_000) / (12 * 256));
  for (let i = 1; i < order.length; i++) {
    expect((dates[order[i - 1] as number] as number) <= (dates[order[i] as number] as number)).toBe(true);
  }
  // Each message is looked at several times.
  expect(await turnsOf((turns) => threadBySubject(messages, turns))).toBeGreaterThan(100_000 / (12 * 256));
  let tree: Awaited<ReturnType<typeof threadByReferences>> | undefined;
  const threading = async (turns: Turns): Promise<void> => {
    tree = await threadByReferences(messages, turns);
  };
  expect(await turnsOf(threading)).toBeGreaterThan((3 * 100_000) / (12 * 256));
  if (!tree) throw new Error('there is no tree');
  expect(flat(parseThreads(await formatThreads(tree, messages.uids, new Turns())))).toHaveLength(100_000);
});

test('sorting in turns keeps the order of equals', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 9 })), async (values) => {
      const order = Uint32Array.from(values, (_, index) => index);
      await sortInTurns(order, (a, b) => (values[a] as number) - (values[b] as number), new Turns());
      const wanted = values.map((_, index) => index).sort((a, b) => (values[a] as number) - (values[b] as number));
      expect([...order]).toEqual(wanted);
    }),
  );
});

test('an envelope is read as it was written', () => {
  const text = fc.stringMatching(/^[ -~]{0,12}$/).map((value) => value.replace(/[\r\n]/g, ''));
  fc.assert(
    fc.property(text, text, text, text, (subject, name, id, to) => {
      const header = `Subject:${subject}\r\nFrom: "${name.replace(/["\\]/g, '\\$&')}" <a@b>, c@d\r\nTo:${to}\r\nMessage-ID:${id}\r\n\r\n`;
      const envelope = formatEnvelope(parseHeaderFields(header));
      const fields = readEnvelope(envelope);
      expect(fields.from).toMatchObject({ mailbox: 'a', host: 'b' });
      expect(fields.subject).toBe(subject.trim());
      expect(fields.messageId).toBe(id.trim());
      expect(fields.inReplyTo).toBeNull();
    }),
  );
  expect(
    readEnvelope('(NIL {3}\r\na"b NIL NIL NIL ((NIL NIL "x\\"y" "z")("q" NIL "r" "s")) NIL NIL NIL "<i>")'),
  ).toEqual({
    date: null,
    subject: 'a"b',
    from: null,
    to: { name: null, mailbox: 'x"y', host: 'z' },
    cc: null,
    inReplyTo: null,
    messageId: '<i>',
  });
  expect(() => readEnvelope('rubbish')).not.toThrow();
});

test('other sessions are answered while a large mailbox is sorted and threaded', async () => {
  await using fixture = await startImap();
  const account = await fixture.account();
  await fixture.fill(account, 'INBOX', ENGINE === 'sqlite' ? 3000 : 600);
  const busy = await fixture.login(account);
  const other = await fixture.login(account);
  await busy.run('a', 'SELECT INBOX');
  busy.send('b UID SORT RETURN (COUNT) (SUBJECT REVERSE DATE) UTF-8 ALL\r\nc THREAD REFERENCES UTF-8 ALL\r\n');
  const answered = other.run('d', 'NOOP').then(() => 'noop');
  const sorted = busy.until('c').then(() => 'thread');
  expect(await Promise.race([answered, sorted])).toBe('noop');
  await sorted;
});
