/** A part of a message without its transfer encoding, read as a stream and by ranges. */

import { isMessage, isMultipart } from '../../mime/body-structure.ts';
import type { MessageBody } from '../../mime/message-body.ts';
import { transferDecoder } from '../../mime/transfer-decoder.ts';
import type { MimePart } from '../../model/mime-part.ts';

/** A part, decoded. */
export interface DecodedPart {
  /** Octets, where they are known without reading. */
  readonly size: number | null;
  /** From `start` to `end` (exclusive; `null` for the end). */
  read(start?: number, end?: number | null): AsyncGenerator<Uint8Array, void, void>;
}

/** A part that lies decoded on the cheap tier is read from there, and of a range only the range. */
export function decodedPart(body: MessageBody, part: MimePart): DecodedPart {
  const { bodyStart, bodyEnd } = part;
  const encoding = isMultipart(part) || isMessage(part) ? 'binary' : part.encoding;
  const decoder = transferDecoder(encoding);
  const blob = encoding === 'base64' ? body.decoded(bodyStart, bodyEnd) : null;
  if (blob) return { size: blob.size, read: (start = 0, end = null) => blob.read(start, end ?? blob.size) };
  if (!decoder || /^(?:7bit|8bit|binary)$/.test(encoding)) {
    const size = bodyEnd - bodyStart;
    return { size, read: (start = 0, end = null) => body.read(bodyStart + start, bodyStart + (end ?? size)) };
  }
  return {
    size: null,
    read: (start = 0, end = null) => slice(decode(body, part), start, end ?? Number.POSITIVE_INFINITY),
  };
}

async function* decode(
  body: MessageBody,
  { bodyStart, bodyEnd, encoding }: MimePart,
): AsyncGenerator<Buffer, void, void> {
  const decoder = transferDecoder(encoding);
  if (!decoder) throw new TypeError(`the transfer encoding ${encoding} is not known`);
  for await (const chunk of body.read(bodyStart, bodyEnd)) {
    const octets = decoder.add(chunk);
    if (octets.length > 0) yield octets;
  }
  const rest = decoder.end();
  if (rest.length > 0) yield rest;
}

async function* slice(chunks: AsyncIterable<Buffer>, start: number, end: number): AsyncGenerator<Buffer, void, void> {
  let at = 0;
  for await (const chunk of chunks) {
    const piece = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += chunk.length;
    if (piece.length > 0) yield piece;
    if (at >= end) return;
  }
}
