/** The octets of a stored message: any range of them, any section. (Contract; to be completed.) */

import type { BlobSource } from '../model/blob.ts';
import type { StoredBody } from '../model/content.ts';
import type { MimePart } from '../model/mime-part.ts';
import type { Section } from '../model/section.ts';

/** What a section is: a range of the raw message, or octets that were put together (header fields). */
export type SectionData =
  | { readonly kind: 'range'; readonly start: number; readonly end: number }
  | { readonly kind: 'octets'; readonly octets: Buffer };

/** Reads a stored message. Holds no resource. */
export declare class MessageBody {
  constructor(stored: StoredBody, tree: MimePart, blobs: BlobSource);
  /** Octets of the raw message. */
  readonly size: number;
  readonly tree: MimePart;
  /** Octets `start` to `end` (exclusive) in order; both are clamped to the message. */
  read(start?: number, end?: number): AsyncIterable<Buffer>;
  /** The same at once when no blob is needed for it, else `null`. No I/O. */
  inline(start?: number, end?: number): Buffer | null;
  /** Where a section lies, or `null` when the message has no such part. */
  section(section: Section): Promise<SectionData | null>;
}
