/** What search finds in a message: its header, its text, the names of its attachments. */

import { setImmediate as turn } from 'node:timers/promises';
import type { SearchText } from '../model/content.ts';
import type { MimePart } from '../model/mime-part.ts';
import { foldText, wordText } from '../model/tokens.ts';
import { parameter } from './content-fields.ts';
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

/** Search text of a message, and the beginning of its text as it was before it was folded. */
export interface ReadText {
  readonly searchText: SearchText;
  /** Decoded, HTML stripped. */
  readonly beginning: string;
}

/** Reads all that search looks into. */
export async function readText(
  tree: MimePart,
  fields: readonly HeaderField[],
  inner: InnerFields,
  octetsOf: PartOctets,
): Promise<ReadText> {
  const field = (name: string): string => {
    const values = fields.filter((one) => one.name === name).map((one) => decodeField(unfold(one.value)));
    return foldText(values.join(', '));
  };
  const body = new BodyText(octetsOf);
  await body.add(tree);
  for (const header of inner) body.words.push(headerWords(header));
  return {
    searchText: {
      from: field('from'),
      to: field('to'),
      cc: field('cc'),
      bcc: field('bcc'),
      subject: field('subject'),
      header: headerWords(fields),
      body: body.words.filter((words) => words !== '').join(' '),
    },
    beginning: body.beginning,
  };
}

/** Words of the values of all fields. */
function headerWords(fields: readonly HeaderField[]): string {
  let text = '';
  for (const { value } of fields) {
    text += `${decodeField(unfold(value))}\n`;
    if (text.length > MAX_HEADER_TEXT) break;
  }
  return wordText(text.slice(0, MAX_HEADER_TEXT));
}

/** Goes through the parts and collects their words. */
class BodyText {
  readonly words: string[] = [];
  beginning = '';
  readonly #octetsOf: PartOctets;
  #sinceTurn = 0;
  #beginningIsHtml = true;

  constructor(octetsOf: PartOctets) {
    this.#octetsOf = octetsOf;
  }

  async add(part: MimePart): Promise<void> {
    for (const child of part.children) await this.add(child);
    if (part.children.length > 0) return;
    const name = fileName(part);
    if (name !== '') this.words.push(wordText(name));
    const octets = part.type === 'text' ? this.#octetsOf(part) : null;
    if (octets === null || octets.length === 0) return;
    const text = partText(part, octets);
    this.words.push(wordText(text));
    this.#keepBeginning(part, text);
    this.#sinceTurn += text.length;
    if (this.#sinceTurn < TURN) return;
    this.#sinceTurn = 0;
    await turn();
  }

  /** The first plain text, or when there is none, the first of another kind. */
  #keepBeginning(part: MimePart, text: string): void {
    if (part.disposition?.type === 'attachment') return;
    const isHtml = part.subtype === 'html';
    if (this.beginning !== '' && (isHtml || !this.#beginningIsHtml)) return;
    this.beginning = text.slice(0, 4096).trimStart();
    this.#beginningIsHtml = isHtml;
  }
}

function partText(part: MimePart, octets: Buffer): string {
  const text = decodeCharset(decodeTransfer(octets, part.encoding), parameter(part.parameters, 'charset') ?? '');
  return part.subtype === 'html' ? htmlToText(text) : text;
}
