/** The octets of a stored message: any range of them, any section. */

import type { BlobSource } from '../model/blob.ts';
import type { BlobSegment, StoredBody } from '../model/content.ts';
import type { MimePart } from '../model/mime-part.ts';
import type { Section } from '../model/section.ts';
import { readBase64 } from './base64-reader.ts';
import { asBuffer, selectHeaderFields } from './header-fields.ts';
import { sectionRange } from './section-range.ts';

/** What a section is: a range of the raw message, or octets that were put together (header fields). */
export type SectionData =
  | { readonly kind: 'range'; readonly start: number; readonly end: number }
  | { readonly kind: 'octets'; readonly octets: Buffer };

/** Most octets of a header of which fields are selected; those beyond are left out. */
const MAX_SELECTED: number = 1024 * 1024;

/** Reads a stored message. Holds no resource. */
export class MessageBody {
  /** Octets of the raw message. */
  readonly size: number;
  readonly tree: MimePart;
  readonly #stored: StoredBody;
  readonly #blobs: BlobSource;

  constructor(stored: StoredBody, tree: MimePart, blobs: BlobSource) {
    this.size = stored.size;
    this.tree = tree;
    this.#stored = stored;
    this.#blobs = blobs;
  }

  /**
   * Octets `start` to `end` (exclusive) in order; both are clamped to the message. Only what is needed is read.
   *
   * @throws `BLOB_MISSING`, `BLOB_CORRUPT`
   */
  async *read(start = 0, end: number = this.size): AsyncGenerator<Buffer> {
    const from = Math.max(0, start);
    const to = Math.min(end, this.size);
    for (const piece of this.#pieces(from, to)) {
      if (piece.octets !== null) yield piece.octets;
      else yield* readSegment(this.#blobs, piece.segment, piece.start, piece.end);
    }
  }

  /** The same at once when no blob is needed for it, else `null`. No I/O. */
  inline(start = 0, end: number = this.size): Buffer | null {
    const from = Math.max(0, start);
    const to = Math.min(end, this.size);
    const { header, text, size } = this.#stored;
    if (to <= header.length) return asBuffer(header).subarray(from, Math.max(from, to));
    // The usual message has no blob: all behind the header is text.
    if (header.length + text.length === size) {
      if (from >= header.length) return asBuffer(text).subarray(from - header.length, to - header.length);
      return Buffer.concat([asBuffer(header).subarray(from), asBuffer(text).subarray(0, to - header.length)]);
    }
    const octets: Buffer[] = [];
    for (const piece of this.#pieces(from, to)) {
      if (piece.octets === null) return null;
      octets.push(piece.octets);
    }
    return octets.length === 1 ? (octets[0] as Buffer) : Buffer.concat(octets);
  }

  /**
   * What octets `start` to `end` (exclusive) come to without their base64, where that is what is stored: a blob that
   * lies there, with nothing around it but the end of its last line. `null` where it is not. No I/O.
   */
  decoded(
    start: number,
    end: number,
  ): { readonly size: number; read(start: number, end: number): AsyncGenerator<Buffer> } | null {
    let position = this.#stored.header.length;
    for (const segment of this.#stored.segments) {
      if (segment.kind === 'blob' && position === start) {
        const rest = end - position - segment.length;
        if (segment.encoding.type !== 'base64' || rest < 0 || rest > 2) return null;
        const { blobId, blobSize } = segment;
        const blobs = this.#blobs;
        return {
          size: blobSize,
          async *read(from, to) {
            for await (const chunk of blobs.read(blobId, { start: from, end: to })) yield asBuffer(chunk);
          },
        };
      }
      position += segment.length;
      if (position > start) return null;
    }
    return null;
  }

  /**
   * Where a section lies, or `null` when the message has no such part.
   *
   * @throws `BLOB_MISSING`, `BLOB_CORRUPT`, for fields of a header that lies in a blob
   * @see RFC 9051 section 6.4.5.1
   */
  async section(section: Section): Promise<SectionData | null> {
    const range = sectionRange(this.tree, this.size, section);
    if (range === null) return null;
    if (section.kind !== 'headerFields' && section.kind !== 'headerFieldsNot') return { kind: 'range', ...range };
    const end = Math.min(range.end, range.start + MAX_SELECTED);
    const header = this.inline(range.start, end) ?? (await this.#collect(range.start, end));
    const octets = selectHeaderFields(header, section.fields ?? [], section.kind === 'headerFieldsNot');
    return { kind: 'octets', octets };
  }

  async #collect(start: number, end: number): Promise<Buffer> {
    const octets: Buffer[] = [];
    for await (const chunk of this.read(start, end)) octets.push(chunk);
    return Buffer.concat(octets);
  }

  /** The pieces of a range: views of header and text, and ranges of blob segments (in encoded octets of the segment). */
  *#pieces(from: number, to: number): Generator<Piece> {
    const { header, text, segments } = this.#stored;
    if (from < header.length && from < to) yield inlinePiece(header, from, Math.min(to, header.length));
    let position = header.length;
    let textPosition = 0;
    for (const segment of segments) {
      if (position >= to) return;
      const start = Math.max(0, from - position);
      const end = Math.min(segment.length, to - position);
      if (start < end) {
        if (segment.kind === 'blob') yield { octets: null, segment, start, end };
        else yield inlinePiece(text, textPosition + start, textPosition + end);
      }
      position += segment.length;
      if (segment.kind === 'text') textPosition += segment.length;
    }
  }
}

type Piece =
  | { readonly octets: Buffer }
  | { readonly octets: null; readonly segment: BlobSegment; readonly start: number; readonly end: number };

function inlinePiece(octets: Uint8Array, start: number, end: number): Piece {
  return { octets: asBuffer(octets).subarray(start, end) };
}

async function* readSegment(
  blobs: BlobSource,
  segment: BlobSegment,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  if (segment.encoding.type === 'base64') return yield* readBase64(blobs, segment, segment.encoding, start, end);
  for await (const chunk of blobs.read(segment.blobId, { start, end })) yield asBuffer(chunk);
}
