/** The arguments of FETCH. RFC 9051 section 6.4.5, RFC 3516, RFC 7162, RFC 8474, RFC 8514, RFC 8970, RFC 9394, X-GM-EXT-1. */

import type { Section } from '../../model/section.ts';
import { formatOrigin, type OctetRange, parsePartial, parsePath, parseSection, sectionName } from './fetch-section.ts';
import { ImapSyntaxError, overLimit } from './imap-syntax-error.ts';
import { type PartialRange, parsePartialRange } from './partial-range.ts';
import type { Scanner } from './scanner.ts';
import type { SequenceSet } from './sequence-set.ts';

/** Items without arguments. `body` is BODY, the structure without extension data. */
export type SimpleFetchItem =
  | 'flags'
  | 'uid'
  | 'internalDate'
  | 'size'
  | 'envelope'
  | 'bodyStructure'
  | 'body'
  | 'modSeq'
  | 'emailId'
  | 'threadId'
  | 'saveDate'
  | 'gmailMessageId'
  | 'gmailThreadId'
  | 'gmailLabels';

/** An item without arguments. */
export interface SimpleItem {
  readonly kind: SimpleFetchItem;
  readonly name: string;
}

/** `BODY[...]`, or one of RFC 3501's `RFC822`, `RFC822.HEADER`, `RFC822.TEXT`. */
export interface SectionItem {
  readonly kind: 'section';
  readonly name: string;
  readonly section: Section;
  readonly partial: OctetRange | null;
  /** Does not set `\Seen`. */
  readonly peek: boolean;
}

/** `BINARY[...]`: a part with its transfer encoding undone. RFC 3516. */
export interface BinaryItem {
  readonly kind: 'binary';
  readonly name: string;
  /** Empty for the whole message. */
  readonly path: readonly number[];
  readonly partial: OctetRange | null;
  readonly peek: boolean;
}

/** `BINARY.SIZE[...]`. RFC 3516. */
export interface BinarySizeItem {
  readonly kind: 'binarySize';
  readonly name: string;
  readonly path: readonly number[];
}

/** `PREVIEW`, `PREVIEW (LAZY)`. RFC 8970. */
export interface PreviewItem {
  readonly kind: 'preview';
  readonly name: string;
  readonly lazy: boolean;
}

/** One item. `name` is what the response calls it, such as `BODY[HEADER.FIELDS (FROM TO)]<0>`. */
export type FetchItem = SimpleItem | SectionItem | BinaryItem | BinarySizeItem | PreviewItem;

/** Arguments of FETCH and UID FETCH. */
export interface FetchArguments {
  readonly set: SequenceSet;
  /** No item twice; at most 100. */
  readonly items: readonly FetchItem[];
  /** RFC 7162 section 3.1.4.1, or `null`. */
  readonly changedSince: number | null;
  /** RFC 7162 section 3.2.6; only together with `changedSince`. */
  readonly vanished: boolean;
  /** Only so many of the messages. RFC 9394 section 3.3, or `null`. */
  readonly partial: PartialRange | null;
}

/** Most items of one FETCH, as each is sent for each message. */
const MAX_ITEMS = 100;

const SIMPLE: ReadonlyMap<string, SimpleItem> = new Map(
  (
    [
      ['FLAGS', 'flags'],
      ['UID', 'uid'],
      ['INTERNALDATE', 'internalDate'],
      ['RFC822.SIZE', 'size'],
      ['ENVELOPE', 'envelope'],
      ['BODYSTRUCTURE', 'bodyStructure'],
      ['BODY', 'body'],
      ['MODSEQ', 'modSeq'],
      ['EMAILID', 'emailId'],
      ['THREADID', 'threadId'],
      ['SAVEDATE', 'saveDate'],
      ['X-GM-MSGID', 'gmailMessageId'],
      ['X-GM-THRID', 'gmailThreadId'],
      ['X-GM-LABELS', 'gmailLabels'],
    ] as const
  ).map(([name, kind]) => [name, { kind, name }]),
);

// RFC 3501 section 6.4.5: RFC822.HEADER does not set \Seen, the other two do.
const OLD_SECTIONS: ReadonlyMap<string, SectionItem> = new Map(
  (
    [
      ['RFC822', 'all', false],
      ['RFC822.HEADER', 'header', true],
      ['RFC822.TEXT', 'text', false],
    ] as const
  ).map(([name, kind, peek]) => [name, { kind: 'section', name, section: { path: [], kind }, partial: null, peek }]),
);

const MACROS: ReadonlyMap<string, readonly string[]> = new Map([
  ['FAST', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE']],
  ['ALL', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE']],
  ['FULL', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY']],
]);

/** Reads from the space before the set to the end. @throws ImapSyntaxError */
export function parseFetch(scanner: Scanner): FetchArguments {
  scanner.space();
  const set = scanner.sequenceSet();
  scanner.space();
  const items = parseItems(scanner);
  const modifiers = scanner.trySpace() ? parseModifiers(scanner) : NO_MODIFIERS;
  scanner.end();
  return { set, items, ...modifiers };
}

/** `item item)`, what stands behind an opening parenthesis. @throws ImapSyntaxError */
export function parseFetchItems(scanner: Scanner): FetchItem[] {
  const items: FetchItem[] = [];
  do items.push(parseItem(scanner, scanner.name()));
  while (scanner.trySpace());
  scanner.expect(')');
  return withoutRepetition(items);
}

function parseItems(scanner: Scanner): FetchItem[] {
  if (scanner.peek() === '(') return withoutRepetition(scanner.list(() => parseItem(scanner, scanner.name())));
  const name = scanner.name();
  const macro = MACROS.get(name);
  return macro ? macro.map((simple) => SIMPLE.get(simple) as SimpleItem) : [parseItem(scanner, name)];
}

function parseItem(scanner: Scanner, name: string): FetchItem {
  const bracket = scanner.peek() === '[';
  if (bracket && (name === 'BODY' || name === 'BODY.PEEK')) return parseBody(scanner, name === 'BODY.PEEK');
  if (bracket && name.startsWith('BINARY')) return parseBinary(scanner, name);
  if (name === 'PREVIEW') return parsePreview(scanner);
  const item = SIMPLE.get(name) ?? OLD_SECTIONS.get(name);
  if (item === undefined || bracket) throw new ImapSyntaxError(`unknown FETCH item ${name}`);
  return item;
}

function parseBody(scanner: Scanner, peek: boolean): SectionItem {
  const section = parseSection(scanner);
  const partial = parsePartial(scanner);
  return { kind: 'section', name: `BODY[${sectionName(section)}]${formatOrigin(partial)}`, section, partial, peek };
}

function parseBinary(scanner: Scanner, name: string): BinaryItem | BinarySizeItem {
  scanner.expect('[');
  const path = scanner.peek() === ']' ? [] : parsePath(scanner);
  scanner.expect(']');
  if (name === 'BINARY.SIZE') return { kind: 'binarySize', name: `BINARY.SIZE[${path.join('.')}]`, path };
  if (name !== 'BINARY' && name !== 'BINARY.PEEK') throw new ImapSyntaxError(`unknown FETCH item ${name}`);
  const partial = parsePartial(scanner);
  const peek = name === 'BINARY.PEEK';
  return { kind: 'binary', name: `BINARY[${path.join('.')}]${formatOrigin(partial)}`, path, partial, peek };
}

function parsePreview(scanner: Scanner): PreviewItem {
  // What else follows in parentheses may be the modifiers of FETCH.
  return { kind: 'preview', name: 'PREVIEW', lazy: scanner.tryText(' (LAZY)') };
}

type Modifiers = Pick<FetchArguments, 'changedSince' | 'vanished' | 'partial'>;

const NO_MODIFIERS: Modifiers = { changedSince: null, vanished: false, partial: null };

function parseModifiers(scanner: Scanner): Modifiers {
  let { changedSince, vanished, partial } = NO_MODIFIERS;
  scanner.list(() => {
    const modifier = scanner.word();
    if (modifier === 'CHANGEDSINCE') {
      scanner.space();
      changedSince = scanner.number64();
    } else if (modifier === 'VANISHED') {
      vanished = true;
    } else if (modifier === 'PARTIAL') {
      scanner.space();
      partial = parsePartialRange(scanner);
    } else {
      throw new ImapSyntaxError(`unknown FETCH modifier ${modifier.slice(0, 32)}`);
    }
  });
  // RFC 7162 section 3.2.6.
  if (vanished && changedSince === null) throw new ImapSyntaxError('VANISHED needs CHANGEDSINCE');
  return { changedSince, vanished, partial };
}

/** Drops what was asked for twice; of a section once with and once without PEEK, the one without stays. */
function withoutRepetition(items: readonly FetchItem[]): FetchItem[] {
  const found = new Map<string, FetchItem>();
  for (const item of items) {
    const key = 'partial' in item && item.partial ? `${item.name}${item.partial.count}` : item.name;
    const before = found.get(key);
    if (before === undefined || ('peek' in before && before.peek)) found.set(key, item);
  }
  if (found.size > MAX_ITEMS) throw overLimit(`more than ${MAX_ITEMS} items`);
  return [...found.values()];
}
