/** SQL functions that searches call. */

import type { ContentMatchers } from '../engine/content-matchers.ts';
import type { MimePart } from '../model/mime-part.ts';
import type { Database } from './database.ts';

/** Looks into a raw header: (header, field, text) to 0 or 1. */
export const HEADER_FUNCTION = 'eider_header_contains';
/** Looks for an attachment: (tree, text) to 0 or 1. */
export const ATTACHMENT_FUNCTION = 'eider_attachment_named';

/** Makes the functions known to a connection. */
export function defineFunctions({ raw }: Database, { headerContains, attachmentNamed }: ContentMatchers): void {
  raw.function(HEADER_FUNCTION, { deterministic: true }, (header, field, text) =>
    headerContains(header as Uint8Array, field as string, text as string) ? 1 : 0,
  );
  raw.function(ATTACHMENT_FUNCTION, { deterministic: true }, (tree, text) =>
    attachmentNamed(JSON.parse(tree as string) as MimePart, text as string) ? 1 : 0,
  );
}
