/** What an engine needs of those who know MIME, to search where its index has no answer. */

import type { MimePart } from '../model/mime-part.ts';

/** Looks into what is stored. Texts are folded and have one space for any white space. */
export interface ContentMatchers {
  /** Whether a raw header has a field (lower case) whose decoded text holds `text`; the field at all when it is `''`. */
  readonly headerContains: (header: Uint8Array, field: string, text: string) => boolean;
  /** Whether there is an attachment whose decoded name holds `text`; any attachment when it is `''`. */
  readonly attachmentNamed: (tree: MimePart, text: string) => boolean;
}
