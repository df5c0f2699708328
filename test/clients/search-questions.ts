/** SEARCH, SORT and THREAD at random, of what both servers of a comparison know. */

import fc from 'fast-check';
import { FIELD_WORDS, TEXT_WORDS } from './generated-mail.ts';

const oneOf = fc.constantFrom<string[]>;
const word = oneOf(...FIELD_WORDS);
/** Also a part of a word, or several words, or what is nowhere. */
const text = fc.oneof(
  { weight: 4, arbitrary: word },
  { weight: 2, arbitrary: word.map((w) => w.slice(1, 4).toUpperCase()) },
  { weight: 1, arbitrary: fc.tuple(word, word).map(([a, b]) => `"${a} ${b}"`) },
  {
    weight: 1,
    arbitrary: oneOf('example', 'org', '"J\u00c3\u00bcrgen"', '"\u00c3\u00a9t\u00c3\u00a9"', 'nowhere', '""'),
  },
);
const date = fc
  .tuple(fc.integer({ min: 1, max: 28 }), oneOf('Jan', 'Feb', 'Feb', 'Mar'))
  .map(([day, month]) => `${day}-${month}-2024`);

/** What the programs are made for. */
export interface SearchedMailbox {
  readonly count: number;
  /** It holds generated mail: its words are known, and each message says when it was sent. */
  readonly generated: boolean;
}

/** A search program that can also be worked out of the answers to its keys alone. */
export type Program =
  | { readonly key: string }
  | { readonly not: Program }
  | { readonly or: readonly [Program, Program] }
  | { readonly and: readonly Program[] };

/** A command, and the same about messages that are named by number. */
export interface SearchQuestion {
  readonly keys: Program;
  /** The command; with another program in the place of its own when one is given. */
  command(program?: string): string;
}

/** A program as SEARCH has it. */
export function programText(program: Program): string {
  if ('key' in program) return program.key;
  if ('not' in program) return `NOT ${programText(program.not)}`;
  if ('or' in program) return `OR ${program.or.map(programText).join(' ')}`;
  return `(${program.and.map(programText).join(' ')})`;
}

/** Whether a message is found when it is told which keys find it. */
export function isFound(program: Program, byKey: (key: string) => boolean): boolean {
  if ('key' in program) return byKey(program.key);
  if ('not' in program) return !isFound(program.not, byKey);
  if ('or' in program) return program.or.some((each) => isFound(each, byKey));
  return program.and.every((each) => isFound(each, byKey));
}

/** Its keys. */
export function keysOf(program: Program): string[] {
  if ('key' in program) return [program.key];
  if ('not' in program) return keysOf(program.not);
  return ('or' in program ? program.or : program.and).flatMap(keysOf);
}

/** Keys of RFC 9051 section 6.4.4 and RFC 5032. */
function anyKey({ count, generated }: SearchedMailbox): fc.Arbitrary<string> {
  const number = fc.integer({ min: 1, max: count });
  const range = fc.oneof(
    number.map(String),
    fc.tuple(number, number).map((pair) => pair.join(':')),
    number.map((n) => `${n}:*`),
    fc.constant('*'),
  );
  const set = fc.array(range, { minLength: 1, maxLength: 4 }).map((list) => list.join(','));
  const flag = oneOf('ANSWERED', 'DELETED', 'DRAFT', 'FLAGGED', 'SEEN').chain((name) => oneOf(name, `UN${name}`));
  const withText = fc.tuple(oneOf('FROM', 'TO', 'CC', 'BCC', 'SUBJECT'), text).map((pair) => pair.join(' '));
  const header = fc.tuple(oneOf('X-Spam', 'Subject', 'message-id', 'References', 'Date', 'X-None'), text);
  const keys = [
    fc.constant('ALL'),
    flag,
    fc.tuple(oneOf('KEYWORD', 'UNKEYWORD'), oneOf('$Forwarded', 'work', 'none')).map((pair) => pair.join(' ')),
    withText,
    withText,
    header.map(([name, value]) => `HEADER ${name} ${value}`),
    fc.tuple(oneOf('LARGER', 'SMALLER'), fc.integer({ min: 100, max: 3000 })).map((pair) => pair.join(' ')),
    fc.tuple(oneOf('BEFORE', 'ON', 'SINCE'), date).map((pair) => pair.join(' ')),
    set,
    set.map((numbers) => `UID ${numbers}`),
    fc.tuple(oneOf('OLDER', 'YOUNGER'), oneOf('3600', '4294967295')).map((pair) => pair.join(' ')),
  ];
  if (generated) {
    keys.push(fc.tuple(oneOf('SENTBEFORE', 'SENTON', 'SENTSINCE'), date).map((pair) => pair.join(' ')));
    keys.push(fc.tuple(oneOf('BODY', 'TEXT'), oneOf(...TEXT_WORDS)).map((pair) => pair.join(' ')));
    keys.push(word.map((w) => `TEXT ${w}`));
  }
  return fc.oneof(...keys);
}

function anyProgram(mailbox: SearchedMailbox): fc.Arbitrary<Program> {
  const depthIdentifier = 'search';
  const { all } = fc.letrec<{ all: Program; one: Program }>((tie) => ({
    one: fc.oneof(
      { maxDepth: 3, depthIdentifier },
      { weight: 4, arbitrary: anyKey(mailbox).map((key) => ({ key })) },
      { weight: 2, arbitrary: tie('one').map((not) => ({ not })) },
      { weight: 2, arbitrary: fc.tuple(tie('one'), tie('one')).map((or) => ({ or })) },
      { weight: 1, arbitrary: tie('all') },
    ),
    all: fc.array(tie('one'), { minLength: 1, maxLength: 3, depthIdentifier }).map((and) => ({ and })),
  }));
  return all;
}

// Each key once: of one that comes again Dovecot makes another order.
const sortKeys = fc.uniqueArray(
  oneOf('ARRIVAL', 'CC', 'DATE', 'FROM', 'SIZE', 'SUBJECT', 'TO', 'DISPLAYFROM', 'DISPLAYTO'),
  {
    minLength: 1,
    maxLength: 3,
  },
);
const criteria = fc
  .tuple(sortKeys, fc.array(oneOf('', 'REVERSE '), { minLength: 3, maxLength: 3 }))
  .map(([keys, reverse]) => keys.map((key, i) => `${reverse[i]}${key}`).join(' '));

/** Questions at random; the same for the same seed. */
export function searchQuestions(mailbox: SearchedMailbox, seed: number, count: number): SearchQuestion[] {
  const returns = fc
    .subarray(['MIN', 'MAX', 'ALL', 'COUNT'], { minLength: 1 })
    .map((list) => `RETURN (${list.join(' ')}) `);
  const uid = oneOf('', '', 'UID ');
  const returning = fc.oneof(fc.constant(''), returns);
  const before = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(uid, returning).map(([u, r]) => `${u}SEARCH ${r}CHARSET UTF-8 `) },
    { weight: 3, arbitrary: fc.tuple(uid, returning, criteria).map(([u, r, c]) => `${u}SORT ${r}(${c}) UTF-8 `) },
    {
      weight: 2,
      arbitrary: fc.tuple(uid, oneOf('REFERENCES', 'ORDEREDSUBJECT')).map(([u, a]) => `${u}THREAD ${a} UTF-8 `),
    },
  );
  const question = fc.tuple(before, anyProgram(mailbox)).map(([head, keys]) => ({
    keys,
    command: (program = programText(keys)) => head + program,
  }));
  return fc.sample(question, { seed, numRuns: count });
}
