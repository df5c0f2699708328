/** Base64 in lines, as RFC 2045 section 6.8 has it. */

import { fixedChunks } from './fixed-chunks.ts';

const LINE = 76;
const LINES = 768;
const OCTETS_OF_LINE = (LINE / 4) * 3;
const CR = 0x0d;
const LF = 0x0a;

/** Lines of 76 characters, each with its CRLF, some 60 KB at once; nothing for nothing. */
export async function* base64Lines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of fixedChunks(source, LINES * OCTETS_OF_LINE)) yield inLines(chunk);
}

function inLines(octets: Buffer): Buffer {
  const text = Buffer.from(octets.toString('base64'), 'latin1');
  const lines = Math.ceil(text.length / LINE);
  const out = Buffer.allocUnsafe(text.length + 2 * lines);
  let at = 0;
  for (let from = 0; from < text.length; from += LINE) {
    at += text.copy(out, at, from, from + LINE);
    out[at++] = CR;
    out[at++] = LF;
  }
  return out;
}
