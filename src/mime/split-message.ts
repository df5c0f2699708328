/** Splits a message over the two tiers and reads from it all that is kept beside its octets. */

import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { EiderError } from '../errors.ts';
import type { BlobTarget } from '../model/blob.ts';
import type { Content, SearchText } from '../model/content.ts';
import type { MimePart } from '../model/mime-part.ts';
import { formatBodyStructure } from './body-structure.ts';
import { formatEnvelope } from './envelope.ts';
import { hasAllText } from './extract-search-text.ts';
import { asBuffer } from './header-fields.ts';
import { OctetBuffer } from './octet-buffer.ts';
import { readSearchText, readSearchTextInTurns } from './search-text.ts';
import { summarize } from './summary.ts';
import { textBeginning } from './text-beginning.ts';

/** Octets that are handled before others get a turn, whatever the size of the source's chunks. */
const SLICE: number = 64 * 1024;

/** Chunks below this are put together: a sender that sends octets one by one must not cost more than others. */
const MIN_SLICE = 1024;

/** Bounds of a split. */
export interface SplitOptions {
  /** Most octets of the message. @defaultValue unlimited */
  readonly maxSize?: number;
  /** Stops reading the source. */
  readonly signal?: AbortSignal;
  /** Sees all octets of the message, in order. */
  readonly onOctets?: (octets: Buffer) => void;
}

/** Octets of a message: all at once, or in chunks of any size. */
export type SplitSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | Uint8Array;

/**
 * Reads a message once, in bounded memory, and puts its large parts into `blobs`. When it resolves, the blobs are
 * durable, and header, text and segments give the octets of the source again, exactly, whatever they are: what cannot
 * be parsed is kept as it came. Chunks must not be changed before it has resolved.
 *
 * @throws {@link EiderError} `MESSAGE_TOO_LARGE` as soon as the source gives more than `maxSize`; `ABORTED` by the
 *   signal; what the source or the blob store throws. No blob is left open then; complete ones may stay, unmentioned.
 * @see RFC 5322, RFC 2045, RFC 2046
 */
export async function splitMessage(
  source: SplitSource,
  blobs: BlobTarget,
  options: SplitOptions = {},
): Promise<Content> {
  const { maxSize = Number.POSITIVE_INFINITY, signal, onOctets } = options;
  // Loading it takes a quarter of the time in which a store opens, and many a process only looks.
  const { MessageSplitter } = await import('./message-splitter.ts');
  const splitter = new MessageSplitter(blobs, source instanceof Uint8Array ? source.length : 0);
  const hash = createHash('sha256');
  let size = 0;
  try {
    checkAborted(signal);
    for await (const slice of slices(source)) {
      checkAborted(signal);
      size += slice.length;
      if (size > maxSize) throw new EiderError('MESSAGE_TOO_LARGE', `message has more than ${maxSize} octets`);
      hash.update(slice);
      onOctets?.(slice);
      await splitter.write(slice);
    }
    const { body, tree, fields, innerFields, sample } = await splitter.finish();
    checkAborted(signal);
    const octetsOf = (part: MimePart): Buffer | null => sample.of(part);
    const searched = { tree, fields, inner: innerFields, octetsOf };
    const rest = {
      ...body,
      digest: hash.digest('hex'),
      tree,
      envelope: formatEnvelope(fields),
      bodyStructure: formatBodyStructure(tree),
      summary: summarize(fields, tree, textBeginning(tree, octetsOf)),
    };
    if (!hasAllText(body, tree)) return { ...rest, searchText: await readSearchTextInTurns(searched) };
    // Made when asked for: an engine can make it later from what it has stored, where it holds up nobody.
    return withSearchText({ ...rest, hasAllText: true }, () => readSearchText(searched));
  } catch (error) {
    await splitter.abort();
    throw error;
  }
}

/** Adds search text that is made when it is first read. */
function withSearchText(content: Omit<Content, 'searchText'>, make: () => SearchText): Content {
  let made: SearchText | undefined;
  return Object.defineProperty(content, 'searchText', {
    enumerable: true,
    get: () => {
      made ??= make();
      return made;
    },
  }) as Content;
}

/** The source in slices of bounded size: large chunks cut, tiny ones put together. */
async function* slices(source: SplitSource): AsyncGenerator<Buffer> {
  const small = new OctetBuffer();
  for await (const chunk of source instanceof Uint8Array ? [source] : source) {
    const octets = asBuffer(chunk);
    if (octets.length < MIN_SLICE) {
      small.append(octets);
      if (small.length >= MIN_SLICE) yield small.cut(0);
      continue;
    }
    if (small.length > 0) yield small.cut(0);
    for (let start = 0; start < octets.length; start += SLICE) {
      if (start > 0 && start % (SLICE * 16) === 0) await turn();
      yield octets.subarray(start, start + SLICE);
    }
  }
  if (small.length > 0) yield small.cut(0);
}

function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new EiderError('ABORTED', 'reading of the message was aborted', { cause: signal.reason });
}
