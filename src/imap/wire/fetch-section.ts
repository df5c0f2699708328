/** What stands in the brackets of `BODY[...]`, and `<start.count>` behind them. RFC 9051 section 6.4.5.1. */

import type { Section } from '../../model/section.ts';
import { ImapSyntaxError, overLimit } from './imap-syntax-error.ts';
import type { Scanner } from './scanner.ts';
import { astring } from './write-string.ts';

/** `<start.count>`, octets. */
export interface OctetRange {
  readonly start: number;
  /** At least 1. */
  readonly count: number;
}

const MAX_PATH = 100;
const MAX_FIELDS = 500;
/** RFC 5322 section 3.6.8: printable US-ASCII but the colon. */
const FIELD_NAME = /^[\x21-\x39\x3b-\x7e]+$/;

const KINDS: ReadonlyMap<string, Section['kind']> = new Map([
  ['HEADER', 'header'],
  ['TEXT', 'text'],
  ['MIME', 'mime'],
  ['HEADER.FIELDS', 'headerFields'],
  ['HEADER.FIELDS.NOT', 'headerFieldsNot'],
]);
const NAMES: ReadonlyMap<Section['kind'], string> = new Map([...KINDS].map(([name, kind]) => [kind, name]));

/** `[...]`. @throws ImapSyntaxError */
export function parseSection(scanner: Scanner): Section {
  scanner.expect('[');
  const first = scanner.peek();
  let path: readonly number[] = [];
  let kind: Section['kind'] = 'all';
  if (first >= '0' && first <= '9') {
    const part = parsePart(scanner);
    path = part.path;
    if (part.dot) kind = parseKind(scanner);
  } else if (first !== ']') {
    kind = parseKind(scanner);
  }
  if (kind === 'mime' && path.length === 0) throw new ImapSyntaxError('MIME needs a part number');
  if (kind !== 'headerFields' && kind !== 'headerFieldsNot') {
    scanner.expect(']');
    return { path, kind };
  }
  scanner.space();
  const fields = scanner.list(() => parseField(scanner));
  scanner.expect(']');
  if (fields.length > MAX_FIELDS) throw overLimit(`more than ${MAX_FIELDS} header fields`);
  return { path, kind, fields };
}

/** `1.2.3`. @throws ImapSyntaxError */
export function parsePath(scanner: Scanner): readonly number[] {
  const { path, dot } = parsePart(scanner);
  if (dot) throw new ImapSyntaxError('expected a part number');
  return path;
}

/** `<start.count>`, or `null` when there is none. @throws ImapSyntaxError */
export function parsePartial(scanner: Scanner): OctetRange | null {
  if (!scanner.tryChar('<')) return null;
  const start = scanner.number64();
  scanner.expect('.');
  const count = scanner.number64();
  if (count === 0) throw new ImapSyntaxError('a partial of no octets');
  scanner.expect('>');
  return { start, count };
}

/** How a response names a section: `1.HEADER.FIELDS (FROM TO)`, in capitals. */
export function sectionName(section: Section): string {
  const words = section.path.map(String);
  const name = NAMES.get(section.kind);
  if (name !== undefined) words.push(name);
  const fields = section.fields?.map((field) => astring(field.toUpperCase())).join(' ');
  return fields === undefined ? words.join('.') : `${words.join('.')} (${fields})`;
}

/** How a response names a partial: `<start>`. */
export function formatOrigin(partial: OctetRange | null): string {
  return partial === null ? '' : `<${partial.start}>`;
}

/** `1.2.3`, and whether a dot stands behind it. */
function parsePart(scanner: Scanner): { readonly path: readonly number[]; readonly dot: boolean } {
  const path = [scanner.nzNumber()];
  while (scanner.tryChar('.')) {
    const next = scanner.peek();
    if (next < '0' || next > '9') return { path, dot: true };
    path.push(scanner.nzNumber());
    if (path.length > MAX_PATH) throw overLimit('the part number is too long');
  }
  return { path, dot: false };
}

function parseKind(scanner: Scanner): Section['kind'] {
  const name = scanner.name();
  const kind = KINDS.get(name);
  if (kind === undefined) throw new ImapSyntaxError(`unknown section ${name}`);
  return kind;
}

function parseField(scanner: Scanner): string {
  const field = scanner.astring();
  if (!FIELD_NAME.test(field) || field.length > 1000) throw new ImapSyntaxError('expected the name of a header field');
  return field;
}
