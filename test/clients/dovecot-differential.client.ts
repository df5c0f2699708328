/**
 * Beside Dovecot: the same questions about the same mail get the same answers, and where not, it is known why.
 * `EIDER_DIFFERENTIAL_SEED` asks other questions about other mail, `EIDER_DIFFERENTIAL_SCALE` so many times as much.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENGINE } from '../engine-under-test.ts';
import { ODD_MESSAGES } from '../mime/messages.ts';
import { type Dovecot, isDovecotInstalled, startDovecot } from './dovecot.ts';
import { EXPLANATIONS, NOT_COMPARED_IN_SEARCH, ON_PURPOSE, PLAIN_MAIL } from './explained-differences.ts';
import { generateMail } from './generated-mail.ts';
import { BARE_MAIL, ODD_MAIL } from './odd-mail.ts';
import { type ResponseTree, readFetches } from './response-tree.ts';
import { type Difference, differences, searchAnswer } from './same-answer.ts';
import { isFound, keysOf, type SearchQuestion, searchQuestions } from './search-questions.ts';
import { sectionItems } from './section-questions.ts';
import { startServer, type TestServer } from './server.ts';
import { type Answer, TreeSession } from './tree-session.ts';

const SEED = Number(process.env.EIDER_DIFFERENTIAL_SEED ?? 1);
/** Statements of a cluster take longer than those of a file. */
const SCALE = Number(process.env.EIDER_DIFFERENTIAL_SCALE ?? 1) * (ENGINE === 'sqlite' ? 1 : 0.4);

/** Messages by name, each character an octet. */
type Mail = ReadonlyMap<string, string>;
/** What FETCH gave of one message, by the item's name. */
type FetchedItems = ReadonlyMap<string, ResponseTree>;

const FLAGS = ['', '\\Seen', '\\Flagged $Forwarded', '\\Answered \\Seen', '\\Draft work', '\\Deleted'];
const CORPUS = path.join(import.meta.dirname, '../../../shared/corpus');

/** All lines end in CRLF, and there is no NUL: Dovecot keeps neither bare LF nor NUL. What has no octets no server takes. */
function asLines(mail: Iterable<readonly [string, string]>): Mail {
  const lines = [...mail].map(([name, octets]): [string, string] => [
    name,
    octets.replace(/\0/g, '?').replace(/\r*\n|\r/g, '\r\n'),
  ]);
  return new Map(lines.filter(([, octets]) => octets !== ''));
}

const inWords = ({ status, untagged }: Answer): string => `${status} ${searchAnswer(untagged)}`;

/** RFC 9051 section 6.4.4 leaves to the server how text matches; here letters match with and without their marks. */
const isOtherMatching = ({ keys }: SearchQuestion): boolean => keysOf(keys).some((key) => key.includes('\u00c3\u00a9'));

function corpusMail(): [string, string][] {
  return readdirSync(CORPUS, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
    .map((file) => [path.relative(CORPUS, file), readFileSync(file, 'latin1')]);
}

const odd = [...Object.entries(ODD_MAIL), ...Object.entries(BARE_MAIL)];
const oddMessages = Object.entries(ODD_MESSAGES).map(([name, octets]): [string, string] => [
  name,
  octets.toString('latin1'),
]);
const MAIL: Record<string, Mail> = {
  odd: asLines([...odd, ...oddMessages]),
  plain: new Map(PLAIN_MAIL.map((octets) => [octets, octets])),
  generated: asLines(generateMail(SEED, Math.ceil(100 * SCALE)).map((octets, i) => [`generated ${i}`, octets])),
};
if (existsSync(CORPUS)) {
  const all = asLines(corpusMail());
  const isCompared = (name: string): boolean => !Object.keys(NOT_COMPARED_IN_SEARCH).some((end) => name.endsWith(end));
  MAIL.corpus = all;
  MAIL.searched = new Map([...all].filter(([name]) => isCompared(name)));
} else {
  console.warn('there is no corpus beside the repository: what is asked about it is skipped');
}

describe.skipIf(!isDovecotInstalled())(`beside Dovecot, seed ${SEED}`, () => {
  let server: TestServer;
  let dovecot: Dovecot;
  let ours: TreeSession;
  let theirs: TreeSession;
  const used = new Set<string>();

  const both = (command: string): Promise<[Answer, Answer]> => Promise.all([ours.run(command), theirs.run(command)]);
  const examine = async (mailbox: string): Promise<void> => {
    await Promise.all([ours.examine(mailbox), theirs.examine(mailbox)]);
  };
  const fill = async (session: TreeSession): Promise<void> => {
    for (const [mailbox, mail] of Object.entries(MAIL)) {
      await session.accepted(`CREATE ${mailbox}`);
      for (const [i, octets] of [...mail.values()].entries()) {
        const date = `0${1 + (i % 9)}-Feb-2024 12:00:00 +0000`;
        const flags = FLAGS[i % FLAGS.length];
        await session.accepted(`APPEND ${mailbox} (${flags}) "${date}" {${octets.length}+}\r\n${octets}`);
      }
    }
  };
  /** Differences that nothing explains. */
  const unexplained = (found: readonly Difference[]): Difference[] =>
    found.filter((difference) => {
      const explanation = EXPLANATIONS.find(({ covers }) => covers(difference));
      if (explanation !== undefined) used.add(explanation.why);
      return explanation === undefined;
    });

  beforeAll(async () => {
    [server, dovecot] = await Promise.all([startServer(), startDovecot()]);
    ours = await TreeSession.open(server.imap);
    theirs = await TreeSession.open(dovecot.port);
    await Promise.all([fill(ours), fill(theirs)]);
  });
  afterAll(async () => {
    ours?.close();
    theirs?.close();
    await server?.stop();
    await dovecot?.stop();
  });

  /** Asks for items of one message, and compares the answers. */
  async function compareItems(name: string, number: number, items: readonly string[]): Promise<Difference[]> {
    const [a, b] = await both(`FETCH ${number} (${items.join(' ')})`);
    if (a.status !== b.status)
      return [{ mail: name, item: items[0] as string, at: [], ours: a.tagged, theirs: b.status }];
    const itemsOf = ({ untagged }: Answer): FetchedItems => readFetches(untagged).get(number) ?? new Map();
    const [mine, other] = [itemsOf(a), itemsOf(b)];
    checkBinarySizes(mine);
    return [...new Set([...mine.keys(), ...other.keys()])]
      .filter((item) => !item.startsWith('BINARY.SIZE') && item !== 'UID')
      .flatMap((item) => [...differences(name, item, mine.get(item), other.get(item))]);
  }

  /**
   * Dovecot's order depends on what a session was asked before, and it makes wrong ones of some programs (`OR NOT
   * ANSWERED ANSWERED` finds nothing there). So it is asked once more: in a new session, about the messages that its
   * answers to each key alone come to.
   */
  async function askAgain({ keys, command }: SearchQuestion, size: number): Promise<string> {
    await theirs.reopen();
    const byKey = new Map<string, Set<number>>();
    for (const key of keysOf(keys)) {
      const { untagged } = await theirs.run(`SEARCH CHARSET UTF-8 ${key}`);
      const line = untagged.find(({ text }) => text.startsWith('* SEARCH'))?.text ?? '';
      byKey.set(key, new Set(line.split(' ').slice(2).map(Number)));
    }
    const numbers = Array.from({ length: size }, (_, i) => i + 1);
    const messages = numbers.filter((number) => isFound(keys, (key) => byKey.get(key)?.has(number) ?? false));
    await theirs.reopen();
    return inWords(await theirs.run(command(messages.length > 0 ? String(messages) : 'NOT ALL')));
  }

  /** RFC 3516 section 4.3: BINARY.SIZE is the size of what BINARY gives. In Dovecot it is not always, so it is not asked. */
  function checkBinarySizes(items: FetchedItems): void {
    for (const [item, size] of items) {
      const part = /^BINARY\.SIZE(.*)$/.exec(item)?.[1];
      if (part !== undefined) expect(items.get(`BINARY${part}`)).toHaveLength(Number(size));
    }
  }

  for (const mailbox of ['odd', 'generated', 'corpus']) {
    test.skipIf(!MAIL[mailbox])(`structure and sections: ${mailbox}`, async () => {
      await examine(mailbox);
      const found: Difference[] = [];
      for (const [i, name] of [...(MAIL[mailbox] as Mail).keys()].entries()) {
        const number = i + 1;
        found.push(
          ...(await compareItems(name, number, [
            'RFC822.SIZE',
            'INTERNALDATE',
            'FLAGS',
            'ENVELOPE',
            'BODY',
            'BODYSTRUCTURE',
          ])),
        );
        const structure = readFetches((await ours.run(`FETCH ${number} BODYSTRUCTURE`)).untagged).get(number);
        const { plain, binary } = sectionItems(structure?.get('BODYSTRUCTURE') as ResponseTree);
        found.push(...(await compareItems(name, number, plain)));
        if (binary.length > 0) found.push(...(await compareItems(name, number, binary)));
      }
      expect(unexplained(found)).toEqual([]);
    });
  }

  test('each explanation of a difference is of one that there is', ({ skip }) => {
    if (!MAIL.corpus) skip('some are of the corpus');
    expect(EXPLANATIONS.map(({ why }) => why).filter((why) => !used.has(why))).toEqual([]);
  });

  for (const mailbox of ['odd', 'generated', 'searched']) {
    test.skipIf(!MAIL[mailbox])(`search, order and threads: ${mailbox}`, async () => {
      await examine(mailbox);
      const { size } = MAIL[mailbox] as Mail;
      const found: string[][] = [];
      const asked = searchQuestions({ count: size, generated: mailbox === 'generated' }, SEED, Math.ceil(400 * SCALE));
      for (const question of asked) {
        const [mine, other] = (await both(question.command())).map(inWords);
        expect(mine, question.command()).toMatch(/^OK/);
        if (mine === other) continue;
        const again = await askAgain(question, size);
        if (mine !== again && !isOtherMatching(question)) found.push([question.command(), mine as string, again]);
      }
      expect(found).toEqual([]);
    });
  }

  test.each(ON_PURPOSE)('%s is answered otherwise', async (command, mine, other) => {
    await examine('plain');
    const answers = (await both(command)).map(({ status, untagged }) =>
      [status, ...untagged.map(({ text }) => text).filter((text) => /^\* (?:SEARCH|\d+ FETCH \(BODY)/.test(text))].join(
        ' ',
      ),
    );
    expect(answers).toEqual([mine, other]);
  });
});
