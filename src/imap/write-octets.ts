/** Writes literals of responses: octets at hand, or read as they are sent. RFC 9051 section 4.3. */

import type { Session } from './session.ts';

/** A response that was begun cannot be ended as it was announced. The connection is of no use any more. */
export class BrokenLiteral extends Error {
  override readonly name = 'BrokenLiteral';
}

/** Writes `head` and octets: `{n}`, with `binary` `~{n}` (RFC 3516), or `""`. */
export async function writeOctets({ out }: Session, head: string, data: Uint8Array, binary = false): Promise<void> {
  if (data.length === 0) out.write(`${head}""`);
  else {
    out.write(`${head}${binary ? '~' : ''}{${data.length}}\r\n`);
    out.octets(data);
  }
  if (out.full) await out.drain();
}

/**
 * The same for octets that are read meanwhile.
 *
 * @param size how many there are
 * @throws BrokenLiteral when reading fails after the first chunk, or gives another number of octets
 */
export async function streamOctets(
  { out, connection }: Session,
  head: string,
  source: AsyncIterable<Uint8Array>,
  size: number,
  binary = false,
): Promise<void> {
  const chunks = source[Symbol.asyncIterator]();
  // An error of the first chunk comes before anything was promised.
  let next = await chunks.next();
  out.write(`${head}${binary ? '~' : ''}{${size}}\r\n`);
  let left = size;
  try {
    while (!next.done && !connection.closed) {
      left -= next.value.length;
      out.octets(next.value);
      if (out.full) await out.drain();
      next = await chunks.next();
    }
  } catch (error) {
    throw new BrokenLiteral('a section ended early', { cause: error });
  } finally {
    if (!next.done) await chunks.return?.(undefined);
  }
  if (left !== 0) throw new BrokenLiteral('a section is not as long as it was told');
  if (out.full) await out.drain();
}
