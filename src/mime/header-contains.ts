/** Looks for text in a header field of any name, as a search without an index must. */

import libmime from 'libmime';
import { foldText } from '../model/tokens.ts';

/**
 * Whether `header` (raw) has a field `name` (lower case) whose decoded, folded text holds `text` (folded); with an
 * empty `text`, whether it has the field at all. RFC 9051 section 6.4.4, HEADER.
 */
export function headerContains(header: Uint8Array, name: string, text: string): boolean {
  const raw = Buffer.from(header.buffer, header.byteOffset, header.byteLength).toString('latin1');
  const lower = raw.toLowerCase();
  for (let at = 0; at < lower.length; ) {
    const found = lower.startsWith(name, at) && /^[ \t]*:/.test(lower.slice(at + name.length, at + name.length + 8));
    let end = lower.indexOf('\n', at);
    while (end >= 0 && (lower[end + 1] === ' ' || lower[end + 1] === '\t')) end = lower.indexOf('\n', end + 1);
    const stop = end < 0 ? lower.length : end;
    if (found && (text === '' || decoded(raw.slice(raw.indexOf(':', at) + 1, stop)).includes(text))) return true;
    at = stop + 1;
  }
  return false;
}

function decoded(value: string): string {
  const unfolded = value.replace(/\r?\n(?=[ \t])/g, '').trim();
  const text = /[\x80-\xff]/.test(unfolded) ? Buffer.from(unfolded, 'latin1').toString('utf8') : unfolded;
  return foldText(libmime.decodeWords(text));
}
