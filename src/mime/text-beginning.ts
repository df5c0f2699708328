/** How the text of a message begins, for previews. RFC 8970. */

import type { MimePart } from '../model/mime-part.ts';
import { type PartOctets, partText } from './search-text.ts';

/** Octets of a part that are looked at, in their transfer encoding; HTML often begins with much that is no text. */
const PLAIN_OCTETS = 4096;
const HTML_OCTETS: number = 64 * 1024;

/** The beginning of the first plain text, or when there is none, of the first text of another kind; `''` for none. */
export function textBeginning(tree: MimePart, octetsOf: PartOctets): string {
  let found = '';
  for (const part of shownTexts(tree)) {
    if (found !== '' && part.subtype === 'html') continue;
    const octets = octetsOf(part);
    if (octets === null) continue;
    const text = partText(part, octets.subarray(0, part.subtype === 'html' ? HTML_OCTETS : PLAIN_OCTETS));
    const beginning = text.slice(0, PLAIN_OCTETS).trimStart();
    if (beginning === '') continue;
    if (part.subtype !== 'html') return beginning;
    found = beginning;
  }
  return found;
}

function* shownTexts(part: MimePart): Generator<MimePart> {
  for (const child of part.children) yield* shownTexts(child);
  if (part.type === 'text' && part.children.length === 0 && part.disposition?.type !== 'attachment') yield part;
}
