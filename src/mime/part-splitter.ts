/** The splitter of mailsplit with eider's own reading of headers: what it finds in the octets is what the tree says. */

import mailsplit from 'mailsplit';
import type { MimePart } from '../model/mime-part.ts';
import { isMessage } from './body-structure.ts';
import { type ContentFields, isContentField, parameter, readContentFields } from './content-fields.ts';
import { type HeaderField, MAX_PARSED_HEADER, parseHeaderFields } from './header-fields.ts';

/** Deepest part that is looked into; one below is a leaf whatever its type. The root has depth 0. */
export const MAX_DEPTH = 100;
/** Most parts; what follows the last one belongs to it. */
export const MAX_PARTS = 10_000;
/** RFC 2046 section 5.1.1 allows 70 octets; a delimiter must fit in a line. */
const MAX_BOUNDARY = 900;

const HEAD = 1;
const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;
/** From this depth on, a table of the open boundaries is worth its making. */
const DEEP = 8;

/** A part as its header tells it. */
export interface PartHeader {
  readonly raw: Buffer;
  readonly content: ContentFields;
  /** All fields, for a message; the Content-* ones, for a part. */
  readonly fields: readonly HeaderField[];
  /** Whether octets go to it, not to parts inside. */
  readonly isLeaf: boolean;
}

/** Where a part stands, as mailsplit keeps it. */
export interface PartNode {
  type: 'node';
  parentNode: PartNode | false;
  headers: unknown;
  contentType: string | false;
  encoding: string | false;
  disposition: string | false;
  multipart: string | false;
  rfc822: boolean;
  _boundary: Buffer | false;
  _headersLines: Buffer[];
  _headerlen: number;
  parseHeaders(): void;
  depth: number;
  isLeaf: boolean;
  /** Until the node has been handled. */
  header: PartHeader | null;
}

/**
 * What a delimiter line does: 1 a first or next part begins in the multipart of this node, 2 its closing line comes
 * before any part, 3 a part begins in `owner` or 4 `owner` ends, with all that is open below it.
 */
export type BoundaryKind = 1 | 2 | 3 | 4;

/** Octets in their order: a header, the body of a leaf, or what stands between parts. */
export type SplitItem =
  | PartNode
  | {
      readonly type: 'data' | 'body';
      readonly node: PartNode;
      readonly value: Buffer;
      boundary?: BoundaryKind;
      owner?: PartNode | false;
    };

type LineCallback = (error?: Error | null, data?: SplitItem | false, flush?: boolean) => void;

/** What eider uses of mailsplit's splitter: its machine that goes from line to line. */
interface SplitMachine {
  node: PartNode;
  state: number;
  delimiterOwner: PartNode | false;
  pendingLineTruncated: boolean;
  newNode(parent?: PartNode | false): void;
  checkBoundary(line: Buffer): BoundaryKind | false;
  processLine(line: Buffer | false, final: boolean, next: LineCallback): void;
  push(item: SplitItem): boolean;
  _transform(chunk: Buffer, encoding: 'buffer', callback: (error?: Error | null) => void): void;
  _flush(callback: (error?: Error | null) => void): void;
}

interface MachineOptions {
  readonly defaultInlineEmbedded: boolean;
  readonly maxChildNodes: number;
  readonly maxHeadSize: number;
}

const Machine: new (options: MachineOptions) => SplitMachine = mailsplit.Splitter as never;

/** Takes octets and gives {@link SplitItem}s; all octets, in order, but for those of a line that has not ended yet. */
export class PartSplitter extends Machine {
  /** What came out since it was last emptied. */
  items: SplitItem[] = [];
  #boundary: BoundaryKind | false = false;
  /** Boundaries that are open at a node. */
  readonly #boundaries = new Set<string>();
  #boundariesOf: PartNode | null = null;

  constructor() {
    super({ defaultInlineEmbedded: true, maxChildNodes: MAX_PARTS, maxHeadSize: 1024 * 1024 });
  }

  /** Resolves when `octets` are gone through; rejects when a limit is exceeded. */
  feed(octets: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this._transform(octets, 'buffer', (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Says that there are no more octets. */
  async end(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this._flush((error) => (error ? reject(error) : resolve()));
    });
    this.#emitHeaderOnly();
  }

  /** Whether octets go to the body of a leaf now, so that only a delimiter line can change anything. */
  get inLeaf(): boolean {
    return this.state !== HEAD && this.node.isLeaf;
  }

  /** Whether a header is being read now. */
  get inHeader(): boolean {
    return this.state === HEAD && !this.node.headers;
  }

  override push(item: SplitItem): boolean {
    // mailsplit's base class would queue items for a stream that nobody reads.
    this.items.push(item);
    return true;
  }

  override newNode(parent?: PartNode | false): void {
    super.newNode(parent);
    const node = this.node;
    node.header = null;
    node.isLeaf = false;
    node.depth = parent ? parent.depth + 1 : 0;
    node.parseHeaders = () => readHeader(node);
  }

  override checkBoundary(line: Buffer): BoundaryKind | false {
    const kind = this.#mayDelimit(line) ? super.checkBoundary(line) : false;
    // A part without an empty line is a part too, even one without any octet.
    if (kind === 3 || kind === 4) this.#emitHeaderOnly();
    this.#boundary = kind;
    return kind;
  }

  override processLine(line: Buffer | false, final: boolean, next: LineCallback): void {
    this.#boundary = false;
    super.processLine(line, final, (error, data, flush) => {
      if (!this.#boundary || !data || data.type === 'node') return next(error, data, flush);
      data.boundary = this.#boundary;
      data.owner = this.delimiterOwner;
      // Flushed, so that a delimiter line comes out alone.
      next(error, data, true);
    });
  }

  /** Whether mailsplit must look at a line; it compares with each open boundary in turn. */
  #mayDelimit(line: Buffer): boolean {
    const start = line[0] === CR ? 2 : line[0] === LF ? 1 : 0;
    // A carriage return alone begins no line. mailsplit would take it for one, if the octets come in the right chunks.
    if (start === 2 && line[1] !== LF) return false;
    if (line[start] !== DASH || line[start + 1] !== DASH) return false;
    if (this.node.depth < DEEP) return true;
    const text = line.toString('latin1', start + 2, start + MAX_BOUNDARY + 4).trimEnd();
    const open = this.#openBoundaries();
    return open.has(text) || (text.endsWith('--') && open.has(text.slice(0, -2)));
  }

  #openBoundaries(): ReadonlySet<string> {
    if (this.#boundariesOf === this.node) return this.#boundaries;
    this.#boundariesOf = this.node;
    this.#boundaries.clear();
    for (let node: PartNode | false = this.node; node; node = node.parentNode) {
      if (node._boundary) this.#boundaries.add(node._boundary.toString('latin1'));
    }
    return this.#boundaries;
  }

  #emitHeaderOnly(): void {
    if (!this.inHeader) return;
    this.node.parseHeaders();
    this.push(this.node);
  }
}

/** Reads the header that a node has collected, and tells mailsplit what follows from it. */
function readHeader(node: PartNode): void {
  if (node.headers) return;
  const raw = Buffer.concat(node._headersLines, node._headerlen);
  node._headersLines = [];
  node.headers = true;
  const parent = node.parentNode;
  const header = parsePartHeader(raw, node.depth, !parent || parent.rfc822, isDigest(parent));
  const { content, isLeaf } = header;
  const boundary = isLeaf ? null : multipartBoundary(content);
  node.header = header;
  node.isLeaf = isLeaf;
  node.multipart = boundary === null ? false : content.subtype;
  node._boundary = boundary === null ? false : Buffer.from(boundary, 'latin1');
  node.rfc822 = !isLeaf && boundary === null;
  node.contentType = node.rfc822 ? 'message/rfc822' : false;
  node.encoding = content.encoding;
  // mailsplit would not look into an attached message.
  node.disposition = false;
}

/** Reads a part's header for the tree. */
export function parsePartHeader(raw: Buffer, depth: number, ofMessage: boolean, inDigest: boolean): PartHeader {
  const text = raw.toString('latin1', 0, Math.min(raw.length, MAX_PARSED_HEADER));
  const fields = parseHeaderFields(text, ofMessage ? undefined : isContentField);
  const content = readContentFields(fields, inDigest);
  const isContainer = multipartBoundary(content) !== null || (isMessage(content) && isPlainEncoding(content.encoding));
  return { raw, content, fields, isLeaf: !isContainer || depth >= MAX_DEPTH };
}

function isDigest(parent: PartNode | false): boolean {
  return parent !== false && parent.multipart === 'digest';
}

/** RFC 2045 section 6.4: what is composite has no other encoding; a message in base64 is not looked into. */
function isPlainEncoding(encoding: string): boolean {
  return encoding === '7bit' || encoding === '8bit' || encoding === 'binary';
}

/** RFC 2046 section 5.1.1: white space at the end is none of the boundary. */
function multipartBoundary(part: Pick<MimePart, 'type' | 'parameters'>): string | null {
  if (part.type !== 'multipart') return null;
  const boundary = parameter(part.parameters, 'boundary')?.trimEnd();
  return boundary && boundary.length <= MAX_BOUNDARY ? boundary : null;
}
