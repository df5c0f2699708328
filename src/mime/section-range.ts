/** Where a section of a message lies. RFC 9051 section 6.4.5.1. */

import type { MimePart } from '../model/mime-part.ts';
import type { Section } from '../model/section.ts';
import { isMessage, isMultipart } from './body-structure.ts';

/** A range of the raw message. */
export interface OctetRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

const EMPTY_TEXT: MimePart = {
  headerStart: 0,
  bodyStart: 0,
  bodyEnd: 0,
  lines: 0,
  type: 'text',
  subtype: 'plain',
  parameters: [],
  id: null,
  description: null,
  encoding: '7bit',
  md5: null,
  disposition: null,
  language: [],
  location: null,
  children: [],
};

/** The octets of a section, for header fields those of the whole header; `null` when there is no such part. */
export function sectionRange(tree: MimePart, size: number, { path, kind }: Section): OctetRange | null {
  const part = findPart(tree, path);
  if (part === null) return null;
  const isRoot = path.length === 0;
  if (kind === 'mime') return isRoot ? null : { start: part.headerStart, end: part.bodyStart };
  if (kind === 'all') return isRoot ? { start: 0, end: size } : { start: part.bodyStart, end: part.bodyEnd };
  if (isRoot) return kind === 'text' ? { start: tree.bodyStart, end: size } : { start: 0, end: tree.bodyStart };
  // HEADER and TEXT with a path are those of the message inside the part.
  const message = isMessage(part) ? part.children[0] : undefined;
  if (message === undefined) return null;
  return kind === 'text'
    ? { start: message.bodyStart, end: message.bodyEnd }
    : { start: message.headerStart, end: message.bodyStart };
}

/** A part's body and how it is encoded. */
export interface EncodedRange extends OctetRange {
  /** Content-Transfer-Encoding in lower case. Of what holds other parts `binary`: it has no encoding of its own. */
  readonly encoding: string;
}

/** The body of a part, of the empty path the whole message; `null` when there is no such part. RFC 3516 section 4.2. */
export function encodedRange(tree: MimePart, size: number, path: readonly number[]): EncodedRange | null {
  const part = findPart(tree, path);
  if (part === null) return null;
  if (path.length === 0) return { start: 0, end: size, encoding: 'binary' };
  const { bodyStart: start, bodyEnd: end } = part;
  return { start, end, encoding: isMultipart(part) || isMessage(part) ? 'binary' : part.encoding };
}

/** The part with a number such as `1.2`; of the empty path, the message. */
function findPart(tree: MimePart, path: readonly number[]): MimePart | null {
  let part = tree;
  let parts = numberedParts(tree);
  for (const number of path) {
    const next = parts[number - 1];
    if (next === undefined) return null;
    part = next;
    parts = partsOf(part);
  }
  return part;
}

/** The parts of a message: of its multipart, or its body as part 1. */
function numberedParts(message: MimePart): readonly MimePart[] {
  return isMultipart(message) ? partsOf(message) : [message];
}

/** What is numbered inside a part; BODYSTRUCTURE gives a multipart or message that has nothing inside an empty text. */
function partsOf(part: MimePart): readonly MimePart[] {
  const [first] = part.children;
  if (isMultipart(part)) return first === undefined ? [emptyText(part)] : part.children;
  if (!isMessage(part)) return [];
  return [first ?? emptyText(part)].flatMap(numberedParts);
}

function emptyText({ bodyEnd: end }: MimePart): MimePart {
  return { ...EMPTY_TEXT, headerStart: end, bodyStart: end, bodyEnd: end };
}
