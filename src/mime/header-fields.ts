/** The fields of a header, as octets in strings, and the selection of some of them. RFC 5322 section 2.2. */

/** Most octets of a part's header that are read for the tree. */
export const MAX_PARSED_HEADER: number = 256 * 1024;

/** A field of a header. */
export interface HeaderField {
  /** In lower case, without the colon. */
  readonly name: string;
  /** What follows the colon, raw: folded, not decoded; one char code (0-255) for each octet. */
  readonly value: string;
}

const HTAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

/**
 * The fields of a header in their order. Lines that are no field (an mbox separator, garbage) are left out; the header
 * ends with the first empty line.
 *
 * @param wanted when given, only names (in lower case) that it accepts are returned
 */
export function parseHeaderFields(header: string, wanted?: (name: string) => boolean): HeaderField[] {
  const fields: HeaderField[] = [];
  let colon = -1;
  for (let start = 0; start < header.length; ) {
    if (isEmptyLine(header, start)) break;
    const end = fieldEnd(header, start);
    // Looked for again only when it was passed: many lines without a colon would make this quadratic.
    if (colon < start) colon = header.indexOf(':', start);
    if (colon < 0) break;
    if (colon > start && colon < end) {
      const name = header.slice(start, colon).trimEnd().toLowerCase();
      if (wanted === undefined || wanted(name)) fields.push({ name, value: header.slice(colon + 1, end) });
    }
    start = end;
  }
  return fields;
}

/** A field's value without folding and NULs, trimmed. RFC 5322 section 2.2.3. */
export function unfold(value: string): string {
  const plain = value.trim();
  return /[\r\n\0]/.test(plain) ? plain.replace(/[\r\n\0]+/g, '') : plain;
}

/**
 * The lines of a header that have one of the given names (with `not`: all but those), raw, in their order, and an empty
 * line after them. Names are compared without regard to case.
 *
 * @see RFC 9051 section 6.4.5.1
 */
export function selectHeaderFields(header: Uint8Array, fields: readonly string[], not: boolean): Buffer {
  const text = asBuffer(header).toString('latin1');
  const { names, lengths } = nameSet(fields);
  let selected = '';
  let colon = -1;
  for (let start = 0; start < text.length; ) {
    if (isEmptyLine(text, start)) break;
    const end = fieldEnd(text, start);
    if (colon < start) colon = endOr(text.indexOf(':', start), text.length);
    const named =
      colon < end &&
      ((lengths.has(colon - start) && names.has(text.slice(start, colon).toLowerCase())) ||
        isSpacedName(text, start, colon, names));
    if (named !== not) selected += text.slice(start, end);
    start = end;
  }
  if (selected !== '' && !selected.endsWith('\n')) selected += '\r\n';
  return Buffer.from(`${selected}\r\n`, 'latin1');
}

const endOr = (index: number, end: number): number => (index < 0 ? end : index);

/** A name may be followed by white space (RFC 5322 section 4.5.8), which is rare. */
function isSpacedName(text: string, start: number, colon: number, names: ReadonlySet<string>): boolean {
  const last = text.charCodeAt(colon - 1);
  if (last !== SPACE && last !== HTAB) return false;
  return names.has(text.slice(start, colon).trimEnd().toLowerCase());
}

interface NameSet {
  readonly names: ReadonlySet<string>;
  readonly lengths: ReadonlySet<number>;
}

// A listing asks for the same fields of each message.
const nameSets = new WeakMap<readonly string[], NameSet>();

function nameSet(fields: readonly string[]): NameSet {
  let set = nameSets.get(fields);
  if (set === undefined) {
    const names = new Set(fields.map((field) => field.toLowerCase()));
    set = { names, lengths: new Set(fields.map((field) => field.length)) };
    nameSets.set(fields, set);
  }
  return set;
}

/** The same octets as a Buffer; no copy. */
export function asBuffer(octets: Uint8Array): Buffer {
  return Buffer.isBuffer(octets) ? octets : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}

function isEmptyLine(text: string, start: number): boolean {
  const first = text.charCodeAt(start);
  return first === LF || (first === CR && text.charCodeAt(start + 1) === LF);
}

/** Where the field that begins at `start` ends, with its continuation lines. */
function fieldEnd(text: string, start: number): number {
  for (let from = start; ; ) {
    const lf = text.indexOf('\n', from);
    if (lf < 0) return text.length;
    const next = text.charCodeAt(lf + 1);
    if (next !== SPACE && next !== HTAB) return lf + 1;
    from = lf + 1;
  }
}
