/** Octets for the IMAP grammar: commands that were sent to real servers, made wrong; commands by grammar; rubbish. */

import { readdirSync, readFileSync } from 'node:fs';
import { mutate } from './mutate.mjs';
import { Random } from './random.mjs';

const TRANSCRIPTS = new URL('../transcripts/', import.meta.url);

const TOKENS = [
  ...[
    'a1 ',
    'UID ',
    'FETCH ',
    'SEARCH ',
    'SORT ',
    'APPEND x ',
    'NOT ',
    'OR ',
    'RETURN (',
    'BODY[',
    'BODY.PEEK[1.2.MIME]',
  ],
  ...[
    'HEADER.FIELDS (',
    'HEADER.FIELDS.NOT (A)',
    '<0.1>',
    '<4294967295.1>',
    'PARTIAL 1:1',
    'CHARSET utf-7 ',
    'MODSEQ 1',
  ],
  ...[
    '(',
    ')',
    '[',
    ']',
    '<',
    '>',
    '{',
    '}',
    '"',
    '\\',
    '\\Seen',
    '$',
    '*',
    '%',
    ':',
    ',',
    '.',
    ' ',
    '  ',
    '~',
    '+',
    '=',
  ],
  ...[
    'NIL',
    'INBOX',
    '&AOk-',
    '&',
    '&-',
    '&2AA-',
    '\xc3\xa9',
    '\xff',
    '\0',
    '\r',
    '\n',
    '\r\n',
    '\t',
    '{0}\r\n',
    '{3+}\r\nabc',
  ],
  ...[
    '~{3+}\r\na\0b',
    '{5}\r\n',
    '{99999+}\r\n',
    '{4294967296}\r\n',
    '"\\""',
    '1-Feb-2024',
    '" 1-Feb-2024 00:00:00 +0000"',
  ],
  ...['1:*,*:1', '1,2,3', '((((((((', '))))))))', 'NOT NOT NOT NOT ', '/a/;UIDVALIDITY=1/;UID=2/;SECTION=1', '%00%ff'],
];

/** What follows the name of a command, as a grammar: `<rule>` stands for one of a rule's forms. */
const GRAMMAR = {
  command: [
    '<uid>FETCH <set> <items>',
    '<uid>SEARCH <return><charset><keys>',
    '<uid>SORT <return>(<sorts>) UTF-8 <keys>',
    '<uid>THREAD REFERENCES UTF-8 <keys>',
    '<uid>STORE <set> <unchanged><sign>FLAGS<silent> <flags>',
    '<uid>COPY <set> <box>',
    'ESEARCH IN (<filter>) <return><keys>',
    'LIST <selection>"" <patterns> RETURN (<returns>)',
    'LSUB "" <box>',
    'STATUS <box> (<statuses>)',
    'SELECT <box> (QRESYNC (1 2 1:9 (1,2 5,6)) CONDSTORE)',
    'APPEND <box> <flags> <when><message>',
    'REPLACE 1 <box> <message>',
    'NOTIFY SET STATUS (<filter> (MessageNew (<items1>) MessageExpunge)) (<filter> NONE)',
    'GETMETADATA (DEPTH infinity MAXSIZE 1024) <box> (/private/comment /shared/<atom>)',
    'SETMETADATA <box> (/private/comment <string> /shared/x NIL)',
    'LOGIN <string> <string>',
    'ID (<string> <string> "b" NIL)',
    'ENABLE CONDSTORE <atom>',
    'CREATE <box> (USE (\\Sent))',
    'RENAME <box> <box>',
    'GETQUOTAROOT <box>',
    'NOOP',
  ],
  uid: ['', 'UID '],
  items: ['ALL', 'FULL', '<item>', '(<items1>)', '(<items1>) (CHANGEDSINCE 1 VANISHED)', '(<items1>) (PARTIAL 1:100)'],
  items1: ['<item>', '<item> <item>', '<item> <items1>'],
  item: [
    ...[
      'FLAGS',
      'ENVELOPE',
      'BODYSTRUCTURE',
      'BODY',
      'RFC822.SIZE',
      'UID',
      'MODSEQ',
      'EMAILID',
      'THREADID',
      'PREVIEW (LAZY)',
    ],
    ...[
      'BODY[<section>]<part>',
      'BODY.PEEK[<section>]<part>',
      'BINARY.PEEK[<path>]<part>',
      'BINARY.SIZE[<path>]',
      'X-GM-LABELS',
    ],
  ],
  section: [
    '',
    '<path>',
    '<path>.MIME',
    '<path>.HEADER',
    'TEXT',
    'HEADER.FIELDS (<fields>)',
    '<path>.HEADER.FIELDS.NOT (<fields>)',
  ],
  path: ['1', '2.1', '1.<path>', '99'],
  part: ['', '<0.10>', '<100.4294967295>'],
  fields: ['Subject', '<string>', '<string> <fields>'],
  keys: ['<key>', '<key> <keys>', '<key> <key>'],
  key: [
    ...[
      'ALL',
      'SEEN',
      'UNKEYWORD $x',
      'NOT <key>',
      'OR <key> <key>',
      '(<keys>)',
      '<set>',
      'UID <set>',
      '$',
      'LARGER 10',
    ],
    ...[
      'FROM <string>',
      'SUBJECT <string>',
      'BODY <string>',
      'TEXT <string>',
      'HEADER <string> <string>',
      'FUZZY <key>',
    ],
    ...[
      'BEFORE 1-Feb-2024',
      'SENTON "01-Feb-2024"',
      'OLDER 60',
      'MODSEQ "/flags/\\\\seen" all 5',
      'EMAILID M1',
      'X-GM-RAW <string>',
    ],
  ],
  return: [
    '',
    'RETURN () ',
    'RETURN (MIN MAX ALL COUNT) ',
    'RETURN (SAVE) ',
    'RETURN (PARTIAL -1:-10) ',
    'RETURN (UPDATE CONTEXT) ',
  ],
  charset: ['', 'CHARSET UTF-8 ', 'CHARSET iso-8859-1 '],
  sorts: ['SUBJECT', 'REVERSE DATE', 'REVERSE SIZE ARRIVAL', 'DISPLAYFROM TO CC'],
  unchanged: ['', '(UNCHANGEDSINCE 5) '],
  sign: ['', '+', '-'],
  silent: ['', '.SILENT'],
  flags: ['()', '(\\Seen)', '(\\Seen \\Deleted $x <atom>)', '(<flagtail>)'],
  flagtail: ['<atom>', '<atom> <flagtail>', '\\<atom>'],
  when: ['', '" 1-Feb-2024 00:00:00 +0000" ', '"31-Dec-1969 23:59:59 -0100" '],
  message: [
    '{3+}\r\nabc',
    '~{3+}\r\na\0b',
    '{3}\r\nabc',
    'UTF8 (~{3+}\r\nabc)',
    'CATENATE (URL <string> TEXT {3+}\r\nabc)',
    '{3+}\r\nabc {2+}\r\nxy',
  ],
  filter: [
    'personal',
    'subscribed',
    'selected',
    'inboxes',
    'subtree <box>',
    'mailboxes (<box> <box>)',
    'subtree-one INBOX',
  ],
  selection: ['', '(SUBSCRIBED RECURSIVEMATCH) ', '(SPECIAL-USE) ', '() '],
  patterns: ['*', '%', '<box>', '(<box> "*")', '"%/<atom>*%*"'],
  returns: ['', 'CHILDREN', 'STATUS (<statuses>)', 'SUBSCRIBED SPECIAL-USE', 'METADATA (/private/x)'],
  statuses: ['MESSAGES', 'UNSEEN UIDNEXT', 'MESSAGES SIZE HIGHESTMODSEQ DELETED MAILBOXID'],
  box: ['INBOX', 'inbox', '<string>', '<atom>', '"a/b"', '&AOk-'],
  set: ['1', '*', '1:*', '<number>:<number>', '<number>,<set>', '$', '<number>:*'],
  number: ['1', '2', '17', '4294967295'],
  atom: ['x', '$Work', 'a.b', 'A1', '&-'],
  string: ['x', '"x y"', '"a\\"b\\\\"', '{3+}\r\nx y', '{1}\r\nx', '""', '"\xc3\xa9"', '~{2+}\r\n\0\0', 'NIL'],
};
const MAX_DEPTH = 12;

/** Commands that clients send in the transcripts, each with its literals. */
export function recordedCommands() {
  const commands = new Set();
  for (const name of readdirSync(TRANSCRIPTS)) {
    let command = '';
    for (const line of readFileSync(new URL(name, TRANSCRIPTS), 'latin1').split('\n')) {
      const [, bang, said] = /^C\d?(!?):(?: (.*))?$/.exec(line) ?? [];
      if (said === undefined) continue;
      command += bang ? JSON.parse(said) : `${said}\r\n`;
      if (/\{\d+\+?\}\r\n$/.test(command)) continue;
      commands.add(command.replace(/\{\{\w*\}\}/g, '1'));
      command = '';
    }
  }
  return [...commands];
}

/** Inputs without end; the same for the same seed. */
export class ImapInputs {
  #random;
  #recorded = recordedCommands();

  /** @param {number} seed */
  constructor(seed) {
    this.#random = new Random(seed);
  }

  get random() {
    return this.#random;
  }

  /** Octets in a string: one command or a few, whole or not. */
  next() {
    const random = this.#random;
    switch (random.below(16)) {
      case 0:
        return random.octets(1 + random.below(80));
      case 1:
        return `a ${random.of(this.#recorded).split(' ')[1] ?? 'X'} ${random.octets(random.below(40))}\r\n`;
      case 2:
        return this.#words();
      case 3: {
        const command = this.#grammatical();
        return command.slice(0, random.below(command.length));
      }
      case 4:
        return this.#wrongLiteral();
      case 5:
      case 6:
      case 7:
      case 8:
        return this.#grammatical();
      case 9:
      case 10:
      case 11:
        return mutate(this.#grammatical(), random, TOKENS, this.#recorded);
      default:
        return mutate(random.of(this.#recorded), random, TOKENS, this.#recorded);
    }
  }

  #grammatical() {
    return `a${this.#random.below(10)} ${this.#form('command', 0)}\r\n`;
  }

  #form(rule, depth) {
    const forms = GRAMMAR[rule];
    // The first forms end; behind them come those that go on.
    const form = depth > MAX_DEPTH ? forms[0] : this.#random.of(forms);
    return form.replace(/<([a-z]+1?)>/g, (_, inner) => this.#form(inner, depth + 1));
  }

  /** Words of the grammar in any order. */
  #words() {
    let text = 'a ';
    for (let left = this.#random.below(20); left > 0; left--) text += this.#random.of(TOKENS);
    return `${text}\r\n`;
  }

  /** A literal that is shorter or longer than was said. */
  #wrongLiteral() {
    const random = this.#random;
    const command = this.#grammatical();
    return command.replace(/\{\d+(\+?)\}\r\n/g, (_, plus) => `{${random.below(12)}${plus}}\r\n`);
  }
}
