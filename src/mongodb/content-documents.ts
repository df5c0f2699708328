/** Contents as documents, with pieces where a field is long, and back. */

import type { StoredContent } from '../engine/engine.ts';
import type { NewMessage } from '../engine/records.ts';
import { EiderError } from '../errors.ts';
import type { Content, SearchText, Segment, StoredBody } from '../model/content.ts';
import type { AccountId } from '../model/ids.ts';
import type { MimePart } from '../model/mime-part.ts';
import type { BlobMention, ContentDocument, LongField, PieceDocument } from './documents.ts';
import { numberOf, pieceKey } from './keys.ts';

/** Octets up to which a field stays in the content's document: text that a listing may read past without harm. */
const MAX_INLINE = 16 * 1024;
/** Octets of a piece: far below the 16 MB that a document may have. */
export const PIECE_OCTETS: number = 1024 * 1024;

/** A content's documents. */
export interface ContentDocuments {
  readonly content: ContentDocument;
  readonly pieces: readonly PieceDocument[];
}

/** Makes the documents of a new content. */
export function contentDocuments(account: AccountId, key: string, content: Content): ContentDocuments {
  const { segments } = content;
  const onlyText = segments.length === 1 && segments[0]?.kind === 'text';
  const long: Readonly<Record<LongField, string | Uint8Array>> = {
    envelope: content.envelope,
    bodyStructure: content.bodyStructure,
    header: content.header,
    tree: JSON.stringify(content.tree),
    segments: onlyText ? '' : JSON.stringify(segments),
    text: content.text,
    searchText: content.hasAllText ? '' : JSON.stringify(content.searchText),
  };
  const inline: Partial<Record<LongField, string | Uint8Array>> = {};
  const outside: LongField[] = [];
  const pieces: PieceDocument[] = [];
  for (const field of Object.keys(long) as LongField[]) {
    const value = long[field];
    if (value.length <= MAX_INLINE) {
      inline[field] = value;
      continue;
    }
    outside.push(field);
    const octets = typeof value === 'string' ? Buffer.from(value) : value;
    for (let at = 0; at < octets.length; at += PIECE_OCTETS) {
      const _id = pieceKey(key, field, at / PIECE_OCTETS);
      pieces.push({ _id, account, data: octets.subarray(at, at + PIECE_OCTETS) });
    }
  }
  const blobs = blobMentions(segments);
  return {
    content: {
      _id: key,
      account,
      size: content.size,
      digest: content.digest,
      preview: content.summary.preview,
      fastOctets: content.header.length + content.text.length,
      ...(inline as Partial<Pick<ContentDocument, 'text'>>),
      ...(blobs.length > 0 && { blobs }),
      ...(outside.length > 0 && { pieces: outside }),
    },
    pieces,
  };
}

function blobMentions(segments: readonly Segment[]): BlobMention[] {
  return segments.flatMap((segment) =>
    segment.kind === 'blob' ? [{ id: segment.blobId, length: segment.length, size: segment.blobSize }] : [],
  );
}

/** Whether a message's content has pieces that go with it. */
export const isLarge = (documents: ContentDocuments): boolean => documents.pieces.length > 0;

/** Reads pieces whose keys begin with any of the prefixes and a point, in the order of their keys. */
export type PieceReader = (prefixes: readonly string[]) => Promise<readonly PieceDocument[]>;

/** Fields whose pieces are read by one statement. */
const JOINED = 32;

/** Puts the asked fields that lie in pieces into their documents. */
export async function joinPieces(
  contents: Iterable<ContentDocument>,
  fields: readonly LongField[],
  read: PieceReader,
): Promise<void> {
  const wanted: { readonly content: ContentDocument; readonly field: LongField; readonly prefix: string }[] = [];
  for (const content of contents) {
    for (const field of content.pieces ?? []) {
      if (fields.includes(field)) wanted.push({ content, field, prefix: `${content._id}.${field}` });
    }
  }
  for (let at = 0; at < wanted.length; at += JOINED) {
    const part = wanted.slice(at, at + JOINED);
    const found = new Map<string, Uint8Array[]>(part.map(({ prefix }) => [prefix, []]));
    for (const { _id, data } of await read(part.map(({ prefix }) => prefix))) {
      found.get(_id.slice(0, _id.lastIndexOf('.')))?.push(data);
    }
    for (const { content, field, prefix } of part) {
      const octets = Buffer.concat(found.get(prefix) ?? []);
      // Gone meanwhile, or lost: a message is never told with less than it has.
      if (octets.length === 0) continue;
      Object.assign(content, { [field]: field === 'header' || field === 'text' ? octets : octets.toString() });
    }
  }
}

/** Fields that a body needs. */
export const BODY_FIELDS: readonly LongField[] = ['header', 'tree', 'segments', 'text'];

/** A body out of its document. @throws `STORE_CORRUPT` when a field is missing. */
export function storedBody(content: ContentDocument): StoredBody {
  const text = fieldOf(content, 'text');
  const segments = fieldOf(content, 'segments');
  return {
    header: fieldOf(content, 'header'),
    text,
    // Most messages are one run of text; its length goes without saying.
    segments: segments === '' ? [{ kind: 'text', length: text.length }] : (JSON.parse(segments) as Segment[]),
    size: content.size,
  };
}

/** A content's MIME tree. @throws `STORE_CORRUPT` when it is missing. */
export const treeOf = (content: ContentDocument): MimePart => JSON.parse(fieldOf(content, 'tree')) as MimePart;

/** A content as a check reads it. */
export function storedContent(content: ContentDocument): StoredContent {
  return {
    contentId: numberOf(content._id),
    digest: content.digest,
    body: storedBody(content),
    tree: treeOf(content),
  };
}

/** What search looks into: as it was kept, or made again. */
export function searchTextOf(
  content: ContentDocument,
  extract: (stored: StoredBody, tree: MimePart) => SearchText,
): SearchText {
  const kept = fieldOf(content, 'searchText');
  return kept === '' ? extract(storedBody(content), treeOf(content)) : (JSON.parse(kept) as SearchText);
}

function fieldOf<F extends LongField>(content: ContentDocument, field: F): NonNullable<ContentDocument[F]> {
  const value = content[field];
  if (value === undefined || value === null) {
    throw new EiderError('STORE_CORRUPT', `a content lacks its ${field}`);
  }
  return value as NonNullable<ContentDocument[F]>;
}

/** What a new message is to have in its placement. */
export const sentDayOf = ({ content, internalDate }: NewMessage): number =>
  // RFC 9051 section 6.4.4 leaves a message without a Date to the server; its arrival is the best that is known.
  content.summary.sentDay ?? Math.floor(internalDate / 86_400_000);
