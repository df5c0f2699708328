/** Builds the MIME tree while the parts of a message come by. */

import type { MimePart } from '../model/mime-part.ts';
import type { ContentFields } from './content-fields.ts';
import { EMPTY_ENVELOPE, formatEnvelope } from './envelope.ts';
import type { PartHeader } from './part-splitter.ts';

const LF = 0x0a;
const CR = 0x0d;

/** Most octets that the tree takes from all headers of a message; parts after that are described by their type alone. */
const MAX_DESCRIBED: number = 1024 * 1024;

/** A part while its end is not known. */
export interface OpenPart extends ContentFields {
  readonly headerStart: number;
  bodyStart: number;
  bodyEnd: number;
  lines: number;
  envelope?: string;
  readonly children: OpenPart[];
}

/** Keeps count of octets and lines, and of the parts that are open. */
export class TreeBuilder {
  /** Octets that came by. */
  offset = 0;
  #lines = 0;
  /** The last two octets. */
  #last = 0;
  #beforeLast = 0;
  /** From the root to the innermost open part, with the lines that were before its body. */
  readonly #open: { readonly part: OpenPart; linesBefore: number }[] = [];
  #root: OpenPart | null = null;
  #described = 0;

  /** Counts octets. */
  pass(octets: Buffer): void {
    const { length } = octets;
    if (length === 0) return;
    this.offset += length;
    this.#lines += countLines(octets);
    this.#beforeLast = length > 1 ? (octets[length - 2] as number) : this.#last;
    this.#last = octets[length - 1] as number;
  }

  /** Begins a part inside the innermost open one. Its header is the octets that were passed since `headerStart`. */
  beginPart(header: PartHeader, headerStart: number): OpenPart {
    const part: OpenPart = {
      ...this.#describe(header),
      headerStart,
      bodyStart: this.offset,
      bodyEnd: this.offset,
      lines: 0,
      children: [],
    };
    const parent = this.#open.at(-1)?.part;
    if (parent === undefined) this.#root = part;
    else {
      parent.children.push(part);
      if (parent.type === 'message') parent.envelope = this.#envelope(header);
    }
    this.#open.push({ part, linesBefore: this.#lines });
    return part;
  }

  /** Tells that the header of the innermost part was longer than known when it began. */
  endHeader(): void {
    const inner = this.#open.at(-1);
    if (inner === undefined) return;
    inner.part.bodyStart = this.offset;
    inner.linesBefore = this.#lines;
  }

  /**
   * Ends all parts inside `owner`, because a delimiter line of it begins with the next octets.
   *
   * @param line the delimiter line, perhaps with the line ending before it
   */
  endInside(owner: OpenPart, line: Buffer): void {
    // RFC 2046 section 5.1.1: the line ending before a delimiter belongs to it.
    let end = this.offset;
    let lines = this.#lines;
    if (line[0] !== CR && line[0] !== LF && this.#last === LF) {
      end -= this.#beforeLast === CR ? 2 : 1;
      lines--;
    }
    while (this.#open.length > 0 && this.#open.at(-1)?.part !== owner) {
      // An empty line that ends a header belongs to it, delimiter or not; what is around ends there too.
      if (end < (this.#open.at(-1)?.part.bodyStart ?? 0)) {
        end = this.offset;
        lines = this.#lines;
      }
      this.#endInnermost(end, lines);
    }
  }

  /** Ends all parts with the message. */
  finish(): MimePart {
    while (this.#open.length > 0) this.#endInnermost(this.offset, this.#lines);
    if (this.#root === null) throw new Error('a message has a part');
    return this.#root;
  }

  #endInnermost(end: number, lines: number): void {
    const entry = this.#open.pop();
    if (entry === undefined) return;
    entry.part.bodyEnd = end;
    entry.part.lines = lines - entry.linesBefore;
  }

  #describe({ content, raw }: PartHeader): ContentFields {
    this.#described += this.#root === null ? 0 : raw.length;
    if (this.#described <= MAX_DESCRIBED) return content;
    const short = (text: string): string => copy(text.slice(0, 64));
    return {
      type: short(content.type),
      subtype: short(content.subtype),
      parameters: content.parameters
        .filter(([name]) => name === 'boundary')
        .map(([name, value]) => [name, short(value)]),
      id: null,
      description: null,
      encoding: short(content.encoding),
      md5: null,
      disposition: null,
      language: [],
      location: null,
    };
  }

  #envelope(header: PartHeader): string {
    if (this.#described > MAX_DESCRIBED) return EMPTY_ENVELOPE;
    const envelope = formatEnvelope(header.fields);
    this.#described += envelope.length;
    return envelope;
  }
}

/** A string of its own: a slice would keep all of the header in memory. */
const copy = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

/** Line endings among the octets. */
export function countLines(octets: Buffer): number {
  let lines = 0;
  for (let at = octets.indexOf(LF); at >= 0; at = octets.indexOf(LF, at + 1)) lines++;
  return lines;
}
