/** What is stored of one message's octets, and what was learned of them while they arrived. */

import type { BlobId } from './ids.ts';
import type { MimePart } from './mime-part.ts';

/**
 * How the octets of a blob become the octets of the message again.
 *
 * - `raw`: as they are.
 * - `base64`: in lines of `lineLength` characters (a multiple of 4) joined by `eol`; a last line that may be shorter;
 *   and after it `eol` again when `finalEol`.
 */
export type BlobEncoding =
  | { readonly type: 'raw' }
  | { readonly type: 'base64'; readonly lineLength: number; readonly eol: '\r\n' | '\n'; readonly finalEol: boolean };

/** A run of the raw message that lies in `text`. */
export interface TextSegment {
  readonly kind: 'text';
  /** Octets of the message, which are also octets of `text`. */
  readonly length: number;
}

/** A run of the raw message that lies in a blob. */
export interface BlobSegment {
  readonly kind: 'blob';
  /** Octets of the message. */
  readonly length: number;
  readonly blobId: BlobId;
  /** Octets of the blob, decoded. */
  readonly blobSize: number;
  readonly encoding: BlobEncoding;
}

/** The raw message is its segments, one after the other. Text segments take their octets from `text`, in order. */
export type Segment = TextSegment | BlobSegment;

/** The octets of a message, split over the two tiers. The raw message is `header`, then the segments. */
export interface StoredBody {
  /** The header of the message with its empty line, raw; or all of it that fits in 256 KB. */
  readonly header: Uint8Array;
  /** What follows the header on the fast tier, raw. */
  readonly text: Uint8Array;
  /** How the octets after `header` come together. */
  readonly segments: readonly Segment[];
  /** Octets of the whole message. */
  readonly size: number;
}

/** A message ready to be stored: its blobs are in the blob store and durable. */
export interface Content extends StoredBody {
  /** SHA-256 of the raw message, 64 lower-case hex digits. */
  readonly digest: string;
  readonly tree: MimePart;
  /** IMAP ENVELOPE, ready to send; octets in a string. RFC 9051 section 7.5.2. */
  readonly envelope: string;
  /** IMAP BODYSTRUCTURE with extension data, ready to send; octets in a string. */
  readonly bodyStructure: string;
  readonly summary: MessageSummary;
  readonly searchText: SearchText;
  /**
   * All that `searchText` is made of lies in `header` and `text`, so that it can be made again from what is stored; it
   * then costs nothing here until it is read.
   */
  readonly hasAllText?: boolean;
}

/** Header fields that the store itself works with, decoded to Unicode. */
export interface MessageSummary {
  /** Subject, RFC 2047 decoded, unfolded; `''` for none. */
  readonly subject: string;
  /** RFC 5256 section 2.1 base subject, for threading and SORT. */
  readonly baseSubject: string;
  /** Message-ID with angle brackets, or `null`. */
  readonly messageId: string | null;
  /** Message-IDs of In-Reply-To, then of References, without repetition, at most 100 (the first and the last ones). */
  readonly references: readonly string[];
  /** Date header in milliseconds since 1970, or `null` when missing or not a date. */
  readonly sentDate: number | null;
  /** The Date header's calendar day as written, disregarding time and zone (RFC 9051 SENTON), as days since 1970; or `null`. */
  readonly sentDay: number | null;
  /** Up to 200 characters of text, white space collapsed. RFC 8970. */
  readonly preview: string;
  /** Whether a part is an attachment: disposition attachment, or a named leaf that is not text. */
  readonly hasAttachment: boolean;
}

/**
 * What search looks into, folded by the one tokenizer (`model/tokens.ts`): NFKD, marks dropped, lower case.
 * The fields of the header keep all characters (they are searched by substring), `body` is words with a space between.
 */
export interface SearchText {
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  readonly bcc: string;
  readonly subject: string;
  /** Words of all header fields of the message, decoded. */
  readonly header: string;
  /** Words of all text parts, decoded, HTML stripped; of attachments' names; and of the headers of messages inside. */
  readonly body: string;
}
