/** What search finds in a message: its header, its text, the names of its attachments. */

import { setImmediate as turn } from 'node:timers/promises';
import type { SearchText } from '../model/content.ts';
import type { MimePart } from '../model/mime-part.ts';
import { wordText } from '../model/tokens.ts';
import { parameter } from './content-fields.ts';
import { searchedField } from './header-contains.ts';
import { type HeaderField, unfold } from './header-fields.ts';
import { htmlToText } from './html-text.ts';
import { fileName } from './summary.ts';
import { decodeCharset, decodeField, decodeTransfer } from './text-decoding.ts';

/** Most octets of text parts that are read for search, in their transfer encoding. */
export const MAX_SEARCHED: number = 1024 * 1024;
/** Most characters of header fields that are read for search. */
const MAX_HEADER_TEXT: number = 256 * 1024;
/** Characters after which others get a turn. */
const TURN: number = 128 * 1024;

/** A part's octets, or the beginning of them. */
export type PartOctets = (part: MimePart) => Buffer | null;

/** The header of a message inside the message. */
export type InnerFields = readonly (readonly HeaderField[])[];

/** What search text is made of. */
export interface SearchedMessage {
  readonly tree: MimePart;
  readonly fields: readonly HeaderField[];
  readonly inner: InnerFields;
  readonly octetsOf: PartOctets;
}

/** Reads all that search looks into, at once. At most 1 MB of text is read, which can take some tens of milliseconds. */
export function readSearchText(message: SearchedMessage): SearchText {
  const steps = searchTextSteps(message);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same, with a turn for others now and then. */
export async function readSearchTextInTurns(message: SearchedMessage): Promise<SearchText> {
  const steps = searchTextSteps(message);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await turn();
  }
}

/** Yields where others may have a turn. */
function* searchTextSteps({ tree, fields, inner, octetsOf }: SearchedMessage): Generator<void, SearchText, void> {
  const field = (name: string): string => {
    const values = fields.filter((one) => one.name === name).map((one) => searchedField(one.value));
    return values.join(', ');
  };
  const body: string[] = [];
  yield* bodyWords(tree, octetsOf, body, { length: 0 });
  for (const header of inner) body.push(headerWords(header));
  return {
    from: field('from'),
    to: field('to'),
    cc: field('cc'),
    bcc: field('bcc'),
    subject: field('subject'),
    header: headerWords(fields),
    body: body.filter((words) => words !== '').join(' '),
  };
}

/** Signatures of machines: long runs of base64 that nobody looks for, and that fill an index. */
const UNSEARCHED = new Set([
  'dkim-signature',
  'domainkey-signature',
  'arc-seal',
  'arc-message-signature',
  'x-google-dkim-signature',
]);

/** Words of the values of all fields. */
export function headerWords(fields: readonly HeaderField[]): string {
  let text = '';
  for (const { name, value } of fields) {
    if (UNSEARCHED.has(name)) continue;
    text += `${decodeField(unfold(value))}\n`;
    if (text.length > MAX_HEADER_TEXT) break;
  }
  return wordText(text.slice(0, MAX_HEADER_TEXT));
}

/** Goes through the parts and collects their words. */
function* bodyWords(
  part: MimePart,
  octetsOf: PartOctets,
  words: string[],
  sinceTurn: { length: number },
): Generator<void, void, void> {
  for (const child of part.children) yield* bodyWords(child, octetsOf, words, sinceTurn);
  if (part.children.length > 0) return;
  const name = fileName(part);
  if (name !== '') words.push(wordText(name));
  const octets = part.type === 'text' ? octetsOf(part) : null;
  if (octets === null || octets.length === 0) return;
  const text = partText(part, octets);
  words.push(wordText(text));
  sinceTurn.length += text.length;
  if (sinceTurn.length < TURN) return;
  sinceTurn.length = 0;
  yield;
}

/** The decoded text of a text part, HTML stripped. */
export function partText(part: MimePart, octets: Buffer): string {
  const text = decodeCharset(decodeTransfer(octets, part.encoding), parameter(part.parameters, 'charset') ?? '');
  return part.subtype === 'html' ? htmlToText(text) : text;
}
