/** Lays the octets of a message out over the two tiers as they arrive: what stays in text, what becomes a blob. */

import type { BlobTarget, BlobWriter } from '../model/blob.ts';
import type { Segment, StoredBody } from '../model/content.ts';
import { Base64Blob } from './base64-blob.ts';
import { OctetBuffer } from './octet-buffer.ts';

/** Most octets of the message's header that are kept apart. */
export const MAX_HEADER: number = 256 * 1024;
/** Most octets on the fast tier besides the header. */
export const MAX_TEXT: number = 1024 * 1024;
/** A leaf that is no text and has this many octets becomes a blob. */
export const MIN_BLOB = 4096;
/** A text leaf with more octets than this becomes a blob. */
export const MAX_TEXT_LEAF: number = 256 * 1024;
/** Most blobs of one message with a leaf each; what comes after them goes together. */
export const MAX_LEAF_BLOBS = 1000;

/** Of which so many are kept for what stands between large parts, when the rest is full. */
const RESERVE: number = 64 * 1024;
/** Most octets that are set aside for text before there are any. */
const FIRST_TEXT: number = 32 * 1024;
/** Raw octets beyond the text that are handed on at once. */
const RUN_SIZE = 64 * 1024;
/** Blobs that are made durable at the same time. */
const MAX_COMMITS = 4;

/** What a leaf is, for the layout. */
export interface LeafKind {
  /** Stays on the fast tier while it is of moderate size. */
  readonly isText: boolean;
  readonly isBase64: boolean;
}

interface RawBlob {
  readonly writer: BlobWriter;
  length: number;
}

type Pending = Promise<void> | undefined;

/**
 * Takes octets in the order of the message. Methods that return a promise must be waited for; those that return
 * nothing have done all of their work.
 *
 * Octets are first staged: behind the text while that has room, in a run of raw octets after that. A leaf that turns
 * out to be large is taken off the stage again and becomes a blob of its own.
 */
export class SegmentBuilder {
  readonly #blobs: BlobTarget;
  readonly #header = new OctetBuffer();
  readonly #text: OctetBuffer;
  readonly #run = new OctetBuffer(16);
  readonly #segments: (Segment | Promise<Segment>)[] = [];
  #committing: Promise<Segment>[] = [];
  #size = 0;
  /** Octets of text that are in segments already. */
  #textInSegments = 0;
  /** The text is full: what is staged goes to the run. */
  #full = false;
  /** Raw octets that share a blob. */
  #shared: RawBlob | null = null;
  /** The leaf that is open, and where it began on the stage. */
  #leaf: LeafKind | null = null;
  #mark = 0;
  #leafBlobs = 0;
  #blob: Base64Blob | null = null;
  #raw: RawBlob | null = null;

  /** @param capacity octets of text to expect */
  constructor(blobs: BlobTarget, capacity: number) {
    this.#blobs = blobs;
    this.#text = new OctetBuffer(Math.min(Math.max(capacity, 16), FIRST_TEXT));
  }

  /** Octets of the message's own header. */
  header(octets: Buffer): Pending {
    const room = MAX_HEADER - this.#header.length;
    this.#header.append(octets.subarray(0, room));
    this.#size += Math.min(octets.length, room);
    return octets.length > room ? this.structure(octets.subarray(room)) : undefined;
  }

  /** Octets that are of no leaf: headers of parts, delimiters, what stands between. */
  structure(octets: Buffer): Pending {
    this.#size += octets.length;
    return this.#stage(octets);
  }

  /** Begins a leaf. */
  beginLeaf(kind: LeafKind): void {
    this.#leaf = kind;
    this.#mark = this.#full ? this.#run.length : this.#text.length;
  }

  /** Octets of the leaf that was begun. */
  leaf(octets: Buffer): Pending {
    this.#size += octets.length;
    if (this.#blob !== null) return this.#writeBase64(this.#blob, octets);
    if (this.#raw !== null) return this.#writeRaw(this.#raw, octets);
    return this.#stageLeaf(octets);
  }

  /** Ends the leaf. */
  endLeaf(): Pending {
    if (this.#blob !== null) return this.#finishBase64(this.#blob).then(() => this.#closeLeaf());
    return this.#closeLeaf();
  }

  /** Ends the message. All blobs are durable when it has resolved. */
  async finish(): Promise<StoredBody> {
    await this.endLeaf();
    await this.#closeShared();
    this.#closeText();
    const segments = await Promise.all(this.#segments);
    return { header: this.#header.take(), text: this.#text.take(), segments, size: this.#size };
  }

  /** Forgets the message; blobs that are committed already stay. Never rejects. */
  async abort(): Promise<void> {
    const open = [this.#blob, this.#raw?.writer, this.#shared?.writer];
    await Promise.allSettled([...open.map((writer) => writer?.abort()), ...this.#committing]);
  }

  /** Whether there is a leaf that becomes a blob when it is large. */
  get #mayBeBlob(): boolean {
    // Beyond the text all is raw in one blob, but for what is worth decoding.
    return this.#leaf !== null && this.#leafBlobs < MAX_LEAF_BLOBS && (!this.#full || this.#leaf.isBase64);
  }

  #stage(octets: Buffer): Pending {
    if (!this.#full && this.#text.length + octets.length > MAX_TEXT - RESERVE) this.#beginRun();
    if (!this.#full) {
      this.#text.append(octets);
      return undefined;
    }
    this.#run.append(octets);
    if (this.#run.length < RUN_SIZE) return undefined;
    // What is staged of a leaf that may yet become a blob stays on the stage.
    return this.#flushRun(this.#mayBeBlob ? this.#mark : this.#run.length);
  }

  /** From here on, nothing goes to the text; what the open leaf has there moves to the run. */
  #beginRun(): void {
    this.#full = true;
    if (this.#leaf === null) return;
    this.#run.append(this.#text.cut(this.#mark));
    this.#mark = 0;
  }

  #stageLeaf(octets: Buffer): Pending {
    const kind = this.#leaf;
    if (kind === null || !this.#mayBeBlob) return this.#stage(octets);
    const staged = (this.#full ? this.#run.length : this.#text.length) - this.#mark;
    const limit = kind.isText ? MAX_TEXT_LEAF : MIN_BLOB - 1;
    if (staged + octets.length > limit) return this.#openBlob(kind, octets);
    return this.#stage(octets);
  }

  /** The leaf becomes a blob: takes what is staged of it off the stage. */
  async #openBlob(kind: LeafKind, octets: Buffer): Promise<void> {
    const staged = (this.#full ? this.#run : this.#text).cut(this.#mark);
    await this.#closeShared();
    this.#closeText();
    this.#leafBlobs++;
    const all = staged.length === 0 ? octets : Buffer.concat([staged, octets]);
    if (kind.isBase64) {
      this.#blob = new Base64Blob(this.#blobs);
      await this.#writeBase64(this.#blob, all);
    } else {
      this.#raw = { writer: this.#blobs.create(), length: 0 };
      await this.#writeRaw(this.#raw, all);
    }
  }

  async #writeBase64(blob: Base64Blob, octets: Buffer): Promise<void> {
    if (!(await blob.write(octets))) await this.#finishBase64(blob);
  }

  /** Ends the decoded blob; what did not fit goes on as raw octets of the leaf. */
  async #finishBase64(blob: Base64Blob): Promise<void> {
    const { segment, rest } = await blob.finish();
    this.#blob = null;
    if (segment !== null) await this.#addCommitting(segment);
    this.beginLeaf({ isText: false, isBase64: false });
    if (rest.length > 0) await this.#stageLeaf(rest);
  }

  #writeRaw(raw: RawBlob, octets: Buffer): Pending {
    raw.length += octets.length;
    return raw.writer.write(octets) ?? undefined;
  }

  #closeLeaf(): Pending {
    const raw = this.#raw;
    this.#leaf = null;
    this.#raw = null;
    return raw === null ? undefined : this.#addCommitting(commitRaw(raw));
  }

  /** Writes the run's first octets to the blob that raw octets share. */
  async #flushRun(length: number): Promise<void> {
    if (length === 0) return;
    this.#shared ??= { writer: this.#blobs.create(), length: 0 };
    this.#shared.length += length;
    const rest = this.#run.cut(length);
    await this.#shared.writer.write(this.#run.view());
    this.#run.clear();
    this.#run.append(rest);
    this.#mark = Math.max(0, this.#mark - length);
  }

  async #closeShared(): Promise<void> {
    if (this.#shared === null && this.#run.length < MIN_BLOB && this.#text.length + this.#run.length <= MAX_TEXT) {
      // Not worth a blob.
      this.#text.append(this.#run.view());
      this.#run.clear();
    }
    this.#closeText();
    await this.#flushRun(this.#run.length);
    const shared = this.#shared;
    this.#shared = null;
    if (shared !== null) await this.#addCommitting(commitRaw(shared));
  }

  /** Goes on while a blob is made durable. */
  async #addCommitting(segment: Promise<Segment>): Promise<void> {
    // A failure is reported when it is waited for.
    segment.catch(() => {});
    this.#segments.push(segment);
    this.#committing.push(segment);
    if (this.#committing.length > MAX_COMMITS) await this.#committing.shift();
  }

  #closeText(): void {
    const length = this.#text.length - this.#textInSegments;
    if (length === 0) return;
    this.#segments.push({ kind: 'text', length });
    this.#textInSegments = this.#text.length;
  }
}

async function commitRaw({ writer, length }: RawBlob): Promise<Segment> {
  const { blobId, size } = await writer.commit();
  return { kind: 'blob', length, blobId, blobSize: size, encoding: { type: 'raw' } };
}
