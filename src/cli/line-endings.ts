/** Changes bare LF to CRLF, for mail that was kept with Unix line ends. */

import type { MessageSource } from '../store/message-store.ts';

/** What an import does with line ends: leaves every octet as it is, or makes each one CRLF. */
export type LineEndings = 'keep' | 'crlf';

/** The octets with every LF made CRLF; CRLF and bare CR stay. */
export function withCrlf(source: MessageSource): MessageSource {
  if (source instanceof Uint8Array) return convert(source, false).octets;
  if (typeof source === 'string') return source.replace(/\r?\n/g, '\r\n');
  return convertStream(source);
}

async function* convertStream(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Buffer> {
  let afterCr = false;
  for await (const chunk of source) {
    const converted = convert(chunk, afterCr);
    afterCr = converted.endsWithCr;
    yield converted.octets;
  }
}

function convert(chunk: Uint8Array, afterCr: boolean): { readonly octets: Buffer; readonly endsWithCr: boolean } {
  const octets = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const endsWithCr = octets.length === 0 ? afterCr : octets[octets.length - 1] === 0x0d;
  const text = octets.toString('latin1');
  // The LF of a CRLF that lies across two chunks has its CR already.
  const head = afterCr && text.startsWith('\n') ? 1 : 0;
  const rest = text.slice(head).replace(/\r?\n/g, '\r\n');
  return { octets: Buffer.from(head === 1 ? `\n${rest}` : rest, 'latin1'), endsWithCr };
}
