/** Splits a message and asks everything of what came of it: nothing throws, and the octets come back. */

import { createHash } from 'node:crypto';
import { load } from './imap-target.mjs';

const { MemoryBlobStore } = await load('blobs/memory-blob-store.js');
const { MessageBody } = await load('mime/message-body.js');
const { splitMessage } = await load('mime/split-message.js');
const { encodedRange } = await load('mime/section-range.js');
const { transferDecoder } = await load('mime/transfer-decoder.js');
const { formatBody } = await load('mime/body-structure.js');
const { readEnvelope } = await load('imap/wire/read-envelope.js');

const FIELDS = ['subject', 'content-type', 'x'];

/**
 * @param {Buffer} octets
 * @param {{ cut?: number }} [options] `cut`: they arrive in pieces of so many
 * @throws when anything is not as it should be
 */
export async function splitAndAsk(octets, { cut = 0 } = {}) {
  const blobs = new MemoryBlobStore();
  const content = await splitMessage(cut > 0 ? pieces(octets, cut) : octets, blobs);
  const body = new MessageBody(content, content.tree, blobs);
  assert((await collect(body.read())).equals(octets), 'the octets do not come back');
  assert(content.size === octets.length, 'the size is another');
  assert(content.digest === createHash('sha256').update(octets).digest('hex'), 'the digest is another');
  checkTree(content.tree, 0, octets.length);
  for (const text of [content.envelope, content.bodyStructure, formatBody(content.tree)]) checkList(text);
  readEnvelope(content.envelope);
  for (const text of Object.values(content.searchText)) assert(typeof text === 'string', 'search text that is none');
  for (const path of paths(content.tree)) await askPart(body, content.tree, octets, path);
  return content;
}

async function askPart(body, tree, octets, path) {
  for (const kind of ['all', 'mime', 'header', 'text', 'headerFields', 'headerFieldsNot']) {
    const found = await body.section({ path, kind, fields: FIELDS });
    if (found?.kind !== 'range') continue;
    assert(found.start >= 0 && found.start <= found.end && found.end <= octets.length, `${path}.${kind} lies outside`);
    const part = await collect(body.read(found.start, found.end));
    assert(part.equals(octets.subarray(found.start, found.end)), `${path}.${kind} has other octets`);
  }
  const range = encodedRange(tree, octets.length, path);
  const whole = transferDecoder(range.encoding);
  if (whole === null) return;
  const encoded = octets.subarray(range.start, range.end);
  const once = Buffer.concat([whole.add(encoded), whole.end()]);
  const half = transferDecoder(range.encoding);
  const middle = encoded.length >> 1;
  const twice = Buffer.concat([half.add(encoded.subarray(0, middle)), half.add(encoded.subarray(middle)), half.end()]);
  assert(once.equals(twice), `${path} is decoded otherwise when it is cut`);
}

/** Parts lie inside their parents, one after the other. */
function checkTree(part, start, end) {
  const { headerStart, bodyStart, bodyEnd, children } = part;
  assert(
    start <= headerStart && headerStart <= bodyStart && bodyStart <= bodyEnd && bodyEnd <= end,
    'a part lies outside',
  );
  let from = bodyStart;
  for (const child of children) {
    checkTree(child, from, bodyEnd);
    from = child.bodyEnd;
  }
}

/** IMAP's lists of strings, numbers and NIL: parentheses match, and no string ends early. */
function checkList(text) {
  let depth = 0;
  const token = /\(|\)| |NIL|\d+|"(?:[^"\\\r\n\0]|\\["\\])*"|\{(\d+)\}\r\n/y;
  for (let at = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at;
    const match = token.exec(text);
    assert(match !== null, `not of the grammar at ${at}: ${JSON.stringify(text.slice(at, at + 80))}`);
    if (match[1] !== undefined) token.lastIndex += Number(match[1]);
    if (match[0] === '(') depth++;
    if (match[0] === ')') depth--;
    assert(depth > 0 || token.lastIndex >= text.length, 'parentheses do not match');
  }
  assert(depth === 0, 'parentheses do not match');
}

/** Up to 60 parts of a message, and one that is not there. */
function paths(tree) {
  const found = [[]];
  const walk = (part, path) => {
    if (found.length > 60) return;
    found.push(path);
    const inner = part.type === 'message' ? (part.children[0] ?? part) : part;
    const children = inner.type === 'multipart' ? inner.children : inner === part ? [] : [inner];
    for (const [i, child] of children.entries()) walk(child, [...path, i + 1]);
  };
  const top = tree.type === 'multipart' ? tree.children : [tree];
  for (const [i, child] of top.entries()) walk(child, [i + 1]);
  return found.filter((path) => encodedRange(tree, tree.bodyEnd, path) !== null);
}

function* pieces(octets, size) {
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size);
}

async function collect(chunks) {
  const list = [];
  for await (const chunk of chunks) list.push(chunk);
  return Buffer.concat(list);
}

function assert(holds, what) {
  if (!holds) throw new Error(what);
}
