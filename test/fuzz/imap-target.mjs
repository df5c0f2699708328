/** The IMAP grammar without server and socket: octets go into the command reader, and commands into their parsers. */

import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What is tried: the built files. */
export const DIST = join(import.meta.dirname, '../..', process.env.EIDER_DIST ?? 'dist');
export const load = (file) => import(pathToFileURL(join(DIST, file)).href);

const { ConnectionInput } = await load('net/connection-input.js');
const { CommandReader, LIMITS_AFTER_LOGIN, LIMITS_BEFORE_LOGIN } = await load('imap/wire/command-reader.js');
const { CommandError, ImapSyntaxError } = await load('imap/wire/imap-syntax-error.js');
const append = await load('imap/wire/append-args.js');
const { parseMultiSearch } = await load('imap/wire/esearch-args.js');
const { parseFetch } = await load('imap/wire/fetch-items.js');
const { listPatterns, parseList, parseLsub } = await load('imap/wire/list-args.js');
const { parseMessageUrl } = await load('imap/wire/message-url.js');
const { parseGetMetadata, parseSetMetadata } = await load('imap/wire/metadata-args.js');
const { parseNotify } = await load('imap/wire/notify-args.js');
const { namesMailboxes, parseSearch, resolveSearchKey, usesNumbers } = await load('imap/wire/search-program.js');
const { parseSelect } = await load('imap/wire/select-args.js');
const { parseSort, parseThread } = await load('imap/wire/sort-args.js');
const { parseStatus } = await load('imap/wire/status-items.js');
const { parseStore } = await load('imap/wire/store-args.js');
const { decodeModifiedUtf7, encodeModifiedUtf7 } = await load('imap/wire/mailbox-name.js');
const { fuzzyQuery, fuzzyTexts } = await load('imap/wire/fuzzy-query.js');
const { parseQueryText } = await load('model/query-text.js');

const SETS = {
  seq: (set) => set.resolve(1000),
  uid: (set) => set.resolve(4_294_967_295),
  saved: () => ({ isEmpty: true }),
  label: () => ({ key: 'all' }),
  queryText,
};

/** What is typed into a search box has limits of its own, which are answered by NO. */
function queryText(text) {
  try {
    return parseQueryText(text, { mailboxes: [], now: 0 });
  } catch (error) {
    if (error?.code === 'LIMIT_EXCEEDED') return { key: 'all' };
    throw error;
  }
}

/** A search program is resolved too, and made fuzzy. */
function search({ key }) {
  usesNumbers(key);
  namesMailboxes(key);
  const query = resolveSearchKey(key, SETS);
  fuzzyTexts(fuzzyQuery(query));
}

const PARSERS = {
  SELECT: parseSelect,
  EXAMINE: parseSelect,
  FETCH: parseFetch,
  STORE: parseStore,
  SEARCH: (scanner) => search(parseSearch(scanner)),
  ESEARCH: (scanner) => search(parseMultiSearch(scanner)),
  SORT: (scanner) => search(parseSort(scanner)),
  THREAD: (scanner) => search(parseThread(scanner)),
  STATUS: parseStatus,
  LIST: (scanner) => matchNames(parseList(scanner)),
  LSUB: (scanner) => matchNames(parseLsub(scanner)),
  NOTIFY: parseNotify,
  GETMETADATA: parseGetMetadata,
  SETMETADATA: parseSetMetadata,
  COPY: setAndMailbox,
  MOVE: setAndMailbox,
};

const NAMES = ['INBOX', 'a/b/c', 'x'.repeat(200), 'é/&'];

function matchNames(args) {
  for (const pattern of listPatterns(args)) for (const name of NAMES) pattern.matches(name);
}

function setAndMailbox(scanner) {
  scanner.space();
  scanner.sequenceSet().resolve(1000);
  scanner.space();
  const name = scanner.mailbox();
  if (decodeModifiedUtf7(encodeModifiedUtf7(name)) !== name)
    throw new Error(`${JSON.stringify(name)} is coded as another`);
  scanner.end();
}

/** Commands without a parser of their own: strings, and values of any kind. */
function values(scanner) {
  while (!scanner.atEnd) {
    scanner.space();
    scanner.skipValue();
  }
}

/** After so many that are not understood, in a row, the server closes the connection. */
const MOST_REFUSED = 50;

class Source extends EventEmitter {
  readableEnded = false;
  destroyed = false;
  pause() {}
  resume() {}
}

/**
 * Feeds octets, and has all commands in them read.
 *
 * @param {Buffer} octets
 * @param {{ cut?: number, beforeLogin?: boolean, utf8?: boolean }} [options] `cut`: they arrive in pieces of so many
 * @returns {Promise<number>} how many commands were understood
 * @throws what is no answer to a client
 */
export async function feedImap(octets, { cut = 0, beforeLogin = false, utf8 = false } = {}) {
  const source = new Source();
  const input = new ConnectionInput(source);
  const limits = beforeLogin ? LIMITS_BEFORE_LOGIN : LIMITS_AFTER_LOGIN;
  const reader = new CommandReader(input, { limits, continuation: () => {} });
  reader.utf8 = utf8;
  const run = { reader, understood: 0, refused: 0 };
  const size = cut > 0 ? cut : octets.length;
  for (let at = 0; at < octets.length; at += size) {
    source.emit('data', octets.subarray(at, at + size));
    // A message is read when all of it is there.
    if (cut > 0 && !(await takeAll(run, false))) return run.understood;
  }
  source.emit('end');
  await takeAll(run, true);
  return run.understood;
}

/** @returns whether the connection goes on */
async function takeAll(run, ended) {
  const { reader } = run;
  for (;;) {
    try {
      const command = reader.take();
      if (command === null) return true;
      const done = parse(command, run, ended);
      if (done !== undefined) await done;
      run.understood++;
      run.refused = 0;
    } catch (error) {
      if (error instanceof CommandError && error.fatal) return false;
      if (error instanceof ImapSyntaxError) {
        checkAnswer(error);
        if (++run.refused >= MOST_REFUSED) return false;
      } else if (error?.code !== 'ABORTED' || !ended) throw error;
    }
  }
}

/** What goes to the client is one line. */
function checkAnswer({ message, code, status }) {
  if (/[\r\n\0]/.test(`${message}${code}`))
    throw new Error(`an answer of more than one line: ${JSON.stringify(message)}`);
  if (status !== 'BAD' && status !== 'NO') throw new Error(`an answer of status ${status}`);
}

function parse(command, run, ended) {
  const { name, scanner, literal } = command;
  if (literal !== null && !ended) return undefined;
  if (name === 'APPEND' || name === 'REPLACE') return parseAppend(command, run);
  (PARSERS[name] ?? values)(scanner);
  return undefined;
}

async function parseAppend({ name, scanner }, { reader }) {
  scanner.space();
  if (name === 'REPLACE') {
    scanner.sequenceSet();
    scanner.space();
  }
  scanner.mailbox();
  let at = scanner;
  do {
    const { data } = append.parseAppendItem(at);
    if (data === 'literal') at = await readLiteral(reader, at, append.parseAppendLiteral(at));
    else {
      do {
        const part = append.parseCatPart(at);
        if (part.kind === 'url') parseMessageUrl(part.url);
        else at = await readLiteral(reader, at, part.literal);
      } while (append.hasMoreParts(at));
    }
  } while (!at.atEnd);
}

async function readLiteral(reader, _at, literal) {
  for await (const _ of reader.openLiteral());
  const { scanner } = await reader.nextPart();
  append.endAppendLiteral(scanner, literal);
  return scanner;
}
