/** Looks for an attachment by its name, as a search without an index must. */

import type { MimePart } from '../model/mime-part.ts';
import { foldText, oneSpaced } from '../model/tokens.ts';
import { fileName, hasAttachment } from './summary.ts';

/**
 * Whether a message has a part whose decoded file name holds `text` (folded); with an empty `text`, whether it has
 * anything that people would call an attachment.
 */
export function attachmentNamed(tree: MimePart, text: string): boolean {
  return text === '' ? hasAttachment(tree) : holdsName(tree, text);
}

function holdsName(part: MimePart, text: string): boolean {
  return oneSpaced(foldText(fileName(part))).includes(text) || part.children.some((child) => holdsName(child, text));
}
