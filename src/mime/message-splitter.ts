/** One message on its way from octets to parts: feeds the splitter, checks what comes out, and hands it on. */

import type { BlobTarget } from '../model/blob.ts';
import type { StoredBody } from '../model/content.ts';
import type { MimePart } from '../model/mime-part.ts';
import { FedQueue } from './fed-queue.ts';
import { HeaderEnd } from './header-end.ts';
import { type HeaderField, MAX_PARSED_HEADER } from './header-fields.ts';
import { findGap, MIN_BYPASS } from './leaf-gap.ts';
import { type PartNode, PartSplitter, parsePartHeader, type SplitItem } from './part-splitter.ts';
import { SegmentBuilder } from './segment-builder.ts';
import { TextSample } from './text-sample.ts';
import { type OpenPart, TreeBuilder } from './tree-builder.ts';

/** Octets that the splitter gets at once. */
const FEED_SIZE: number = 16 * 1024;
/** Most octets of the headers of messages inside that are read for search. */
const MAX_INNER_HEADERS: number = 256 * 1024;

const LF = 0x0a;
const DASH = 0x2d;

/** What was learned of a message, apart from its digest. */
export interface SplitResult {
  readonly body: StoredBody;
  readonly tree: MimePart;
  readonly fields: readonly HeaderField[];
  readonly innerFields: readonly (readonly HeaderField[])[];
  readonly sample: TextSample;
}

/** Goes over a message once. */
export class MessageSplitter {
  readonly #machine = new PartSplitter();
  readonly #fed = new FedQueue();
  readonly #tree = new TreeBuilder();
  readonly #segments: SegmentBuilder;
  readonly #sample: TextSample;
  readonly #parts = new WeakMap<PartNode, OpenPart>();
  /** The first octet of the line that the splitter has not seen the end of, if it has one. */
  #lineStart: number | undefined;
  #fields: readonly HeaderField[] | null = null;
  readonly #innerFields: (readonly HeaderField[])[] = [];
  #innerOctets = 0;
  /** The leaf whose octets come. */
  #leaf: { readonly part: OpenPart; readonly isText: boolean } | null = null;
  /** Parsing has stopped: all octets from here on belong to the innermost part. */
  #opaque = false;
  /** Parsing stopped in a header: looks for its end. */
  #unended: HeaderEnd | null = null;

  /** @param expected octets of the message, as far as is known */
  constructor(blobs: BlobTarget, expected: number) {
    this.#segments = new SegmentBuilder(blobs, expected);
    this.#sample = new TextSample(expected);
  }

  /** Takes octets of the message. The buffer must not change before {@link finish} has resolved. */
  async write(octets: Buffer): Promise<void> {
    let rest = octets;
    while (rest.length > 0) {
      if (this.#opaque) return this.#passOpaque(rest);
      const end = this.#machine.inLeaf ? rest.length : Math.min(rest.length, FEED_SIZE);
      rest = await this.#feed(rest, end);
    }
  }

  async finish(): Promise<SplitResult> {
    if (!this.#opaque) await this.#run(() => this.#machine.end());
    if (!this.#opaque) await this.#passRest();
    const body = await this.#segments.finish();
    return {
      body,
      tree: this.#tree.finish(),
      fields: this.#fields ?? [],
      innerFields: this.#innerFields,
      sample: this.#sample,
    };
  }

  /** Forgets the message. Never rejects. */
  abort(): Promise<void> {
    return this.#segments.abort();
  }

  /** Feeds octets up to `end`, or fewer; returns those that are left. */
  async #feed(octets: Buffer, end: number): Promise<Buffer> {
    const gap = end >= MIN_BYPASS && this.#canBypass(octets) ? findGap(octets, end) : null;
    if (gap === null) {
      const chunk = octets.subarray(0, Math.min(end, FEED_SIZE));
      this.#fed.add(chunk, false);
      await this.#feedMachine(chunk);
      return octets.subarray(chunk.length);
    }
    const before = octets.subarray(0, gap.start);
    const after = octets.subarray(gap.end, gap.after);
    this.#fed.add(before, false);
    this.#fed.add(octets.subarray(gap.start, gap.end), true);
    this.#fed.add(after, false);
    await this.#feedMachine(Buffer.concat([before, after]));
    return octets.subarray(gap.after);
  }

  async #feedMachine(chunk: Buffer): Promise<void> {
    const lf = chunk.lastIndexOf(LF);
    if (lf >= 0) this.#lineStart = chunk[lf + 1];
    else this.#lineStart ??= chunk[0];
    await this.#run(() => this.#machine.feed(chunk));
  }

  /** Whether the line that `octets` continue is known to be no delimiter, in the body of a leaf. */
  #canBypass(octets: Buffer): boolean {
    return this.#machine.inLeaf && (this.#lineStart ?? octets[0]) !== DASH;
  }

  /** Lets the splitter work and handles what comes out. */
  async #run(work: () => Promise<void>): Promise<void> {
    let failed = false;
    try {
      await work();
    } catch {
      // A limit of the parsed view; the octets are kept all the same.
      failed = true;
    }
    const { items } = this.#machine;
    this.#machine.items = [];
    for (const item of items) {
      const taken = this.#fed.take(item.type === 'node' ? headerOctets(item) : item.value);
      if (taken === null) return this.#giveUp(false);
      const pending = this.#handle(item, taken);
      if (pending !== undefined) await pending;
    }
    if (failed) await this.#giveUp(this.#machine.inHeader);
  }

  #handle(item: SplitItem, octets: Buffer[]): Promise<void> | undefined {
    if (item.type === 'node') return this.#beginPart(item, octets);
    if (item.boundary === 3 || item.boundary === 4) {
      const owner = item.owner ? this.#parts.get(item.owner) : undefined;
      if (owner !== undefined) this.#tree.endInside(owner, item.value);
    }
    if (item.type === 'body' && this.#leaf !== null) return this.#passLeaf(octets);
    return this.#passStructure(octets);
  }

  async #passStructure(octets: Buffer[]): Promise<void> {
    await this.#endLeaf();
    for (const run of octets) {
      this.#tree.pass(run);
      await this.#segments.structure(run);
    }
  }

  async #passLeaf(octets: Buffer[]): Promise<void> {
    for (const run of octets) {
      const pending = this.#leafRun(run);
      if (pending !== undefined) await pending;
    }
  }

  #leafRun(run: Buffer): Promise<void> | undefined {
    this.#tree.pass(run);
    if (this.#leaf?.isText) this.#sample.add(this.#leaf.part, run);
    return this.#segments.leaf(run);
  }

  async #endLeaf(): Promise<void> {
    if (this.#leaf === null) return;
    this.#leaf = null;
    await this.#segments.endLeaf();
  }

  async #beginPart(node: PartNode, octets: Buffer[]): Promise<void> {
    await this.#endLeaf();
    const { header } = node;
    if (header === null) throw new Error('a part has a header');
    const start = this.#tree.offset;
    const isRoot = this.#fields === null;
    for (const run of octets) {
      this.#tree.pass(run);
      await (isRoot ? this.#segments.header(run) : this.#segments.structure(run));
    }
    const part = this.#tree.beginPart(header, start);
    this.#parts.set(node, part);
    const isMessage = node.parentNode !== false && node.parentNode.rfc822;
    this.#keepFields(header.fields, isRoot, isMessage, header.raw.length);
    if (header.isLeaf) this.#beginLeaf(part);
    node.header = null;
  }

  #beginLeaf(part: OpenPart): void {
    const isText = part.type === 'text' || part.type === 'multipart';
    this.#leaf = { part, isText: part.type === 'text' };
    this.#segments.beginLeaf({ isText, isBase64: part.encoding === 'base64' });
  }

  #keepFields(fields: readonly HeaderField[], isRoot: boolean, isMessage: boolean, length: number): void {
    if (isRoot) this.#fields = fields;
    else if (isMessage && this.#innerOctets <= MAX_INNER_HEADERS) {
      this.#innerOctets += length;
      this.#innerFields.push(fields);
    }
  }

  /** What went around the splitter at the very end. */
  async #passRest(): Promise<void> {
    const rest = this.#fed.drain();
    if (rest.length === 0) return;
    this.#opaque = true;
    for (const run of rest) await this.#passOpaque(run);
  }

  /**
   * Stops parsing: a limit was exceeded, or what came out is not what went in. All that is left belongs to the
   * innermost part.
   */
  async #giveUp(inHeader: boolean): Promise<void> {
    this.#opaque = true;
    const rest = this.#fed.drain();
    if (inHeader) {
      await this.#endLeaf();
      this.#beginUnended(rest);
    }
    for (const run of rest) await this.#passOpaque(run);
  }

  /** Makes a leaf of a header that was too long to be collected, from as much as is read of any header. */
  #beginUnended(rest: readonly Buffer[]): void {
    const raw = Buffer.concat(rest).subarray(0, MAX_PARSED_HEADER);
    const { parentNode, depth } = this.#machine.node;
    const isMessage = parentNode !== false && parentNode.rfc822;
    const isRoot = this.#fields === null;
    const header = parsePartHeader(raw, depth, isRoot || isMessage, false);
    this.#unended = new HeaderEnd(isRoot);
    this.#tree.beginPart({ ...header, isLeaf: true }, this.#tree.offset);
    this.#keepFields(header.fields, isRoot, isMessage, raw.length);
  }

  async #passOpaque(octets: Buffer): Promise<void> {
    let body = octets;
    if (this.#unended !== null) {
      const end = this.#unended.find(octets);
      const head = octets.subarray(0, end < 0 ? octets.length : end);
      this.#tree.pass(head);
      await (this.#unended.ofMessage ? this.#segments.header(head) : this.#segments.structure(head));
      this.#tree.endHeader();
      if (end < 0) return;
      this.#unended = null;
      body = octets.subarray(end);
    }
    if (this.#leaf !== null) return this.#leafRun(body);
    this.#tree.pass(body);
    await this.#segments.structure(body);
  }
}

/** A header that has been read already when a part is emitted. */
function headerOctets(node: PartNode): Buffer {
  return node.header?.raw ?? Buffer.alloc(0);
}
