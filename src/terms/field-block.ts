/** Blocks of header fields: for a run of contents the folded text of each field that is searched by substring. */

import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { BlockWriter, damaged, FIELD_BLOCK, MAX_BLOCK_OCTETS, OctetReader, openBlock } from './block-octets.ts';
import { MAX_CONTENT_ID, SEARCH_FIELDS, type SearchField } from './term-segment.ts';

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** Octets of a field that are searched; all fields of one content then fit in a block. */
const MAX_FIELD_OCTETS = 160 * 1024;
/** How often a block shrinks at least, as a rule. */
const DEFLATED = 2;
/** Columns of fewer octets are not worth a call. */
const WORTHWHILE = 200;

/** Between strings, so that nothing is found across them, unless the text has it too: that is checked. */
const SEPARATOR = 0x0a;

/** The strings of one field, each once. */
interface ColumnDraft {
  readonly indexes: Map<string, number>;
  /** For each content the index of its string. */
  readonly ofContents: number[];
}

/**
 * Writes blocks of fields. A block has the base, how many contents, their ids (the first counting from the base, then
 * differences), and for each field how many octets its column has, how many of them are stored (fewer: deflated), and
 * these. A column has how many strings, the octets of each, for each content which (unless there is but one), and the
 * strings.
 */
export class FieldBlockWriter {
  readonly #base: number;
  readonly #target: number;
  #ids: number[] = [];
  #columns: ColumnDraft[] = SEARCH_FIELDS.map(newColumn);
  #size = 0;

  /** Blocks end when they have about `target` octets. */
  constructor(base: number, target: number) {
    this.#base = base;
    this.#target = target;
  }

  /** Whether the block has to be ended before more is added. */
  get full(): boolean {
    return this.#size >= this.#target * DEFLATED;
  }

  get empty(): boolean {
    return this.#ids.length === 0;
  }

  /** Adds a content with its fields in the order of {@link SEARCH_FIELDS}. Ids ascend. */
  add(contentId: number, fields: readonly string[]): void {
    this.#ids.push(contentId);
    this.#size += 2;
    for (const [index, column] of this.#columns.entries()) this.#size += addString(column, fields[index] as string);
  }

  /** Ends the block; the next begins. */
  async end(): Promise<Buffer> {
    const ids = this.#ids;
    const columns = this.#columns;
    this.#ids = [];
    this.#columns = SEARCH_FIELDS.map(newColumn);
    this.#size = 0;
    const block = new BlockWriter();
    block.begin(FIELD_BLOCK);
    block.varint(this.#base);
    block.varint(ids.length);
    let last = this.#base;
    for (const id of ids) {
      block.varint(id - last);
      last = id;
    }
    for (const { octets, stored } of await Promise.all(columns.map(packColumn))) {
      block.varint(octets);
      block.varint(stored.length);
      block.append(stored, 0, stored.length);
    }
    return block.end();
  }
}

function newColumn(): ColumnDraft {
  return { indexes: new Map(), ofContents: [] };
}

/** Gives about how many octets the column grew by. */
function addString(column: ColumnDraft, text: string): number {
  const { indexes, ofContents } = column;
  const known = indexes.get(text);
  if (known !== undefined) {
    ofContents.push(known);
    return 1;
  }
  const cut = cutText(text);
  const index = indexes.get(cut) ?? indexes.size;
  indexes.set(cut, index);
  ofContents.push(index);
  return Buffer.byteLength(cut) + 4;
}

/** The text without what is beyond {@link MAX_FIELD_OCTETS}, in whole characters. */
function cutText(text: string): string {
  if (text.length * 3 <= MAX_FIELD_OCTETS) return text;
  const octets = Buffer.from(text);
  if (octets.length <= MAX_FIELD_OCTETS) return text;
  let end = MAX_FIELD_OCTETS;
  while (((octets[end] as number) & 0xc0) === 0x80) end--;
  return octets.toString('utf8', 0, end);
}

async function packColumn({ indexes, ofContents }: ColumnDraft): Promise<{ octets: number; stored: Buffer }> {
  const strings = Buffer.from([...indexes.keys()].join('\n'));
  const column = new BlockWriter();
  column.varint(indexes.size);
  for (const text of indexes.keys()) column.varint(Buffer.byteLength(text));
  if (indexes.size > 1) for (const index of ofContents) column.varint(index);
  column.append(strings, 0, strings.length);
  const plain = column.octets.subarray(0, column.length);
  if (plain.length < WORTHWHILE) return { octets: plain.length, stored: plain };
  // In one go: each chunk would be a task of its own for the thread pool.
  const deflated = await deflate(plain, { chunkSize: plain.length + 64 });
  return { octets: plain.length, stored: deflated.length < plain.length * 0.9 ? deflated : plain };
}

/** The strings of one field in a block. */
export interface FieldColumn {
  readonly octets: Buffer;
  /** For each string where it begins in `octets`, and, one later, where the next does. It ends one octet before that. */
  readonly starts: Uint32Array;
  /** For each content of the block the number of its string. */
  readonly ofContents: Uint32Array;
}

/** A block that was opened: its contents, and their fields when asked for. */
export class FieldBlock {
  readonly base: number;
  /** Ids of the contents, ascending. */
  readonly ids: Float64Array;
  readonly #columns: readonly { octets: number; stored: Buffer }[];

  /** @throws `STORE_CORRUPT` when it is no such block. */
  constructor(octets: Uint8Array) {
    const reader = openBlock(FIELD_BLOCK, octets);
    this.base = reader.varint();
    this.ids = readIds(reader, this.base);
    this.#columns = SEARCH_FIELDS.map(() => ({ octets: reader.varint(), stored: reader.take(reader.varint()) }));
    if (reader.left > 0) throw damaged('it goes on after its end');
  }

  /** @throws `STORE_CORRUPT` when the field's column is damaged. */
  async column(field: SearchField): Promise<FieldColumn> {
    const { octets, stored } = this.#columns[SEARCH_FIELDS.indexOf(field)] as { octets: number; stored: Buffer };
    return readColumn(stored.length === octets ? stored : await inflated(stored, octets), this.ids.length);
  }
}

function readIds(reader: OctetReader, base: number): Float64Array {
  const count = reader.varint();
  if (base === 0) throw damaged('its base is no content id');
  if (count === 0 || count > reader.left) throw damaged('it has no such number of contents');
  const ids = new Float64Array(count);
  let id = base;
  for (let i = 0; i < count; i++) {
    const step = reader.varint();
    if (i > 0 && step === 0) throw damaged('contents do not ascend');
    id += step;
    ids[i] = id;
  }
  if (id > MAX_CONTENT_ID) throw damaged('its contents are none');
  return ids;
}

async function inflated(stored: Buffer, octets: number): Promise<Buffer> {
  if (octets > MAX_BLOCK_OCTETS) throw damaged('a column is too large');
  const plain = await inflate(stored, { chunkSize: octets + 64, maxOutputLength: octets }).catch(() => null);
  if (plain?.length !== octets) throw damaged('a column cannot be inflated');
  return plain;
}

function readColumn(plain: Buffer, contents: number): FieldColumn {
  const reader = new OctetReader(plain);
  const count = reader.varint();
  if (count === 0 || count > contents || count > reader.left) throw damaged('a column has no such number of strings');
  const starts = new Uint32Array(count + 1);
  let start = 0;
  for (let i = 0; i < count; i++) {
    start += reader.varint() + 1;
    if (start > MAX_BLOCK_OCTETS) throw damaged('a string is too long');
    starts[i + 1] = start;
  }
  const ofContents = new Uint32Array(contents);
  for (let i = 0; i < contents && count > 1; i++) {
    const index = reader.varint();
    if (index >= count) throw damaged('a content has no string');
    ofContents[i] = index;
  }
  const octets = reader.take(reader.left);
  if (octets.length !== start - 1) throw damaged('a column has another length');
  return { octets, starts, ofContents };
}

/** The strings of a column. */
export function columnStrings({ octets, starts }: FieldColumn): string[] {
  return Array.from({ length: starts.length - 1 }, (_, i) =>
    octets.toString('utf8', starts[i], (starts[i + 1] as number) - 1),
  );
}

/** For each string of a column 1 when it contains `text`, else 0. */
export function stringsWith({ octets, starts }: FieldColumn, text: Buffer): Uint8Array {
  const count = starts.length - 1;
  const found = new Uint8Array(count);
  if (text.length === 0) return found.fill(1);
  // A string with the separator in it would not keep a text apart that has it, too.
  const crosses = text.includes(SEPARATOR);
  let index = 0;
  for (let at = octets.indexOf(text); at >= 0; ) {
    while ((starts[index + 1] as number) <= at) index++;
    const next = starts[index + 1] as number;
    const within = at + text.length < next;
    if (within) found[index] = 1;
    at = octets.indexOf(text, within || !crosses ? next : at + 1);
  }
  return found;
}
