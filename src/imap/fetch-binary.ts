/** BINARY and BINARY.SIZE of FETCH: parts without their transfer encoding. RFC 3516 section 4. */

import type { MessageBody } from '../mime/message-body.ts';
import { type EncodedRange, encodedRange } from '../mime/section-range.ts';
import { type TransferDecoder, transferDecoder } from '../mime/transfer-decoder.ts';
import type { FetchedMessage } from '../store/message-store.ts';
import { Refusal } from './refusal.ts';
import type { Session } from './session.ts';
import type { BinaryItem, BinarySizeItem } from './wire/fetch-items.ts';
import { streamOctets, writeOctets } from './write-octets.ts';

/** Decoded parts up to this size are kept in memory from measuring to sending; larger ones are decoded twice. */
const KEEP = 1_048_576;

/** What a part comes to when it is decoded. */
interface Measured {
  readonly size: number;
  readonly hasNul: boolean;
  /** All of it, when that is not much. */
  readonly data: Buffer | null;
}

/** How many octets BINARY gives. Of a part that is not there 0, as BINARY gives NIL then. @throws Refusal `UNKNOWN-CTE` */
export async function binarySize({ path }: BinarySizeItem, { body }: FetchedMessage): Promise<number> {
  const range = body && encodedRange(body.tree, body.size, path);
  return range ? (await measure(body, range)).size : 0;
}

/**
 * Writes `head` and the decoded octets of a part.
 *
 * @returns `false`, with nothing written, when there is no such part
 * @throws Refusal `UNKNOWN-CTE`, with nothing written
 */
export async function writeBinary(
  session: Session,
  head: string,
  { path, partial }: BinaryItem,
  { body }: FetchedMessage,
): Promise<boolean> {
  const range = body && encodedRange(body.tree, body.size, path);
  if (!range) return false;
  const { size, hasNul, data } = await measure(body, range);
  const start = Math.min(partial?.start ?? 0, size);
  const end = partial ? Math.min(start + partial.count, size) : size;
  // RFC 3516 section 4.3: a literal8 where NUL is, so that the client knows.
  if (data) await writeOctets(session, head, data.subarray(start, end), hasNul);
  else if (end === start) await writeOctets(session, head, Buffer.alloc(0));
  else await streamOctets(session, head, slice(decode(body, range), start, end), end - start, hasNul);
  return true;
}

async function measure(body: MessageBody, range: EncodedRange): Promise<Measured> {
  const kept: Buffer[] = [];
  let size = 0;
  let hasNul = false;
  for await (const chunk of decode(body, range)) {
    size += chunk.length;
    hasNul ||= chunk.includes(0);
    if (size <= KEEP) kept.push(chunk);
  }
  return { size, hasNul, data: size <= KEEP ? Buffer.concat(kept, size) : null };
}

async function* decode(body: MessageBody, { start, end, encoding }: EncodedRange): AsyncGenerator<Buffer, void, void> {
  const decoder: TransferDecoder | null = transferDecoder(encoding);
  if (!decoder) throw new Refusal('NO', 'The transfer encoding of a part is not known', 'UNKNOWN-CTE');
  for await (const chunk of body.read(start, end)) {
    const octets = decoder.add(chunk);
    if (octets.length > 0) yield octets;
  }
  const rest = decoder.end();
  if (rest.length > 0) yield rest;
}

async function* slice(chunks: AsyncIterable<Buffer>, start: number, end: number): AsyncGenerator<Buffer, void, void> {
  let at = 0;
  for await (const chunk of chunks) {
    const part = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += chunk.length;
    if (part.length > 0) yield part;
    if (at >= end) return;
  }
}
